-- name: note_fresh_curves
-- Log the curves that a batch changes.
insert into changed_curves (release_id, platform, metric_type, first_day, last_day)
select release_id, platform, metric_type, min((recorded_at at time zone 'UTC')::date),
    max((recorded_at at time zone 'UTC')::date)
from fresh
group by release_id, platform, metric_type
order by release_id, platform, metric_type;

-- name: note_curves_of_batch
-- Undo, before anything: log the curves that a batch's values stand in.
insert into changed_curves (release_id, platform, metric_type, first_day, last_day)
select release_id, platform, metric_type, min((recorded_at at time zone 'UTC')::date),
    max((recorded_at at time zone 'UTC')::date)
from content_performance
where batch_id = %(batch_id)s
group by release_id, platform, metric_type
order by release_id, platform, metric_type;
