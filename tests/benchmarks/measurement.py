"""Figures of repeated runs: their median, and how far they spread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

Direction = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the runs of one thing came to, in one unit."""

    runs: tuple[float, ...]

    @classmethod
    def of(cls, runs: Iterable[float]) -> Figures:
        return cls(tuple(runs))

    @property
    def median(self) -> float:
        return median(self.runs)

    def over(self, others: Figures) -> Figures:
        """The ratio of each run to the other's of the same round: what the machine did meanwhile counts for both."""
        return Figures.of(mine / other for mine, other in zip(self.runs, others.runs, strict=True))

    def __str__(self) -> str:
        """The median, and from where to where the runs go."""
        if len(self.runs) == 1:
            return short(self.median)
        return f"{short(self.median)} ({short(min(self.runs))} to {short(max(self.runs))})"


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that is to be reached."""

    what: str
    direction: Direction
    limit: float
    unit: str = ""

    @property
    def text(self) -> str:
        return f"{self.direction} {short(self.limit)}{self.unit}"

    def met_by(self, figures: Figures) -> bool:
        return figures.median >= self.limit if self.direction == "at least" else figures.median <= self.limit


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal with what was measured of it. `reason`: why it is missed, as a profile shows; empty where it is met."""

    goal: Goal
    figures: Figures
    reason: str = ""

    @property
    def row(self) -> tuple[str, str, str, str]:
        word = "met" if self.goal.met_by(self.figures) else "**missed**"
        return self.goal.what, self.goal.text, f"{self.figures}{self.goal.unit}", word


def short(figure: float) -> str:
    """Three figures that count."""
    if abs(figure) >= 100:
        return f"{figure:,.0f}".replace(",", " ")
    return f"{figure:.3g}" if figure else "0"
