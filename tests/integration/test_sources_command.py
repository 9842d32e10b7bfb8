"""`noktvrn sources` and what stands below it, as people and programs read it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import command_runs
import pytest
from typer.testing import CliRunner

from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.errors import UnknownSource
from noktvrn_ai_artist.settings import Settings

NOW = datetime.now(UTC)


def run(*arguments: str, width: int = 80) -> str:
    return command_runs.run(*arguments, width=width)


@pytest.fixture
def footage(own_state: Path) -> StockSuccessTracker:
    """Ten good releases from pexels, ten bad ones from videvo, one from coverr."""
    tracker = StockSuccessTracker(Settings.from_environment().source_stats_path)
    sources = ["pexels", "videvo"] * 10 + ["coverr"]
    tracker.log_clip_usages(
        ClipUsage(
            source_name=source,
            clip_id=f"clip {place % 4}",
            release_id=place + 1,
            used_at=NOW - timedelta(days=60 - place),
            search_term="rain",
        )
        for place, source in enumerate(sources)
    )
    tracker.log_release_performances(
        ScoreReport(
            release_id=place + 1,
            score=(1000.0 if source == "pexels" else 10.0) + place,
            reported_at=NOW - timedelta(days=40 - place),
        )
        for place, source in enumerate(sources)
    )
    return tracker


def test_each_source_is_drawn_with_its_interval_and_verdict(footage: StockSuccessTracker) -> None:
    told = run("sources")
    assert told.startswith("Better than most: pexels; worse than most: videvo.\n")
    assert len(re.findall(r"├[─┊●]+┤", told)) == 2
    assert len(re.findall(r"├[╌┊○]+┤", told)) == 1
    assert "association, not proof of cause" in told
    assert "3 scored releases" in told
    rows = {
        line.split()[0]: line for line in run("sources", width=120).splitlines() if line.split()
    }
    pexels, coverr = rows["pexels"], rows["coverr"]
    assert "better than most" in pexels
    assert pexels.count("%") == 2
    assert "too little data" in coverr
    assert "%" not in coverr


@pytest.mark.parametrize("width", [60, 72, 80])
def test_a_narrow_screen_cuts_no_name_and_no_number(
    footage: StockSuccessTracker, width: int
) -> None:
    told = run("sources", width=width)
    assert "…" not in told
    assert all(said in told for said in ("pexels", "videvo", "coverr", "releases", "better"))
    assert len(re.findall(r" [+-]\d\.\d\d ", told)) == 2
    assert ("top 3" in told) == (width == 80)


def test_nothing_logged_yet_says_what_to_do(own_state: Path) -> None:
    assert "noktvrn tracker log-usage" in run("sources")
    assert json.loads(run("sources", "--json")) == []
    assert "no source is known yet" in run("sources", "propose")


def test_a_source_explains_itself_in_words_and_bars(footage: StockSuccessTracker) -> None:
    told = run("sources", "explain", "Videvo")
    assert told.startswith("videvo: worse than most\n")
    assert re.search(r"releases cut from it: -\d+ % \(-\d+ % to .*\) against a median", told)
    assert re.search(r"course [▁▂▃▄▅▆▇█]{12} ", told)
    assert re.search(r"since .*: from .* to -\d\.\d\d; most by release \d+ [+-]", told)
    assert "10 scored" in told
    assert re.search(r"█+┊", told)
    assert "association, not proof of cause" in told


def test_on_too_little_data_a_source_is_not_judged(footage: StockSuccessTracker) -> None:
    told = run("sources", "explain", "coverr")
    assert "not judged before 3 scored releases" in told
    assert "the best with" not in told


def test_the_json_of_an_explanation_is_what_the_tracker_says(
    footage: StockSuccessTracker,
) -> None:
    told = json.loads(run("sources", "explain", "pexels", "--json"))
    effects = [one["effect"] for one in told["contributions"]]
    assert sum(effects) == pytest.approx(told["mean"], abs=1e-9)
    assert told["verdict"] == "better than most"
    assert len(told["course"]) == 11
    assert sum(move["change"] for move in told["change"]["moves"]) == pytest.approx(
        told["change"]["now"] - told["change"]["before"], abs=1e-9
    )


def test_the_same_seed_proposes_the_same_again(footage: StockSuccessTracker) -> None:
    first, again = (
        json.loads(run("sources", "propose", "--top", "2", "--seed", "7", "--json"))
        for _ in range(2)
    )
    drawn = [[one["source"] for one in draw["candidates"]] for draw in (first, again)]
    assert drawn[0] == drawn[1]
    assert first["selection_id"] != again["selection_id"]  # another moment, another draw
    assert sum(one["probability"] for one in first["candidates"]) == pytest.approx(2)
    told = run("sources", "propose", "--top", "2", "--seed", "7")
    proposed = [one["source"] for one in first["candidates"][:2]]
    assert told.startswith(f"Proposed: {', '.join(proposed)}")


def test_proposing_stores_nothing(footage: StockSuccessTracker) -> None:
    run("sources", "propose")
    assert footage.selections() == []


@pytest.mark.parametrize(("by", "first"), [("clip", "clip 0"), ("search-term", "rain")])
def test_a_source_is_taken_apart(footage: StockSuccessTracker, by: str, first: str) -> None:
    told = json.loads(run("sources", "clips", "pexels", "--by", by, "--json"))
    assert first in [part["part"] for part in told]
    assert all("verdict" in part for part in told)
    text = run("sources", "clips", "pexels", "--by", by)
    assert first in text
    assert "0 is the average source" in text
    assert text.endswith("Better and worse than most are said against pexels itself.\n")


def test_parts_that_nobody_logged_are_said_not_to_be_known(footage: StockSuccessTracker) -> None:
    assert run("sources", "clips", "pexels", "--by", "creator") == (
        "no creator of 'pexels' is known\n"
    )


def test_a_source_that_was_never_used_is_an_error_of_one_line(
    footage: StockSuccessTracker,
) -> None:
    with pytest.raises(UnknownSource):
        run("sources", "explain", "nowhere")


def test_json_before_a_command_is_refused_and_not_forgotten(
    footage: StockSuccessTracker,
) -> None:
    result = CliRunner().invoke(app, ["sources", "--json", "explain", "pexels"])
    assert result.exit_code == 2
    assert "goes behind the command" in result.output
