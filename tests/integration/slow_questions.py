"""The dashboard's questions asked of the observations alone: slow, plain, and always right."""

from __future__ import annotations

from typing import Any

from noktvrn_ai_artist.database.connection_manager import Database

Rows = list[tuple[Any, ...]]

SLOW = {
    "latest_values": b"""
        select distinct on (p.release_id)
            p.release_id, a.name, r.title, r.published_at, p.metric_value, p.recorded_at
        from content_performance p
        join approved_releases r using (release_id)
        join artists a using (artist_id)
        where p.platform = %(platform)s and p.metric_type = %(metric_type)s
            and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
        order by p.release_id, p.recorded_at desc
    """,
    "freshness": b"""
        select platform, metric_type, count(distinct release_id), count(*), max(recorded_at)
        from content_performance
        group by platform, metric_type
        order by platform, metric_type
    """,
    "counter_gains": b"""
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
        select g.release_id, a.name, r.title,
            case
                when g.value_before is not null then g.value - g.value_before
                when r.published_at >= %(start)s and r.published_at < %(end)s then g.value
            end as gain,
            g.value
        from gained g
        join approved_releases r using (release_id)
        join artists a using (artist_id)
        where g.value is not null
        order by gain desc nulls last, g.release_id
    """,
    "daily_amounts": b"""
        select p.release_id, a.name, r.title, sum(p.metric_value) as gain, sum(p.metric_value)
        from content_performance p
        join approved_releases r using (release_id)
        join artists a using (artist_id)
        where p.platform = %(platform)s and p.metric_type = %(metric_type)s
            and p.recorded_at >= %(start)s and p.recorded_at < %(end)s
            and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
        group by p.release_id, a.name, r.title
        order by gain desc, p.release_id
    """,
    "counter_gain_per_day": b"""
        with seen as (
            select p.release_id, (p.recorded_at at time zone 'UTC')::date as day, p.recorded_at,
                p.metric_value
            from content_performance p
            join approved_releases r using (release_id)
            where p.platform = %(platform)s and p.metric_type = %(metric_type)s
                and p.recorded_at < %(end)s
                and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
        ), ended as (
            select distinct on (release_id, day) *
            from seen
            where recorded_at >= %(start)s
            order by release_id, day, recorded_at desc
        )
        select e.day, sum(e.metric_value - b.metric_value), count(*)
        from ended e
        cross join lateral (
            -- What stood before the day, or before the period where the day began earlier.
            select s.metric_value
            from seen s
            where s.release_id = e.release_id and s.day >= e.day - 1
                and (s.day < e.day or s.recorded_at < %(start)s)
            order by s.recorded_at desc
            limit 1
        ) b
        group by e.day
        order by e.day
    """,
    "amount_per_day": b"""
        select (p.recorded_at at time zone 'UTC')::date as day, sum(p.metric_value), count(*)
        from content_performance p
        join approved_releases r using (release_id)
        where p.platform = %(platform)s and p.metric_type = %(metric_type)s
            and p.recorded_at >= %(start)s and p.recorded_at < %(end)s
            and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
        group by 1
        order by 1
    """,
    "latest_of_release": b"""
        select distinct on (platform, metric_type) platform, metric_type, metric_value, recorded_at
        from content_performance
        where release_id = %(release_id)s
        order by platform, metric_type, recorded_at desc
    """,
    "kept_latest": b"""
        select distinct on (release_id, platform, metric_type)
            release_id, platform, metric_type, metric_value, recorded_at
        from content_performance
        order by release_id, platform, metric_type, recorded_at desc
    """,
    "kept_totals": b"""
        with daily as (
            select release_id, platform, metric_type, (recorded_at at time zone 'UTC')::date as day,
                (array_agg(metric_value order by recorded_at desc))[1] as last_value,
                sum(metric_value) as amount, count(*) as observations
            from content_performance
            group by 1, 2, 3, 4
        )
        select d.platform, d.metric_type, d.day,
            coalesce(sum(d.last_value - b.last_value), 0) as gain, count(b.day) as releases,
            sum(d.amount) as amount, sum(d.observations)::bigint as observations
        from daily d
        left join daily b on b.release_id = d.release_id and b.platform = d.platform
            and b.metric_type = d.metric_type and b.day = d.day - 1
        group by d.platform, d.metric_type, d.day
        order by d.platform, d.metric_type, d.day
    """,
}


def slowly(database: Database, name: str, **values: object) -> Rows:
    """The answer to one question, from the observations alone."""
    with database.transaction() as connection:
        return connection.execute(SLOW[name], values).fetchall()
