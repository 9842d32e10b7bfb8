"""What the distribute step asks of Citus, played by a plain server that refuses what Citus would.

It keeps the list of placed tables, and refuses a table that is placed in parallel, before what it
must lie beside, or while a foreign key holds it. Nothing is moved.
"""

from __future__ import annotations

from noktvrn_ai_artist.database.connection_manager import Connection

_CATALOGUE = (
    'create table pg_dist_partition (logicalrelid regclass primary key, partmethod "char",'
    " partkey text, beside text, nth bigint generated always as identity)"
)
_STAND_IN = [
    _CATALOGUE,
    """
    create function place(relation regclass, method "char", key text, beside text)
    returns void language plpgsql as $$
    begin
        if current_setting('citus.multi_shard_modify_mode', true) is distinct from 'sequential' then
            raise 'parallel: %', relation;
        end if;
        if exists (select from pg_constraint
                   where contype = 'f' and relation in (conrelid, confrelid)) then
            raise 'held by a foreign key: %', relation;
        end if;
        insert into pg_dist_partition (logicalrelid, partmethod, partkey, beside)
        values (relation, method, key, beside);
    end $$
    """,
    """
    create function create_reference_table(relation regclass) returns void
    language sql as $$ select place(relation, 'n', null, null) $$
    """,
    """
    create function create_distributed_table(
        relation regclass, key text, colocate_with text default 'default'
    ) returns void language sql as $$ select place(relation, 'h', key, colocate_with) $$
    """,
    """
    create function truncate_local_data_after_distributing_table(relation regclass) returns void
    language sql as $$ select $$
    """,
    """
    create function citus_total_relation_size(relation regclass) returns bigint
    language sql as $$ select 1000 $$
    """,
]


def stand_in_for_citus(connection: Connection) -> None:
    """Let a plain server pass for a coordinator, in this database."""
    for statement in _STAND_IN:
        connection.execute(statement.encode())
    connection.execute(
        b"insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable,"
        b" extversion) values (99999, 'citus', 10, 'public'::regnamespace, false, '13.2')"
    )
