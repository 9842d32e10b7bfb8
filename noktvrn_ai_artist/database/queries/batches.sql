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
    rejected, undone_at, expired
from import_batches
order by batch_id desc
limit %(most)s::bigint;

-- name: was_batch_undone
-- Is this batch there, and was it undone?
select undone_at is not null from import_batches where batch_id = %(batch_id)s;

-- name: mark_batch_undone
-- Remember that and when a batch was undone.
update import_batches set undone_at = %(undone_at)s where batch_id = %(batch_id)s;

-- name: unknown_releases
-- Which of these releases are not there?
select given.release_id
from unnest(%(release_ids)s::bigint[]) as given (release_id)
left join approved_releases r using (release_id)
where r.release_id is null;

-- name: is_any_known
-- Does a value stand under any of these keys? The limit has each looked up by itself: a planner
-- that expects to meet one of them soon would read the whole table to learn that it never does.
select exists (
    select
    from unnest(
        %(release_ids)s::bigint[], %(observed)s::timestamptz[], %(platforms)s::text[],
        %(metric_types)s::text[]
    ) as given (release_id, recorded_at, platform, metric_type)
    cross join lateral (
        select
        from content_performance p
        where p.release_id = given.release_id and p.recorded_at = given.recorded_at
            and p.platform = given.platform and p.metric_type = given.metric_type
        limit 1
    ) known
);

-- name: copy_to_observations
-- The stream straight into the table, where a known key refuses it; never so on a cluster.
copy content_performance (revision, batch_id, stored_at, release_id, recorded_at, metric_value,
    platform, metric_type, source, source_url, notes) from stdin with (format binary);

-- name: copy_to_changed_curves
-- The stream of curves that such rows touched into the log, in half the room of single inserts.
copy changed_curves (release_id, first_day, last_day, platform, metric_type)
    from stdin with (format binary);

-- name: create_staging
-- A place for observations to land before they are compared with what stands.
create temporary table staged (
    row_number   bigint           not null,
    release_id   bigint           not null,
    recorded_at  timestamptz      not null,
    metric_value double precision not null,
    platform     text collate "C" not null,
    metric_type  text collate "C" not null,
    source       text collate "C" not null,
    source_url   text,
    notes        text
) on commit drop;

-- name: create_waiting
-- A place for those that differ to wait in until the import was read to its end.
create temporary table waiting (like staged) on commit drop;

-- name: create_waiting_key
-- Find those of a key.
create index waiting_key on waiting (release_id, recorded_at, platform, metric_type);

-- name: copy_to_staging
-- The stream into the first place.
copy staged (row_number, release_id, recorded_at, metric_value, platform, metric_type, source,
    source_url, notes) from stdin with (format binary);

-- name: copy_to_waiting
-- The stream into the second place.
copy waiting (row_number, release_id, recorded_at, metric_value, platform, metric_type, source,
    source_url, notes) from stdin with (format binary);

-- name: create_standing
-- A place for what stands already of what is compared.
create temporary table standing (
    release_id   bigint           not null,
    recorded_at  timestamptz      not null,
    platform     text collate "C" not null,
    metric_type  text collate "C" not null,
    metric_value double precision not null
) on commit drop;

-- name: find_standing
-- What stands in these spans of time? The offset has them looked up one by one, in the index alone,
-- however few rows the planner believes the table to have.
insert into standing (release_id, recorded_at, platform, metric_type, metric_value)
select p.release_id, p.recorded_at, p.platform, p.metric_type, p.metric_value
from unnest(
    %(release_ids)s::bigint[], %(first_times)s::timestamptz[], %(last_times)s::timestamptz[]
) as span (release_id, first_time, last_time)
cross join lateral (
    select c.release_id, c.recorded_at, c.platform, c.metric_type, c.metric_value
    from content_performance c
    where c.release_id = span.release_id
        and c.recorded_at >= span.first_time and c.recorded_at <= span.last_time
    offset 0
) p;

-- name: find_standing_on_cluster
-- The same, as a cluster can answer it.
insert into standing (release_id, recorded_at, platform, metric_type, metric_value)
select p.release_id, p.recorded_at, p.platform, p.metric_type, p.metric_value
from unnest(
    %(release_ids)s::bigint[], %(first_times)s::timestamptz[], %(last_times)s::timestamptz[]
) as span (release_id, first_time, last_time)
join content_performance p on p.release_id = span.release_id
    and p.recorded_at >= span.first_time and p.recorded_at <= span.last_time;

-- name: let_wait
-- Let those wait that are new or differ from what stands; and all of a key that waits already,
-- because its last value counts.
insert into waiting
    (row_number, release_id, recorded_at, metric_value, platform, metric_type, source, source_url,
     notes)
select s.row_number, s.release_id, s.recorded_at, s.metric_value, s.platform, s.metric_type,
    s.source, s.source_url, s.notes
from staged s
left join standing p using (release_id, recorded_at, platform, metric_type)
where p.metric_value is distinct from s.metric_value
    or (%(any_waiting)s::boolean and (
        select true
        from waiting w
        where w.release_id = s.release_id and w.recorded_at = s.recorded_at
            and w.platform = s.platform and w.metric_type = s.metric_type
        limit 1
    ));

-- name: empty_staging
-- Make room for the next batch.
truncate staged, standing;

-- name: create_changes
-- Order what waits by key, and number the values that each key takes one after the other; a value
-- told twice in a row is a duplicate and takes no number.
create temporary table changes on commit drop as
select row_number() over key as nth, count(*) over (
        partition by release_id, recorded_at, platform, metric_type
    ) as of_how_many,
    release_id, recorded_at, platform, metric_type, metric_value, source, source_url, notes
from (
    select *, lag(metric_value) over key as before
    from waiting
    window key as (
        partition by release_id, recorded_at, platform, metric_type order by row_number
    )
) told
where metric_value is distinct from before
window key as (partition by release_id, recorded_at, platform, metric_type order by row_number);

-- name: create_fresh
-- What will stand of each key if it is not what stands already: the last value told, the revision
-- it takes at first, what it replaces, and the first value told. What this import itself stored is
-- no reason to forget what it told since.
create temporary table fresh on commit drop as
select n.release_id, n.recorded_at, n.platform, n.metric_type, n.metric_value, n.source,
    n.source_url, n.notes, n.of_how_many, o.metric_value as first_value,
    coalesce(p.revision + 1, 0) as revision, p.metric_value as old_value, p.source as old_source,
    p.source_url as old_source_url, p.notes as old_notes, p.batch_id as old_batch_id,
    p.stored_at as old_stored_at
from changes n
join changes o using (release_id, recorded_at, platform, metric_type)
left join content_performance p using (release_id, recorded_at, platform, metric_type)
where n.nth = n.of_how_many and o.nth = 1
    and (p.metric_value is distinct from n.metric_value
        or (n.of_how_many > 1 and p.batch_id = %(batch_id)s::bigint));

-- name: count_fresh
-- How many keys does this batch change?
select count(*) from fresh;

-- name: merge_fresh
-- Let the last values stand where nobody changed the key since it was compared; where somebody
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

-- name: compare_again
-- Compare what somebody changed in between with what stands now.
update fresh f set
    revision = p.revision + 1, old_value = p.metric_value, old_source = p.source,
    old_source_url = p.source_url, old_notes = p.notes, old_batch_id = p.batch_id,
    old_stored_at = p.stored_at
from content_performance p
where p.release_id = f.release_id and p.recorded_at = f.recorded_at
    and p.platform = f.platform and p.metric_type = f.metric_type
    and (p.revision <> f.revision or p.batch_id is distinct from %(batch_id)s::bigint);

-- name: drop_known
-- What stands by now is a duplicate, if it was not this import that stored it.
delete from fresh
where metric_value = old_value
    and (of_how_many = 1 or old_batch_id is distinct from %(batch_id)s::bigint);

-- name: count_merged
-- How many values came to stand, in their time, and how many of them replaced another? The first
-- value told of a key is none of them where it stood already.
select coalesce(sum(of_how_many - known), 0),
    coalesce(sum(of_how_many - known - case when revision = 0 then 1 else 0 end), 0)
from (
    select of_how_many, revision, case when first_value = old_value then 1 else 0 end as known
    from fresh
) counted;

-- name: keep_superseded
-- Put what was replaced into the history. Every writer takes a key before its history.
insert into performance_corrections
    (release_id, recorded_at, platform, metric_type, revision, metric_value, source, source_url,
     notes, batch_id, stored_at)
select release_id, recorded_at, platform, metric_type, revision - 1, old_value, old_source,
    old_source_url, old_notes, old_batch_id, old_stored_at
from fresh
where revision > 0
order by release_id, recorded_at, platform, metric_type;

-- name: keep_passed
-- Put the values that a key took only within this batch into the history as well.
insert into performance_corrections
    (release_id, recorded_at, platform, metric_type, revision, metric_value, source, source_url,
     notes, batch_id, stored_at)
select c.release_id, c.recorded_at, c.platform, c.metric_type,
    f.revision + c.nth - case when f.first_value = f.old_value then 2 else 1 end,
    c.metric_value, c.source, c.source_url, c.notes, %(batch_id)s::bigint,
    %(stored_at)s::timestamptz
from fresh f
join changes c using (release_id, recorded_at, platform, metric_type)
where c.nth < c.of_how_many and not (c.nth = 1 and f.first_value is not distinct from f.old_value)
order by c.release_id, c.recorded_at, c.platform, c.metric_type, c.nth;

-- name: count_passed
-- Let the last value of such a key stand at the revision after theirs.
update content_performance p set
    revision = f.revision + f.of_how_many
        - case when f.first_value = f.old_value then 2 else 1 end
from fresh f
where f.of_how_many > 1 and p.release_id = f.release_id and p.recorded_at = f.recorded_at
    and p.platform = f.platform and p.metric_type = f.metric_type;

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
-- Undo, fourth: publications it registered go, unless observations from there remain; so do those
-- that an earlier undo had to leave because of this batch's observations.
delete from publications u
using import_batches b
where b.batch_id = u.batch_id and b.undone_at is not null
    and not exists (
        select from content_performance p
        where p.release_id = u.release_id and p.platform = u.platform
    );

-- name: remove_releases_of_undone
-- Undo, fifth: releases it, or an import undone before, registered go where nothing else is known.
delete from approved_releases r
using import_batches b
where b.batch_id = r.batch_id and b.undone_at is not null
    and not exists (select from content_performance p where p.release_id = r.release_id)
    and not exists (select from performance_corrections h where h.release_id = r.release_id)
    and not exists (select from publications u where u.release_id = r.release_id)
    and not exists (select from annotations n where n.release_id = r.release_id);

-- name: remove_artists_of_undone
-- Undo, last: artists it, or an import undone before, registered go where no release is left.
with busy as materialized (
    select distinct r.artist_id
    from approved_releases r
    join artists a using (artist_id)
    join import_batches b on b.batch_id = a.batch_id
    where b.undone_at is not null
)
delete from artists a
using import_batches b
where b.batch_id = a.batch_id and b.undone_at is not null
    and not exists (select from busy where busy.artist_id = a.artist_id);

-- name: count_artists_of_batch
-- How many artists did a batch register?
select count(*) from artists where batch_id = %(batch_id)s;

-- name: count_releases_of_batch
-- How many releases did a batch register?
select count(*) from approved_releases where batch_id = %(batch_id)s;

-- name: count_publications_of_batch
-- How many publications did a batch register?
select count(*) from publications where batch_id = %(batch_id)s;
