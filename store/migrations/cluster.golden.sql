SET allow_get_client_http_header = 1;

CREATE DATABASE IF NOT EXISTS audit ON CLUSTER 'main' ENGINE = Atomic;

CREATE TABLE IF NOT EXISTS audit.migrations ON CLUSTER 'main' (version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}', '{shard}-{replica}') ORDER BY version;

CREATE TABLE IF NOT EXISTS audit.events ON CLUSTER 'main'
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
    facts               LowCardinality(String),
    told                String,
    rest                String,
    ingested_at         DateTime64(3, 'UTC') CODEC(Delta, Default),
    expires_at          DateTime64(3, 'UTC') CODEC(Delta, Default),

    INDEX words lowerUTF8(concat(activity, ' ', entity_name, ' ', detail)) TYPE text(tokenizer = 'splitByNonAlpha'),
    INDEX entity_id entity_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX parent_id parent_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX caller_user_id caller_user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX caller_user_email caller_user_email TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX correlation_id correlation_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ingested_at ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
PARTITION BY toYYYYMM(timestamp)
ORDER BY (org_id, timestamp, id)
TTL expires_at, ingested_at + INTERVAL 1 DAY RECOMPRESS CODEC(ZSTD(1))
SETTINGS
    index_granularity = 1024,
    min_compress_block_size = 16384,
    min_bytes_for_wide_part = 134217728,
    replicated_deduplication_window = 10000,
    remove_empty_parts = 0,
    old_parts_lifetime = 60,
    min_compressed_bytes_to_fsync_after_merge = 1,
    min_age_to_force_merge_seconds = 86400,
    min_age_to_force_merge_on_partition_only = 1;

CREATE TABLE IF NOT EXISTS audit.all_events ON CLUSTER 'main'
AS audit.events
ENGINE = Distributed('main', 'audit', 'events', cityHash64(org_id));

CREATE VIEW IF NOT EXISTS audit.tenant_events ON CLUSTER 'main'
DEFINER = daybook_view_definer SQL SECURITY DEFINER
AS SELECT
    org_id, timestamp, id, service_name, event_name, action, outcome,
    caller_user_id, caller_user_email, caller_name, caller_token_id,
    entity_type, entity_id, entity_name, parent_type, parent_id,
    http_method, http_ip, http_user_agent, correlation_id, activity, detail,
    facts, told, rest, ingested_at, expires_at
FROM audit.all_events
WHERE org_id = (SELECT unhex(getClientHTTPHeader('X-Daybook-Org')))
    AND org_id != ''
    AND expires_at > now64(3)
SETTINGS apply_mutations_on_fly = 1;

INSERT INTO audit.migrations (version, name, checksum) VALUES (1, 'events', 'e441e551126e9e7bf78d3c79fdee0e2d052f98876b68bf49b021598f9008da51');

CREATE TABLE IF NOT EXISTS audit.erasures ON CLUSTER 'main'
(
    org_id         String,
    id             UUID,
    step           UInt32,
    at             DateTime64(3, 'UTC'),
    state          LowCardinality(String),
    scope          LowCardinality(String),
    mode           LowCardinality(String),
    subject_hashes Array(String),
    up_to          DateTime64(3, 'UTC'),
    reason         String,
    report         String,
    recorded_at    DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}', '{shard}-{replica}')
ORDER BY (org_id, id, step);

CREATE TABLE IF NOT EXISTS audit.erasure_subjects ON CLUSTER 'main'
(
    id      UUID,
    subject String
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}', '{shard}-{replica}')
PARTITION BY id
ORDER BY id;

INSERT INTO audit.migrations (version, name, checksum) VALUES (2, 'erasures', 'b7e4e5db39e1aef5f1d9fd7424864d64ea6b31ecfd43ff08409d709f57133f68');

CREATE TABLE IF NOT EXISTS audit.retention ON CLUSTER 'main'
(
    org_id String,
    at     DateTime64(3, 'UTC'),
    days   UInt32
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}', '{shard}-{replica}')
ORDER BY (org_id, at);

CREATE TABLE IF NOT EXISTS audit.legal_holds ON CLUSTER 'main'
(
    org_id      String,
    entity_type String,
    entity_id   String,
    at          DateTime64(3, 'UTC'),
    held        Bool,
    reason      String
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}', '{shard}-{replica}')
ORDER BY (org_id, entity_type, entity_id, at);

INSERT INTO audit.migrations (version, name, checksum) VALUES (3, 'retention', '3a5799ea512c0c2082337e7e3b74bc9b8ff03e17351f901bbffe4422e52aa6a1');

ALTER TABLE audit.events ON CLUSTER 'main'
    MODIFY COLUMN entity_name String CODEC(LZ4),
    MODIFY COLUMN activity String CODEC(LZ4);

CREATE OR REPLACE VIEW audit.tenant_events ON CLUSTER 'main'
DEFINER = daybook_view_definer SQL SECURITY DEFINER
AS SELECT
    org_id, timestamp, id, service_name, event_name, action, outcome,
    caller_user_id, caller_user_email, caller_name, caller_token_id,
    entity_type, entity_id, entity_name, parent_type, parent_id,
    http_method, http_ip, http_user_agent, correlation_id, activity, detail,
    facts, told, rest, ingested_at, expires_at,
    tuple(
        org_id, timestamp, id, service_name, event_name, action, outcome,
        caller_user_id, caller_user_email, caller_name, caller_token_id,
        entity_type, entity_id, entity_name, parent_type, parent_id,
        http_method, http_ip, http_user_agent, correlation_id, activity, detail,
        facts, told, rest, ingested_at, expires_at
    ) AS event
FROM audit.all_events
WHERE org_id = (SELECT unhex(getClientHTTPHeader('X-Daybook-Org')))
    AND org_id != ''
    AND expires_at > now64(3)
SETTINGS apply_mutations_on_fly = 1;

INSERT INTO audit.migrations (version, name, checksum) VALUES (4, 'pages', '57968a4c8b11eac6bb41dfcbef6eb56108db6fd8d276de5e8007e4faa794b899');

ALTER TABLE audit.events ON CLUSTER 'main'
    ADD INDEX IF NOT EXISTS searched
    lowerUTF8(replaceRegexpAll(concat(activity, ' ', entity_name, ' ', replaceRegexpAll(detail, '\\\\(u00..|.)', ' ')), '[\\x{A0}-\\x{A9}\\x{AB}-\\x{B4}\\x{B6}-\\x{B9}\\x{BB}-\\x{BF}\\x{D7}\\x{F7}\\x{37E}\\x{387}\\x{55A}-\\x{55F}\\x{589}-\\x{58A}\\x{5BE}\\x{5C0}\\x{5C3}\\x{5F3}-\\x{5F4}\\x{60C}-\\x{60D}\\x{61B}-\\x{61F}\\x{66A}-\\x{66D}\\x{6D4}\\x{964}-\\x{965}\\x{E5A}-\\x{E5B}\\x{F0B}-\\x{F12}\\x{F14}\\x{104A}-\\x{104F}\\x{1361}-\\x{1368}\\x{17D4}-\\x{17D6}\\x{17D8}-\\x{17DA}\\x{2000}-\\x{206F}\\x{20A0}-\\x{20CF}\\x{2190}-\\x{2BFF}\\x{2E00}-\\x{2E7F}\\x{3000}-\\x{3004}\\x{3008}-\\x{3020}\\x{3030}\\x{FE00}-\\x{FE19}\\x{FE30}-\\x{FE6F}\\x{FF01}-\\x{FF0F}\\x{FF1A}-\\x{FF20}\\x{FF3B}-\\x{FF40}\\x{FF5B}-\\x{FF65}\\x{FFE0}-\\x{FFEE}\\x{1F000}-\\x{1FAFF}]', ' '))
    TYPE text(tokenizer = 'splitByNonAlpha')
    SETTINGS alter_sync = 2;

ALTER TABLE audit.events ON CLUSTER 'main'
    DROP INDEX IF EXISTS words
    SETTINGS alter_sync = 0, mutations_sync = 0;

ALTER TABLE audit.events ON CLUSTER 'main'
    MATERIALIZE INDEX searched
    SETTINGS mutations_sync = 0;

INSERT INTO audit.migrations (version, name, checksum) VALUES (5, 'signs', '75b53dd29b03e01e35434aaace83c84e9ca61ea0e949474ed8b7824ff6ab77dd');

ALTER TABLE audit.events ON CLUSTER 'main'
    ADD INDEX IF NOT EXISTS entity_ids splitByChar(',', entity_id) TYPE bloom_filter(0.01) GRANULARITY 1
    SETTINGS alter_sync = 2;

ALTER TABLE audit.events ON CLUSTER 'main'
    DROP INDEX IF EXISTS entity_id
    SETTINGS alter_sync = 0, mutations_sync = 0;

ALTER TABLE audit.events ON CLUSTER 'main'
    MATERIALIZE INDEX entity_ids
    SETTINGS mutations_sync = 0;

INSERT INTO audit.migrations (version, name, checksum) VALUES (6, 'several_things', '044372fb8a67a16a56ab46cad540385b19bf13d75dcee0a996f0d2a7166fa96a');

