"""The reference rows, the same for everybody: 6 metrics of each release on each of 500 days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.conninfo import make_conninfo
from pyarrow import csv, parquet

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.database.connection_manager import Database, first_value, use_database
from noktvrn_ai_artist.settings import Settings

PLATFORM = "YouTube"
METRICS = ("comments", "dislikes", "likes", "saves", "shares", "views")
DAYS = 500
A_RELEASE = DAYS * len(METRICS)
RELEASES_OF_AN_ARTIST = 101
START = datetime(2015, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEPT = ("schema_migrations", "artists", "approved_releases", "import_batches")
COLUMNS = """release_id, recorded_at, platform, metric_type, metric_value, revision, source,
    source_url, notes, batch_id, stored_at"""
_BATCH_RELEASES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A private server with one database, the folder of its files, and how much is in it."""

    database: Database
    folder: Path
    releases: int

    @property
    def rows(self) -> int:
        """All observations of the first 500 days."""
        return self.releases * A_RELEASE

    @property
    def csv(self) -> Path:
        return self.folder / "rows.csv"

    @property
    def parquet(self) -> Path:
        return self.folder / "rows.parquet"

    @property
    def binary(self) -> Path:
        return self.folder / "rows.bin"

    @property
    def address(self) -> str:
        """How libpq finds the database."""
        assert self.database.server is not None
        target = self.database.server.ensure_running()
        name = self.database.settings.database
        return make_conninfo(
            host=str(target.host),
            port=target.port,
            user=target.user,
            dbname=name,
            options="-c TimeZone=UTC",
        )

    @property
    def url(self) -> str:
        """The same as a URL."""
        assert self.database.server is not None
        target = self.database.server.ensure_running()
        host = str(target.host).replace("/", "%2F")
        name = self.database.settings.database
        zone = "options=-c%20TimeZone%3DUTC"
        return f"postgresql://{target.user}@/{name}?host={host}&port={target.port}&{zone}"

    @property
    def alchemy_url(self) -> str:
        """The same for SQLAlchemy over psycopg2."""
        return self.url.replace("postgresql://", "postgresql+psycopg2://")


def open_world(folder: Path, *, releases: int, name: str = "bench", connections: int = 8) -> World:
    """The world in a folder, its server started and its schema there; use it and then leave it."""
    folder.chmod(0o755)  # the server reads files there, under an account of its own
    settings = Settings(data_dir=folder / "data", database=name, pool_size=connections)
    database = Database(settings).open()
    use_database(database)
    service.apply_schema()
    return World(database=database, folder=folder, releases=releases)


def register(world: World) -> None:
    """Have every artist and release."""
    execute(
        world,
        f"""insert into artists (artist_id, name) select n, 'Artist ' || n
            from generate_series(1, {1 + world.releases // RELEASES_OF_AN_ARTIST}) n
            on conflict do nothing""",
        f"""insert into approved_releases (release_id, artist_id, title)
            select n, 1 + (n - 1) / {RELEASES_OF_AN_ARTIST}, 'Release ' || n
            from generate_series(1, {world.releases}) n on conflict do nothing""",
        "vacuum analyze artists, approved_releases",
    )


def batches(releases: range, days: range = range(DAYS)) -> Iterator[pa.RecordBatch]:
    """The rows of these releases and days, sorted by key, some 100,000 at a time."""
    for first in range(releases.start, releases.stop, _BATCH_RELEASES):
        yield _batch(range(first, min(first + _BATCH_RELEASES, releases.stop)), days)


def table(releases: range, days: range = range(DAYS)) -> pa.Table:
    """The same rows at once."""
    return pa.Table.from_batches(batches(releases, days))


@cache
def first_rows(count: int) -> pa.Table:
    """So many rows from the first on, as everybody is given them."""
    releases = range(1, 2 + (count - 1) // A_RELEASE)
    return table(releases).slice(0, count).combine_chunks()


@cache
def first_records(count: int) -> list[dict[str, Any]]:
    """The same as dictionaries."""
    return first_rows(count).to_pylist()


def make_files(world: World) -> None:
    """The rows as CSV, Parquet and in PostgreSQL's own binary form, unless they are there."""
    if not world.parquet.exists():
        rows = table(range(1, world.releases + 1))
        parquet.write_table(rows, world.parquet, row_group_size=100_000)
        written = pc.strftime(rows["recorded_at"].cast(pa.timestamp("s", "UTC")), "%FT%TZ")
        place = rows.schema.get_field_index("recorded_at")
        plain = csv.WriteOptions(quoting_style="needed")
        csv.write_csv(rows.set_column(place, "recorded_at", written), world.csv, plain)
    if not world.binary.exists():
        write_binary(world, world.binary, range(DAYS))


def write_binary(world: World, path: Path, days: range) -> None:
    """A file that the server itself can COPY from."""
    names = ", ".join(f"'{name}'" for name in METRICS)
    select = f"""select r::bigint, {_instant_sql()} + d * interval '1 day', '{PLATFORM}', m,
            ((r % 97 + 1) * (d + 1) * 10 + n)::double precision, 0, 'bench', null::text, null::text,
            null::bigint, {_instant_sql()}
        from generate_series(1, {world.releases}) r,
            generate_series({days.start}, {days.stop - 1}) d,
            unnest(array[{names}]) with ordinality u (m, n)
        order by r, d, m"""
    with (
        psycopg.connect(world.address) as connection,
        path.open("wb") as file,
        connection.cursor().copy(f"copy ({select}) to stdout (format binary)") as copy,
    ):
        for block in copy:
            file.write(block)
    path.chmod(0o644)


def copy_on_server(world: World, path: Path) -> int:
    """Have the server read the rows by itself: nothing is faster, and nothing is checked."""
    statement = f"copy content_performance ({COLUMNS}) from '{path}' with (format binary)"
    with world.database.transaction() as connection:
        return connection.execute(statement.encode()).rowcount


def clear(world: World) -> None:
    """Take every observation away, and what follows from observations."""
    with world.database.transaction() as connection:
        found = connection.execute(
            b"select tablename from pg_tables where schemaname = 'public' and tablename <> all(%s)",
            [list(KEPT)],
        ).fetchall()
        tables = ", ".join(name for (name,) in found)
        connection.execute(f"truncate {tables}".encode())
    execute(world, "checkpoint")


def fill(world: World) -> None:
    """Have exactly the reference rows, as after a while of use."""
    clear(world)
    copy_on_server(world, world.binary)
    execute(world, "vacuum analyze", "checkpoint")


def stored(world: World) -> int:
    """How many observations are there."""
    with world.database.transaction() as connection:
        return int(first_value(connection.execute(b"select count(*) from content_performance")))


def wal_position(world: World) -> int:
    """How many bytes of WAL were ever written."""
    with world.database.transaction() as connection:
        position = connection.execute(b"select pg_current_wal_insert_lsn() - '0/0'")
        return int(first_value(position))


def execute(world: World, *statements: str) -> None:
    """Run statements that need no answer, each by itself."""
    with psycopg.connect(world.address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _batch(releases: range, days: range) -> pa.RecordBatch:
    release, day, metric = (
        axis.ravel()
        for axis in np.meshgrid(
            np.array(releases), np.array(days), np.arange(len(METRICS)), indexing="ij"
        )
    )
    instants = int(START.timestamp()) * 10**6 + day * 86_400 * 10**6
    platform = pa.DictionaryArray.from_arrays(np.zeros(len(day), np.int8), [PLATFORM])
    return pa.record_batch(
        {
            "release_id": release,
            "platform": platform,
            "metric_type": pa.DictionaryArray.from_arrays(metric.astype(np.int8), METRICS),
            "metric_value": ((release % 97 + 1) * (day + 1) * 10 + metric + 1).astype(np.float64),
            "recorded_at": pa.array(instants, pa.timestamp("us", "UTC")),
        }
    )


def _instant_sql() -> str:
    return f"timestamptz '{START.isoformat()}'"
