"""The tokens of one simulated consent."""

from dataclasses import dataclass, field
from datetime import datetime

from .config import Config


@dataclass(slots=True)
class Family:
    """The tokens of one consent: the newest pair, and the access tokens before it that have not run out yet."""

    id: int
    app_id: str
    user: str
    advertiser_ids: list[str]
    refresh_ends: datetime | None = None
    """None: a long-term token, never rotated and without an end."""
    generation: int = 1
    access_ends: dict[int, datetime] = field(default_factory=dict)
    """By generation; those that have run out are dropped at a rotation."""
    rotated_at: datetime | None = None
    revoked: bool = False

    @property
    def long_term(self) -> bool:
        return self.refresh_ends is None

    def start(self, now: datetime, config: Config) -> None:
        """The first expiring pair."""
        self.access_ends[self.generation] = now + config.access_life
        self.refresh_ends = now + config.refresh_life

    def rotate(self, now: datetime, config: Config) -> None:
        """The next pair. Access tokens given before live to their own end."""
        self.generation += 1
        self.rotated_at = now
        self.access_ends = {generation: end for generation, end in self.access_ends.items() if now < end}
        self.access_ends[self.generation] = now + config.access_life
        if config.year_restarts:
            self.refresh_ends = now + config.refresh_life

    def rotatable(self, now: datetime) -> bool:
        """Whether the newest refresh token is alive."""
        return not self.revoked and self.refresh_ends is not None and now < self.refresh_ends

    def expired(self, generation: int, now: datetime) -> bool:
        """Whether the access token of this generation has run out."""
        return not self.long_term and (generation not in self.access_ends or now >= self.access_ends[generation])
