"""The report: a page of Markdown with tables, and drawings beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measurement import Verdict

Row = Sequence[object]

READING = """Each figure is the median of its runs, with the least and the greatest beside it.
The contenders of a comparison run in turn in the same round, and a ratio is taken within the round.
TikTok's budget of 10 to 50 calls a second is to be the only wall, so ratios say more than rates."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one benchmark found. `drawings` are SVG texts by file name."""

    title: str
    text: str
    tables: Sequence[tuple[Row, Sequence[Row]]]
    verdicts: Sequence[Verdict] = ()
    drawings: dict[str, str] = field(default_factory=dict)


def table(head: Row, rows: Iterable[Row]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def page_of(sections: Sequence[Section], *, machine: str, command: str) -> str:
    """The whole page."""
    verdicts = [verdict for section in sections for verdict in section.verdicts]
    parts = [
        "# Performance",
        f"Made by `{command}` on {machine}. {READING}",
        table(("Goal", "Wanted", "Measured", ""), (verdict.row for verdict in verdicts)),
    ]
    if missed := [verdict for verdict in verdicts if not verdict.goal.met_by(verdict.figures)]:
        parts += ["## What is missed, and why", *(f"- {v.goal.what}: {v.reason or 'not looked into.'}" for v in missed)]
    for section in sections:
        parts += [f"## {section.title}", section.text]
        parts += [table(head, rows) for head, rows in section.tables]
        parts += [f"![{section.title}](performance/{name})" for name in section.drawings]
    return "\n\n".join(parts).replace("\n\n- ", "\n- ").replace("why\n- ", "why\n\n- ") + "\n"


def write(sections: Sequence[Section], place: Path, *, machine: str, command: str) -> None:
    """The page at this place, and its drawings in the folder of its name."""
    folder = place.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for section in sections:
        for name, drawing in section.drawings.items():
            (folder / name).write_text(drawing)
    place.write_text(page_of(sections, machine=machine, command=command))
