-- name: create_migrations_table
-- Where the steps are remembered.
create table if not exists schema_migrations (
    number     integer          primary key,
    name       text collate "C" not null,
    checksum   text collate "C" not null,
    applied_at timestamptz      not null
);

-- name: migrations_table
-- Was the schema ever applied here?
select to_regclass('schema_migrations');

-- name: applied_migrations
-- Which steps does this database have behind it?
select number, name, checksum, applied_at from schema_migrations order by number;

-- name: record_migration
-- Remember one step.
insert into schema_migrations (number, name, checksum, applied_at)
values (%(number)s, %(name)s, %(checksum)s, %(applied_at)s);

-- name: database_size
-- How many bytes does this database take?
select pg_database_size(current_database());
