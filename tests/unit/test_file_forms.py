"""What a header says a table is, and what its rows then say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind, Platform
from noktvrn_ai_artist.errors import BadFile, Rejection, UnknownPlatform
from noktvrn_ai_artist.ingest.file_forms import (
    SPELLINGS,
    Form,
    FoundObservation,
    TableReader,
    understand,
)
from noktvrn_ai_artist.ingest.text_blocks import TableRow

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
LONG = ["release_id", "platform", "metric_type", "metric_value", "recorded_at"]
WIDE = ["video_key", "artist", "title", "recorded_at", "views", "likes"]
WIDE_ROW = ["k1", "Nova", "Song", "2026-11-01T00:00:00Z", "10", "2"]


def reader(header: list[str], **more: object) -> TableReader:
    given_ = {"catalogue": KNOWN, "now": NOW, **more}
    return understand(header, **given_)  # type: ignore[arg-type]


def found(header: list[str], cells: list[str], **more: object) -> list[object]:
    return list(reader(header, **more).observations(TableRow(number=2, cells=cells)))


def refused(header: list[str], cells: list[str], **more: object) -> Rejection:
    (one,) = found(header, cells, **more)
    assert isinstance(one, Rejection)
    return one


def test_a_long_row_is_one_observation() -> None:
    header = [*LONG, "source", "source_url", "notes"]
    cells = ["7", "youtube", "viewCount", "12.5", "2026-11-01T02:00:00+02:00", "studio", "u", " n "]
    (one,) = found(header, cells)
    assert isinstance(one, FoundObservation)
    told = one.observation
    assert (told.release_id, told.platform, told.metric_type) == (7, "YouTube", "views")
    assert (told.metric_value, told.recorded_at) == (12.5, datetime(2026, 11, 1, tzinfo=UTC))
    assert (told.source, told.source_url, told.notes) == ("studio", "u", "n")
    assert one.entry is None


def test_a_wide_row_is_one_observation_for_each_filled_cell() -> None:
    both = found(WIDE, WIDE_ROW)
    assert [one.observation.metric_type for one in both] == ["views", "likes"]  # type: ignore[attr-defined]
    (hidden,) = found(WIDE, [*WIDE_ROW[:4], " ", "0"])
    assert isinstance(hidden, FoundObservation)
    assert (hidden.observation.metric_type, hidden.observation.metric_value) == ("likes", 0.0)
    assert hidden.entry is not None
    assert hidden.entry.identity == ("k1",)


@given(st.permutations(range(len(WIDE))))
def test_the_order_of_columns_does_not_matter(order: list[int]) -> None:
    shuffled = found([WIDE[i] for i in order], [WIDE_ROW[i] for i in order])
    key = lambda one: one.observation.metric_type  # noqa: E731
    assert sorted(shuffled, key=key) == sorted(found(WIDE, WIDE_ROW), key=key)


@pytest.mark.parametrize("role", SPELLINGS)
def test_every_spelling_of_a_column_means_its_role(role: str) -> None:
    for spelling in SPELLINGS[role]:
        header = [*LONG, "artist", "title"]
        header = [spelling if name == role else name for name in header]
        if role not in [*LONG, "artist", "title"]:
            header = [*header, spelling]
        assert role in reader([name.upper() for name in header]).columns


def test_rows_name_their_release_by_id_by_external_id_or_by_title() -> None:
    (by_title,) = found(
        ["artist", "title", "recorded_at", "views"], WIDE_ROW[1:5], platform="tiktok"
    )
    assert isinstance(by_title, FoundObservation)
    assert by_title.entry is not None
    assert by_title.entry.identity == ("Nova", "Song")
    assert by_title.observation.platform == "TikTok"


def test_a_video_key_says_that_the_platform_is_youtube_unless_told_otherwise() -> None:
    assert reader(WIDE).platform is KNOWN.platform("YouTube")
    assert reader(WIDE, platform="instagram").platform is KNOWN.platform("Instagram")
    with pytest.raises(UnknownPlatform):
        reader(WIDE, platform="myspace")


def test_a_platform_column_speaks_for_each_row() -> None:
    header = ["platform", "artist", "title", "recorded_at", "plays"]
    row = ["Nova", "Song", "2026-11-01T00:00:00Z", "3"]
    (one,) = found(header, ["soundcloud", *row])
    assert isinstance(one, FoundObservation)
    assert one.observation.platform == "SoundCloud"
    assert refused(header, ["myspace", *row]).column == "platform"
    # Another platform's metric is no metric of this one.
    assert "no metric" in refused([*header[:4], "reposts"], ["youtube", *row]).rule


def test_columns_that_describe_are_read_over_and_others_when_told_to() -> None:
    assert found([*WIDE, "category_id", ""], [*WIDE_ROW, "10", "x"]) == found(WIDE, WIDE_ROW)
    assert found([*WIDE, "", ""], [*WIDE_ROW, "", ""]) == found(WIDE, WIDE_ROW)
    ignoring = found([*WIDE, "Mood"], [*WIDE_ROW, "sad"], ignore=frozenset({"mood"}))
    assert ignoring == found(WIDE, WIDE_ROW)


def test_a_column_with_a_role_is_read_over_when_told_to() -> None:
    noted = [*WIDE, "notes", "channel_title"]
    row = [*WIDE_ROW, "n" * 100_000, "another"]
    assert found(noted, row, ignore=frozenset({"Notes", "channel title"})) == found(WIDE, WIDE_ROW)
    with pytest.raises(BadFile, match="no column for recorded_at"):
        reader(WIDE, ignore=frozenset({"recorded_at"}))
    with pytest.raises(BadFile, match="name the platform with --platform"):
        reader(WIDE, ignore=frozenset({"video_key"}))


def test_a_column_to_read_over_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadFile, match="has no column 'moood' to read over"):
        reader([*WIDE, "mood"], ignore=frozenset({"moood"}))
    with pytest.raises(BadFile, match="'" + "y" * 64 + "'"):
        reader(WIDE, ignore=frozenset({"y" * 500}))


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ([*WIDE, "views"], "two columns for 'views'"),
        ([*WIDE, "viewCount"], "two columns for 'views'"),
        ([*WIDE, "channel_title"], "two columns for 'artist'"),
        ([*WIDE, "mood"], "'mood' that is no metric"),
        ([*LONG, "views"], "'views' that is no metric and no known column"),
        (LONG[:4], "no column for recorded_at"),
        ([*LONG[:3], "recorded_at"], "no column for metric_value"),
        (LONG[1:], "no column for artist, title"),
        (WIDE[:4], "has no metric column"),
        (["artist", "title", "recorded_at", "views"], "name the platform with --platform"),
        (["x" * 500], "no column for recorded_at, artist, title"),
        ([*WIDE, "y" * 500], "'" + "y" * 64 + "'"),
    ],
)
def test_a_header_that_is_not_understood_is_refused(header: list[str], rule: str) -> None:
    with pytest.raises(BadFile, match=rule):
        reader(header)


@pytest.mark.parametrize(
    ("column", "cell", "named", "rule"),
    [
        ("release_id", "0", "release_id", "between 1"),
        ("release_id", "1.5", "release_id", "whole number"),
        ("release_id", "", "release_id", "whole number"),
        ("platform", "", "platform", "must not be empty"),
        ("platform", "spotfy", "platform", "nearest known: Spotify"),
        ("metric_type", "veiws", "metric_type", "nearest known: views"),
        ("metric_value", "", "metric_value", "plain number"),
        ("metric_value", "1_000", "metric_value", "plain number"),
        ("metric_value", "-1", "metric_value", "negative"),
        ("metric_value", "1e400", "metric_value", "finite"),
        ("recorded_at", "2026-11-01", "recorded_at", "ISO 8601"),
        ("recorded_at", "2026-11-01T00:00", "recorded_at", "UTC offset"),
        ("recorded_at", "2026-11-20T08:05:01Z", "recorded_at", "future"),
    ],
)
def test_a_cell_that_breaks_a_rule_is_refused_by_name(
    column: str, cell: str, named: str, rule: str
) -> None:
    good = dict(zip(LONG, ["1", "YouTube", "views", "1", "2026-11-01T00:00:00Z"], strict=True))
    refusal = refused(LONG, list({**good, column: cell}.values()))
    assert (refusal.row, refusal.column) == (2, named)
    assert rule in refusal.rule


def test_a_wide_cell_is_named_by_its_column_and_spares_the_others() -> None:
    bad, good = found(WIDE, [*WIDE_ROW[:4], "many", "2"])
    assert isinstance(bad, Rejection)
    assert bad.column == "views"
    assert isinstance(good, FoundObservation)


def test_too_few_or_too_many_cells_are_refused() -> None:
    assert refused(WIDE, WIDE_ROW[:-1]).rule == "has 5 cells where the header has 6"
    assert refused(WIDE, [*WIDE_ROW, "1"]).rule == "has 7 cells where the header has 6"


def test_five_minutes_ahead_of_the_clock_is_still_now() -> None:
    ahead = (NOW + timedelta(minutes=5)).isoformat()
    assert len(found(WIDE, [*WIDE_ROW[:3], ahead, "1", "2"])) == 2


def test_declared_names_are_understood() -> None:
    mood = Metric(name="mood", kind=MetricKind.GAUGE, unit="points", signed=True)
    catalogue = KNOWN.with_platform(Platform(name="Deezer", day_zone="UTC", metrics={"mood": mood}))
    header = ["artist", "title", "recorded_at", "Mood"]
    (one,) = found(header, [*WIDE_ROW[1:4], "-3"], catalogue=catalogue, platform="deezer")
    assert isinstance(one, FoundObservation)
    assert one.observation.metric_value == -3.0


def test_forms_are_told_by_their_header() -> None:
    assert reader(LONG).form is Form.LONG
    assert reader(WIDE).form is Form.WIDE
