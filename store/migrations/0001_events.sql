-- What the first Daybook stores: one table of events, and the one view that readers may select
-- from.

-- Sorted by tenant, then time: a page of one tenant's newest events reads a few granules, and a
-- tenant's rows lie side by side on disk. Monthly partitions, because the writer compares and
-- swaps a partition at a time, and a month that has expired is dropped whole.
--
-- id and request_digest are random bytes, which no codec makes smaller. In all other columns a
-- tenant's neighbouring rows are alike, which is what ZSTD needs.
CREATE TABLE IF NOT EXISTS events
(
    org_id            LowCardinality(String),
    timestamp         DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    id                UUID CODEC(ZSTD(1)),
    request_digest    FixedString(16) CODEC(NONE),
    service_name      LowCardinality(String),
    event_name        LowCardinality(String),
    action            LowCardinality(String),
    outcome           LowCardinality(String),
    status_code       UInt16 CODEC(ZSTD(1)),
    caller_type       LowCardinality(String),
    caller_user_id    String CODEC(ZSTD(1)),
    caller_user_email String CODEC(ZSTD(1)),
    caller_name       String CODEC(ZSTD(1)),
    caller_token_id   String CODEC(ZSTD(1)),
    entity_type       LowCardinality(String),
    entity_id         String CODEC(ZSTD(1)),
    entity_name       String CODEC(ZSTD(1)),
    parent_type       LowCardinality(String),
    parent_id         String CODEC(ZSTD(1)),
    parent_name       String CODEC(ZSTD(1)),
    http_method       LowCardinality(String),
    http_path         String CODEC(ZSTD(1)),
    http_resource     LowCardinality(String),
    http_domain_name  LowCardinality(String),
    http_stage        LowCardinality(String),
    http_ip           String CODEC(ZSTD(1)),
    http_user_agent   String CODEC(ZSTD(1)),
    http_headers      Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    http_query        Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    http_path_params  Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    correlation_id    String CODEC(ZSTD(1)),
    activity          String CODEC(ZSTD(3)),
    detail            String CODEC(ZSTD(3)),
    -- field, before, after
    changes           Array(Tuple(String, String, String)) CODEC(ZSTD(3)),
    reason            String CODEC(ZSTD(1)),
    privacy           String CODEC(ZSTD(1)),
    source_url        String CODEC(ZSTD(1)),
    source            LowCardinality(String),
    schema_version    UInt16 CODEC(ZSTD(1)),
    spec_version      LowCardinality(String),
    described         Bool CODEC(ZSTD(1)),
    redacted          Array(String) CODEC(ZSTD(1)),
    ingested_at       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    expires_at        DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (org_id, timestamp, id)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000;

-- The tenant comes from a header that only Daybook's own code sets, in hexadecimal digits, so that
-- no name can break out of it: a person who controls the reader's SQL still reads one tenant.
-- Without the header, or with one that is no hexadecimal, there are no rows.
CREATE VIEW IF NOT EXISTS tenant_events
DEFINER = daybook_view_definer SQL SECURITY DEFINER
AS SELECT
    org_id, timestamp, id, service_name, event_name, action, outcome, status_code,
    caller_type, caller_user_id, caller_user_email, caller_name, caller_token_id,
    entity_type, entity_id, entity_name, parent_type, parent_id, parent_name,
    http_method, http_path, http_resource, http_domain_name, http_stage, http_ip,
    http_user_agent, http_headers, http_query, http_path_params, correlation_id,
    activity, detail, changes, reason, privacy, source_url, source, schema_version,
    spec_version, described, redacted, ingested_at, expires_at
FROM events
WHERE org_id = unhex(getClientHTTPHeader('X-Daybook-Org'))
    AND org_id != ''
    AND expires_at > now64(3);
