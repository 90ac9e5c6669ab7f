"""A journal that forgets with its process: for tests, and where nothing is to touch the disk."""

from datetime import datetime

from application.ports.journal import JournalLoad, JournalUnavailable, KeptAnswer, UnreadAnswer
from domain.tokens import Sealed


class MemoryJournal:
    """Answers in a list. `full` makes it refuse, as a disk does."""

    def __init__(self, name: str = "here") -> None:
        self.name, self.full = name, False
        self._answers: list[KeptAnswer] = []
        self.unread: dict[str, UnreadAnswer] = {}

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

    def load(self) -> JournalLoad:
        return JournalLoad(len(self._answers), len(self.unread))

    def sealed(self) -> list[Sealed]:
        return [*(a.tokens.refresh for a in self._answers), *(u.answer for u in self.unread.values())]

    def keep_unread(self, answer: UnreadAnswer) -> str:
        self.check()
        name = f"{answer.grant}-{len(self.unread) + 1}.unread"
        self.unread[name] = answer
        return name

    def forget_unread(self, before: datetime) -> None:
        self.unread = {name: answer for name, answer in self.unread.items() if answer.kept_at >= before}


def key_of(answer: KeptAnswer) -> tuple[str, int, str]:
    """What an answer is known by."""
    return answer.grant, answer.generation, answer.attempt
