"""The people that one can be in the demo."""

from dataclasses import dataclass

from domain.ids import OwnerId


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody one can be in the demo."""

    id: OwnerId
    name: str
    about: str


DEMO_USERS = (
    DemoUser(OwnerId("demo-nora"), "Nora", "runs a shoe shop"),
    DemoUser(OwnerId("demo-theo"), "Theo", "sells coffee"),
    DemoUser(OwnerId("demo-ines"), "Ines", "works at an agency"),
)


def demo_user(id_: str) -> DemoUser | None:
    """The demo user with this id, if there is one."""
    return next((user for user in DEMO_USERS if user.id == id_), None)
