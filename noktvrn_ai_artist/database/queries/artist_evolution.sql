-- name: hold_artist
-- Is there this artist? Others who would change the profile wait to the end of the transaction.
select artist_id from artists where artist_id = %(artist_id)s::bigint for no key update;

-- name: artist_exists
-- Is there this artist?
select artist_id from artists where artist_id = %(artist_id)s::bigint;

-- name: artist_profile
-- What is an artist's profile now?
select version, traits from artist_profiles where artist_id = %(artist_id)s::bigint;

-- name: keep_profile
-- Keep an artist's profile in the place of the one before.
insert into artist_profiles (artist_id, version, traits, changed_at)
values (%(artist_id)s, %(version)s, %(traits)s::jsonb, %(happened_at)s)
on conflict (artist_id) do update set
    version = excluded.version, traits = excluded.traits, changed_at = excluded.changed_at;

-- name: last_fingerprint
-- Which evidence did an artist's profile last evolve by, of scores of one basis?
select fingerprint from artist_progression_log
where artist_id = %(artist_id)s::bigint and basis = %(basis)s::text
order by version desc
limit 1;

-- name: add_progression
-- Remember how a version of a profile came to be.
insert into artist_progression_log
    (artist_id, version, kind, happened_at, basis, fingerprint, releases, traits_before,
     traits_after, changes, judgements)
values
    (%(artist_id)s, %(version)s, %(entry_kind)s, %(happened_at)s, %(basis)s, %(fingerprint)s,
     %(releases)s, %(traits_before)s::jsonb, %(traits_after)s::jsonb, %(changes)s::jsonb,
     %(judgements)s::jsonb);

-- name: progression
-- How did an artist's profile come to be, from the first version on?
select version, kind, happened_at, basis, fingerprint, releases, traits_before, traits_after,
    changes, judgements
from artist_progression_log
where artist_id = %(artist_id)s::bigint
order by version;

-- name: keep_parameters
-- Remember what a release was made with, unless something is remembered already.
insert into release_parameters (release_id, profile_version, traits, recorded_at)
values (%(release_id)s, %(profile_version)s, %(traits)s::jsonb, %(recorded_at)s)
on conflict (release_id) do nothing;

-- name: parameters_of_release
-- What was a release made with?
select profile_version, traits from release_parameters where release_id = %(release_id)s::bigint;

-- name: parameters_of_artist
-- What was each release of an artist made with, where that is remembered?
select release_id, p.traits
from release_parameters p
join approved_releases r using (release_id)
where r.artist_id = %(artist_id)s::bigint
order by release_id;
