"""What TikTok changed of days that had ended: why a day's ratio is another one than it was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from application.show_spend import SpendShown
from domain.roas import ratio
from domain.spend import SpendTotals
from domain.spend_day import Restatement


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change of one account's day."""

    account: str
    currency: str
    day: date
    at: datetime
    before: SpendTotals
    after: SpendTotals
    campaigns_changed: int

    @property
    def spend_changed(self) -> bool:
        """Whether another amount was spent."""
        return self.before.spend != self.after.spend

    @property
    def value_changed(self) -> bool:
        """Whether TikTok claims another worth of purchases."""
        return self.before.purchase_value != self.after.purchase_value

    @property
    def claimed_before(self) -> Decimal | None:
        """What TikTok claimed by what was spent."""
        return ratio(self.before.purchase_value, self.before.spend)

    @property
    def claimed_after(self) -> Decimal | None:
        """The same after the change."""
        return ratio(self.after.purchase_value, self.after.spend)


def change_lines(changes: Iterable[Restatement], shown: SpendShown) -> list[ChangeLine]:
    """Changes in the currencies and with the names of their accounts."""
    accounts = {account.spend.account: account for account in shown.accounts}
    return [
        ChangeLine(
            account.connection.advertiser.label,
            account.spend.currency,
            change.day,
            change.at,
            change.before,
            change.after,
            change.campaigns_changed,
        )
        for change in changes
        if (account := accounts.get(change.account)) is not None
    ]
