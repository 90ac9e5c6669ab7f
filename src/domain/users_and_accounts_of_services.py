"""Which users and accounts a backend service may ask for."""

from dataclasses import dataclass

from domain.ids import AdvertiserId, OwnerId


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """Patterns in which `*` stands for any text. A list that is empty limits nothing; where both are given, both must hold."""

    users: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    def allow_user(self, owner: OwnerId) -> bool:
        """Whether the service may ask for something of this user."""
        return not self.users or any(matches(pattern, owner) for pattern in self.users)

    def allow(self, owner: OwnerId, advertiser: AdvertiserId) -> bool:
        """Whether the service may ask for this account of this user."""
        in_accounts = not self.accounts or any(matches(pattern, advertiser) for pattern in self.accounts)
        return in_accounts and self.allow_user(owner)


NO_LIMITS = ServiceLimits()


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is the whole text. It takes time in proportion to the text, whatever the pattern."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *middle, last = others
    at, end = len(first), len(text) - len(last)
    if at > end or not (text.startswith(first) and text.endswith(last)):
        return False
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True
