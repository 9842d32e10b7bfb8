-- name: latest_values
-- What is the latest value of one metric of each release?
with newest as (
    select l.release_id, l.metric_value, l.recorded_at
    from latest_values l
    left join (
        select distinct release_id from changed_curves
        where platform = %(platform)s and metric_type = %(metric_type)s
    ) c using (release_id)
    where l.platform = %(platform)s and l.metric_type = %(metric_type)s and c.release_id is null
    union all
    select p.release_id, p.metric_value, p.recorded_at
    from (
        select c.release_id, (
            select max(n.recorded_at) from content_performance n
            where n.release_id = c.release_id
                and n.platform = %(platform)s and n.metric_type = %(metric_type)s
        ) as recorded_at
        from (
            select distinct release_id from changed_curves
            where platform = %(platform)s and metric_type = %(metric_type)s
        ) c
    ) f
    join content_performance p using (release_id, recorded_at)
    where p.platform = %(platform)s and p.metric_type = %(metric_type)s
)
select n.release_id, a.name as artist, r.title, r.published_at, n.metric_value, n.recorded_at
from newest n
join approved_releases r using (release_id)
join artists a using (artist_id)
where (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
order by n.release_id;

-- name: latest_of_release
-- What is the latest value of each metric of one release?
with changed as (
    select distinct platform, metric_type from changed_curves where release_id = %(release_id)s
)
select l.platform, l.metric_type, l.metric_value, l.recorded_at
from latest_values l
left join changed c using (platform, metric_type)
where l.release_id = %(release_id)s and c.platform is null
union all
(
    select distinct on (platform, metric_type)
        platform, metric_type, p.metric_value, p.recorded_at
    from changed c
    join content_performance p using (platform, metric_type)
    where p.release_id = %(release_id)s
    order by platform, metric_type, p.recorded_at desc
)
order by platform, metric_type;

-- name: recent_values
-- How did one metric of each release go since some instant, the oldest value first?
select p.release_id, array_agg(p.metric_value order by p.recorded_at) as metric_values
from content_performance p
join approved_releases r using (release_id)
where p.platform = %(platform)s and p.metric_type = %(metric_type)s
    and p.recorded_at >= %(start)s
    and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
group by p.release_id;

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
-- How far do the numbers of each platform and metric reach? The days that are still in the log are
-- counted here, each stretch of them by one scan of the index that lies in this order.
with newest as (
    select l.platform, l.metric_type, l.recorded_at
    from latest_values l
    left join (
        select distinct release_id, platform, metric_type from changed_curves
    ) c using (release_id, platform, metric_type)
    where c.release_id is null
    union all
    select platform, metric_type, recorded_at
    from (
        select c.platform, c.metric_type, (
            select max(n.recorded_at) from content_performance n
            where n.release_id = c.release_id and n.platform = c.platform
                and n.metric_type = c.metric_type
        ) as recorded_at
        from (select distinct release_id, platform, metric_type from changed_curves) c
    ) f
    where recorded_at is not null
), pending as materialized (
    select platform, metric_type, unnest(range_agg(daterange(first_day, last_day + 1))) as days
    from changed_curves
    group by platform, metric_type
), counted as (
    select t.platform, t.metric_type, t.observations
    from daily_totals t
    left join pending u on u.platform = t.platform and u.metric_type = t.metric_type
        and t.day <@ u.days
    where u.platform is null
    union all
    select p.platform, p.metric_type, count(*)
    from pending u
    join content_performance p on (p.platform, p.metric_type, p.recorded_at)
            >= (u.platform, u.metric_type, lower(u.days)::timestamp at time zone 'UTC')
        and (p.platform, p.metric_type, p.recorded_at)
            < (u.platform, u.metric_type, upper(u.days)::timestamp at time zone 'UTC')
    group by p.platform, p.metric_type
)
select n.platform, n.metric_type, n.releases, c.observations, n.complete_to
from (
    select platform, metric_type, count(*) as releases, max(recorded_at) as complete_to
    from newest
    group by platform, metric_type
) n
join (
    select platform, metric_type, sum(observations)::bigint as observations
    from counted
    group by platform, metric_type
) c using (platform, metric_type)
order by n.platform, n.metric_type;

-- name: counter_gains
-- By how much did a counter of each release grow in a period? Null where nothing was known shortly
-- before, for then the growth of an earlier time would be counted as well. Most releases have a
-- value within a day of each end of the period; only those that have none are looked up one by one
-- (by release: no index serves "is not distinct from").
with changed as materialized (
    select distinct release_id from changed_curves
    where platform = %(platform)s and metric_type = %(metric_type)s
), latest as materialized (
    select l.release_id, l.metric_value, l.recorded_at
    from latest_values l
    left join changed c using (release_id)
    where l.platform = %(platform)s and l.metric_type = %(metric_type)s
        and l.recorded_at >= %(start)s and c.release_id is null
), went_on as materialized (
    select release_id from latest where recorded_at >= %(end)s
    union all
    select release_id from changed
), last_seen as materialized (
    select distinct on (p.release_id) p.release_id, p.metric_value
    from content_performance p
    where p.platform = %(platform)s and p.metric_type = %(metric_type)s
        and p.recorded_at >= greatest(%(end)s::timestamptz - interval '1 day', %(start)s)
        and p.recorded_at < %(end)s and exists (select from went_on)
    order by p.release_id, p.recorded_at desc
), ended as materialized (
    select release_id, metric_value from latest where recorded_at < %(end)s
    union all
    select w.release_id, s.metric_value
    from went_on w
    join last_seen s using (release_id)
    union all
    (
        select distinct on (w.release_id) w.release_id, p.metric_value
        from went_on w
        left join last_seen s using (release_id)
        join content_performance p using (release_id)
        where s.release_id is null
            and p.platform is not distinct from %(platform)s
            and p.metric_type is not distinct from %(metric_type)s
            and p.recorded_at >= %(start)s
            and p.recorded_at < %(end)s::timestamptz - interval '1 day'
        order by w.release_id, p.recorded_at desc
    )
), last_before as materialized (
    select distinct on (p.release_id) p.release_id, p.metric_value
    from content_performance p
    where p.platform = %(platform)s and p.metric_type = %(metric_type)s
        and p.recorded_at >= greatest(%(start)s::timestamptz - interval '1 day', %(oldest)s)
        and p.recorded_at < %(start)s
    order by p.release_id, p.recorded_at desc
), begun as (
    select release_id, metric_value from last_before
    union all
    (
        select distinct on (e.release_id) e.release_id, p.metric_value
        from ended e
        left join last_before b using (release_id)
        join content_performance p using (release_id)
        where b.release_id is null
            and p.platform is not distinct from %(platform)s
            and p.metric_type is not distinct from %(metric_type)s
            and p.recorded_at >= %(oldest)s
            and p.recorded_at < %(start)s::timestamptz - interval '1 day'
        order by e.release_id, p.recorded_at desc
    )
)
select e.release_id, a.name as artist, r.title,
    case
        when b.release_id is not null then e.metric_value - b.metric_value
        -- A release that came out within the period started from nothing.
        when r.published_at >= %(start)s and r.published_at < %(end)s then e.metric_value
    end as gain,
    e.metric_value as value
from ended e
left join begun b using (release_id)
join approved_releases r using (release_id)
join artists a using (artist_id)
where (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
order by gain desc nulls last, e.release_id;

-- name: daily_amounts
-- What do the days of a period add up to, for each release?
select g.release_id, a.name as artist, r.title, g.gain, g.gain as value
from (
    select release_id, sum(metric_value) as gain
    from content_performance
    where platform = %(platform)s and metric_type = %(metric_type)s
        and recorded_at >= %(start)s and recorded_at < %(end)s
    group by release_id
) g
join approved_releases r using (release_id)
join artists a using (artist_id)
where (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
order by g.gain desc, g.release_id;

-- name: counter_gain_per_day
-- By how much did a counter grow on each day, over all releases seen on that day and the one before?
-- The days that are still in the log are added up here, and so are a first and a last day that are
-- cut off. What a cut-off first day saw before the period is what stood before it.
with asked as (
    select (%(start)s::timestamptz at time zone 'UTC')::date as first_day, greatest(
        ((%(end)s::timestamptz - interval '1 microsecond') at time zone 'UTC')::date + 1,
        (%(start)s::timestamptz at time zone 'UTC')::date
    ) as end_day
), logged as (
    select range_agg(daterange(first_day, last_day + 2)) as days
    from changed_curves
    where platform = %(platform)s and metric_type = %(metric_type)s
), pending as materialized (
    select d.day
    from (
        select first_day + generate_series(0, end_day - first_day - 1) as day from asked
    ) d
    join logged l on d.day <@ l.days
    union
    select end_day - 1 from asked
    where end_day > first_day and end_day::timestamp at time zone 'UTC' > %(end)s::timestamptz
    union
    select first_day from asked
    where end_day > first_day and first_day::timestamp at time zone 'UTC' < %(start)s::timestamptz
), wanted as (
    select day from pending
    union
    select day - 1 from pending
), daily as (
    select distinct on (p.release_id, w.day, p.recorded_at >= %(start)s)
        p.release_id, w.day, p.recorded_at >= %(start)s as within, p.metric_value
    from wanted w
    join content_performance p on p.recorded_at >= w.day::timestamp at time zone 'UTC'
        and p.recorded_at < (w.day + 1)::timestamp at time zone 'UTC'
    where p.platform = %(platform)s and p.metric_type = %(metric_type)s
        and p.recorded_at < %(end)s
    order by p.release_id, w.day, p.recorded_at >= %(start)s, p.recorded_at desc
), stepped as (
    select release_id, day, within,
        metric_value - lag(metric_value) over release as gain,
        day - lag(day) over release as days
    from daily
    window release as (partition by release_id order by day, within)
)
select t.day, t.gain, t.releases
from asked a
join daily_totals t on t.day >= a.first_day and t.day < a.end_day
left join pending u using (day)
where t.platform = %(platform)s and t.metric_type = %(metric_type)s and t.releases > 0
    and u.day is null
union all
select s.day, s.gain, s.releases
from (
    select day, sum(gain) as gain, count(*) as releases
    from stepped
    where within and days <= 1
    group by day
) s
join pending u using (day)
order by day;

-- name: artists_counter_gain_per_day
-- The same over the releases of one artist, added up from their observations: found by release, for
-- no index serves "is not distinct from".
with daily as (
    select distinct on (
            p.release_id, (p.recorded_at at time zone 'UTC')::date, p.recorded_at >= %(start)s
        )
        p.release_id, (p.recorded_at at time zone 'UTC')::date as day,
        p.recorded_at >= %(start)s as within, p.metric_value
    from content_performance p
    join approved_releases r using (release_id)
    where r.artist_id = %(artist_id)s
        and p.platform is not distinct from %(platform)s
        and p.metric_type is not distinct from %(metric_type)s
        and p.recorded_at >= date_trunc('day', %(start)s::timestamptz, 'UTC') - interval '1 day'
        and p.recorded_at < %(end)s
    order by p.release_id, (p.recorded_at at time zone 'UTC')::date, p.recorded_at >= %(start)s,
        p.recorded_at desc
), stepped as (
    select release_id, day, within,
        metric_value - lag(metric_value) over release as gain,
        day - lag(day) over release as days
    from daily
    window release as (partition by release_id order by day, within)
)
select day, sum(gain) as gain, count(*) as releases
from stepped
where within and days <= 1
group by day
order by day;

-- name: amount_per_day
-- What do all releases together come to on each day? The days that are still in the log are added
-- up here, and so are a first and a last day that are cut off.
with asked as (
    select (%(start)s::timestamptz at time zone 'UTC')::date as first_day, greatest(
        ((%(end)s::timestamptz - interval '1 microsecond') at time zone 'UTC')::date + 1,
        (%(start)s::timestamptz at time zone 'UTC')::date
    ) as end_day
), logged as (
    select range_agg(daterange(first_day, last_day + 1)) as days
    from changed_curves
    where platform = %(platform)s and metric_type = %(metric_type)s
), pending as materialized (
    select d.day
    from (
        select first_day + generate_series(0, end_day - first_day - 1) as day from asked
    ) d
    join logged l on d.day <@ l.days
    union
    select end_day - 1 from asked
    where end_day > first_day and end_day::timestamp at time zone 'UTC' > %(end)s::timestamptz
    union
    select first_day from asked
    where end_day > first_day and first_day::timestamp at time zone 'UTC' < %(start)s::timestamptz
)
select t.day, t.amount as gain, t.observations as releases
from asked a
join daily_totals t on t.day >= a.first_day and t.day < a.end_day
left join pending u using (day)
where t.platform = %(platform)s and t.metric_type = %(metric_type)s and u.day is null
union all
select u.day, sum(p.metric_value), count(*)
from pending u
join content_performance p on p.recorded_at >= u.day::timestamp at time zone 'UTC'
    and p.recorded_at < (u.day + 1)::timestamp at time zone 'UTC'
where p.platform = %(platform)s and p.metric_type = %(metric_type)s
    and p.recorded_at >= %(start)s and p.recorded_at < %(end)s
group by u.day
order by day;

-- name: artists_amount_per_day
-- The same over the releases of one artist, added up from their observations: found by release, for
-- no index serves "is not distinct from".
select (p.recorded_at at time zone 'UTC')::date as day, sum(p.metric_value) as gain,
    count(*) as releases
from content_performance p
join approved_releases r using (release_id)
where r.artist_id = %(artist_id)s
    and p.platform is not distinct from %(platform)s
    and p.metric_type is not distinct from %(metric_type)s
    and p.recorded_at >= %(start)s and p.recorded_at < %(end)s
group by 1
order by 1;
