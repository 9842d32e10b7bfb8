-- name: insert_observation
-- Store one observation unless its key is known, while no undo is under way, and log the change.
with stored as (
    insert into content_performance
        (release_id, recorded_at, platform, metric_type, metric_value, source, source_url, notes,
         batch_id, stored_at)
    select %(release_id)s::bigint, %(recorded_at)s::timestamptz, %(platform)s::text,
        %(metric_type)s::text, %(metric_value)s::double precision, %(source)s::text,
        %(source_url)s::text, %(notes)s::text, null, %(stored_at)s::timestamptz
    from pg_advisory_xact_lock_shared(%(undo_lock)s::bigint)
    on conflict (release_id, recorded_at, platform, metric_type) do nothing
    returning release_id, platform, metric_type, (recorded_at at time zone 'UTC')::date as day
)
insert into changed_curves (release_id, platform, metric_type, first_day, last_day)
select release_id, platform, metric_type, day, day from stored;

-- name: lock_observation
-- What stands under one key, held for the rest of the transaction?
select metric_value, revision from content_performance
where release_id = %(release_id)s and recorded_at = %(recorded_at)s
    and platform = %(platform)s and metric_type = %(metric_type)s
for update;

-- name: keep_superseded_observation
-- Move what stands under one key into the history.
insert into performance_corrections
    (release_id, recorded_at, platform, metric_type, revision, metric_value, source, source_url,
     notes, batch_id, stored_at)
select release_id, recorded_at, platform, metric_type, revision, metric_value, source, source_url,
    notes, batch_id, stored_at
from content_performance
where release_id = %(release_id)s and recorded_at = %(recorded_at)s
    and platform = %(platform)s and metric_type = %(metric_type)s;

-- name: correct_observation
-- Let a new value stand under a known key, and log the change.
with corrected as (
    update content_performance set
        metric_value = %(metric_value)s, revision = revision + 1, source = %(source)s,
        source_url = %(source_url)s, notes = %(notes)s, batch_id = null,
        stored_at = %(stored_at)s
    where release_id = %(release_id)s and recorded_at = %(recorded_at)s
        and platform = %(platform)s and metric_type = %(metric_type)s
    returning release_id, platform, metric_type, (recorded_at at time zone 'UTC')::date as day
)
insert into changed_curves (release_id, platform, metric_type, first_day, last_day)
select release_id, platform, metric_type, day, day from corrected;

-- name: is_observed
-- Has any value of a metric been told?
select exists (
    select from content_performance
    where platform = %(platform)s and metric_type = %(metric_type)s
);

-- name: observations
-- Which observations match, newest first? Every filter may be null, and then matches everything:
-- planned anew with each call, a filter that is null costs nothing.
select p.release_id, r.artist_id, p.platform, p.metric_type, p.metric_value, p.recorded_at,
    p.source, p.source_url, p.notes
from content_performance p
join approved_releases r using (release_id)
where (%(release_id)s::bigint is null or p.release_id = %(release_id)s)
    and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
    and (%(platforms)s::text[] is null or p.platform = any(%(platforms)s))
    and (%(metric_types)s::text[] is null or p.metric_type = any(%(metric_types)s))
    and (%(start_date)s::timestamptz is null or p.recorded_at >= %(start_date)s)
    and (%(end_date)s::timestamptz is null or p.recorded_at < %(end_date)s)
order by p.recorded_at desc, p.release_id, p.platform, p.metric_type
limit %(most)s::bigint;

-- name: copy_observations
-- Which observations match, in the order in which they are found? Numbers and times come first.
copy (
    select p.release_id, r.artist_id, p.metric_value, p.recorded_at, p.platform, p.metric_type,
        p.source, p.source_url, p.notes
    from content_performance p
    join approved_releases r using (release_id)
    where (%(release_id)s::bigint is null or p.release_id = %(release_id)s)
        and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
        and (%(platforms)s::text[] is null or p.platform = any(%(platforms)s))
        and (%(metric_types)s::text[] is null or p.metric_type = any(%(metric_types)s))
        and (%(start_date)s::timestamptz is null or p.recorded_at >= %(start_date)s)
        and (%(end_date)s::timestamptz is null or p.recorded_at < %(end_date)s)
) to stdout (format binary);

-- name: observations_of_release
-- What was observed of one release, oldest first? That is the order of its key, so nothing is
-- sorted; prepared once, it is a range of the key whichever ends the window has.
select platform, metric_type, metric_value, recorded_at, source, source_url, notes
from content_performance
where release_id = %(release_id)s::bigint
    and recorded_at >= coalesce(%(start_date)s::timestamptz, '-infinity')
    and recorded_at < coalesce(%(end_date)s::timestamptz, 'infinity')
    and (%(platform)s::text is null or platform = %(platform)s)
order by recorded_at, platform, metric_type
limit %(most)s::bigint;

-- name: one_snapshot
-- From here on, let every question of this transaction see the same moment.
set transaction isolation level repeatable read read only;

-- name: next_metric
-- Which platform and metric come next in the alphabet, of all that was ever observed?
select platform, metric_type from content_performance
where (platform, metric_type) > (%(platform)s::text, %(metric_type)s::text)
order by platform, metric_type
limit 1;

-- name: corrections
-- Which values of a release no longer stand, the latest first?
select release_id, recorded_at, platform, metric_type, metric_value, revision, source, batch_id,
    stored_at
from performance_corrections
where release_id = %(release_id)s
order by stored_at desc, recorded_at desc, platform, metric_type, revision desc;
