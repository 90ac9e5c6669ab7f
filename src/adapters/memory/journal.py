"""A journal that forgets with its process: for tests, and where nothing is to touch the disk."""

from __future__ import annotations

from application.ports.journal import JournalUnavailable, KeptAnswer


class MemoryJournal:
    """Answers in a list. `full` makes it refuse, as a disk does."""

    def __init__(self, name: str = "here") -> None:
        self.name, self.full = name, False
        self._answers: list[KeptAnswer] = []

    def check(self) -> None:
        if self.full:
            raise JournalUnavailable

    def keep(self, answer: KeptAnswer) -> None:
        if self.full:
            raise JournalUnavailable
        self.forget(answer)
        self._answers.append(answer)

    def kept(self) -> list[KeptAnswer]:
        return sorted(self._answers, key=lambda a: (a.kept_at, a.grant))

    def forget(self, answer: KeptAnswer) -> None:
        self._answers = [a for a in self._answers if key_of(a) != key_of(answer)]

    def empty(self) -> bool:
        return not self._answers


def key_of(answer: KeptAnswer) -> tuple[str, int, str]:
    """What an answer is known by."""
    return answer.grant, answer.generation, answer.attempt
