-- name: hold_alone
-- Wait until nobody holds this lock; held to the end of the transaction.
select pg_advisory_xact_lock(%(key)s::bigint);

-- name: hold_alone_if_free
-- Is nobody holding this lock? Then it is held to the end of the transaction; nobody waits.
select pg_try_advisory_xact_lock(%(key)s::bigint);

-- name: hold_together
-- Wait until nobody holds this lock alone; held to the end of the transaction.
select pg_advisory_xact_lock_shared(%(key)s::bigint);
