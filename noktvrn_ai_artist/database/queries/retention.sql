-- name: retention_rules
-- How long is what a source told kept?
select source, kept_days from source_retention order by source;

-- name: set_retention
-- Keep what a source told for so many days.
insert into source_retention (source, kept_days)
values (%(source)s, %(kept_days)s)
on conflict (source) do update set kept_days = excluded.kept_days;

-- name: stored_sources
-- From which sources are numbers stored, standing or in the history?
select source from content_performance
union
select source from performance_corrections
order by source;

-- name: clear_retention
-- Keep what a source told for good.
delete from source_retention where source = %(source)s;

-- name: releases_after
-- Which releases come next, in the order of their ids?
select release_id from approved_releases
where release_id > %(after)s
order by release_id
limit %(most)s::bigint;

-- name: note_expired_curves
-- Before anything: log the curves of these releases in which values were kept long enough.
insert into changed_curves (release_id, platform, metric_type, first_day, last_day)
select release_id, platform, metric_type, min((recorded_at at time zone 'UTC')::date),
    max((recorded_at at time zone 'UTC')::date)
from content_performance
where release_id = any(%(release_ids)s::bigint[])
    and source = %(source)s and stored_at < %(before)s
group by release_id, platform, metric_type
order by release_id, platform, metric_type;

-- name: expired_standing
-- How many of those did each import bring? Null is for values that were stored one by one.
select batch_id, count(*)
from content_performance
where release_id = any(%(release_ids)s::bigint[])
    and source = %(source)s and stored_at < %(before)s
group by batch_id
order by batch_id;

-- name: expired_superseded
-- How many values in the history were kept long enough, by the import that brought them?
select batch_id, count(*)
from performance_corrections
where release_id = any(%(release_ids)s::bigint[])
    and source = %(source)s and stored_at < %(before)s
group by batch_id
order by batch_id;

-- name: count_restorable
-- Under how many of the values that go does a value lie that stays?
select count(*)
from (
    select distinct p.release_id, p.recorded_at, p.platform, p.metric_type
    from content_performance p
    join performance_corrections h using (release_id, recorded_at, platform, metric_type)
    where p.release_id = any(%(release_ids)s::bigint[])
        and p.source = %(source)s and p.stored_at < %(before)s
        and not (h.source = %(source)s and h.stored_at < %(before)s)
) under;

-- name: forget_expired_superseded
-- First: values that no longer stand are forgotten.
delete from performance_corrections
where release_id = any(%(release_ids)s::bigint[])
    and source = %(source)s and stored_at < %(before)s;

-- name: restore_under_expired
-- Second: where a value that goes stands over one that stays, that one stands again.
with earlier as (
    select distinct on (h.release_id, h.recorded_at, h.platform, h.metric_type) h.*
    from content_performance p
    join performance_corrections h using (release_id, recorded_at, platform, metric_type)
    where p.release_id = any(%(release_ids)s::bigint[])
        and p.source = %(source)s and p.stored_at < %(before)s
    order by h.release_id, h.recorded_at, h.platform, h.metric_type, h.revision desc
), taken as (
    delete from performance_corrections h using earlier e
    where h.release_id = any(%(release_ids)s::bigint[]) and h.release_id = e.release_id
        and h.recorded_at = e.recorded_at and h.platform = e.platform and h.metric_type = e.metric_type
        and h.revision = e.revision
)
update content_performance p set
    metric_value = e.metric_value, revision = e.revision, source = e.source,
    source_url = e.source_url, notes = e.notes, batch_id = e.batch_id, stored_at = e.stored_at
from earlier e
where p.release_id = any(%(release_ids)s::bigint[]) and p.release_id = e.release_id
    and p.recorded_at = e.recorded_at and p.platform = e.platform and p.metric_type = e.metric_type;

-- name: remove_expired
-- Third: what is left of them goes.
delete from content_performance
where release_id = any(%(release_ids)s::bigint[])
    and source = %(source)s and stored_at < %(before)s;

-- name: count_expired
-- Remember of each import how many of its values went.
update import_batches b set expired = b.expired + gone.expired
from unnest(%(batch_ids)s::bigint[], %(counts)s::bigint[]) as gone (batch_id, expired)
where b.batch_id = gone.batch_id;
