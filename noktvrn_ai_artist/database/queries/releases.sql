-- name: insert_artists
-- Make sure that artists of these names are there.
insert into artists (name, batch_id)
select name, %(batch_id)s::bigint
from unnest(%(names)s::text[]) as given (name)
order by name
on conflict (name) do nothing;

-- name: artists_named
-- Which artists have these names?
select name, artist_id from artists where name = any(%(names)s::text[]);

-- name: artists
-- Which artists are there, and how many releases has each?
select a.artist_id, a.name, count(r.release_id) as releases
from artists a
left join approved_releases r using (artist_id)
group by a.artist_id, a.name
order by a.name;

-- name: next_release_ids
-- Ids for that many releases.
select nextval(pg_get_serial_sequence('approved_releases', 'release_id'))
from generate_series(1, %(how_many)s::integer);

-- name: insert_releases
-- Register releases under ids that were drawn for them.
insert into approved_releases (release_id, artist_id, title, published_at, status, batch_id)
select release_id, artist_id, title, published_at, status, %(batch_id)s::bigint
from unnest(
    %(release_ids)s::bigint[], %(artist_ids)s::bigint[], %(titles)s::text[],
    %(published)s::timestamptz[], %(statuses)s::text[]
) as given (release_id, artist_id, title, published_at, status)
order by release_id;

-- name: releases
-- Which releases are there, by artist and title? Both filters may be null.
select r.release_id, r.artist_id, a.name as artist, r.title, r.published_at, r.status
from approved_releases r
join artists a using (artist_id)
where (%(release_id)s::bigint is null or r.release_id = %(release_id)s)
    and (%(artist_id)s::bigint is null or r.artist_id = %(artist_id)s)
order by a.name, r.title, r.release_id;

-- name: artist_of_release
-- Whose release is this?
select artist_id from approved_releases where release_id = %(release_id)s::bigint;

-- name: releases_titled
-- Which releases have these pairs of artist and title, and (if named) are not on a platform yet?
select a.name, r.title, r.release_id
from approved_releases r
join artists a using (artist_id)
where (a.name, r.title) in (
        select name, title from unnest(%(names)s::text[], %(titles)s::text[]) as given (name, title)
    )
    and not exists (
        select from publications u
        where u.release_id = r.release_id and u.platform = %(unpublished_on)s::text
    )
order by r.release_id;

-- name: fill_publication_dates
-- Let releases whose date was not known have the one that is told now.
update approved_releases r set published_at = given.published_at
from (
    select release_id, min(published_at) as published_at
    from unnest(%(release_ids)s::bigint[], %(published)s::timestamptz[])
        as told (release_id, published_at)
    group by release_id
) given
where r.release_id = given.release_id and r.published_at is null;

-- name: set_release_status
-- Say where a release stands.
update approved_releases set status = %(status)s where release_id = %(release_id)s;

-- name: set_publication_date
-- Say when a release came out, whatever was said before.
update approved_releases set published_at = %(published_at)s::timestamptz
where release_id = %(release_id)s;

-- name: note_curves_of_release
-- Log every curve of a release as changed, from its first to its last day.
insert into changed_curves (release_id, platform, metric_type, first_day, last_day)
select release_id, platform, metric_type, (min(recorded_at) at time zone 'UTC')::date,
    (max(recorded_at) at time zone 'UTC')::date
from content_performance
where release_id = %(release_id)s
group by release_id, platform, metric_type;

-- name: adopt_publications
-- Let publications that are told again be of the import that tells them, where theirs was undone.
-- Told by hand, they are no import's, whichever brought them: no undo takes them away.
update publications u set batch_id = %(batch_id)s::bigint
from unnest(%(release_ids)s::bigint[], %(external_ids)s::text[]) as told (release_id, external_id)
cross join import_batches b
where u.release_id = told.release_id and u.external_id = told.external_id
    and u.platform = %(platform)s and b.batch_id = u.batch_id
    and (b.undone_at is not null or %(batch_id)s::bigint is null);

-- name: adopt_releases
-- The same for releases.
update approved_releases r set batch_id = %(batch_id)s::bigint
from import_batches b
where r.release_id = any(%(release_ids)s::bigint[]) and b.batch_id = r.batch_id
    and (b.undone_at is not null or %(batch_id)s::bigint is null);

-- name: adopt_artists
-- The same for the artists of such releases.
with told as materialized (
    select distinct artist_id from approved_releases
    where release_id = any(%(release_ids)s::bigint[])
)
update artists a set batch_id = %(batch_id)s::bigint
from told
cross join import_batches b
where a.artist_id = told.artist_id and b.batch_id = a.batch_id
    and (b.undone_at is not null or %(batch_id)s::bigint is null);

-- name: insert_publications
-- Note where releases were published.
insert into publications (release_id, platform, external_id, url, published_at, batch_id)
select release_id, %(platform)s::text, external_id, url, published_at, %(batch_id)s::bigint
from unnest(
    %(release_ids)s::bigint[], %(external_ids)s::text[], %(urls)s::text[],
    %(published)s::timestamptz[]
) as given (release_id, external_id, url, published_at)
order by release_id
on conflict (release_id, platform, external_id) do nothing;

-- name: publications_known_as
-- Which releases are known under these external ids of a platform?
select external_id, release_id
from publications
where platform = %(platform)s and external_id = any(%(external_ids)s::text[])
order by release_id desc;

-- name: publications
-- Where was a release published?
select release_id, platform, external_id, url, published_at
from publications
where release_id = %(release_id)s
order by platform, external_id;

-- name: declared_platforms
-- Which platforms did the operator declare?
select platform, day_zone from declared_platforms order by platform;

-- name: declared_metrics
-- Which metrics did the operator declare?
select platform, metric_type, kind, unit, signed
from declared_metrics
order by platform, metric_type;

-- name: declare_platform
-- Let one more platform be known.
insert into declared_platforms (platform, day_zone)
values (%(platform)s, %(day_zone)s)
on conflict (platform) do update set day_zone = excluded.day_zone;

-- name: declare_metric
-- Let one more metric of a platform be known.
insert into declared_metrics (platform, metric_type, kind, unit, signed)
values (%(platform)s, %(metric_type)s, %(kind)s, %(unit)s, %(signed)s)
on conflict (platform, metric_type) do update set
    kind = excluded.kind, unit = excluded.unit, signed = excluded.signed;

-- name: insert_annotation
-- Note an event.
insert into annotations (release_id, happened_at, kind, text)
values (%(release_id)s, %(happened_at)s, %(kind)s, %(text)s)
returning annotation_id;

-- name: annotations
-- What happened around a release (or, where null, around all of them)?
select annotation_id, release_id, happened_at, kind, text
from annotations
where release_id is null or %(release_id)s::bigint is null or release_id = %(release_id)s
order by happened_at, annotation_id;

-- name: delete_annotation
-- Take an event back.
delete from annotations where annotation_id = %(annotation_id)s;
