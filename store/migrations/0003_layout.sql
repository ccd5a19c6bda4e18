-- The table as it is read and written fast at 20 million events: small granules, indexes, and no
-- value twice in one row. The size of granules cannot be changed in place, so the table is copied,
-- once more where this was interrupted. Writers must be stopped: what one stores while the copy is
-- made ends the migration, before anything has changed.
DROP TABLE IF EXISTS events_rebuilt SYNC;

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
-- id and request_digest are mostly random bytes. In all other columns a tenant's neighbouring rows
-- are alike, which is what ZSTD needs.
CREATE TABLE events_rebuilt
(
    org_id              LowCardinality(String),
    timestamp           DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    id                  UUID CODEC(ZSTD(1)),
    request_digest      FixedString(16) CODEC(ZSTD(1)),
    -- Bits; what they leave out is in other columns, see row_omissions.rs. 1: http_path;
    -- 2: the texts of activity_parts; 4: values of http_path_params.
    omissions           UInt8 CODEC(ZSTD(1)),
    service_name        LowCardinality(String),
    event_name          LowCardinality(String),
    action              LowCardinality(String),
    outcome             LowCardinality(String),
    status_code         UInt16 CODEC(ZSTD(1)),
    caller_type         LowCardinality(String),
    caller_user_id      String CODEC(ZSTD(1)),
    caller_user_email   String CODEC(ZSTD(1)),
    caller_name         String CODEC(ZSTD(1)),
    caller_token_id     String CODEC(ZSTD(1)),
    entity_type         LowCardinality(String),
    entity_id           String CODEC(ZSTD(1)),
    entity_name         String CODEC(ZSTD(1)),
    parent_type         LowCardinality(String),
    parent_id           String CODEC(ZSTD(1)),
    parent_name         String CODEC(ZSTD(1)),
    http_method         LowCardinality(String),
    http_path           String CODEC(ZSTD(1)),
    http_resource       LowCardinality(String),
    http_domain_name    LowCardinality(String),
    http_stage          LowCardinality(String),
    http_ip             String CODEC(ZSTD(1)),
    http_user_agent     LowCardinality(String),
    http_headers        Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    http_query          Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    http_path_params    Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    correlation_id      String CODEC(ZSTD(1)),
    activity            String CODEC(ZSTD(3)),
    -- kind, text, word
    activity_parts      Array(Tuple(String, String, String)) CODEC(ZSTD(1)),
    activity_part_bytes Array(UInt32) CODEC(ZSTD(1)),
    detail              String CODEC(ZSTD(3)),
    -- field, before, after
    changes             Array(Tuple(String, String, String)) CODEC(ZSTD(3)),
    reason              String CODEC(ZSTD(1)),
    privacy             String CODEC(ZSTD(1)),
    source_url          String CODEC(ZSTD(1)),
    source              LowCardinality(String),
    schema_version      UInt16 CODEC(ZSTD(1)),
    spec_version        LowCardinality(String),
    described           Bool CODEC(ZSTD(1)),
    redacted            Array(String) CODEC(ZSTD(1)),
    ingested_at         DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    expires_at          DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),

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
TTL expires_at
SETTINGS
    index_granularity = 1024,
    min_compress_block_size = 16384,
    min_bytes_for_wide_part = 134217728,
    non_replicated_deduplication_window = 10000,
    remove_empty_parts = 0;

INSERT INTO events_rebuilt
(
    org_id, timestamp, id, request_digest, service_name, event_name, action, outcome, status_code,
    caller_type, caller_user_id, caller_user_email, caller_name, caller_token_id,
    entity_type, entity_id, entity_name, parent_type, parent_id, parent_name,
    http_method, http_path, http_resource, http_domain_name, http_stage, http_ip,
    http_user_agent, http_headers, http_query, http_path_params, correlation_id,
    activity, activity_parts, detail, changes, reason, privacy, source_url, source,
    schema_version, spec_version, described, redacted, ingested_at, expires_at
)
SELECT
    org_id, timestamp, id, request_digest, service_name, event_name, action, outcome, status_code,
    caller_type, caller_user_id, caller_user_email, caller_name, caller_token_id,
    entity_type, entity_id, entity_name, parent_type, parent_id, parent_name,
    http_method, http_path, http_resource, http_domain_name, http_stage, http_ip,
    http_user_agent, http_headers, http_query, http_path_params, correlation_id,
    activity, activity_parts, detail, changes, reason, privacy, source_url, source,
    schema_version, spec_version, described, redacted, ingested_at, expires_at
FROM events
SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0, optimize_on_insert = 0;

-- A day's margin, because rows expire meanwhile.
SELECT throwIf(
    (SELECT count() FROM events WHERE expires_at > now64(3) + INTERVAL 1 DAY)
    > (SELECT count() FROM events_rebuilt),
    'events were stored while the table was copied: stop the writers and migrate again');

EXCHANGE TABLES events AND events_rebuilt;

DROP TABLE events_rebuilt SYNC;

CREATE OR REPLACE VIEW tenant_events
DEFINER = daybook_view_definer SQL SECURITY DEFINER
AS SELECT
    org_id, timestamp, id, omissions, service_name, event_name, action, outcome, status_code,
    caller_type, caller_user_id, caller_user_email, caller_name, caller_token_id,
    entity_type, entity_id, entity_name, parent_type, parent_id, parent_name,
    http_method, http_path, http_resource, http_domain_name, http_stage, http_ip,
    http_user_agent, http_headers, http_query, http_path_params, correlation_id,
    activity, activity_parts, activity_part_bytes, detail, changes, reason, privacy, source_url,
    source, schema_version, spec_version, described, redacted, ingested_at, expires_at
FROM events
WHERE org_id = unhex(getClientHTTPHeader('X-Daybook-Org'))
    AND org_id != ''
    AND expires_at > now64(3);
