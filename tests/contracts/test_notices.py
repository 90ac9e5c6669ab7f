from domain.ids import GrantId
from support.databases import Kept


def announce(kept: Kept, name: str, what: str, *, commit: bool = True) -> bool:
    with kept.store.write() as work:
        first = work.notices.first(GrantId(name), what)
        if commit:
            work.commit()
        return first


def test_everything_is_announced_once(kept: Kept) -> None:
    assert announce(kept, "grant-1", "30 days")
    assert not announce(kept, "grant-1", "30 days")
    assert announce(kept, "grant-1", "14 days")
    assert announce(kept, "grant-2", "30 days")


def test_what_was_undone_was_not_announced(kept: Kept) -> None:
    assert announce(kept, "grant-1", "30 days", commit=False)
    assert announce(kept, "grant-1", "30 days")
    assert not announce(kept, "grant-1", "30 days", commit=False)
