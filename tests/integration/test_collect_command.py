"""`noktvrn collect` and `noktvrn runs` as people, programs and timers use them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from all_platforms import AllPlatforms
from collected_world import register_works
from fake_clock import FakeClock
from faked_works import Work
from fault_scripts import Fault, FaultKind, status
from local_server import LocalServer
from typer.testing import CliRunner, Result
from youtube_world import HANDLE, KEY

from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.cli.output import console
from noktvrn_ai_artist.collectors.feeds import FeedName
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.run_ledger import collecting_alone, last_runs
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import NoktvrnError, NotConfigured, SettingsError

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
    assert failed.output == "error: youtube: no reason given (status 403)\n"
    assert "50 of 60" in told("runs").output
    assert told("collect").exit_code == 0


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
    assert "releases scored" in told("collect", "--score").output


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
