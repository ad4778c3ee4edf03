-- The log. Positions are given under the row lock of log_head: contiguous, in commit order.
CREATE TABLE event_log (
    position       bigint   PRIMARY KEY,
    stored         bigint   NOT NULL,
    kind           smallint NOT NULL,
    stream_id      bytea    NOT NULL,
    stream_version integer  NOT NULL,
    credential     bytea    NOT NULL,
    salt           bytea    NOT NULL,
    commitment     bytea    NOT NULL,
    leaf           bytea    NOT NULL,
    body           bytea    NOT NULL
);

-- lz4 costs a body a tenth of what pglz does; some builds of the server come without it.
DO $$ BEGIN
    IF EXISTS (
        SELECT FROM pg_settings
        WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
    ) THEN
        ALTER TABLE event_log ALTER body SET COMPRESSION lz4;
    END IF;
END $$;

-- Where the log ends, and the time up to which nothing more will be recorded (see LogRecorder.tick). The
-- lock of this row makes writers take turns.
CREATE TABLE log_head (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint NOT NULL,
    stored   bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log_head (position, stored) VALUES (0, 0);

-- Who holds a stream version; written with the event. Outlives any partition of event_log.
CREATE TABLE event_registry (
    category       smallint NOT NULL,
    stream_id      bytea    NOT NULL,
    stream_version integer  NOT NULL,
    position       bigint   NOT NULL,
    content_hash   bytea    NOT NULL,
    PRIMARY KEY (category, stream_id, stream_version)
);

-- Attachment data by the hash its statement gives for it.
CREATE TABLE attachment_content (
    sha2    text PRIMARY KEY,
    content bytea NOT NULL
);

-- How far each projection has applied the log; committed together with its tables.
CREATE TABLE projection_tracking (
    name     text PRIMARY KEY,
    position bigint NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'raise_exception';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event_registry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attachment_content
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
