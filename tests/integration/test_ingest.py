"""Files of real numbers, from their first byte to the database and back out again."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_tables import everything, few_examples, rows, standing, start_anew

from noktvrn_ai_artist.analytics.performance_db_service import (
    get_imports,
    get_performance_data,
    undo_import,
)
from noktvrn_ai_artist.analytics.release_registry import list_artists, list_releases
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadFile, ImportRefused, Rejection, UnknownPlatform
from noktvrn_ai_artist.ingest.ingest_service import IngestReport, ingest_file, write_rejects

SAMPLE = (files("noktvrn_ai_artist") / "demo" / "youtube_trending_us_music.csv").read_bytes()
WIDE = "video_key,artist,title,published_at,recorded_at,views,likes\n"
WIDE_ROWS = (
    "k1,Nova,Song,2026-02-01T00:00:00Z,2026-03-01T00:00:00Z,10,1\n"
    "k1,Nova,Song,2026-02-01T00:00:00Z,2026-03-02T00:00:00Z,20,\n"
    'k2,Bo,"A, ""quoted"" title",,2026-03-01T00:00:00Z,0,0\n'
)
LONG = "artist,title,platform,metric_name,value,timestamp\n"


def ingest(content: str | bytes, **more: Any) -> IngestReport:  # noqa: ANN401 - passed on
    raw = content.encode() if isinstance(content, str) else content
    return ingest_file(io.BytesIO(raw), **{"label": "file.csv", **more})


def test_the_sample_comes_in_whole_and_once_and_goes_out_again(database: Database) -> None:
    start_anew(database)
    before = everything(database)
    report = ingest(SAMPLE, label="music")
    counts = report.counts
    assert (counts.read, counts.stored, counts.duplicate, counts.rejected) == (7464, 7464, 0, 0)
    assert (report.artists, report.releases, report.publications) == (251, 362, 362)
    assert (report.form, counts.corrected) == ("wide", 0)
    assert rows(
        database,
        "select count(*) from content_performance p join approved_releases r using (release_id)"
        " where p.recorded_at < r.published_at",
    ) == [(report.before_publication,)]
    assert report.before_publication > 0
    there = everything(database)
    again = ingest(SAMPLE)
    assert (again.counts.stored, again.counts.duplicate) == (0, 7464)
    assert (again.artists, again.releases, again.publications) == (0, 0, 0)
    assert everything(database) == there
    assert counts.batch_id is not None
    undone = undo_import(counts.batch_id)
    assert (undone.removed, undone.releases, undone.artists) == (7464, 362, 251)
    assert everything(database) == before


def test_the_sample_is_stored_as_a_plain_reader_reads_it(database: Database) -> None:
    ingest(SAMPLE)
    expected = {
        (row["channel_title"], row["title"], row["recorded_at"], metric, float(row[column]))
        for row in csv.DictReader(io.StringIO(SAMPLE.decode()))
        for metric, column in [
            ("views", "views"),
            ("likes", "likes"),
            ("dislikes", "dislikes"),
            ("comments", "comment_count"),
        ]
        if row[column]
    }
    found = rows(
        database,
        'select a.name, r.title, to_char(p.recorded_at, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\'),'
        " p.metric_type, p.metric_value from content_performance p"
        " join approved_releases r using (release_id) join artists a using (artist_id)",
    )
    assert set(found) == expected


def test_a_dry_run_counts_and_leaves_everything_as_it_was(database: Database) -> None:
    start_anew(database)
    before = everything(database)
    dry = ingest(WIDE + WIDE_ROWS, dry_run=True)
    assert everything(database) == before
    assert get_imports() == []
    wet = ingest(WIDE + WIDE_ROWS)
    assert dry.dry_run
    assert not wet.dry_run
    assert (dry.artists, dry.releases, dry.publications) == (2, 2, 2)
    assert dry.counts.stored == wet.counts.stored == 5
    assert dry.counts.batch_id is None


def test_both_readings_of_the_file_are_followed(database: Database) -> None:
    surveyed: list[int] = []
    read: list[int] = []
    ingest(WIDE + WIDE_ROWS, on_survey=surveyed.append, on_progress=read.append)
    assert surveyed == read == [5]


def test_wide_and_long_form_say_the_same(database: Database) -> None:
    start_anew(database)
    ingest(
        "artist,title,recorded_at,views,likes\nNova,Song,2026-03-01T00:00:00Z,10,1\n",
        platform="tiktok",
    )
    there = everything(database)
    long = ingest(
        LONG + "Nova,Song,TikTok,viewCount,10,2026-03-01T00:00:00Z\n"
        "Nova,Song,tiktok,like_count,1e0,2026-03-01T01:00:00+01:00\n"
    )
    assert long.form == "long"
    assert (long.counts.stored, long.counts.duplicate) == (0, 2)
    assert everything(database) == there


def test_the_platform_is_implied_named_or_missing(database: Database) -> None:
    ingest(WIDE + WIDE_ROWS)
    assert {record["platform"] for record in get_performance_data()} == {"YouTube"}
    titled = "artist,title,recorded_at,views\nNova,Song,2026-03-01T00:00:00Z,10\n"
    with pytest.raises(BadFile, match="--platform"):
        ingest(titled)
    with pytest.raises(UnknownPlatform):
        ingest(titled, platform="myspace")
    assert ingest(titled, platform="instagram").counts.stored == 1


def test_what_was_exported_may_come_in_again(database: Database) -> None:
    ingest(WIDE + WIDE_ROWS)
    target = io.StringIO()
    records = get_performance_data()
    writer = csv.DictWriter(target, records[0])
    writer.writeheader()
    writer.writerows({**r, "recorded_at": r["recorded_at"].isoformat()} for r in records)
    again = ingest(target.getvalue())
    assert (again.counts.stored, again.counts.duplicate) == (0, 5)


cells = st.sampled_from(["", "0", "1", "2.5", "many", "-1"])
wide_rows = st.lists(
    st.tuples(
        st.sampled_from(["", "k1", "k2"]),
        st.sampled_from(["Nova", "Bo"]),
        st.sampled_from(["Song", "Other"]),
        st.sampled_from(["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "yesterday"]),
        cells,
        cells,
    ),
    max_size=12,
)


@few_examples
@given(wide_rows)
def test_every_cell_is_stored_duplicate_or_rejected_and_again_a_duplicate(
    database: Database, table: list[tuple[str, ...]]
) -> None:
    start_anew(database, releases=0)
    text = io.StringIO()
    csv.writer(text).writerows(
        [["video_key", "artist", "title", "recorded_at", "views", "likes"], *table]
    )
    rejected: list[Rejection] = []
    progress: list[int] = []
    content = text.getvalue()
    counts = ingest(
        content, skip_bad=True, on_rejection=rejected.append, on_progress=progress.append
    ).counts
    assert counts.read == counts.stored + counts.duplicate + counts.rejected
    assert counts.rejected == len(rejected)
    assert max(progress, default=0) == counts.read
    releases = len(list_releases(database))
    there = standing(database)
    # Only keys that changed within the file go through their values again.
    again = ingest(content, skip_bad=True)
    assert again.counts.stored <= 2 * counts.corrected
    assert (again.releases, len(list_releases(database))) == (0, releases)
    assert standing(database) == there or counts.corrected
    for batch in get_imports():
        undo_import(batch.batch_id)
    assert standing(database) == []
    assert list_releases(database) == []
    assert not [artist for artist in list_artists(database) if artist.artist_id > 2]


def rejects_of(content: str) -> str:
    """The rejects file of an import that skips what is bad."""
    rejected: list[Rejection] = []
    ingest(content, skip_bad=True, on_rejection=rejected.append)
    target = io.StringIO()
    by_row = {rejection.row: rejection for rejection in rejected}
    write_rejects(io.BytesIO(content.encode()), by_row, target)
    return target.getvalue()


def test_rejects_are_mended_and_come_in(database: Database) -> None:
    content = (
        WIDE + WIDE_ROWS + ("k3,Nova,Third,,2026-03-01T00:00:00Z,many,7\nk4,Nova,Fourth,,soon,5,\n")
    )
    rejects = rejects_of(content)
    lines = rejects.splitlines()
    assert lines[0] == WIDE.strip() + ",refused_column,refused_rule"
    assert [line.split(",")[-2] for line in lines[1:]] == ["views", "recorded_at"]
    # Mended by halves, it is refused by half again, and the reasons do not pile up.
    half = rejects.replace("soon", "2026-03-01T00:00:00Z")
    second = rejects_of(half)
    assert second.splitlines()[0] == lines[0]
    assert len(second.splitlines()) == 2
    counts = ingest(second.replace(",many,", ",3,")).counts
    assert (counts.stored, counts.duplicate, counts.rejected) == (1, 1, 0)
    assert len(list_releases(database)) == 4


def test_a_row_with_too_few_cells_keeps_its_place_among_the_rejects(database: Database) -> None:
    rejects = rejects_of(WIDE + "k1,Nova,Song\n")
    (row,) = csv.DictReader(io.StringIO(rejects))
    assert row["refused_column"] == "row"
    assert (row["title"], row["views"]) == ("Song", "")


def test_one_bad_row_stores_nothing_and_is_named_as_a_spreadsheet_does(database: Database) -> None:
    start_anew(database)
    before = everything(database)
    with pytest.raises(ImportRefused) as refusal:
        ingest(WIDE + WIDE_ROWS + "k3,Nova,Third,,2026-03-01T00:00:00Z,many,7\n")
    assert [(r.row, r.column) for r in refusal.value.rejections] == [(5, "views")]
    assert everything(database) == before
    assert get_imports() == []


@pytest.mark.parametrize("first", ["\ufeff", ""])
def test_a_byte_order_mark_is_accepted(database: Database, first: str) -> None:
    assert ingest(first + WIDE + WIDE_ROWS).counts.stored == 5


def test_only_a_header_is_no_rows_and_no_error(database: Database) -> None:
    counts = ingest(WIDE).counts
    assert (counts.read, counts.stored, counts.rejected) == (0, 0, 0)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "is empty"),
        ((WIDE + WIDE_ROWS).encode("utf-16"), "UTF-16: save as UTF-8"),
        (
            (WIDE + WIDE_ROWS + "k3,Bj\u00f8rk,J\u00f3ga,,2026-03-01T00:00:00Z,1,1\n").encode(
                "cp1252"
            ),
            "save as UTF-8",
        ),
        (gzip.compress((WIDE + WIDE_ROWS).encode()), "is compressed"),
        ((WIDE + WIDE_ROWS + 'k3,"Nova,Song,,2026-03-01T00:00:00Z,1,1\n').encode(), "never ends"),
        ((WIDE + WIDE_ROWS + "k3," + "x" * 140_000 + ",Song,,,1,1\n").encode(), "128 KiB"),
        (("views," + WIDE).encode(), "two columns for 'views'"),
        (("mood," + WIDE).encode(), "'mood' that is no metric"),
        (WIDE.replace("title,", "").encode(), "no column for title"),
    ],
)
def test_a_file_that_is_no_table_stores_nothing(
    database: Database, content: bytes, rule: str
) -> None:
    start_anew(database)
    before = everything(database)
    with pytest.raises(BadFile, match=rule):
        ingest(content, skip_bad=True)
    assert everything(database) == before
    assert get_imports() == []


def test_columns_are_read_over_when_told_to(database: Database) -> None:
    content = WIDE.replace("likes", "likes,mood") + WIDE_ROWS.replace("\n", ",sad\n")
    assert ingest(content, ignore=frozenset({"Mood"})).counts.stored == 5


def test_releases_may_be_named_by_their_id(database: Database) -> None:
    start_anew(database)
    content = "release_id,platform,metric,value,recorded_at\n{},YouTube,views,1,2026-03-01T00:00Z\n"
    assert ingest(content.format(2)).counts.stored == 1
    with pytest.raises(ImportRefused, match="there is no release 77"):
        ingest(content.format(77))


def test_a_label_of_any_kind_is_kept_as_far_as_it_can_be(database: Database) -> None:
    ingest(WIDE, label="a\0b\ud800" + "x" * 600)
    assert len(get_imports()[0].label) == 512


class Torn(io.BytesIO):
    """A file whose disk fails half way through the second reading."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > 4:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_a_file_that_fails_while_it_is_read_stores_nothing(database: Database) -> None:
    start_anew(database)
    before = everything(database)
    with pytest.raises(OSError, match="Input/output"):
        ingest_file(Torn((WIDE + WIDE_ROWS).encode()), label="torn")
    assert everything(database) == before


@pytest.fixture
def closing() -> Iterator[io.BytesIO]:
    """A file that is closed as soon as the call that reads it has failed."""
    with io.BytesIO((WIDE + WIDE_ROWS + "k9,Nova,Song,,soon,1,1\n").encode()) as file:
        yield file


def test_a_refused_file_can_be_closed_at_once(database: Database, closing: io.BytesIO) -> None:
    with pytest.raises(ImportRefused):
        ingest_file(closing, label="refused")
    closing.close()
    assert get_imports() == []
