-- name: create_batch
-- Open a batch, to be told its counts at the end.
insert into import_batches (source, label, created_at)
values (%(source)s, %(label)s, %(created_at)s)
returning batch_id;

-- name: close_batch
-- Write down how a batch came out.
update import_batches set
    rows_read = %(read)s, stored = %(stored)s, corrected = %(corrected)s,
    duplicate = %(duplicate)s, rejected = %(rejected)s
where batch_id = %(batch_id)s;

-- name: batches
-- Which imports were there, the latest first?
select batch_id, source, label, created_at, rows_read as read, stored, corrected, duplicate,
    rejected, undone_at
from import_batches
order by batch_id desc
limit %(most)s::bigint;

-- name: lock_batch
-- Is this batch there, and was it undone?
select undone_at is not null from import_batches where batch_id = %(batch_id)s for update;

-- name: mark_batch_undone
-- Remember that and when a batch was undone.
update import_batches set undone_at = %(undone_at)s where batch_id = %(batch_id)s;

-- name: create_staging
-- A place for one batch to land before it is compared with what is known.
create temporary table staged (
    row_number   bigint           not null,
    release_id   bigint           not null,
    recorded_at  timestamptz      not null,
    platform     text collate "C" not null,
    metric_type  text collate "C" not null,
    metric_value double precision not null,
    source       text collate "C" not null,
    source_url   text,
    notes        text
) on commit drop;

-- name: copy_to_staging
-- The stream into that place.
copy staged (row_number, release_id, recorded_at, platform, metric_type, metric_value, source,
    source_url, notes) from stdin with (format binary);

-- name: staged_unknown_releases
-- Which staged rows name a release that is not there?
select s.row_number, s.release_id
from staged s
left join approved_releases r using (release_id)
where r.release_id is null
order by s.row_number;

-- name: drop_staged_unknown_releases
-- Leave those rows out.
delete from staged where release_id in (
    select s.release_id
    from staged s
    left join approved_releases r using (release_id)
    where r.release_id is null
);

-- name: create_rounds
-- Order the batch by key. A key that changes its value within the batch takes one round for each
-- value, so that a batch does what its rows would do one at a time; a value told twice in a row is
-- a duplicate and takes none.
create temporary table rounds on commit drop as
select row_number() over key as round, release_id, recorded_at, platform, metric_type,
    metric_value, source, source_url, notes
from (
    select *, lag(metric_value) over key as before
    from staged
    window key as (
        partition by release_id, recorded_at, platform, metric_type order by row_number
    )
) changes
where metric_value is distinct from before
window key as (partition by release_id, recorded_at, platform, metric_type order by row_number);

-- name: count_rounds
-- How many rounds does the batch take?
select coalesce(max(round), 0) from rounds;

-- name: create_fresh
-- What one round brings that is not known, with the revision it will have and what it replaces.
create temporary table fresh on commit drop as
select n.release_id, n.recorded_at, n.platform, n.metric_type, n.metric_value, n.source,
    n.source_url, n.notes, coalesce(p.revision + 1, 0) as revision,
    p.metric_value as old_value, p.source as old_source, p.source_url as old_source_url,
    p.notes as old_notes, p.batch_id as old_batch_id, p.stored_at as old_stored_at
from rounds n
left join content_performance p using (release_id, recorded_at, platform, metric_type)
where n.round = %(round)s::bigint and p.metric_value is distinct from n.metric_value;

-- name: drop_fresh
-- Make room for the next round.
drop table fresh;

-- name: keep_superseded
-- Put what was replaced into the history, unless it was undone before it was replaced. Every writer
-- takes a key before its history, so that none waits for another who waits for it.
insert into performance_corrections
    (release_id, recorded_at, platform, metric_type, revision, metric_value, source, source_url,
     notes, batch_id, stored_at)
select f.release_id, f.recorded_at, f.platform, f.metric_type, f.revision - 1, f.old_value,
    f.old_source, f.old_source_url, f.old_notes, f.old_batch_id, f.old_stored_at
from fresh f
join content_performance p using (release_id, recorded_at, platform, metric_type)
left join import_batches b on b.batch_id = f.old_batch_id
where f.revision > 0 and p.revision = f.revision and p.batch_id = %(batch_id)s
    and b.undone_at is null
order by f.release_id, f.recorded_at, f.platform, f.metric_type;

-- name: count_fresh
-- How many observations does this round bring, and how many of them replace another?
select count(*), count(*) filter (where revision > 0) from fresh;

-- name: merge_fresh
-- Let this round's values stand where nobody changed the key since it was compared; where somebody
-- did, the key is held all the same.
insert into content_performance
    (release_id, recorded_at, platform, metric_type, metric_value, revision, source, source_url,
     notes, batch_id, stored_at)
select release_id, recorded_at, platform, metric_type, metric_value, revision, source, source_url,
    notes, %(batch_id)s::bigint, %(stored_at)s::timestamptz
from fresh
order by release_id, recorded_at, platform, metric_type
on conflict (release_id, recorded_at, platform, metric_type) do update set
    metric_value = excluded.metric_value, revision = excluded.revision,
    source = excluded.source, source_url = excluded.source_url, notes = excluded.notes,
    batch_id = excluded.batch_id, stored_at = excluded.stored_at
where content_performance.revision = excluded.revision - 1;

-- name: drop_merged
-- Leave what somebody changed in between.
delete from fresh f using content_performance p
where p.release_id = f.release_id and p.recorded_at = f.recorded_at
    and p.platform = f.platform and p.metric_type = f.metric_type
    and p.revision = f.revision and p.batch_id = %(batch_id)s;

-- name: compare_again
-- Compare that with what stands now.
update fresh f set
    revision = p.revision + 1, old_value = p.metric_value, old_source = p.source,
    old_source_url = p.source_url, old_notes = p.notes, old_batch_id = p.batch_id,
    old_stored_at = p.stored_at
from content_performance p
where p.release_id = f.release_id and p.recorded_at = f.recorded_at
    and p.platform = f.platform and p.metric_type = f.metric_type;

-- name: drop_known
-- What stands by now is a duplicate.
delete from fresh where metric_value = old_value;

-- name: forget_superseded_of_batch
-- Undo, first: values of this batch that no longer stand are forgotten.
delete from performance_corrections where batch_id = %(batch_id)s;

-- name: restore_corrected_by_batch
-- Undo, second: where this batch's value stands over an earlier one, the earlier one stands again.
with earlier as (
    select distinct on (h.release_id, h.recorded_at, h.platform, h.metric_type) h.*
    from content_performance p
    join performance_corrections h using (release_id, recorded_at, platform, metric_type)
    where p.batch_id = %(batch_id)s
    order by h.release_id, h.recorded_at, h.platform, h.metric_type, h.revision desc
), taken as (
    delete from performance_corrections h using earlier e
    where h.release_id = e.release_id and h.recorded_at = e.recorded_at
        and h.platform = e.platform and h.metric_type = e.metric_type
        and h.revision = e.revision
)
update content_performance p set
    metric_value = e.metric_value, revision = e.revision, source = e.source,
    source_url = e.source_url, notes = e.notes, batch_id = e.batch_id, stored_at = e.stored_at
from earlier e
where p.release_id = e.release_id and p.recorded_at = e.recorded_at
    and p.platform = e.platform and p.metric_type = e.metric_type;

-- name: remove_observations_of_batch
-- Undo, third: what this batch brought anew goes.
delete from content_performance where batch_id = %(batch_id)s;

-- name: remove_publications_of_undone
-- Undo, fourth: publications it registered go, unless observations of their release remain; so do
-- those that an earlier undo had to leave because of this batch's observations.
delete from publications u
using import_batches b
where b.batch_id = u.batch_id and b.undone_at is not null
    and not exists (select from content_performance p where p.release_id = u.release_id);

-- name: remove_releases_of_undone
-- Undo, fifth: releases it, or an import undone before, registered go where nothing else is known.
delete from approved_releases r
using import_batches b
where b.batch_id = r.batch_id and b.undone_at is not null
    and not exists (select from content_performance p where p.release_id = r.release_id)
    and not exists (select from performance_corrections h where h.release_id = r.release_id)
    and not exists (select from publications u where u.release_id = r.release_id);

-- name: remove_artists_of_undone
-- Undo, last: artists it, or an import undone before, registered go where no release is left.
delete from artists a
using import_batches b
where b.batch_id = a.batch_id and b.undone_at is not null
    and not exists (select from approved_releases r where r.artist_id = a.artist_id);

-- name: remove_annotations_of_no_release
-- Events of releases that are gone go with them.
delete from annotations n
where n.release_id is not null
    and not exists (select from approved_releases r where r.release_id = n.release_id);

-- name: count_artists_of_batch
-- How many artists did a batch register?
select count(*) from artists where batch_id = %(batch_id)s;

-- name: count_releases_of_batch
-- How many releases did a batch register?
select count(*) from approved_releases where batch_id = %(batch_id)s;

-- name: count_publications_of_batch
-- How many publications did a batch register?
select count(*) from publications where batch_id = %(batch_id)s;
