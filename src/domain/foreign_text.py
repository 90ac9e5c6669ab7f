"""Text that others wrote, made fit to stand in our sentences."""

import unicodedata

LONGEST_TEXT = 255
"""Characters: what the dashboard's column for names takes."""

JOINERS = "\u200c\u200d"
"""Invisible, but a part of how some scripts and emoji are written."""

INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Categories of what is not drawn: controls, marks of direction (which can turn our own words around), halves of characters."""


def one_line(text: str) -> str:
    """The text as one line of visible characters, cut where it is too long; empty when nothing of it can be seen."""
    if len(text) <= LONGEST_TEXT and text.isprintable():  # nearly all of them, and a look at many names takes its time
        return " ".join(text.split())
    beginning = text[: 2 * LONGEST_TEXT]
    spaced = "".join(" " if c.isspace() else c for c in beginning if c.isspace() or c in JOINERS or is_drawn(c))
    line = " ".join(spaced.split())
    if not line.strip(JOINERS + " "):
        return ""
    whole = len(line) <= LONGEST_TEXT and len(beginning) == len(text)
    return line if whole else line[: LONGEST_TEXT - 1].rstrip() + "…"


def is_drawn(character: str) -> bool:
    """Whether a character shows, or changes how another one shows."""
    return unicodedata.category(character) not in INVISIBLE
