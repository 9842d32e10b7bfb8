"""From the results that are kept to the page in the docs: tables between its marks, two charts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.ranking import tables
from benchmarks.ranking.charts import COLOURS, regret_chart, reliability_chart
from benchmarks.ranking.runs import OURS, Result, read

PAGE = "ranking-benchmark.md"
ALWAYS_DRAWN = (OURS, "random", "mean")
FAMILIES = ("mabwiser", "river", "vw", "bb", "d-")


def write_report(results: Path, docs: Path) -> list[Path]:
    """Rewrite the generated parts of the page and its charts; says what was written."""
    kept = [read(path) for path in sorted(results.glob("*.*told.*.json"))]
    groups = _groups(kept)
    page, images = docs / PAGE, docs / "images"
    images.mkdir(parents=True, exist_ok=True)
    parts = _parts(groups)
    if (replayed := results / "replay.md").exists():
        parts["replay"] = replayed.read_text(encoding="utf-8").strip()
    page.write_text(filled(page.read_text(encoding="utf-8"), parts), encoding="utf-8")
    charts = _charts(groups)
    for name, chart in charts.items():
        (images / name).write_text(chart, encoding="utf-8")
    return [page, *(images / name for name in charts)]


def filled(page: str, parts: Mapping[str, str]) -> str:
    """The page with each part between its marks; a part the page has no marks for is refused.

    >>> filled("<!-- a -->old<!-- /a -->", {"a": "new"}).split()
    ['<!--', 'a', '-->', 'new', '<!--', '/a', '-->']
    """
    for name, text in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        if begin not in page or end not in page:
            raise ValueError(f"the page has no marks for {name}")
        pattern = f"{re.escape(begin)}.*?{re.escape(end)}"
        new = f"{begin}\n{text}\n{end}"
        page = re.sub(pattern, lambda _, new=new: new, page, flags=re.DOTALL)
    return page


def _groups(results: Iterable[Result]) -> dict[tuple[bool, int | None], list[Result]]:
    """By knowledge and length; peers that use no artists stand among the told as well."""
    groups: dict[tuple[bool, int | None], list[Result]] = {}
    for result in results:
        groups.setdefault((result.told, result.releases), []).append(result)
    for (told, releases), group in groups.items():
        if told:
            named = {result.policy for result in group}
            without = groups.get((False, releases), [])
            group += [r for r in without if r.policy not in named]
    return {key: tables.comparable(group) for key, group in groups.items()}


def _parts(groups: Mapping[tuple[bool, int | None], Sequence[Result]]) -> dict[str, str]:
    parts = {}
    for (told, releases), group in groups.items():
        knowledge = "told" if told else "untold"
        name = f"{knowledge}-{releases or 'standard'}"
        parts[f"regret-{name}"] = tables.regret_table(group)
        if releases is None:
            parts[f"worse-{name}"] = tables.worse_than_a_peer(group)
            for result in group:
                if result.policy == OURS:
                    parts[f"coverage-{knowledge}"] = tables.coverage_table(result)
                    parts[f"reliability-{knowledge}"] = tables.reliability_table(result)
    return parts


def _charts(groups: Mapping[tuple[bool, int | None], Sequence[Result]]) -> dict[str, str]:
    charts = {}
    for told, knowledge in ((False, "untold"), (True, "told")):
        if group := groups.get((told, None)):
            charts[f"ranking-regret-{knowledge}.svg"] = regret_chart(_drawn(group))
    ours = [r for g in groups.values() for r in g if r.policy == OURS and r.releases is None]
    if ours:
        charts["ranking-reliability.svg"] = reliability_chart(ours)
    return charts


def _drawn(group: Sequence[Result]) -> list[Result]:
    """Ours, chance, the fading mean, and the best of each family."""
    drawn = [result for name in ALWAYS_DRAWN for result in group if result.policy == name]
    for family in FAMILIES:
        members = [result for result in group if result.policy.startswith(family)]
        if members:
            drawn.append(min(members, key=lambda result: float(np.mean(result.by_seed()))))
    return drawn[: len(COLOURS)]
