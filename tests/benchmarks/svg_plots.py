"""Drawings for the report: bars in groups, and lines over a logarithmic axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 720, 300, 64, 40, 36, 12
COLOURS = ("#1f6f8b", "#d98e04", "#7a4f9a", "#5b8c5a", "#b23a48", "#555555")
Series = Mapping[str, Sequence[float]]


def bars(title: str, groups: Sequence[str], series: Series, *, unit: str) -> str:
    """One bar of each series in each group, on a logarithmic scale, with its figure on top."""
    place, inner = (WIDTH - LEFT - RIGHT) / len(groups), HEIGHT - TOP - BOTTOM
    low, high = scale(series)
    wide, parts = 0.8 * place / len(series), list[str]()
    for s, (_, figures) in enumerate(series.items()):
        for g, figure in enumerate(figures):
            tall = inner * (log10(figure) - low) / (high - low)
            x, y = LEFT + g * place + 0.1 * place + s * wide, HEIGHT - BOTTOM - tall
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide - 2:.1f}" height="{tall:.1f}" fill="{COLOURS[s]}"/>')
            parts.append(words(x + wide / 2 - 1, y - 3, f"{figure:.3g}", size=10))
    parts += [words(LEFT + (g + 0.5) * place, HEIGHT - BOTTOM + 16, group) for g, group in enumerate(groups)]
    return drawing(title, [*parts, *legend(list(series)), words(LEFT - 6, TOP + 4, unit, anchor="end", size=10)])


def lines(title: str, at: Sequence[float], series: Series, *, unit: str, x_unit: str) -> str:
    """Each series as a line over these places, both axes logarithmic."""
    inner, across = HEIGHT - TOP - BOTTOM, WIDTH - LEFT - RIGHT - 40
    low, high = scale(series)
    first, last = log10(at[0]), log10(at[-1])
    xs = [LEFT + 20 + across * (log10(x) - first) / ((last - first) or 1) for x in at]
    parts = list[str]()
    for s, (_, figures) in enumerate(series.items()):
        ys = [HEIGHT - BOTTOM - inner * (log10(figure) - low) / (high - low) for figure in figures]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=False))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[s]}" stroke-width="2"/>')
        for x, y, figure in zip(xs, ys, figures, strict=False):
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[s]}"/>', words(x, y - 6, f"{figure:.3g}", size=10)]
    parts += [words(x, HEIGHT - BOTTOM + 16, f"{place:,.0f} {x_unit}".replace(",", " ")) for x, place in zip(xs, at, strict=True)]
    return drawing(title, [*parts, *legend(list(series)), words(LEFT - 6, TOP + 4, unit, anchor="end", size=10)])


def scale(series: Series) -> tuple[float, float]:
    """The logarithms between which everything lies, with room above for the figures."""
    figures = [figure for some in series.values() for figure in some]
    return log10(min(figures)) - 0.3, log10(max(figures)) + 0.1


def legend(names: Sequence[str]) -> list[str]:
    """Which colour is whose."""
    step = (WIDTH - LEFT - RIGHT) / len(names)
    boxes = [f'<rect x="{LEFT + n * step:.1f}" y="24" width="9" height="9" fill="{COLOURS[n]}"/>' for n in range(len(names))]
    return boxes + [words(LEFT + n * step + 13, 32, name, anchor="start") for n, name in enumerate(names)]


def words(x: float, y: float, text: str, *, anchor: str = "middle", size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'


def drawing(title: str, parts: Sequence[str]) -> str:
    """A white sheet, so that it can be read on a dark page too."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            words(WIDTH / 2, 15, title, size=13),
            f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH - RIGHT}" y2="{HEIGHT - BOTTOM}" stroke="#999"/>',
            *parts,
            "</svg>",
            "",
        ]
    )
