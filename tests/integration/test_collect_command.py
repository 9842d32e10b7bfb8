"""`noktvrn collect` and `noktvrn runs` as people, programs and timers use them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from all_platforms import AllPlatforms
from collected_world import register_works
from fake_clock import FakeClock
from faked_works import Work
from fault_scripts import Fault, FaultKind, status
from local_server import LocalServer, Reply
from typer.testing import CliRunner, Result
from youtube_world import HANDLE, KEY

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metric
from noktvrn_ai_artist.analytics.release_registry import list_releases
from noktvrn_ai_artist.cli import app, collecting
from noktvrn_ai_artist.cli.output import console
from noktvrn_ai_artist.collectors.collection_service import CollectionService
from noktvrn_ai_artist.collectors.feeds import FeedName
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.run_ledger import collecting_alone, last_runs
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import (
    BadValue,
    DatabaseUnavailable,
    NoktvrnError,
    NotConfigured,
    SettingsError,
    TransactionConflict,
    WrongLedger,
)

# Out for long whatever the clock of the machine says.
OUT = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def web(
    database: Database, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalServer]:
    """Sixty videos, one of them gone, and the settings of a real installation."""
    clock = FakeClock()
    platforms = AllPlatforms(clock)
    platforms.youtube.works.clear()
    platforms.youtube.works |= {
        f"v{n:02d}": Work(external_id=f"v{n:02d}", title=f"Song {n}", published_at=OUT, gone=n == 1)
        for n in range(60)
    }
    with LocalServer(platforms, clock=clock) as server:
        monkeypatch.setenv("NOKTVRN_YOUTUBE_API_KEY", KEY)
        monkeypatch.setenv("NOKTVRN_BASE_URLS", json.dumps({Provider.YOUTUBE: server.url}))
        register_works(database, FeedName.YOUTUBE, platforms.youtube.works.values())
        yield server


def told(*arguments: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "width", 200)
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert "canary" not in result.output
    return result


def test_a_collection_says_what_came_of_it(web: LocalServer) -> None:
    first = told("collect")
    assert first.exit_code == 0
    assert "youtube: done: 60 of 60 due were asked for; 177 stored, 1 missing; 2 units" in (
        first.output
    )
    again = told("collect", "--platform", "youtube")
    assert (again.exit_code, again.output) == (0, "youtube: nothing is due\n")
    assert "60 of 60" in told("runs").output


def test_programs_are_told_in_json(web: LocalServer) -> None:
    [run] = json.loads(told("collect", "--json").stdout)
    assert (run["outcome"], run["stored"], run["missing"]) == ("done", 177, 1)
    assert json.loads(told("runs", "--json").stdout) == [run]


def test_a_dry_run_asks_and_stores_nothing(web: LocalServer, database: Database) -> None:
    [plan] = json.loads(told("collect", "--dry-run", "--json").stdout)
    assert (plan["due"], plan["calls"], plan["units_left"]) == (60, 2, 10_000)
    assert "What is due" in told("collect", "--dry-run").output
    assert web.asked == []
    assert last_runs(database) == []
    assert "nothing was collected yet" in told("runs").output


def test_giving_up_is_one_line_and_exit_code_1(web: LocalServer) -> None:
    web.play([None, status(403)])
    failed = told("collect")
    assert failed.exit_code == 1
    error, came = failed.output.splitlines()
    assert error == "error: youtube: no reason given (status 403)"
    assert came.startswith("youtube: failed: 50 of 60 due were asked for; 147 stored, 1 missing")
    assert "50 of 60" in told("runs").output
    assert told("collect").exit_code == 0


def test_what_a_failed_run_stored_is_told_and_scored(web: LocalServer) -> None:
    web.play([None, status(403)])
    failed = told("collect", "--json", "--score")
    assert failed.exit_code == 1
    [run] = json.loads(failed.stdout)
    assert (run["outcome"], run["stored"], run["missing"]) == ("failed", 147, 1)
    assert "0 releases scored" in failed.stderr
    assert json.loads(told("runs", "--json").stdout) == [run]


def test_a_spent_quota_is_no_success(web: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOKTVRN_QUOTAS", '{"youtube": 1}')
    spent = told("collect")
    assert spent.exit_code == 1
    assert "youtube: quota spent (1 units per day are used up; again from " in spent.output
    assert "50 of 60 due were asked for; " in spent.output


def test_a_second_collection_at_once_is_one_line(web: LocalServer, database: Database) -> None:
    with collecting_alone(database, FeedName.YOUTUBE):
        second = told("collect")
    assert second.exit_code == 1
    assert second.output == "error: another collection of youtube is under way\n"


def test_a_channel_is_registered_and_collected_in_one_go(web: LocalServer) -> None:
    work = Work(external_id="new", title="Brand new", published_at=OUT)
    platforms = web.world
    assert isinstance(platforms, AllPlatforms)
    platforms.youtube.works["new"] = work
    here = ("collect", "--discover", "--platform", "youtube", "--channel", HANDLE)
    dry = told(*here, "--artist", "Ada", "--dry-run")
    assert "60 published, 59 known; 1 would be registered under Ada" in dry.output
    assert "Brand new" not in told("releases").output
    done = told(*here, "--artist", "Ada")
    assert "1 registered under Ada" in done.output
    assert "61 of 61 due" in done.output
    assert "Brand new" in told("releases").output


def test_scores_follow_the_numbers_if_they_are_asked_for(web: LocalServer) -> None:
    assert "0 releases scored" in told("collect", "--score").output


def numbers_on_tiktok_too(database: Database) -> None:
    """So that nobody can say which the only platform with numbers is."""
    for release, platform in product(list_releases(database)[:2], ("TikTok", "YouTube")):
        for hours in (2, 22, 24, 26):
            at = OUT + timedelta(hours=hours)
            add_performance_metric(release.release_id, platform, "views", 100.0 * hours, at)


def test_of_several_platforms_with_numbers_the_one_to_score_by_is_named(
    web: LocalServer, database: Database
) -> None:
    numbers_on_tiktok_too(database)
    named = told("collect", "--score-by", "youtube")
    assert (named.exit_code, "0 releases scored" in named.output) == (0, True)


def test_nobody_guesses_which_of_several_platforms_scores_are_made_of(
    web: LocalServer, database: Database
) -> None:
    numbers_on_tiktok_too(database)
    unclear = CliRunner().invoke(app, ["collect", "--score"])
    assert isinstance(unclear.exception, BadValue)
    assert "name the one to score by" in str(unclear.exception)
    assert len(last_runs(database)) == 1


class Stopped(Exception):
    """A watch that has slept often enough."""


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a watch that is stopped at its third pause would have slept at each."""
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            raise Stopped

    monkeypatch.setattr(time, "sleep", sleep)
    return naps


def watched(*arguments: str) -> str:
    runner = CliRunner()
    result = runner.invoke(app, ["collect", "--watch", *arguments])
    assert isinstance(result.exception, Stopped)
    return result.output


def test_a_watch_scores_what_came_in_by_the_platform_named(
    web: LocalServer, database: Database, naps: list[float]
) -> None:
    numbers_on_tiktok_too(database)
    said = watched("--score-by", "YouTube")
    assert "177 stored" in said
    assert "0 releases scored" in said
    assert "error" not in said


@pytest.mark.parametrize(
    "error",
    [
        BadValue("is not clear", column="platform"),
        TransactionConflict(),
        WrongLedger(),
        DatabaseUnavailable(),
    ],
)
def test_a_watch_survives_what_scoring_refuses(
    web: LocalServer, naps: list[float], monkeypatch: pytest.MonkeyPatch, error: NoktvrnError
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(collecting, "run_feedback", refuse)
    said = watched("--score")
    assert "177 stored" in said
    assert said.count("error: ") == 1
    assert len(naps) == 3


def test_a_watch_survives_a_conflict_while_it_collects(
    web: LocalServer, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(*_: object) -> None:
        raise TransactionConflict

    monkeypatch.setattr(CollectionService, "attempt", conflict)
    said = watched()
    assert said.count("error: Another transaction came in between") == 3
    assert min(naps) > 290


def test_a_watch_naps_after_a_run_whose_tokens_quota_is_spent(
    database: Database, own_state: Path, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(external_id="soundcloud:tracks:1", title="Song", published_at=OUT)
    register_works(database, FeedName.SOUNDCLOUD, [work])
    refusing = lambda _: Reply.json({"errors": []}, status=429, retry_after="3600")  # noqa: E731
    with LocalServer(refusing) as server:
        urls = dict.fromkeys((Provider.SOUNDCLOUD, Provider.SOUNDCLOUD_ACCOUNTS), server.url)
        monkeypatch.setenv("NOKTVRN_BASE_URLS", json.dumps(urls))
        monkeypatch.setenv("NOKTVRN_SOUNDCLOUD_CLIENT_ID", "canary-a")
        monkeypatch.setenv("NOKTVRN_SOUNDCLOUD_CLIENT_SECRET", "canary-b")
        said = watched()
    assert said.count("soundcloud: quota spent") == len(naps) == 3
    assert min(naps) > 290


@pytest.mark.parametrize("size", ["1", "2"])
def test_with_too_few_connections_nothing_is_begun(
    web: LocalServer, monkeypatch: pytest.MonkeyPatch, database: Database, size: str
) -> None:
    monkeypatch.setenv("NOKTVRN_POOL_SIZE", size)
    with pytest.raises(SettingsError, match=r"^NOKTVRN_POOL_SIZE: .* 3 connections"):
        told("collect")
    assert (web.asked, last_runs(database)) == ([], [])


@pytest.mark.parametrize("name", ["tiktok", "soundcloud"])
def test_without_an_artist_nothing_is_asked_where_the_platform_names_none(
    web: LocalServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for key in ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET", "TIKTOK_REFRESH_TOKEN"):
        monkeypatch.setenv(f"NOKTVRN_{key}", "canary")
    for key in ("SOUNDCLOUD_CLIENT_ID", "SOUNDCLOUD_CLIENT_SECRET"):
        monkeypatch.setenv(f"NOKTVRN_{key}", "canary")
    monkeypatch.setenv("NOKTVRN_BASE_URLS", json.dumps(dict.fromkeys(Provider, web.url)))
    channel = ("--channel", "42") if name == "soundcloud" else ()
    with pytest.raises(BadValue, match="artist: must be told"):
        told("collect", "--discover", "--platform", name, *channel)
    assert web.asked == []


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((), SettingsError, "NOKTVRN_YOUTUBE_API_KEY"),
        (("--platform", "tiktok"), NotConfigured, "NOKTVRN_TIKTOK_CLIENT_KEY"),
    ],
)
def test_without_keys_it_says_which_to_set(
    database: Database,
    own_state: Path,
    arguments: tuple[str, ...],
    error: type[NoktvrnError],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        told("collect", *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--artist", "Ada"),
        ("--channel", HANDLE),
        ("--discover", "--channel", HANDLE),
        ("--watch", "--json"),
        ("--watch", "--dry-run"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    web: LocalServer, arguments: tuple[str, ...]
) -> None:
    assert told("collect", *arguments).exit_code == 2
    assert web.asked == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_survives_the_provider_and_ends_when_it_is_told(
    web: LocalServer, database: Database, number: signal.Signals
) -> None:
    web.play([Fault(kind=FaultKind.HTML), None])
    settings = database.settings
    surroundings = {
        **os.environ,
        "NOKTVRN_DATA_DIR": str(settings.data_dir),
        "NOKTVRN_DATABASE": settings.database,
    }
    watch = subprocess.Popen(
        [sys.executable, "-m", "noktvrn_ai_artist", "collect", "--watch"],
        env=surroundings,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watch.stderr is not None
    said = [watch.stderr.readline(), watch.stderr.readline()]
    watch.send_signal(number)
    said += watch.stderr.readlines()
    watch.stderr.close()
    assert watch.wait() == 0
    assert said[0].startswith("watching youtube")
    assert said[1].startswith("error: youtube: ")
    assert said[-1].startswith("stopped; ")
    assert "canary" not in "".join(said)
    [run] = last_runs(database)
    assert (run.outcome, run.asked) == ("failed", 10)
