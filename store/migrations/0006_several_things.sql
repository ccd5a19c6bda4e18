-- An event about several things is found by each of them.

-- Their ids stand in one text, with commas between them: to the index of the first migration, which this one
-- replaces, they were one id. The expression is that of condition.rs.
--
-- Replicas hear of it before one of them makes it. Until the index is made for the parts that are there, in the background, all of a tenant's
-- are read instead.
ALTER TABLE events
    ADD INDEX IF NOT EXISTS entity_ids splitByChar(',', entity_id) TYPE bloom_filter(0.01) GRANULARITY 1
    SETTINGS alter_sync = 2;

ALTER TABLE events
    DROP INDEX IF EXISTS entity_id
    SETTINGS alter_sync = 0, mutations_sync = 0;

ALTER TABLE events
    MATERIALIZE INDEX entity_ids
    SETTINGS mutations_sync = 0;
