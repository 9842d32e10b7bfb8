-- name: latest_values
-- What is the latest value of one metric of each release?
select distinct on (p.release_id)
    p.release_id, a.name as artist, r.title, r.published_at, p.metric_value, p.recorded_at
from content_performance p
join approved_releases r using (release_id)
join artists a using (artist_id)
where p.platform = %(platform)s and p.metric_type = %(metric_type)s
    and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
order by p.release_id, p.recorded_at desc;

-- name: metric_history
-- How did one metric of one release, of an artist's, or of all releases go?
select p.release_id, r.published_at, p.recorded_at, p.metric_value
from content_performance p
join approved_releases r using (release_id)
where p.platform = %(platform)s and p.metric_type = %(metric_type)s
    and (%(release_id)s::bigint is null or p.release_id = %(release_id)s)
    and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
order by p.release_id, p.recorded_at;

-- name: freshness
-- How far do the numbers of each platform and metric reach?
select platform, metric_type, count(distinct release_id) as releases, count(*) as observations,
    max(recorded_at) as complete_to
from content_performance
group by platform, metric_type
order by platform, metric_type;

-- name: counter_gains
-- By how much did a counter of each release grow in a period? Null where nothing was known shortly
-- before, for then the growth of an earlier time would be counted as well.
with standing as (
    select distinct on (p.release_id, p.recorded_at < %(start)s)
        p.release_id, p.recorded_at < %(start)s as before, p.metric_value
    from content_performance p
    join approved_releases r using (release_id)
    where p.platform = %(platform)s and p.metric_type = %(metric_type)s
        and p.recorded_at >= %(oldest)s and p.recorded_at < %(end)s
        and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
    order by p.release_id, p.recorded_at < %(start)s, p.recorded_at desc
), gained as (
    select release_id, max(metric_value) filter (where not before) as value,
        max(metric_value) filter (where before) as value_before
    from standing
    group by release_id
)
select g.release_id, a.name as artist, r.title,
    case
        when g.value_before is not null then g.value - g.value_before
        -- A release that came out within the period started from nothing.
        when r.published_at >= %(start)s then g.value
    end as gain,
    g.value
from gained g
join approved_releases r using (release_id)
join artists a using (artist_id)
where g.value is not null
order by gain desc nulls last, g.release_id;

-- name: daily_amounts
-- What do the days of a period add up to, for each release?
select p.release_id, a.name as artist, r.title, sum(p.metric_value) as gain,
    sum(p.metric_value) as value
from content_performance p
join approved_releases r using (release_id)
join artists a using (artist_id)
where p.platform = %(platform)s and p.metric_type = %(metric_type)s
    and p.recorded_at >= %(start)s and p.recorded_at < %(end)s
    and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
group by p.release_id, a.name, r.title
order by gain desc, p.release_id;

-- name: counter_gain_per_day
-- By how much did a counter grow on each day, over all releases seen on that day and the one before?
with daily as (
    select distinct on (p.release_id, (p.recorded_at at time zone 'UTC')::date)
        p.release_id, (p.recorded_at at time zone 'UTC')::date as day, p.metric_value
    from content_performance p
    join approved_releases r using (release_id)
    where p.platform = %(platform)s and p.metric_type = %(metric_type)s
        and p.recorded_at >= date_trunc('day', %(start)s::timestamptz, 'UTC') - interval '1 day'
        and p.recorded_at < %(end)s
        and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
    order by p.release_id, (p.recorded_at at time zone 'UTC')::date, p.recorded_at desc
), stepped as (
    select release_id, day, metric_value - lag(metric_value) over release as gain,
        day - lag(day) over release as days
    from daily
    window release as (partition by release_id order by day)
)
select day, sum(gain) as gain, count(*) as releases
from stepped
where days = 1 and day >= (%(start)s::timestamptz at time zone 'UTC')::date
group by day
order by day;

-- name: amount_per_day
-- What do all releases together come to on each day?
select (p.recorded_at at time zone 'UTC')::date as day, sum(p.metric_value) as gain,
    count(*) as releases
from content_performance p
join approved_releases r using (release_id)
where p.platform = %(platform)s and p.metric_type = %(metric_type)s
    and p.recorded_at >= %(start)s and p.recorded_at < %(end)s
    and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
group by 1
order by 1;
