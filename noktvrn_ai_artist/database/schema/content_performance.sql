-- Every observation of every metric of every release, keyed by nature. The order of the key keeps
-- a daily batch on few index pages; metric_value in the index makes a release's read index-only.

create table content_performance (
    release_id   bigint           not null references approved_releases (release_id),
    recorded_at  timestamptz      not null,
    platform     text collate "C" not null,
    metric_type  text collate "C" not null,
    metric_value double precision not null,
    revision     integer          not null default 0,
    source       text collate "C" not null,
    source_url   text,
    notes        text,
    -- No foreign key: looking the one batch up again took 2.3 of the 7 microseconds of each row.
    batch_id     bigint,
    stored_at    timestamptz      not null,
    constraint content_performance_pkey
        primary key (release_id, recorded_at, platform, metric_type) include (metric_value),
    constraint content_performance_release_id_check check (release_id > 0),
    constraint content_performance_recorded_at_check
        check (recorded_at >= '2005-01-01 00:00:00+00' and recorded_at < '2200-01-01 00:00:00+00'),
    constraint content_performance_platform_check check (length(platform) between 1 and 64),
    constraint content_performance_metric_type_check check (length(metric_type) between 1 and 64),
    -- NaN sorts above every number, so this one range refuses NaN and the infinities too.
    constraint content_performance_metric_value_check
        check (metric_value between -9007199254740992 and 9007199254740992),
    constraint content_performance_revision_check check (revision >= 0),
    constraint content_performance_source_check check (length(source) between 1 and 64)
);

-- One metric of all releases, in a window of time, without a look at the table itself.
create index content_performance_metric on content_performance
    (platform, metric_type, recorded_at) include (release_id, metric_value);

create index content_performance_recorded_at_brin on content_performance using brin (recorded_at);
create index content_performance_batch_id_brin on content_performance using brin (batch_id);

-- Values that no longer stand: what a key held, from where, and since when. The one that stands is
-- in content_performance under the highest revision.

create table performance_corrections (
    release_id   bigint           not null references approved_releases (release_id),
    recorded_at  timestamptz      not null,
    platform     text collate "C" not null,
    metric_type  text collate "C" not null,
    revision     integer          not null,
    metric_value double precision not null,
    source       text collate "C" not null,
    source_url   text,
    notes        text,
    batch_id     bigint,
    stored_at    timestamptz      not null,
    constraint performance_corrections_pkey
        primary key (release_id, recorded_at, platform, metric_type, revision)
);

create index performance_corrections_batch_id on performance_corrections (batch_id);
