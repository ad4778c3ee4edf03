-- The log. Positions are given by the writer under the write lock: contiguous, in commit order.
CREATE TABLE event_log (
    position       INTEGER PRIMARY KEY,
    stored         INTEGER NOT NULL,
    kind           INTEGER NOT NULL,
    stream_id      BLOB    NOT NULL,
    stream_version INTEGER NOT NULL,
    credential     BLOB    NOT NULL,
    salt           BLOB    NOT NULL,
    commitment     BLOB    NOT NULL,
    leaf           BLOB    NOT NULL,
    body           BLOB    NOT NULL
) STRICT;

-- Where the log ends, and the time up to which nothing more will be recorded (see LogRecorder.tick).
CREATE TABLE log_head (
    single   INTEGER PRIMARY KEY CHECK (single = 1),
    position INTEGER NOT NULL,
    stored   INTEGER NOT NULL
) STRICT;
INSERT INTO log_head (single, position, stored) VALUES (1, 0, 0);

-- Who holds a stream version; written with the event. Outlives any partition of event_log.
CREATE TABLE event_registry (
    category       INTEGER NOT NULL,
    stream_id      BLOB    NOT NULL,
    stream_version INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    content_hash   BLOB    NOT NULL,
    PRIMARY KEY (category, stream_id, stream_version)
) STRICT, WITHOUT ROWID;

-- Attachment data by the hash its statement gives for it.
CREATE TABLE attachment_content (
    sha2    TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

-- How far each projection has applied the log; committed together with its tables.
CREATE TABLE projection_tracking (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER event_log_no_update BEFORE UPDATE ON event_log
BEGIN SELECT RAISE(ABORT, 'the event log is append-only: UPDATE refused'); END;
CREATE TRIGGER event_log_no_delete BEFORE DELETE ON event_log
BEGIN SELECT RAISE(ABORT, 'the event log is append-only: DELETE refused'); END;
CREATE TRIGGER event_registry_no_update BEFORE UPDATE ON event_registry
BEGIN SELECT RAISE(ABORT, 'the event registry is append-only: UPDATE refused'); END;
CREATE TRIGGER event_registry_no_delete BEFORE DELETE ON event_registry
BEGIN SELECT RAISE(ABORT, 'the event registry is append-only: DELETE refused'); END;
CREATE TRIGGER attachment_content_no_update BEFORE UPDATE ON attachment_content
BEGIN SELECT RAISE(ABORT, 'attachments are append-only: UPDATE refused'); END;
CREATE TRIGGER attachment_content_no_delete BEFORE DELETE ON attachment_content
BEGIN SELECT RAISE(ABORT, 'attachments are append-only: DELETE refused'); END;
