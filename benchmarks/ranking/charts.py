"""Results as SVG, written by hand: curves of summed regret, and stated against true."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from benchmarks.ranking.calibration import EDGES
from benchmarks.ranking.measures import Floats
from benchmarks.ranking.runs import OURS, Result, checked_of

COLOURS = ("#0b6e4f", "#c44536", "#3d5a80", "#e09f3e", "#7b2cbf", "#6c757d", "#00a6a6", "#a47148")
WIDTH, HEIGHT, MARGIN = 210, 150, 34


def regret_chart(results: Sequence[Result]) -> str:
    """A panel for each world: summed regret in log quality with its 95 % band, by release."""
    panels = [
        _panel(world, results, left=(place % 4) * WIDTH, top=(place // 4) * HEIGHT)
        for place, world in enumerate(results[0].worlds)
    ]
    rows = (len(panels) + 3) // 4
    legend = _legend([result.title for result in results], top=rows * HEIGHT + 20)
    return _svg(
        4 * WIDTH + 20, rows * HEIGHT + 40 + 16 * ((len(results) + 1) // 2), panels + legend
    )


def reliability_chart(results: Sequence[Result]) -> str:
    """Stated probability that one source is better than another against how often it was so."""
    size, parts = 320, []
    parts.append(_line([(40, size), (40 + size - 40, 40)], "#999", dash=True))
    for place, result in enumerate(results):
        counts = checked_of(result, list(result.worlds)).better
        count, stated, true = counts[counts[:, 0] > 0].T
        points = [
            (40 + (s - 0.5) * 2 * (size - 40), size - (t - 0.5) * 2 * (size - 40))
            for s, t in zip(stated / count, true / count, strict=True)
        ]
        parts.append(_line(points, COLOURS[place]))
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[place]}"/>'
                  for x, y in points]  # fmt: skip
    for tick in EDGES[::2]:
        along = (tick - 0.5) * 2 * (size - 40)
        parts.append(_text(40 + along, size + 16, f"{tick:.1f}", middle=True))
        parts.append(_text(14, size - along + 4, f"{tick:.1f}"))
    parts.append(_text(size / 2 + 20, size + 34, "stated: A is better than B", middle=True))
    parts.append(_text(14, 20, "came true"))
    titles = [f"artists {'told' if result.told else 'not told'}" for result in results]
    return _svg(size + 180, size + 60, parts + _legend(titles, top=size - 60, left=size - 60))


def _panel(world: str, results: Sequence[Result], *, left: int, top: int) -> str:
    highest = max(max(result.worlds[world].curve) for result in results)
    parts = [_text(left + MARGIN, top + 16, world, bold=True)]
    for place, result in enumerate(results):
        kept = result.worlds[world]
        mean, half = np.array(kept.curve), np.nan_to_num(np.array(kept.curve_half))
        colour = COLOURS[place % len(COLOURS)]
        edges = [*_placed(mean + half, highest, left, top),
                 *reversed(_placed(mean - half, highest, left, top))]  # fmt: skip
        parts.append(f'<path d="{_path(edges)}Z" fill="{colour}" opacity="0.15"/>')
        wide = result.policy == OURS
        parts.append(_line(_placed(mean, highest, left, top), colour, wide=wide))
    parts.append(_text(left + 2, top + 30, f"{highest:.0f}"))
    parts.append(_text(left + 2, top + HEIGHT - 12, "0"))
    return "".join(parts)


def _placed(curve: Floats, highest: float, left: int, top: int) -> list[tuple[float, float]]:
    curve = np.clip(curve, 0, 1.08 * highest)  # the bands of few seeds are wider than a panel
    across = np.linspace(left + MARGIN, left + WIDTH - 6, len(curve))
    down = top + HEIGHT - 16 - (HEIGHT - 40) * curve / highest
    return list(zip(across.tolist(), down.tolist(), strict=True))


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _line(
    points: Sequence[tuple[float, float]], colour: str, *, dash: bool = False, wide: bool = False
) -> str:
    style = ' stroke-dasharray="4 4"' if dash else ""
    width = 2.5 if wide else 1.2
    return (
        f'<path d="{_path(points)}" fill="none" stroke="{colour}" stroke-width="{width}"{style}/>'
    )


def _text(x: float, y: float, text: str, *, bold: bool = False, middle: bool = False) -> str:
    style = (' font-weight="bold"' if bold else "") + (' text-anchor="middle"' if middle else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{style}>{escape(text)}</text>'


def _legend(titles: Sequence[str], *, top: int, left: int = 20) -> list[str]:
    parts = []
    for place, title in enumerate(titles):
        x, y = (
            left + (place % 2) * 430 * (left == 20),
            top + 16 * (place // (2 if left == 20 else 1)),
        )
        parts.append(_line([(x, y), (x + 22, y)], COLOURS[place % len(COLOURS)], wide=True))
        parts.append(_text(x + 28, y + 4, title))
    return parts


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="11" fill="#333">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )
