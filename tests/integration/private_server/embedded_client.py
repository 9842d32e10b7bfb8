"""A process that uses a private server: one word per line in, one line of JSON out."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import psycopg

from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.errors import PrivateServerError


def _use(server: PrivateServer) -> str:
    return server.ensure_running().host


def _add(server: PrivateServer) -> int:
    target = server.ensure_running()
    with psycopg.connect(
        host=target.host, port=target.port, user=target.user, dbname="postgres"
    ) as connection:
        connection.execute("create table if not exists notes (author integer not null)")
        connection.execute("insert into notes (author) values (%s)", [os.getpid()])
    return os.getpid()


def _release(server: PrivateServer) -> None:
    server.release()


def _stop(server: PrivateServer) -> bool:
    return server.stop()


def _fork_idle(_: PrivateServer) -> int:
    child = os.fork()
    if child == 0:
        time.sleep(600)
    return child


def _fork_using(server: PrivateServer) -> int:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        server.ensure_running()
        os.write(writing, b".")
        time.sleep(600)
    os.read(reading, 1)
    return child


def _small_files(_: PrivateServer) -> None:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**19, hard))


def _large_files(_: PrivateServer) -> None:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


_WORDS = {
    "use": _use,
    "add": _add,
    "release": _release,
    "stop": _stop,
    "fork idle": _fork_idle,
    "fork using": _fork_using,
    "small files": _small_files,
    "large files": _large_files,
}


def main() -> None:
    """Answer until the input ends."""
    server = PrivateServer(Path(sys.argv[1]))
    for line in sys.stdin:
        try:
            answer: object = _WORDS[line.strip()](server)
        except PrivateServerError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
