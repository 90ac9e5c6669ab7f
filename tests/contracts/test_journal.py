from dataclasses import replace
from pathlib import Path

import pytest

from adapters.journal_folder import FolderJournal
from adapters.memory.journal import MemoryJournal
from application.ports.journal import Journal, JournalUnavailable, KeptAnswer, UnreadAnswer
from domain.ids import AttemptId, GrantId
from domain.tokens import Sealed
from support.builders import ANNA, DAY, MINUTE, START, a_pair


def an_answer(name: str = "grant-1", *, generation: int = 1, attempt: str = "attempt-1", minute: int = 0) -> KeptAnswer:
    at = START + minute * MINUTE
    pair = replace(a_pair(name, at=at), assumed=bool(minute % 2), refresh_expires_at=at + 300 * DAY)
    return KeptAnswer(GrantId(name), generation, AttemptId(attempt), pair, f"print of {name}", at)


@pytest.fixture(params=["memory", "file"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    return MemoryJournal() if request.param == "memory" else FolderJournal(tmp_path / "a folder" / "journal")


def test_a_new_journal_is_empty(journal: Journal) -> None:
    assert journal.empty()
    assert journal.kept() == []
    journal.forget(an_answer())


def test_what_is_kept_comes_back_as_it_was_oldest_first(journal: Journal) -> None:
    answers = [an_answer(f"grant-{n}", minute=n, generation=n + 1) for n in range(5)]
    for answer in (answers[3], answers[0], answers[4], answers[2], answers[1]):
        journal.keep(answer)
    assert not journal.empty()
    assert journal.kept() == answers
    assert journal.kept() == answers, "looking takes nothing away"


def test_what_is_forgotten_is_gone_and_nothing_else(journal: Journal) -> None:
    first, second = an_answer("grant-1"), an_answer("grant-2")
    journal.keep(first)
    journal.keep(second)
    for _ in range(2):
        journal.forget(first)
        assert journal.kept() == [second]
    journal.forget(second)
    assert journal.empty()


def test_keeping_twice_is_keeping_once(journal: Journal) -> None:
    for _ in range(2):
        journal.keep(an_answer())
    assert journal.kept() == [an_answer()]
    journal.forget(an_answer())
    assert journal.empty()


def test_answers_to_two_attempts_at_one_generation_are_both_kept(journal: Journal) -> None:
    one, other = an_answer(attempt="one"), an_answer(attempt="other", minute=1)
    journal.keep(one)
    journal.keep(other)
    assert journal.kept() == [one, other]
    journal.forget(other)
    assert journal.kept() == [one]


def test_a_journal_keeps_its_name(journal: Journal) -> None:
    name = journal.name
    journal.keep(an_answer())
    assert journal.name == name
    assert name


def test_a_full_journal_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    memory, file = MemoryJournal(), FolderJournal(tmp_path, most=1)
    for journal in (memory, file):
        journal.keep(an_answer("grant-1"))
        memory.full = True
        with pytest.raises(JournalUnavailable):
            journal.keep(an_answer("grant-2"))
        assert journal.kept() == [an_answer("grant-1")]
        memory.full = False


def test_a_check_leaves_nothing_behind_and_the_journal_as_it_was(journal: Journal) -> None:
    journal.check()
    assert journal.empty()
    journal.keep(an_answer())
    journal.check()
    assert journal.kept() == [an_answer()]


def an_unread_answer(minute: int = 0) -> UnreadAnswer:
    return UnreadAnswer(GrantId("grant-1"), ANNA, Sealed(b"what nobody can read"), START + minute * MINUTE)


def test_an_answer_that_nobody_could_read_does_not_count_as_kept(journal: Journal) -> None:
    names = {journal.keep_unread(an_unread_answer()) for _ in range(3)}
    assert len(names) == 3
    assert all(name.endswith(".unread") for name in names)
    assert journal.empty()
    assert journal.kept() == []


def test_what_is_kept_is_counted(journal: Journal) -> None:
    assert (journal.load().answers, journal.load().unread) == (0, 0)
    journal.keep(an_answer("grant-1"))
    journal.keep(an_answer("grant-2"))
    journal.keep_unread(UnreadAnswer(GrantId("grant-3"), ANNA, Sealed(b"text"), START))
    assert (journal.load().answers, journal.load().unread) == (2, 1)
    assert journal.load().free_bytes != 0
