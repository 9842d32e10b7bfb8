"""The MCP server: a real client of the SDK asks the real command, and the server in its process."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, Tool
from numpy.random import default_rng
from scored_world import RELEASES, Loop, world
from table_digests import table_digests

from noktvrn_ai_artist.analytics.source_records import Candidate, ClipUsage, Selection
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker, utc_now
from noktvrn_ai_artist.artist_evolution.artist_evolution_service import ArtistEvolutionService
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
from noktvrn_ai_artist.cli import tool_serving
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import SettingsError
from noktvrn_ai_artist.mcp_server import MOST, READING, make_server

CANARY = "canary-mcp-55d1"
LONGEST_LINE = 600
Call = tuple[str, Mapping[str, Any]]
EVERY: Sequence[Call] = (
    ("releases", {}),
    ("release_performance", {"release_id": 1}),
    ("latest_values", {"release_id": 1}),
    ("release_growth", {"release_id": 1}),
    ("freshness", {}),
    ("source_standings", {}),
    ("explain_source", {"source": "pexels"}),
    ("selections", {}),
    ("artist_profile", {"artist_id": 1}),
    ("propose_sources", {"top_n": 2}),
)


async def _asked(
    server: Any,  # noqa: ANN401 - whatever a client can connect to
    calls: Sequence[Call],
) -> tuple[list[Tool], list[CallToolResult]]:
    async with Client(server, read_timeout_seconds=90) as client:
        tools = (await client.list_tools()).tools
        return tools, [await client.call_tool(name, dict(given)) for name, given in calls]


def ask(name: str, **given: object) -> CallToolResult:
    """One call of a server in this process."""
    (result,) = asyncio.run(_asked(make_server(), [(name, given)]))[1]
    return result


def answer(name: str, **given: object) -> dict[str, Any]:
    """What one call answers, structured."""
    result = ask(name, **given)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


def refusal(name: str, **given: object) -> str:
    """The one line that a call is refused with."""
    result = ask(name, **given)
    assert result.is_error
    (block,) = result.content
    assert block.type == "text"
    assert "\n" not in block.text
    assert len(block.text) < LONGEST_LINE
    return block.text


@pytest.fixture
def known(database: Database, own_state: Path) -> Database:
    """Scored releases of two artists, a tracker that knows their clips, and a profile."""
    world(database)
    tracker = StockSuccessTracker(own_state / "source_stats.json")
    drawn = tracker.propose_sources(1, rng=default_rng(1), among=["pexels", "coverr"])
    tracker.log_clip_usages(
        [
            ClipUsage(
                source_name=drawn.candidates[release_id % 2].source,
                clip_id=f"clip {release_id}",
                release_id=release_id,
                used_at=utc_now(),
                selection_id=drawn.selection_id,
            )
            for release_id in range(1, RELEASES + 1)
        ],
        selections=[drawn],
    )
    Loop(database, tracker).run()
    evolution = ArtistEvolutionService(database)
    evolution.set_profile(1, {Trait.GENRE: {"house": 2.0}}, now=utc_now())
    return database


def command(*before: str, **more: str) -> StdioServerParameters:
    """The real command, with these settings and no others."""
    arguments = ["-m", "noktvrn_ai_artist", *before, "mcp"]
    return StdioServerParameters(command=sys.executable, args=arguments, env=dict(more))


def test_a_client_over_stdio_is_answered_by_every_tool(known: Database, own_state: Path) -> None:
    place = known.settings
    server = command(
        NOKTVRN_DATA_DIR=str(place.data_dir),
        NOKTVRN_DATABASE=place.database,
        NOKTVRN_SOURCE_STATS=str(own_state / "source_stats.json"),
    )
    tools, results = asyncio.run(_asked(server, EVERY))
    assert {tool.name for tool in tools} == {name for name, _ in EVERY}
    for result in results:
        assert not result.is_error, result.content
        assert result.structured_content
    found = {
        name: result.structured_content for (name, _), result in zip(EVERY, results, strict=True)
    }
    assert len(found["releases"]["releases"]) == RELEASES
    assert found["latest_values"]["release"]["release_id"] == 1
    assert {one["source"] for one in found["source_standings"]["sources"]} == {"pexels", "coverr"}
    assert found["explain_source"]["contributions"]
    assert found["selections"]["selections"][0]["release_ids"] == list(range(1, RELEASES + 1))
    assert found["artist_profile"]["traits"]["genre"] == {"house": 2.0}
    assert len(found["propose_sources"]["proposed"]) == 2


def test_no_secret_reaches_the_client_or_the_log(tmp_path: Path) -> None:
    secrets = {f"NOKTVRN_{name}_API_KEY": CANARY for name in ("PEXELS", "PIXABAY", "YOUTUBE")}
    url = f"postgresql://someone:{CANARY}@127.0.0.1:9/nothing?connect_timeout=1"
    server = command("--verbose", DATABASE_URL=url, NOKTVRN_DATA_DIR=str(tmp_path), **secrets)
    calls = [("releases", {}), ("freshness", {}), ("source_standings", {"most": CANARY})]
    with (tmp_path / "log").open("w+") as log:
        _, results = asyncio.run(_asked(stdio_client(server, errlog=log), calls))
        log.seek(0)
        written = log.read()
    assert all(result.is_error for result in results)
    said = "".join(result.model_dump_json() for result in results)
    assert CANARY not in said + written
    assert "releases" in written, "the log is empty, so this proves nothing"


def test_a_call_changes_nothing(known: Database, own_state: Path) -> None:
    before = table_digests(known), (own_state / "source_stats.json").read_bytes()
    results = asyncio.run(_asked(make_server(), EVERY))[1]
    assert not any(result.is_error for result in results)
    assert (table_digests(known), (own_state / "source_stats.json").read_bytes()) == before


def test_every_tool_says_that_it_reads_and_what_it_answers() -> None:
    tools, _ = asyncio.run(_asked(make_server(), []))
    assert {tool.name for tool in tools} == {one.__name__ for one in READING} | {"propose_sources"}
    for tool in tools:
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.description
        assert tool.output_schema
    documented = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text(encoding="utf-8")
    assert [tool.name for tool in tools if f"| `{tool.name}` |" not in documented] == []
    said = {tool.name: tool.description or "" for tool in tools}
    assert "not recorded by it" in said["propose_sources"]


def test_a_proposal_is_kept_once_it_is_handed_over_with_a_clip_and_not_before(
    known: Database, own_state: Path
) -> None:
    drawn = answer("propose_sources", among=["pexels", "coverr", "pixabay"], top_n=1)
    kept = [one["selection_id"] for one in answer("selections")["selections"]]
    assert drawn["selection_id"] not in kept
    assert drawn["top_n"] == 1
    assert any("these probabilities are not recorded" in note for note in drawn["notes"])
    selection = Selection(
        selection_id=drawn["selection_id"],
        drawn_at=datetime.fromisoformat(drawn["drawn_at"]),
        top_n=drawn["top_n"],
        candidates=tuple(Candidate(**one) for one in drawn["candidates"]),
    )
    tracker = StockSuccessTracker(own_state / "source_stats.json")
    tracker.log_clip_usage(drawn["proposed"][0], "8512", 7, selection=selection)
    assert selection in tracker.selections()
    assert set(drawn["reasons"]) == set(drawn["proposed"])
    assert sum(one["probability"] for one in drawn["candidates"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "given", "listed"),
    [
        ("releases", {}, "releases"),
        ("release_performance", {"release_id": 1}, "observations"),
        ("source_standings", {}, "sources"),
        ("explain_source", {"source": "pexels"}, "contributions"),
        ("freshness", {}, "metrics"),
    ],
)
def test_what_is_cut_says_so(
    name: str, given: dict[str, object], listed: str, known: Database
) -> None:
    cut, whole = answer(name, most=1, **given), answer(name, most=MOST, **given)
    assert len(cut[listed]) == 1 < len(whole[listed])
    assert cut["notes"][0].startswith("only the first 1 ")
    assert not any(note.startswith("only") for note in whole["notes"])


def test_numbers_come_the_newest_first_between_two_instants(known: Database) -> None:
    seen = answer("release_performance", release_id=2, most=MOST)["observations"]
    instants = [one["recorded_at"] for one in seen]
    assert instants == sorted(instants, reverse=True)
    part = answer("release_performance", release_id=2, since=instants[4], until=instants[2])
    assert {one["recorded_at"] for one in part["observations"]} <= set(instants[3:])


def test_growth_is_that_of_the_command_line(known: Database) -> None:
    from typer.testing import CliRunner

    from noktvrn_ai_artist.cli import app

    told = json.loads(CliRunner().invoke(app, ["growth", "3", "--json"]).output)["ages"]
    assert answer("release_growth", release_id=3)["ages"] == told


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("release_performance", {"release_id": 999}, "there is no release 999"),
        ("release_performance", {"release_id": 1, "platform": "Vimeoh"}, "Vimeoh"),
        ("release_performance", {"release_id": 1, "since": "01/02/2026"}, "since: "),
        ("release_performance", {"release_id": True}, "release_id: "),
        ("release_performance", {"release_id": 1.5}, "release_id: "),
        ("release_performance", {"release_id": 0}, "release_id: "),
        ("release_performance", {"release_id": 2**63}, "release_id: "),
        ("release_performance", {"release_id": f"x\n{CANARY}"}, "release_id: "),
        ("release_performance", {}, "release_id: "),
        ("releases", {"artist_id": 99_999}, "there is no artist 99999"),
        ("releases", {"most": MOST + 1}, "most: "),
        ("releases", {"artist": 1}, "artist: releases has no such argument"),
        ("latest_values", {"release_id": 999}, "there is no release 999"),
        ("release_growth", {"release_id": 1, "metric": "nothing"}, "nothing"),
        ("artist_profile", {"artist_id": 999}, "999"),
        ("explain_source", {"source": "nobody"}, "nobody"),
        ("propose_sources", {"top_n": 0}, "top_n: "),
        ("propose_sources", {"among": ["a\nb"]}, "source_name"),
        ("drop_everything", {}, "drop_everything"),
    ],
)
def test_a_refusal_is_one_line(
    name: str, given: dict[str, object], told: str, known: Database
) -> None:
    said = refusal(name, **given)
    assert told in said
    assert CANARY not in said


def test_the_demo_says_that_its_clip_usage_is_simulated(
    known: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOKTVRN_DEMO", "1")
    for name in ("source_standings", "selections", "propose_sources"):
        assert any("simulated" in note for note in answer(name)["notes"])
    assert "simulated" in (make_server().instructions or "")


def test_without_the_sdk_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    with pytest.raises(SettingsError, match=r"pip install 'noktvrn-ai-artist\[mcp\]'"):
        tool_serving.mcp()
