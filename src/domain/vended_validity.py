"""How much longer a vended token must last: what a caller may ask for, and gets who does not say."""

from datetime import timedelta

from domain.errors import InvalidRequest
from domain.tokens import Expiring


def longest_validity(tokens: Expiring) -> timedelta:
    """The most remaining life that a caller may ask for: a third of the whole, so that not every call becomes a rotation."""
    return tokens.life / 3


def usual_validity(tokens: Expiring) -> timedelta:
    """The remaining life that a caller gets who does not say: five minutes, or a third of the life if that is less."""
    return min(timedelta(minutes=5), longest_validity(tokens))


def validity_to_aim_for(tokens: Expiring, asked_for: timedelta | None) -> timedelta:
    """The remaining life to aim for. Raises InvalidRequest for more than a third of the whole life, or a negative one."""
    if asked_for is None:
        return usual_validity(tokens)
    longest = longest_validity(tokens)
    if not timedelta(0) <= asked_for <= longest:
        raise InvalidRequest(
            f"minValiditySeconds must be between 0 and {longest.total_seconds():.0f}, a third of the token's life"
        )
    return asked_for
