"""Storing one observation at a time, beside pgbench with the same statement on the same server."""

from __future__ import annotations

import multiprocessing
import random
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from benchmarks.database.contest import Outcome, Side
from benchmarks.database.reading import MissingProgram
from benchmarks.database.world import World, execute, open_world
from noktvrn_ai_artist.analytics.performance_db_service import insert_performance_record
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock
from noktvrn_ai_artist.database.connection_manager import use_database
from noktvrn_ai_artist.database.queries import query

CLIENTS = (1, 8, 32)
CONNECTIONS = (8, 32)
SECONDS = 3
CONSTANTS = {
    "platform": "YouTube",
    "metric_type": "views",
    "source": "manual",
    "stored_at": "2026-01-01 00:00:00+00",
    "undo_lock": str(AdvisoryLock.UNDO.value),
}
Way = Callable[[World, int], float]


def outcomes(world: World, *, rounds: int, progress: Callable[[str], object]) -> Iterator[Outcome]:
    """Observations a second, of so many clients at once; every way in turn, medians at the end."""
    ways: dict[str, tuple[Side, Way]] = {
        "pgbench, the same statement": (Side.LIMIT, pgbench),
        "ours, threads of one process": (Side.OURS, threads),
        "ours, processes": (Side.OURS, processes),
    }
    for clients in CLIENTS:
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(1, rounds + 1):
            for name, (_, way) in ways.items():
                rates[name].append(way(world, clients))
                progress(f"round {number}, {clients} clients: {name}: {rates[name][-1]:,.0f}/s")
        for name, (side, _) in ways.items():
            seconds = [1 / rate for rate in rates[name]]
            yield Outcome(name=f"{name}; {clients}", side=side, amount=1, seconds=seconds)


def script(folder: Path, *, releases: int) -> Path:
    """Our statement for pgbench, with keys drawn as we draw them; pgbench cannot bind a null."""
    statement = re.sub(r"--.*", "", query("insert_observation").decode())
    statement = re.sub(r"%\((source_url|notes)\)s", "null", statement)
    statement = re.sub(r"%\((\w+)\)s", r":\1", statement).replace("\n", " ")
    path = folder / "single.sql"
    path.write_text(
        f"\\set release_id random(1, {releases})\n"
        "\\set recorded_at 10000 * random(2006, 2025) + 100 * random(1, 12) + random(1, 28)\n"
        f"\\set metric_value random(1, 1000000)\n{statement}\n"
    )
    return path


def pgbench(world: World, clients: int) -> float:
    """Transactions a second, each the prepared statement alone."""
    constants = [f"-D{name}={value}" for name, value in CONSTANTS.items()]
    command = ["pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}"]
    command += [f"--jobs={min(clients, 2)}", f"--time={SECONDS}", *constants]
    command += [f"--file={script(world.folder, releases=world.releases)}", world.address]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError as error:
        raise MissingProgram("pgbench", "postgresql (of its version's bin)") from error
    found = re.search(r"^tps = ([\d.]+)", told, re.MULTILINE)
    assert found, told
    return float(found[1])


def threads(world: World, clients: int) -> float:
    """Calls a second of so many threads that share our pool."""
    counts = [0] * clients
    end = time.perf_counter() + SECONDS

    def work(place: int) -> None:
        counts[place] = _stored_until(end, world.releases)

    workers = [threading.Thread(target=work, args=[place]) for place in range(clients)]
    begin = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.perf_counter() - begin)


def processes(world: World, clients: int) -> float:
    """Calls a second of so many processes with a pool each."""
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Event()
    pipes, workers = [], []
    for _ in range(clients):
        mine, theirs = spawn.Pipe()
        given = (world.folder, world.releases, start, theirs)
        workers.append(spawn.Process(target=_work_apart, args=given))
        workers[-1].start()
        pipes.append(mine)
    for pipe in pipes:
        pipe.recv()
    start.set()
    rates = [pipe.recv() for pipe in pipes]
    for worker in workers:
        worker.join()
    return sum(rates)


def _work_apart(folder: Path, releases: int, start: Event, pipe: Connection) -> None:
    """Runs in a process of its own: be ready, wait for the others, store, tell the rate."""
    world = open_world(folder, releases=releases, name="singles")
    _stored_until(time.perf_counter() + 0.2, releases)
    pipe.send("ready")
    start.wait()
    begin = time.perf_counter()
    stored = _stored_until(begin + SECONDS, world.releases)
    pipe.send(stored / (time.perf_counter() - begin))
    use_database(None)


def _stored_until(end: float, releases: int) -> int:
    dice, stored = random.Random(), 0
    while time.perf_counter() < end:
        month, day = dice.randint(1, 12), dice.randint(1, 28)
        at = datetime(dice.randint(2006, 2025), month, day, tzinfo=UTC)
        insert_performance_record(dice.randint(1, releases), "YouTube", "views", 5.0, at)
        stored += 1
    return stored


def emptied(world: World) -> None:
    """A new beginning: nothing stored, nothing to be written back."""
    execute(world, "truncate content_performance", "checkpoint")
