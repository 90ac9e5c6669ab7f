"""A mirrored world whose accounts' spend is read into its store, and delivered in turns of the mirror."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from application.ports.spend_store import SpendAccount
from application.rotation.permit_turn import never
from domain.advertiser import Connection
from domain.ids import CampaignId, ConnectionId
from domain.spend import Spend, SpendKind
from domain.spend_day import AccountDay, DayProof, DayState, DayUpdate
from support.builders import MINUTE, SECOND
from support.mirrored_world import MirroredWorld


@dataclass
class SpendingWorld(MirroredWorld):
    """Accounts' days are read into its store, and delivered in turns."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.spend_store, self.deliveries = self.container.spend_store(), self.container.spend_deliveries()
        self.deliver_spend = self.container.deliver_spend()

    def read(self, connection: Connection, days: Mapping[date, Mapping[str, str]], *, currency: str = "GBP") -> None:
        """An import reads what each campaign spent on these days."""
        of = SpendAccount(connection.owner, connection.advertiser.id)
        self.spend_store.follow([of])
        claim = self.spend_store.take(of, lease=MINUTE)
        assert claim is not None
        updates = []
        for day, campaigns in days.items():
            proof = DayProof(self.clock.now(), Decimal(0), None, 1)
            rows = tuple(
                Spend(of.account, CampaignId(one), f"C {one}", day, SpendKind.AUCTION, currency, Decimal(amount))
                for one, amount in campaigns.items()
            )
            updates.append(DayUpdate(AccountDay(of.account, SpendKind.AUCTION, day, DayState.SETTLED, proof), rows))
        assert self.spend_store.replace(claim, updates)
        self.clock.advance(2 * MINUTE)

    def deliver(self) -> None:
        """What turns of the mirror do with spend, with a look before and one after it."""
        for _ in range(2):
            self.look()
            self.deliver_spend(stopping=never)
            self.clock.advance(SECOND)

    def there(self, connection: ConnectionId) -> dict[date, dict[str, Decimal]]:
        """What the dashboard adds up."""
        days = self.dashboard.spend_of(connection)
        return {day: {row.campaign: row.spend for row in rows} for day, rows in days.items()}

    def hindrances(self) -> list[str]:
        """What people are told of why their spend is not there."""
        return [one.hindrance for one in self.spend_store.imports() if one.hindrance]

    def waits(self) -> bool:
        return bool(self.deliveries.accounts())
