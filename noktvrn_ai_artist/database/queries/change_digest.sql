-- name: create_taken
-- A place for the curves that one digest takes off the log.
create temporary table taken (
    release_id  bigint           not null,
    platform    text collate "C" not null,
    metric_type text collate "C" not null,
    first_day   date             not null,
    last_day    date             not null
) on commit drop;

-- name: take_changes
-- Take everything off the log. All that follows is asked later, so it sees at least what these
-- changes did; what is logged in between stays for the next digest.
with gone as (
    delete from changed_curves returning release_id, platform, metric_type, first_day, last_day
)
insert into taken (release_id, platform, metric_type, first_day, last_day)
select release_id, platform, metric_type, min(first_day), max(last_day)
from gone
group by release_id, platform, metric_type;

-- name: measure_taken
-- Let the planner know how many there are.
analyze taken;

-- name: measure_observations
-- Let the planner know what there is, whoever's turn it would have been.
analyze content_performance;

-- name: measure_latest
-- Let the planner know of the newest values that were just kept.
analyze latest_values;

-- name: hold_scored_metrics
-- Keep scoring runs away from all curves, to the end of the transaction.
select platform, metric_type from scored_metrics order by platform, metric_type for update;

-- name: forget_older_notes
-- Forget that these curves were handed on before: a younger note says all that an older one said.
delete from curves_to_score c
using taken t
where c.release_id = t.release_id and c.platform = t.platform and c.metric_type = t.metric_type;

-- name: hand_on_to_scoring
-- Have the changed curves of followed metrics scored again.
insert into curves_to_score (release_id, platform, metric_type)
select t.release_id, t.platform, t.metric_type
from taken t
join scored_metrics m on m.platform = t.platform and m.metric_type = t.metric_type
order by t.release_id, t.platform, t.metric_type;

-- name: last_days_of_taken
-- Between which days do the last changed days of curves lie? Told as values, they let the planner
-- know how little is read.
select min(last_day), max(last_day) + 1 from taken;

-- name: create_newest
-- The newest value of each curve on its last changed day, where one is left. Of what came after it
-- nothing changed. Each release is read once, for all its metrics.
create temporary table newest on commit drop as
select distinct on (t.release_id, t.platform, t.metric_type)
    t.release_id, t.platform, t.metric_type, p.metric_value, p.recorded_at
from (select distinct release_id, last_day from taken) r
join content_performance p on p.release_id = r.release_id
    and p.recorded_at >= r.last_day::timestamp at time zone 'UTC'
    and p.recorded_at < (r.last_day + 1)::timestamp at time zone 'UTC'
join taken t on t.release_id = r.release_id and t.last_day = r.last_day
    and t.platform = p.platform and t.metric_type = p.metric_type
where p.recorded_at >= %(first_day)s::date::timestamp at time zone 'UTC'
    and p.recorded_at < %(end_day)s::date::timestamp at time zone 'UTC'
order by t.release_id, t.platform, t.metric_type, p.recorded_at desc;

-- name: forget_latest
-- Forget the newest values of the other curves: theirs may be gone.
delete from latest_values l
using taken t
left join newest n on n.release_id = t.release_id and n.platform = t.platform
    and n.metric_type = t.metric_type
where n.release_id is null and l.release_id = t.release_id and l.platform = t.platform
    and l.metric_type = t.metric_type;

-- name: add_older_newest
-- Find the newest value of those in all that is left of them. Curves without any are no curves. (No
-- index serves "is not distinct from", so they are found by release, even in a table that was filled a
-- moment ago, of which the planner knows nothing.)
insert into newest (release_id, platform, metric_type, metric_value, recorded_at)
select distinct on (t.release_id, t.platform, t.metric_type)
    t.release_id, t.platform, t.metric_type, p.metric_value, p.recorded_at
from taken t
left join newest n on n.release_id = t.release_id and n.platform = t.platform
    and n.metric_type = t.metric_type
join content_performance p on p.release_id = t.release_id
    and p.platform is not distinct from t.platform
    and p.metric_type is not distinct from t.metric_type
where n.release_id is null
order by t.release_id, t.platform, t.metric_type, p.recorded_at desc;

-- name: keep_latest
-- Keep the newest values, unless there is one from a later day.
insert into latest_values (release_id, platform, metric_type, metric_value, recorded_at)
select release_id, platform, metric_type, metric_value, recorded_at
from newest
order by release_id, platform, metric_type
on conflict (release_id, platform, metric_type) do update set
    metric_value = excluded.metric_value, recorded_at = excluded.recorded_at
where (latest_values.recorded_at at time zone 'UTC')::date
    <= (excluded.recorded_at at time zone 'UTC')::date
    and (latest_values.recorded_at, latest_values.metric_value)
        is distinct from (excluded.recorded_at, excluded.metric_value);

-- name: create_touched
-- The days of each part whose sums may have changed, and the day after each, which starts from it:
-- from the first day to before the end day.
create temporary table touched on commit drop as
select row_number() over () as touch, platform, metric_type, part, lower(days) as first_day,
    upper(days) as end_day
from (
    select platform, metric_type, release_id / 32 as part,
        unnest(range_agg(daterange(first_day, last_day + 2))) as days
    from taken
    group by platform, metric_type, release_id / 32
) merged;

-- name: measure_touched
-- Let the planner know how many there are.
analyze touched;

-- name: create_spans
-- The curves that those days are added up from: all that the part has, changed or not.
create temporary table spans on commit drop as
select row_number() over () as span, t.touch, l.release_id, l.platform, l.metric_type,
    t.first_day, t.end_day
from touched t
join latest_values l on l.platform = t.platform and l.metric_type = t.metric_type
    and l.release_id between t.part * 32 and t.part * 32 + 31;

-- name: measure_spans
-- Let the planner know how many there are.
analyze spans;

-- name: days_of_spans
-- Between which days does all that is to be added up lie?
select min(first_day) - 1, max(end_day) from touched;

-- name: forget_parts
-- Make room for the sums of touched days.
delete from daily_parts d
using touched t
where d.platform = t.platform and d.metric_type = t.metric_type and d.part = t.part
    and d.day >= t.first_day and d.day < t.end_day;

-- name: add_up_parts
-- Add the touched days up again, for all releases of each part. What stood before a day is known to
-- its first observation, and what it gained to its last. Each release is read once, for all its
-- metrics.
insert into daily_parts
    (platform, metric_type, day, part, gain, releases, amount, observations)
select t.platform, t.metric_type, d.day, t.part, d.gain, d.releases, d.amount, d.observations
from (
    select touch, day, count(*) as observations, sum(metric_value) as amount,
        count(*) filter (where is_last and day_before = day - 1) as releases, coalesce(sum(
            metric_value - value_before
        ) filter (where is_last and day_before = day - 1), 0) as gain
    from (
        select touch, day, first_day, metric_value, next_day is distinct from day as is_last,
            max(previous_day) filter (where previous_day < day) over of_day as day_before,
            max(previous_value) filter (where previous_day < day) over of_day as value_before
        from (
            select span, touch, day, first_day, metric_value, lag(day) over curve as previous_day,
                lag(metric_value) over curve as previous_value, lead(day) over curve as next_day
            from (
                select s.span, s.touch, s.first_day, p.recorded_at, p.metric_value,
                    (p.recorded_at at time zone 'UTC')::date as day
                from (select distinct release_id, first_day, end_day from spans) r
                join content_performance p on p.release_id = r.release_id
                    and p.recorded_at >= (r.first_day - 1)::timestamp at time zone 'UTC'
                    and p.recorded_at < r.end_day::timestamp at time zone 'UTC'
                join spans s on s.release_id = r.release_id and s.first_day = r.first_day
                    and s.end_day = r.end_day and s.platform = p.platform
                    and s.metric_type = p.metric_type
                where p.recorded_at >= %(first_day)s::date::timestamp at time zone 'UTC'
                    and p.recorded_at < %(end_day)s::date::timestamp at time zone 'UTC'
            ) seen
            window curve as (partition by span order by day, recorded_at)
        ) beside
        window of_day as (partition by span, day)
    ) stepped
    where day >= first_day
    group by touch, day
) d
join touched t using (touch);

-- name: create_touched_days
-- The days that were touched in any part.
create temporary table touched_days on commit drop as
select platform, metric_type, lower(days) as first_day, upper(days) as end_day
from (
    select platform, metric_type, unnest(range_agg(daterange(first_day, end_day))) as days
    from touched
    group by platform, metric_type
) merged;

-- name: measure_touched_days
-- Let the planner know how many there are.
analyze touched_days;

-- name: forget_totals
-- Make room for the sums of touched days over all parts.
delete from daily_totals d
using touched_days t
where d.platform = t.platform and d.metric_type = t.metric_type
    and d.day >= t.first_day and d.day < t.end_day;

-- name: add_up_totals
-- Add up the parts of touched days.
insert into daily_totals (platform, metric_type, day, gain, releases, amount, observations)
select d.platform, d.metric_type, d.day, sum(d.gain), sum(d.releases), sum(d.amount),
    sum(d.observations)
from touched_days t
join daily_parts d on d.platform = t.platform and d.metric_type = t.metric_type
    and d.day >= t.first_day and d.day < t.end_day
group by d.platform, d.metric_type, d.day;
