-- How long events are kept, and which must not go: rows that are only ever added, the newest of a
-- key counts.
CREATE TABLE IF NOT EXISTS retention
(
    -- Empty: the default of all tenants that have no days of their own.
    org_id String,
    at     DateTime64(3, 'UTC'),
    -- 0: for ever.
    days   UInt32
)
ENGINE = MergeTree
ORDER BY (org_id, at);

CREATE TABLE IF NOT EXISTS legal_holds
(
    org_id      String,
    -- Both empty: the whole tenant.
    entity_type String,
    entity_id   String,
    at          DateTime64(3, 'UTC'),
    held        Bool,
    reason      String
)
ENGINE = MergeTree
ORDER BY (org_id, entity_type, entity_id, at);
