-- name: hold_quota
-- Until when is this provider's quota spent? Held until the transaction ends.
insert into provider_quotas (provider) values (%(provider)s)
on conflict (provider) do update set provider = excluded.provider
returning spent_until;

-- name: quota_spent_until
-- Until when did this provider say its quota is spent?
select spent_until from provider_quotas where provider = %(provider)s;

-- name: quota_uses
-- How many units of this provider were taken, by limit and slot?
select limit_name, window_start, units from quota_use where provider = %(provider)s;

-- name: count_units
-- Count units against the present slot of each of these limits.
insert into quota_use (provider, limit_name, window_start, units)
select %(provider)s, taken.limit_name, taken.window_start, %(units)s::bigint
from unnest(%(limit_names)b::text[], %(window_starts)b::timestamptz[])
    as taken (limit_name, window_start)
on conflict (provider, limit_name, window_start)
    do update set units = quota_use.units + excluded.units;

-- name: forget_uses
-- Remove the slots that no longer count.
delete from quota_use
using unnest(%(limit_names)b::text[], %(window_starts)b::timestamptz[])
    as gone (limit_name, window_start)
where quota_use.provider = %(provider)s and quota_use.limit_name = gone.limit_name
    and quota_use.window_start = gone.window_start;

-- name: quota_is_spent
-- Remember that a provider gives no more until then; the later of two such moments stands.
insert into provider_quotas (provider, spent_until) values (%(provider)s, %(until)s)
on conflict (provider) do update
    set spent_until = greatest(provider_quotas.spent_until, excluded.spent_until);

-- name: kept_answer
-- What was the answer to this request, if it may still be used?
select status, body from kept_answers
where provider = %(provider)s and request_hash = %(request_hash)s and until > %(now)s;

-- name: keep_answer
-- Keep an answer, in the place of an older one to the same request.
insert into kept_answers (provider, request_hash, status, body, fetched_at, until)
values (%(provider)s, %(request_hash)s, %(http_status)s, %(body)b, %(fetched_at)s, %(until)s)
on conflict (provider, request_hash) do update set
    status = excluded.status, body = excluded.body, fetched_at = excluded.fetched_at,
    until = excluded.until;

-- name: forget_answers
-- Remove the answers whose time is over.
delete from kept_answers where until <= %(now)s;

-- name: kept_token
-- What token is kept for this account, and until when is it good?
select token, expires_at from kept_tokens where provider = %(provider)s and account = %(account)s;

-- name: keep_token
-- Keep a token, in the place of the one before it.
insert into kept_tokens (provider, account, token, expires_at)
values (%(provider)s, %(account)s, %(token)s, %(expires_at)s)
on conflict (provider, account) do update
    set token = excluded.token, expires_at = excluded.expires_at;

-- name: try_collecting
-- Hold this interface for the rest of the transaction, unless another collection does?
select pg_try_advisory_xact_lock(%(key)s::integer, %(place)s::integer);

-- name: open_run
-- Which run of an interface has no end yet?
select run_id, feed, started_at, finished_at, batch_id, due, asked, stored, corrected, duplicate,
    missing, hidden, refused, units, outcome, reason
from collection_runs
where feed = %(feed)s and finished_at is null
order by run_id desc
limit 1;

-- name: begin_run
-- Write down that a run begins.
insert into collection_runs (feed, started_at, due) values (%(feed)s, %(started_at)s, %(due)s)
returning run_id, feed, started_at, finished_at, batch_id, due, asked, stored, corrected, duplicate,
    missing, hidden, refused, units, outcome, reason;

-- name: lock_run
-- Under which batch does a run that is under way store its numbers? Held for the transaction.
select batch_id from collection_runs
where run_id = %(run_id)s and finished_at is null
for update;

-- name: count_call
-- Add what came of one call to its run.
update collection_runs set
    batch_id = %(batch_id)s, asked = asked + %(asked)s, stored = stored + %(stored)s,
    corrected = corrected + %(corrected)s, duplicate = duplicate + %(duplicate)s,
    missing = missing + %(missing)s, hidden = hidden + %(hidden)s,
    refused = refused + %(refused)s, units = units + %(units)s
where run_id = %(run_id)s;

-- name: batch_counts
-- What has a batch counted so far, unless it was undone?
select rows_read as read, stored, corrected, duplicate, rejected
from import_batches
where batch_id = %(batch_id)s and undone_at is null;

-- name: end_run
-- Write down how a run ended, unless it has ended before.
update collection_runs set
    finished_at = greatest(started_at, %(finished_at)s), outcome = %(outcome)s,
    reason = %(reason)s, units = units + %(units)s
where run_id = %(run_id)s and finished_at is null
returning run_id, feed, started_at, finished_at, batch_id, due, asked, stored, corrected, duplicate,
    missing, hidden, refused, units, outcome, reason;

-- name: runs
-- Which runs were there, the latest first?
select run_id, feed, started_at, finished_at, batch_id, due, asked, stored, corrected, duplicate,
    missing, hidden, refused, units, outcome, reason
from collection_runs
order by run_id desc
limit %(most)s;

-- name: publications_to_watch
-- What is published on a platform, and when did it come out? Withdrawn releases are left alone.
select p.release_id, p.external_id, r.title,
    coalesce(p.published_at, r.published_at) as published_at
from publications p
join approved_releases r using (release_id)
where p.platform = %(platform)s and r.status <> 'withdrawn'
order by p.external_id, p.release_id;

-- name: marks
-- What came of each publication when an interface was last asked for it?
select external_id, asked_at, misses, hidden from collection_marks where feed = %(feed)s;

-- name: any_asked
-- Was any of these asked for by a run that began then, or later?
select exists (
    select from collection_marks
    where feed = %(feed)s and external_id = any(%(external_ids)s::text[])
        and asked_at >= %(asked_at)s
);

-- name: mark
-- Note what came of publications that were asked for.
insert into collection_marks (feed, external_id, asked_at, misses, hidden)
select %(feed)s, external_id, %(asked_at)s, misses, hidden_metrics
from unnest(%(external_ids)s::text[], %(misses)s::bigint[], %(hidden_metrics)s::text[])
    as told (external_id, misses, hidden_metrics)
order by external_id
on conflict (feed, external_id) do update set
    asked_at = excluded.asked_at, hidden = excluded.hidden,
    misses = case when excluded.misses = 0 then 0 else collection_marks.misses + 1 end;
