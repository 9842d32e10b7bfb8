"""Questions to a private server, as its users put them."""

from __future__ import annotations

import psycopg

from noktvrn_ai_artist.database.embedded_postgres import PrivateServer


def connect(server: PrivateServer) -> psycopg.Connection:
    target = server.ensure_running()
    return psycopg.connect(
        host=target.host,
        port=target.port,
        user=target.user,
        dbname="postgres",
        autocommit=True,
    )


def ask(server: PrivateServer, question: str) -> object:
    with connect(server) as connection:
        cursor = connection.execute(question)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    return row[0] if row else None
