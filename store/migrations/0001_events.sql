-- One table of events, and the one view that readers may select from.

-- Sorted by tenant, then time: a page of one tenant's newest events reads a few granules, and a
-- tenant's rows lie side by side on disk. Monthly partitions, because the writer compares and swaps
-- a partition at a time, and a month that has expired is dropped whole.
--
-- 1,024 rows a granule: events of one entity or with one word lie apart, and for each of them a
-- granule of all columns is unpacked, and of narrow columns a block of 16 KiB. The primary index grows
-- to 0.05 bytes a row, and columns by one or two per cent.
--
-- Parts below 128 MiB are single files: an insert that writes a hundred files takes twice as long.
--
-- The head of a partition must not go back (see insert.rs), so empty parts stay.
--
-- What a mutation replaced stays on disk for old_parts_lifetime. It is there in case the new part is
-- lost with the power before it reached the disk, so a merged or mutated part is synced at once.
--
-- Each part costs a search through all of time a millisecond: a month that nothing has come to for a
-- day is merged into one.
--
-- No column names LZ4 or ZSTD: a part has what the server's cases say for its size, see
-- docs/operations.md. What an insert writes is soon written again, and with LZ4 the server has a third
-- less to do for it. Rows that are a day old get ZSTD whatever the server says, in the merges that they are
-- in anyway, or in one of their own: a month of few events stays small for ever.
--
-- A page unpacks a granule of every column for each event that it finds, and an insert writes every
-- column of its block. So what no search asks for is packed into three columns, as JSON text; see
-- packed.rs.
CREATE TABLE IF NOT EXISTS events
(
    org_id              LowCardinality(String),
    timestamp           DateTime64(3, 'UTC') CODEC(Delta, Default),
    id                  UUID,
    request_digest      FixedString(16),
    service_name        LowCardinality(String),
    event_name          LowCardinality(String),
    action              LowCardinality(String),
    outcome             LowCardinality(String),
    caller_user_id      String,
    caller_user_email   String,
    caller_name         String,
    caller_token_id     String,
    entity_type         LowCardinality(String),
    entity_id           String,
    entity_name         String,
    parent_type         LowCardinality(String),
    parent_id           String,
    http_method         LowCardinality(String),
    http_ip             String,
    http_user_agent     LowCardinality(String),
    correlation_id      String,
    activity            String,
    detail              String,
    -- What names no person and no thing: caller_type, status_code, domain_name, stage, source,
    -- schema_version, spec_version, described.
    facts               LowCardinality(String),
    -- What may call people by their names: the reason; the changes, each a field, before and after;
    -- the parts of the sentence, each a kind, a text and a word, where the sentence does not say them.
    told                String,
    -- path, route (resource), heads (headers), query, args (path_params), owner (the parent's name), parts
    -- (how the sentence is cut), seen (privacy), page (source_url), cut (redacted).
    rest                String,
    ingested_at         DateTime64(3, 'UTC') CODEC(Delta, Default),
    expires_at          DateTime64(3, 'UTC') CODEC(Delta, Default),

    -- Merges make the indexes, not inserts: a part without them is small.
    INDEX words lowerUTF8(concat(activity, ' ', entity_name, ' ', detail)) TYPE text(tokenizer = 'splitByNonAlpha'),
    INDEX entity_id entity_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX parent_id parent_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX caller_user_id caller_user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX caller_user_email caller_user_email TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX correlation_id correlation_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ingested_at ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (org_id, timestamp, id)
TTL expires_at, ingested_at + INTERVAL 1 DAY RECOMPRESS CODEC(ZSTD(1))
SETTINGS
    index_granularity = 1024,
    min_compress_block_size = 16384,
    min_bytes_for_wide_part = 134217728,
    non_replicated_deduplication_window = 10000,
    remove_empty_parts = 0,
    old_parts_lifetime = 60,
    min_compressed_bytes_to_fsync_after_merge = 1,
    min_age_to_force_merge_seconds = 86400,
    min_age_to_force_merge_on_partition_only = 1;

-- The tenant comes from a header that only Daybook's own code sets, in hexadecimal digits, so that
-- no name can break out of it: a person who controls the reader's SQL still reads one tenant.
-- Without the header, or with one that is no hexadecimal, there are no rows.
--
-- The setting is the view's own, because a definer's view does not take the reader's: a row is hidden
-- as soon as the mutation that removes it is known, long before it is done.
CREATE VIEW IF NOT EXISTS tenant_events
DEFINER = daybook_view_definer SQL SECURITY DEFINER
AS SELECT
    org_id, timestamp, id, service_name, event_name, action, outcome,
    caller_user_id, caller_user_email, caller_name, caller_token_id,
    entity_type, entity_id, entity_name, parent_type, parent_id,
    http_method, http_ip, http_user_agent, correlation_id, activity, detail,
    facts, told, rest, ingested_at, expires_at
FROM events
WHERE org_id = unhex(getClientHTTPHeader('X-Daybook-Org'))
    AND org_id != ''
    AND expires_at > now64(3)
SETTINGS apply_mutations_on_fly = 1;
