-- name: cluster_catalogue
-- Does this database have Citus's list of distributed tables?
select to_regclass('pg_dist_partition') is not null;

-- name: is_distributed
-- Are the observations spread over a cluster's nodes? Asked only where that list is there.
select exists (
    select from pg_dist_partition
    where logicalrelid = to_regclass('content_performance') and partmethod = 'h'
);

-- name: has_citus
-- Is the extension that makes a cluster installed in this database?
select exists (select from pg_extension where extname = 'citus');

-- name: placed_tables
-- Which tables of ours does the cluster know?
select relation.relname
from pg_dist_partition placed
join pg_class relation on relation.oid = placed.logicalrelid
where pg_table_is_visible(relation.oid);

-- name: go_node_by_node
-- Do what follows in this transaction over one connection to each node: a write to a small list
-- that growing tables point at may then follow writes to them. A plain server takes no notice.
select set_config('citus.multi_shard_modify_mode', 'sequential', true);

-- name: foreign_keys
-- The statements that take every foreign key away, and those that put it back.
select
    format('alter table %%s drop constraint %%I', conrelid::regclass, conname),
    format('alter table %%s add constraint %%I %%s', conrelid::regclass, conname,
        pg_get_constraintdef(oid))
from pg_constraint
where contype = 'f' and conparentid = 0 and conrelid::regclass::text = any(%(tables)s::text[])
order by conrelid::regclass::text, conname;

-- name: place_on_every_node
-- Keep a whole copy of a small list on every node.
select create_reference_table(%(table_name)s::text::regclass);

-- name: spread_anchor
-- Spread the table that the others lie beside.
select create_distributed_table(%(table_name)s::text::regclass, 'release_id');

-- name: spread_beside_anchor
-- Spread a table so that a release's rows lie where the release lies.
select create_distributed_table(
    %(table_name)s::text::regclass, 'release_id', colocate_with => %(anchor)s::text
);

-- name: drop_local_rows
-- Free what the coordinator held of a table before it went to the nodes; nobody sees it any more.
select truncate_local_data_after_distributing_table(%(table_name)s::text::regclass);

-- name: cluster_size
-- How many bytes do the tables take on all nodes, with every copy, and whatever else is here?
select pg_database_size(current_database())
    + (select coalesce(sum(citus_total_relation_size(logicalrelid)), 0) from pg_dist_partition);
