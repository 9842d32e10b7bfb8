-- Artists' profiles, how they came to be, and what each release was made with. Nothing here points
-- at an artist or a release, so that an undo can take them away. Traits are one document,
-- [[trait, value, weight], ...]: they are written, compared and read as a whole.

create table artist_profiles (
    artist_id  bigint      not null,
    version    bigint      not null,
    traits     jsonb       not null,
    changed_at timestamptz not null,
    constraint artist_profiles_pkey primary key (artist_id),
    constraint artist_profiles_artist_id_check check (artist_id > 0),
    constraint artist_profiles_version_check check (version > 0),
    constraint artist_profiles_changed_at_check
        check (changed_at >= '2005-01-01 00:00:00+00' and changed_at < '10000-01-01 00:00:00+00'),
    -- Every trait is as it must be: those that are, are all of them.
    constraint artist_profiles_traits_check check (
        traits = jsonb_path_query_array(
            traits,
            'strict $[*] ? (@.size() == 3 && @[0].type() == "string" && @[1].type() == "string"
                && (@[2] == 0 || (@[2] >= 0.25 && @[2] <= 4)))',
            silent => true
        )
    )
);

create table artist_progression_log (
    artist_id     bigint           not null,
    version       bigint           not null,
    kind          text collate "C" not null,
    happened_at   timestamptz      not null,
    basis         text,
    fingerprint   text collate "C",
    releases      bigint           not null,
    traits_before jsonb            not null,
    traits_after  jsonb            not null,
    changes       jsonb            not null,
    judgements    jsonb            not null,
    constraint artist_progression_log_pkey primary key (artist_id, version),
    constraint artist_progression_log_artist_id_check check (artist_id > 0),
    constraint artist_progression_log_version_check check (version > 0),
    constraint artist_progression_log_happened_at_check
        check (happened_at >= '2005-01-01 00:00:00+00' and happened_at < '10000-01-01 00:00:00+00'),
    -- What was learned names its evidence; what the operator set has none.
    constraint artist_progression_log_kind_check check (
        kind = 'evolved' and basis is not null and fingerprint is not null
        or kind = 'set by the operator' and basis is null and fingerprint is null
    ),
    constraint artist_progression_log_releases_check check (releases >= 0)
);

create table release_parameters (
    release_id      bigint      not null,
    profile_version bigint      not null,
    traits          jsonb       not null,
    recorded_at     timestamptz not null,
    constraint release_parameters_pkey primary key (release_id),
    constraint release_parameters_release_id_check check (release_id > 0),
    constraint release_parameters_profile_version_check check (profile_version >= 0),
    constraint release_parameters_recorded_at_check
        check (recorded_at >= '2005-01-01 00:00:00+00' and recorded_at < '10000-01-01 00:00:00+00'),
    constraint release_parameters_traits_check check (
        traits = jsonb_path_query_array(
            traits,
            'strict $[*] ? (@.size() == 3 && @[0].type() == "string" && @[1].type() == "string"
                && @[2] >= 0.25 && @[2] <= 4)',
            silent => true
        )
    )
);
