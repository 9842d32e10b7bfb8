-- How many days what a source told is kept; what is not named here is kept for good.

create table source_retention (
    source    text collate "C" not null,
    kept_days integer          not null,
    constraint source_retention_pkey primary key (source),
    constraint source_retention_source_check check (length(source) between 1 and 64),
    constraint source_retention_kept_days_check check (kept_days between 1 and 36500)
);

-- How many of an import's stored values are gone since, because they were kept long enough.
alter table import_batches add column expired bigint not null default 0;
alter table import_batches
    add constraint import_batches_expired_check check (expired between 0 and stored);

-- Imports are never deleted, so these keys protected nothing; on a cluster they would have every
-- import write over one connection to each node.
alter table artists drop constraint artists_batch_id_fkey;
alter table approved_releases drop constraint approved_releases_batch_id_fkey;
alter table publications drop constraint publications_batch_id_fkey;
alter table performance_corrections drop constraint performance_corrections_batch_id_fkey;
