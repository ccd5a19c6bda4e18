-- The sentence in parts, so that a page can style and translate it: kind, text, word. Events that
-- were stored before have none.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS activity_parts Array(Tuple(String, String, String)) CODEC(ZSTD(3))
    AFTER activity;

-- The same view with the new column. It is replaced at once: no reader is ever without it, and one
-- of an older Daybook, which names its columns, goes on reading.
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
    AND expires_at > now64(3);
