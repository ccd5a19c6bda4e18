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
    report         String,
    -- By the server's clock, by which writers are waited for.
    recorded_at    DateTime64(3, 'UTC') DEFAULT now64(3)
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
