"""The part of the app's calls that is kept for people: whoever clicks never waits behind the background's queue."""

PEOPLES_TURN = 10
"""Every tenth slot is kept for people: the background passes it over."""


def is_peoples(turn: int) -> bool:
    """Whether the slot at this place in its ten, counted from 0, is kept for people."""
    return turn == PEOPLES_TURN - 1


def following(turn: int) -> int:
    """The place of the next slot in its ten."""
    return (turn + 1) % PEOPLES_TURN
