-- name: ledger_head
-- Which ledger is this, how far does it reach, and how often was something forgotten?
select ledger_id, last_sequence, forgotten from source_ledger;

-- name: move_ledger_head
-- Say how far the ledger reaches now; the first to say so names it.
insert into source_ledger (only_row, ledger_id, last_sequence, forgotten)
values (true, %(ledger_id)s, %(last_sequence)s, %(forgotten)s)
on conflict (only_row) do update set
    last_sequence = excluded.last_sequence, forgotten = excluded.forgotten;

-- name: usages_after
-- Which clip usages came after one row and up to another, in the order of their arrival?
select release_id, used_at, source_name, clip_id, event_id, search_term, creator, selection_id
from clip_usage
where sequence > %(known)s and sequence <= %(last)s
order by sequence;

-- name: reports_after
-- Which scores came after one row and up to another, in the order of their arrival?
select release_id, score, reported_at, event_id, artist_id
from release_score
where sequence > %(known)s and sequence <= %(last)s
order by sequence;

-- name: selections_after
-- Which selections came after one row and up to another?
select selection_id, drawn_at, top_n, candidates
from selection
where sequence > %(known)s and sequence <= %(last)s
order by sequence;

-- name: usages_of_events
-- Which clip usages stand under these event ids?
select release_id, used_at, source_name, clip_id, event_id, search_term, creator, selection_id
from clip_usage
where event_id = any(%(names)b::text[]);

-- name: reports_of_events
-- Which scores stand under these event ids?
select release_id, score, reported_at, event_id, artist_id
from release_score
where event_id = any(%(names)b::text[]);

-- name: selections_named
-- What are the selections of these names? Copies of one are alike.
select distinct on (selection_id) selection_id, drawn_at, top_n, candidates
from selection
where selection_id = any(%(names)b::text[])
order by selection_id;

-- name: selections_of_release
-- Which selections do a release's clip usages name?
select selection_id from selection where release_id = %(release_id)s::bigint;

-- name: store_usages
-- Store clip usages under the next numbers.
insert into clip_usage
    (release_id, sequence, used_at, source_name, clip_id, event_id, search_term, creator,
     selection_id)
select u.release_id, %(known)s::bigint + u.place, u.used_at, u.source_name, u.clip_id, u.event_id,
    u.search_term, u.creator, u.selection_id
from unnest(
    %(release_ids)b::bigint[], %(used_ats)b::timestamptz[], %(source_names)b::text[],
    %(clip_ids)b::text[], %(event_ids)b::text[], %(search_terms)b::text[], %(creators)b::text[],
    %(selection_ids)b::text[]
) with ordinality u (
    release_id, used_at, source_name, clip_id, event_id, search_term, creator, selection_id, place
)
order by u.place;

-- name: store_reports
-- Store scores under the next numbers.
insert into release_score (release_id, sequence, reported_at, score, event_id, artist_id)
select r.release_id, %(known)s::bigint + r.place, r.reported_at, r.score, r.event_id, r.artist_id
from unnest(
    %(release_ids)b::bigint[], %(reported_ats)b::timestamptz[], %(scores)b::double precision[],
    %(event_ids)b::text[], %(artist_ids)b::bigint[]
) with ordinality r (release_id, reported_at, score, event_id, artist_id, place)
order by r.place;

-- name: store_selections
-- Store selections for releases that name them, under the next numbers, where they are not yet.
insert into selection (release_id, selection_id, sequence, drawn_at, top_n, candidates)
select s.release_id, s.selection_id, %(known)s::bigint + s.place, s.drawn_at, s.top_n,
    s.candidates::jsonb
from unnest(
    %(release_ids)b::bigint[], %(selection_ids)b::text[], %(drawn_ats)b::timestamptz[],
    %(top_ns)b::bigint[], %(candidates)b::text[]
) with ordinality s (release_id, selection_id, drawn_at, top_n, candidates, place)
order by s.release_id, s.selection_id
on conflict (release_id, selection_id) do nothing;

-- name: forget_usages
-- Drop a release's clip usages.
delete from clip_usage where release_id = %(release_id)s;

-- name: forget_reports
-- Drop a release's scores.
delete from release_score where release_id = %(release_id)s;

-- name: forget_selections
-- Drop the selections that only this release's usages need a copy of.
delete from selection where release_id = %(release_id)s;
