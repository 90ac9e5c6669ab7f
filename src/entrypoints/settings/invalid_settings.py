"""Faults of settings: what is wrong with one, and the error that names them all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one variable, and what to do about it; never its value."""

    name: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.name} {self.problem} ({self.remedy})"


class InvalidSettings(Exception):
    """The configuration can't be used. Its text is one line that names every faulty variable at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("invalid configuration: " + "; ".join(str(fault) for fault in faults))
        self.faults = faults


class Malformed(Exception):
    """What a parser says about a value that it refuses, without repeating the value."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
