-- The stock success tracker's history: clips used, scores reported, choices drawn. The releases are
-- those the tracker was told of, registered or not. Rows are numbered in the order of their commits
-- (all writers hold one lock), so whoever knows the rows up to a number asks only for the rest.
-- Under that lock, too, an event id is kept from standing for two releases: no constraint across
-- releases holds on a table distributed by release.

create table clip_usage (
    release_id   bigint           not null,
    sequence     bigint           not null,
    used_at      timestamptz      not null,
    source_name  text collate "C" not null,
    clip_id      text collate "C" not null,
    event_id     text collate "C",
    search_term  text collate "C",
    creator      text collate "C",
    selection_id text collate "C",
    constraint clip_usage_pkey primary key (release_id, sequence),
    constraint clip_usage_event_id_key unique (event_id, release_id),
    constraint clip_usage_release_id_check check (release_id > 0),
    constraint clip_usage_sequence_check check (sequence > 0),
    constraint clip_usage_used_at_check
        check (used_at >= '2005-01-01 00:00:00+00' and used_at < '10000-01-01 00:00:00+00'),
    constraint clip_usage_source_name_check check (length(source_name) between 1 and 64),
    constraint clip_usage_clip_id_check check (length(clip_id) between 1 and 256),
    constraint clip_usage_event_id_check check (length(event_id) between 1 and 256),
    constraint clip_usage_search_term_check check (length(search_term) between 1 and 256),
    constraint clip_usage_creator_check check (length(creator) between 1 and 256),
    constraint clip_usage_selection_id_check check (length(selection_id) between 1 and 256)
);

create index clip_usage_sequence on clip_usage (sequence);

create table release_score (
    release_id  bigint           not null,
    sequence    bigint           not null,
    reported_at timestamptz      not null,
    score       double precision not null,
    event_id    text collate "C",
    artist_id   bigint,
    constraint release_score_pkey primary key (release_id, sequence),
    constraint release_score_event_id_key unique (event_id, release_id),
    constraint release_score_release_id_check check (release_id > 0),
    constraint release_score_sequence_check check (sequence > 0),
    constraint release_score_reported_at_check
        check (reported_at >= '2005-01-01 00:00:00+00' and reported_at < '10000-01-01 00:00:00+00'),
    -- NaN sorts above every number, so this refuses NaN and the infinities alone.
    constraint release_score_score_check
        check (score between -1.7976931348623157e308 and 1.7976931348623157e308),
    constraint release_score_event_id_check check (length(event_id) between 1 and 256),
    constraint release_score_artist_id_check check (artist_id >= 0)
);

create index release_score_sequence on release_score (sequence);

-- A draw of sources, once for each release whose usages name it, so that it goes with them. The
-- candidates are one document, [[source, mean, sd, probability], ...] in the order drawn: they are
-- written, compared and read as a whole, and as rows they would be the largest table by far.

create table selection (
    release_id   bigint           not null,
    selection_id text collate "C" not null,
    sequence     bigint           not null,
    drawn_at     timestamptz      not null,
    top_n        bigint           not null,
    candidates   jsonb            not null,
    constraint selection_pkey primary key (release_id, selection_id),
    constraint selection_release_id_check check (release_id > 0),
    constraint selection_selection_id_check check (length(selection_id) between 1 and 256),
    constraint selection_sequence_check check (sequence > 0),
    constraint selection_drawn_at_check
        check (drawn_at >= '2005-01-01 00:00:00+00' and drawn_at < '10000-01-01 00:00:00+00'),
    constraint selection_top_n_check check (top_n >= 0),
    -- Every candidate is as it must be: those that are, are all of them.
    constraint selection_candidates_check check (
        candidates = jsonb_path_query_array(
            candidates,
            'strict $[*] ? (@.size() == 4 && @[0].type() == "string" && @[1].type() == "number"
                && @[2] >= 0 && @[3] >= 0 && @[3] <= 1)',
            silent => true
        )
    )
);

create index selection_selection_id on selection (selection_id);
create index selection_sequence on selection (sequence);

-- Which ledger this is, the number of its latest row, and how often a release was forgotten: after
-- that a reader has to read everything again. At most one row.

create table source_ledger (
    only_row      boolean          not null default true,
    ledger_id     text collate "C" not null,
    last_sequence bigint           not null,
    forgotten     bigint           not null,
    constraint source_ledger_pkey primary key (only_row),
    constraint source_ledger_only_row_check check (only_row),
    constraint source_ledger_ledger_id_check check (length(ledger_id) between 1 and 64),
    constraint source_ledger_last_sequence_check check (last_sequence >= 0),
    constraint source_ledger_forgotten_check check (forgotten >= 0)
);
