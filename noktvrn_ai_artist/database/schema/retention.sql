-- How many days what a source told is kept; what is not named here is kept for good.

create table source_retention (
    source    text collate "C" not null,
    kept_days integer          not null,
    constraint source_retention_pkey primary key (source),
    constraint source_retention_source_check check (length(source) between 1 and 64),
    constraint source_retention_kept_days_check check (kept_days between 1 and 36500)
);
