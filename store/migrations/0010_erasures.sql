-- Erasure on request: what was asked for and how far it is, rows that are only ever added. The
-- subject stands in it as keyed hashes alone.
CREATE TABLE IF NOT EXISTS erasures
(
    org_id         String,
    id             UUID,
    -- Counts from 0 within an erasure; the highest one is where it is.
    step           UInt32,
    at             DateTime64(3, 'UTC'),
    -- requested, hidden, removed, verified
    state          LowCardinality(String),
    -- tenant, user, email, entity
    scope          LowCardinality(String),
    -- delete, anonymise
    mode           LowCardinality(String),
    subject_hashes Array(String),
    -- Events up to this time are erased, whenever they arrive.
    up_to          DateTime64(3, 'UTC'),
    reason         String,
    -- JSON: what was counted and checked.
    report         String
)
ENGINE = MergeTree
ORDER BY (org_id, id, step);

-- The subject itself, for as long as the work needs it. A partition for each erasure, because a
-- partition that is dropped leaves no part behind.
CREATE TABLE IF NOT EXISTS erasure_subjects
(
    id      UUID,
    subject String
)
ENGINE = MergeTree
PARTITION BY id
ORDER BY id;

-- What a mutation replaced stays on disk for old_parts_lifetime. It is there in case the new part is
-- lost with the power before it reached the disk, so a merged or mutated part is synced at once.
ALTER TABLE events
    MODIFY SETTING old_parts_lifetime = 60, min_compressed_bytes_to_fsync_after_merge = 1;

-- The view's own setting, because a definer's view does not take the reader's: a row is hidden as
-- soon as the mutation that removes it is known, long before it is done.
CREATE OR REPLACE VIEW tenant_events
DEFINER = daybook_view_definer SQL SECURITY DEFINER
AS SELECT
    org_id, timestamp, id, service_name, event_name, action, outcome, status_code,
    caller_type, caller_user_id, caller_user_email, caller_name, caller_token_id,
    entity_type, entity_id, entity_name, parent_type, parent_id, parent_name,
    http_method, http_path, http_resource, http_domain_name, http_stage, http_ip,
    http_user_agent, http_headers, http_query, http_path_params, correlation_id,
    activity, activity_parts, detail, changes, reason, privacy, source_url, source,
    schema_version, spec_version, described, redacted, ingested_at, expires_at
FROM events
WHERE org_id = unhex(getClientHTTPHeader('X-Daybook-Org'))
    AND org_id != ''
    AND expires_at > now64(3)
SETTINGS apply_mutations_on_fly = 1;
