import pytest

from domain.errors import ConnectionNotFound
from domain.ids import ConnectionId
from support.builders import BERT
from support.world import World


def test_it_says_whose_a_connection_is() -> None:
    world = World()
    [shop] = world.connect("chloe", owner=BERT)
    assert world.container.find_owner()(shop.id) == BERT


def test_nobody_has_an_unknown_connection() -> None:
    with pytest.raises(ConnectionNotFound):
        World().container.find_owner()(ConnectionId("99999999-9999-7999-8999-999999999999"))
