import base64
import uuid

from adapters.ids_and_nonces import SystemIds, SystemNonces
from application.ports.ids_and_nonces import Ids, Nonces


def test_the_systems_generator_answers_to_the_ports() -> None:
    ids: Ids = SystemIds()
    nonces: Nonces = SystemNonces()
    assert uuid.UUID(ids.new()).version == 4
    assert len(base64.urlsafe_b64decode(nonces.new() + "=")) == 32


def test_names_and_nonces_are_never_given_twice() -> None:
    assert len({SystemIds().new() for _ in range(1000)}) == 1000
    assert len({SystemNonces().new() for _ in range(1000)}) == 1000


def test_a_nonce_fits_into_a_url_as_it_is() -> None:
    assert all(
        set(SystemNonces().new()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") for _ in range(50)
    )


def test_ids_of_connections_tell_by_their_version_that_they_are_ours_and_come_in_order() -> None:
    ids = [SystemIds().connection() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert {uuid.UUID(text).version for text in ids} == {7}
    assert uuid.UUID(SystemIds().new()).version == 4
