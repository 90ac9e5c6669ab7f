import hashlib
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.journal_folder import MOST_UNREAD, Damaged, FolderJournal, read_unread, written
from application.ports.journal import JournalUnavailable, KeptAnswer, UnreadAnswer
from domain.ids import AttemptId, GrantId
from domain.tokens import Sealed
from support.builders import ANNA, START, a_pair

SRC, TESTS = (Path(__file__).parents[2] / name for name in ("src", "tests"))


def an_answer(number: int = 1) -> KeptAnswer:
    name = f"grant-{number}"
    at = START + timedelta(seconds=number)
    return KeptAnswer(GrantId(name), 1, AttemptId("attempt"), a_pair(name, at=at), f"print of {name}", at)


def numbers(answers: list[KeptAnswer]) -> list[int]:
    return [int(answer.grant.removeprefix("grant-")) for answer in answers]


def process(*arguments: object) -> subprocess.Popen[str]:
    """Run this file as another process, writing to a journal."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.Popen(command, env={"PYTHONPATH": f"{SRC}:{TESTS}"}, stdout=subprocess.PIPE, text=True)


def files(folder: Path, suffix: str) -> list[Path]:
    return sorted(folder.glob(f"*{suffix}"))


def rewritten(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    """As if another version had written it: whole, with its digest, in another form."""
    fields = json.loads(path.read_bytes().partition(b"\n")[2])
    change(fields)
    entry = json.dumps(fields).encode()
    path.write_bytes(hashlib.sha256(entry).hexdigest().encode() + b"\n" + entry)


def in_another_form(fields: dict[str, object]) -> None:
    fields["tokens"] = fields.pop("access")


def with_more(fields: dict[str, object]) -> None:
    fields["key_of_tomorrow"] = "k2"


def test_an_entry_of_a_newer_version_is_left_to_that_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = FolderJournal(tmp_path)
    journal.keep(an_answer(1))
    journal.keep(an_answer(2))
    rewritten(tmp_path / "grant-1-1-attempt.answer", in_another_form)
    (tmp_path / "tmp1.aside").write_bytes((tmp_path / "grant-1-1-attempt.answer").read_bytes())
    for _ in range(3):
        assert numbers(journal.kept()) == [2]
    assert files(tmp_path, ".damaged") == []
    assert {path.name for path in files(tmp_path, ".answer")} == {"grant-1-1-attempt.answer", "grant-2-1-attempt.answer"}
    assert len(files(tmp_path, ".aside")) == 1
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_an_entry_with_more_than_is_known_here_is_read(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    journal.keep(an_answer())
    rewritten(tmp_path / "grant-1-1-attempt.answer", with_more)
    assert journal.kept() == [an_answer()]


def test_only_its_user_reads_a_journal(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal = FolderJournal(folder)
    journal.keep(an_answer())
    assert journal.name
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "name": 0o600,
        "grant-1-1-attempt.answer": 0o600,
    }


def test_a_place_that_can_not_be_a_folder_is_refused_by_check_name_and_keep_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "journal"):
        journal = FolderJournal(place)
        for use in (journal.check, lambda journal=journal: journal.name, lambda journal=journal: journal.keep(an_answer())):
            with pytest.raises(JournalUnavailable, match=r"^NotADirectoryError: Not a directory$"):
                use()


@pytest.mark.parametrize("mode", [0o755, 0o1777])
def test_a_folder_that_was_there_keeps_its_mode_and_what_is_kept_in_it_is_closed_to_others(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    FolderJournal(tmp_path).keep(an_answer())
    assert tmp_path.stat().st_mode & 0o7777 == mode
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_folder_in_which_everybody_may_remove_files_is_no_journal(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(JournalUnavailable, match="everybody may remove"):
        FolderJournal(tmp_path).check()


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def zeroed(content: bytes) -> bytes:
    return bytes(len(content))


def one_bit_off(content: bytes) -> bytes:
    place = content.index(b'"refresh":"') + 15
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def of_another_form(_: bytes) -> bytes:
    return b"{}"


def emptied(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, zeroed, one_bit_off, of_another_form, emptied])
def test_a_damaged_entry_is_set_aside_and_reported_while_the_others_drain(
    damage: Callable[[bytes], bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = FolderJournal(tmp_path)
    for number in (1, 2, 3):
        journal.keep(an_answer(number))
    torn = tmp_path / "grant-2-1-attempt.answer"
    content = damage(torn.read_bytes())
    torn.write_bytes(content)
    assert numbers(journal.kept()) == [1, 3]
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert torn.with_suffix(".damaged").read_bytes() == content
    for answer in journal.kept():
        journal.forget(answer)
    assert journal.empty()


def test_an_entry_that_cannot_be_read_is_reported_and_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = FolderJournal(tmp_path)
    journal.keep(an_answer(1))
    (tmp_path / "grant-2-1-attempt.answer").mkdir()  # no user can read that, root included
    assert numbers(journal.kept()) == [1]
    assert caplog.records[0].levelno == logging.CRITICAL
    assert not journal.empty()


def test_an_answer_whose_writer_died_just_before_the_end_is_taken_up(tmp_path: Path) -> None:
    (tmp_path / "whole.aside").write_bytes(written(an_answer(1)))
    (tmp_path / "half.aside").write_bytes(cut(written(an_answer(2))))
    journal = FolderJournal(tmp_path)
    assert not journal.empty()
    assert journal.kept() == [an_answer(1)]
    journal.forget(an_answer(1))
    assert journal.empty()
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_lives_is_not_disturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, reader, seen = FolderJournal(tmp_path), FolderJournal(tmp_path), list[list[KeptAnswer]]()
    really = os.fsync

    def look_meanwhile(handle: int) -> None:
        really(handle)
        seen.append(reader.kept())

    monkeypatch.setattr(os, "fsync", look_meanwhile)
    journal.keep(an_answer())
    assert seen == [[], [an_answer()]], "not before it is in its place"


def test_an_answer_is_on_the_disk_before_it_counts_as_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, really = list[str](), os.fsync

    def note(handle: int) -> None:
        really(handle)
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().suffix or "folder")

    monkeypatch.setattr(os, "fsync", note)
    FolderJournal(tmp_path / "new").keep(an_answer())
    assert synced == ["folder", ".aside", "folder"], "the new folder, the file, and its name"


def test_a_disk_that_fails_to_sync_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError("I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(JournalUnavailable):
            FolderJournal(tmp_path).keep(an_answer())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    journal = FolderJournal(tmp_path / "a file" / "journal")
    with pytest.raises(JournalUnavailable):
        journal.keep(an_answer())


def test_a_full_disk_refuses_and_leaves_what_was_kept(tmp_path: Path) -> None:
    FolderJournal(tmp_path).keep(an_answer(1))
    with process("full", tmp_path) as writer:
        out, _ = writer.communicate()
    assert out.split() == ["unavailable"]
    assert numbers(FolderJournal(tmp_path).kept()) == [1]
    assert files(tmp_path, ".aside") == []


def test_what_was_kept_before_a_kill_is_there(tmp_path: Path) -> None:
    kept = list[int]()
    for start in range(0, 6000, 1000):
        with process("write", tmp_path, start) as writer:
            assert writer.stdout
            kept += [int(writer.stdout.readline()) for _ in range(5)]
            time.sleep(start % 7 / 200)
            writer.send_signal(signal.SIGKILL)
            kept += [int(line) for line in writer.stdout if line.endswith("\n")]
    journal = FolderJournal(tmp_path)
    there = numbers(journal.kept())
    assert set(kept) <= set(there)
    assert len(there) - len(kept) <= 6, "one at the most was under way at each kill"
    assert files(tmp_path, ".aside") == files(tmp_path, ".damaged") == []


def test_processes_and_threads_share_a_journal(tmp_path: Path) -> None:
    writers = [process("write", tmp_path, start, 100) for start in (0, 1000)]
    journal, drained = FolderJournal(tmp_path), set[int]()

    def drain(_: int) -> list[int]:
        answers = journal.kept()
        for answer in answers:
            journal.forget(answer)
        return numbers(answers)

    with ThreadPoolExecutor(4) as executor:
        while any(writer.poll() is None for writer in writers):
            drained.update(*executor.map(drain, range(4)))
    drained.update(drain(0))
    outputs = [writer.communicate()[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sorted(int(number) for output in outputs for number in output) == sorted(drained)
    assert len(drained) == 200
    assert journal.empty()


def test_all_who_open_a_journal_at_once_know_it_by_one_name(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as executor:
        names = set(executor.map(lambda _: FolderJournal(tmp_path / "journal").name, range(8)))
    assert len(names) == 1
    assert files(tmp_path / "journal", ".aside") == []


def test_an_answer_that_nobody_could_read_lies_in_a_file_of_its_own_for_its_time(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    answer = UnreadAnswer(GrantId("grant-1"), ANNA, Sealed(b"sealed"), START)
    path = tmp_path / journal.keep_unread(answer)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_unread(path.read_bytes()) == answer
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    journal.forget_unread(written_at - timedelta(seconds=1))
    assert path.exists()
    journal.forget_unread(written_at + timedelta(seconds=1))
    assert not path.exists()


def test_a_journal_takes_a_thousand_unread_answers_and_answers_to_be_settled_beside_them(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    for number in range(MOST_UNREAD):
        (tmp_path / f"{number}.unread").touch()
    with pytest.raises(JournalUnavailable):
        journal.keep_unread(UnreadAnswer(GrantId("grant-1"), ANNA, Sealed(b"sealed"), START))
    journal.keep(an_answer())
    assert numbers(journal.kept()) == [1]


@pytest.mark.parametrize("spoil", [lambda text: text[:-1], lambda text: text.replace(b"anna", b"bert"), lambda _: b""])
def test_a_damaged_file_of_an_unread_answer_is_not_read(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / FolderJournal(tmp_path).keep_unread(UnreadAnswer(GrantId("grant-1"), ANNA, Sealed(b"sealed"), START))
    with pytest.raises(Damaged):
        read_unread(spoil(path.read_bytes()))


def write(folder: str, start: str, many: str = "1000") -> None:
    """Keep answers, and print each one's number once it is kept."""
    for number in range(int(start), int(start) + int(many)):
        FolderJournal(Path(folder)).keep(an_answer(number))
        print(number, flush=True)  # noqa: T201 -- what the test reads


def write_to_a_full_disk(folder: str) -> None:
    """To the writer, a limit on a file's size looks like a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    try:
        FolderJournal(Path(folder)).keep(an_answer(2))
    except JournalUnavailable:
        os.write(1, b"unavailable\n")


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(*sys.argv[2:])
    else:
        write_to_a_full_disk(sys.argv[2])


def test_a_full_disk_is_noticed_before_an_answer_has_to_be_kept(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path / "journal")
    journal.check()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))  # the system refuses content, and takes an empty file
    try:
        with pytest.raises(JournalUnavailable):
            journal.check()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.check()
    assert not list((tmp_path / "journal").glob("*.aside"))


@pytest.mark.parametrize("short", ["f_bavail", "f_favail"])
def test_a_disk_without_room_or_inodes_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short: str) -> None:
    disk = {name: getattr(os.statvfs(tmp_path), name) for name in ("f_bavail", "f_frsize", "f_files", "f_favail")}
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(**(disk | {"f_files": 10, short: 0})))
    with pytest.raises(JournalUnavailable, match="full"):
        FolderJournal(tmp_path / "journal").check()


def test_a_journal_that_holds_all_it_may_is_noticed_before_one_more_comes(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path, most=1)
    journal.check()
    journal.keep(an_answer())
    with pytest.raises(JournalUnavailable, match="full"):
        journal.check()
