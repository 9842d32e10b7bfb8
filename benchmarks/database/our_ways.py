"""Our own calls, each over the reference rows; nothing is imported here that they do not need."""

from __future__ import annotations

import pyarrow as pa

from benchmarks.database.world import DAY, START, World, batches, first_records, first_rows
from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.cli.app import app
from noktvrn_ai_artist.ingest.ingest_service import ingest_file
from noktvrn_ai_artist.records import ImportCounts


def store_table(_: World, amount: int) -> ImportCounts:
    """An Arrow table that is there already."""
    return service.add_performance_metrics(first_rows(amount))


def store_batches(world: World, _: int) -> ImportCounts:
    """Arrow batches that are made as they are asked for."""
    made = batches(range(1, world.releases + 1))
    reader = pa.RecordBatchReader.from_batches(next(batches(range(1, 2))).schema, made)
    return service.add_performance_metrics(reader)


def store_parquet(world: World, _: int) -> ImportCounts:
    """A Parquet file."""
    return service.add_performance_metrics(world.parquet)


def store_csv(world: World, _: int) -> ImportCounts:
    """A CSV file, as `noktvrn ingest` stores it."""
    with world.csv.open("rb") as file:
        return ingest_file(file, label="benchmark").counts


def store_records(_: World, amount: int) -> ImportCounts:
    """Dictionaries that are there already."""
    return service.add_performance_metrics(first_records(amount))


def read_table(_: World, days: int) -> int:
    """So many days as an Arrow table."""
    end = START + days * DAY
    return int(service.get_performance_table(start_date=START, end_date=end).num_rows)


def read_frame(_: World, days: int) -> int:
    """So many days as a pandas frame."""
    return len(service.get_performance_frame(start_date=START, end_date=START + days * DAY))


def read_records(_: World, days: int) -> int:
    """So many days as dictionaries, one after the other."""
    found = service.iter_performance_data(start_date=START, end_date=START + days * DAY)
    return sum(1 for _ in found)


def export_parquet(world: World, amount: int) -> int:
    """Everything into a Parquet file, by the command."""
    return _exported(world, amount, "parquet")


def export_csv(world: World, amount: int) -> int:
    """Everything into a CSV file, by the command."""
    return _exported(world, amount, "csv")


def _exported(world: World, amount: int, ending: str) -> int:
    path = world.folder / f"exported.{ending}"
    app(["export", str(path)], standalone_mode=False)
    path.unlink()
    return amount
