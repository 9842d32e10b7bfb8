"""Rates as bars in SVG, written by hand: ours, the limit, and the others."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.database.contest import Outcome, Side

COLOURS = {Side.OURS: "#0b6e4f", Side.LIMIT: "#6c757d", Side.OTHER: "#c9a227"}
NAMES = 320
BARS, ROW, TOP = 400, 24, 34


def rate_chart(outcomes: Sequence[Outcome]) -> str:
    """Rows a second, the fastest first; the axis begins at nothing."""
    ordered = sorted(outcomes, key=lambda one: -one.rate)
    most = ordered[0].rate
    height = TOP + ROW * len(ordered) + 8
    parts = [_legend()]
    for place, one in enumerate(ordered):
        top, wide = TOP + ROW * place, max(1.0, BARS * one.rate / most)
        parts.append(
            f'<rect x="{NAMES}" y="{top + 3}" width="{wide:.1f}" height="{ROW - 7}"'
            f' fill="{COLOURS[one.side]}"/>'
            f'<text x="{NAMES - 8}" y="{top + 16}" text-anchor="end">{escape(one.name)}</text>'
            f'<text x="{NAMES + wide + 6:.1f}" y="{top + 16}">{one.rate:,.0f}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {NAMES + BARS + 90} {height}"'
        ' font-family="sans-serif" font-size="12" fill="#222">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _legend() -> str:
    parts = []
    titles = {Side.OURS: "ours", Side.LIMIT: "the server's limit", Side.OTHER: "others"}
    for place, (side, title) in enumerate(titles.items()):
        left = NAMES + 140 * place
        parts.append(f'<rect x="{left}" y="10" width="12" height="12" fill="{COLOURS[side]}"/>')
        parts.append(f'<text x="{left + 18}" y="20">{title}, rows a second</text>')
    return "".join(parts).replace(", rows a second", "", 2)
