-- name: scored_metrics
-- Which metrics does scoring follow, and was every curve of them noted?
select platform, metric_type, all_noted from scored_metrics order by platform, metric_type;

-- name: add_scored_metrics
-- Follow these metrics from now on.
insert into scored_metrics (platform, metric_type)
select platform, metric_type
from unnest(%(platforms)s::text[], %(metric_types)s::text[]) as given (platform, metric_type)
order by platform, metric_type
on conflict (platform, metric_type) do nothing;

-- name: hold_scored_metric
-- Keep other runs away from the curves of one metric, to the end of the transaction.
select all_noted from scored_metrics
where platform = %(platform)s and metric_type = %(metric_type)s
for update;

-- name: note_every_curve
-- Have every curve of a metric read that was not followed before.
insert into curves_to_score (release_id, platform, metric_type)
select distinct release_id, platform, metric_type
from content_performance
where platform = %(platform)s and metric_type = %(metric_type)s
order by release_id;

-- name: mark_all_noted
-- Remember that every curve of a metric was noted.
update scored_metrics set all_noted = true
where platform = %(platform)s and metric_type = %(metric_type)s;

-- name: take_curves_to_score
-- Take the curves of the next releases off the list. A release without a date has no ages yet, so
-- its curves wait; those of a release that is gone are taken.
with next_releases as (
    select distinct c.release_id
    from curves_to_score c
    left join approved_releases r using (release_id)
    where c.platform = %(platform)s and c.metric_type = %(metric_type)s
        and (r.release_id is null or r.published_at is not null)
    order by c.release_id
    limit %(most)s::bigint
)
delete from curves_to_score c
using next_releases n
where c.release_id = n.release_id and c.platform = %(platform)s
    and c.metric_type = %(metric_type)s
returning c.release_id;

-- name: histories_of
-- How did a metric of these releases go, up to the age that a score looks at?
select p.release_id, r.published_at, p.recorded_at, p.metric_value
from content_performance p
join approved_releases r using (release_id)
where p.release_id = any(%(release_ids)s::bigint[])
    and p.platform = %(platform)s and p.metric_type = %(metric_type)s
    and p.recorded_at < r.published_at + %(span)s::interval
order by p.release_id, p.recorded_at;

-- name: forget_milestones
-- Make room for the milestones of curves that changed.
delete from release_milestones
where release_id = any(%(release_ids)s::bigint[])
    and platform = %(platform)s and metric_type = %(metric_type)s;

-- name: insert_milestones
-- Keep the totals of curves at fixed ages.
insert into release_milestones
    (release_id, platform, metric_type, age_hours, metric_value, observed_at)
select release_id, %(platform)s::text, %(metric_type)s::text, age_hours, metric_value, observed_at
from unnest(
    %(release_ids)s::bigint[], %(age_hours)s::integer[], %(metric_values)s::float8[],
    %(observed)s::timestamptz[]
) as given (release_id, age_hours, metric_value, observed_at)
order by release_id, age_hours;

-- name: milestones
-- Which totals at fixed ages are known of a metric?
select m.release_id, r.artist_id, r.published_at, m.age_hours, m.metric_value, m.observed_at
from release_milestones m
join approved_releases r using (release_id)
where m.platform = %(platform)s and m.metric_type = %(metric_type)s
order by m.release_id, m.age_hours;

-- name: metrics_with_milestones
-- Of which metrics are totals at fixed ages known?
select distinct m.platform, m.metric_type
from release_milestones m
join approved_releases r using (release_id)
order by m.platform, m.metric_type;

-- name: known_metrics
-- Of which metrics are totals at fixed ages known for these releases?
select distinct m.release_id, m.platform, m.metric_type
from release_milestones m
join approved_releases r using (release_id)
where m.release_id = any(%(release_ids)s::bigint[])
order by m.release_id, m.platform, m.metric_type;

-- name: release_names
-- Who made these releases, and what are they called?
select r.release_id, a.name, r.title
from approved_releases r
join artists a using (artist_id)
where r.release_id = any(%(release_ids)s::bigint[]);
