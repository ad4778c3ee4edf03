-- Keys of personal content. A row of event_log with an empty salt is sealed: its body is the id of its
-- data key, a nonce, and what only that key opens. Without the key it is erased.
--
-- Changes whenever keys were destroyed or wrapped anew, so that no process uses one it remembers.
ALTER TABLE log_head ADD COLUMN key_generation INTEGER NOT NULL DEFAULT 0;

-- By which sealing key the data keys are wrapped, and the key under which subjects become tokens.
CREATE TABLE sealing (
    single      INTEGER PRIMARY KEY CHECK (single = 1),
    fingerprint BLOB NOT NULL,
    token_key   BLOB NOT NULL
) STRICT;

-- One key a subject, retention class (the category of the event) and calendar year. Destroying a key
-- is deleting its row.
CREATE TABLE data_key (
    key_id        BLOB    PRIMARY KEY,
    subject_token BLOB    NOT NULL,
    retention     INTEGER NOT NULL,
    year          INTEGER NOT NULL,
    wrapped       BLOB    NOT NULL,
    UNIQUE (subject_token, retention, year)
) STRICT;

-- Attachment data under the data key of the statement that brought it; once for each such key.
CREATE TABLE attachment_sealed (
    sha2    TEXT NOT NULL,
    key_id  BLOB NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (sha2, key_id)
) STRICT;
CREATE INDEX attachment_sealed_key ON attachment_sealed (key_id);

CREATE TRIGGER attachment_sealed_no_update BEFORE UPDATE ON attachment_sealed
BEGIN SELECT RAISE(ABORT, 'attachments are append-only: UPDATE refused'); END;
CREATE TRIGGER attachment_sealed_no_delete BEFORE DELETE ON attachment_sealed
WHEN EXISTS (SELECT 1 FROM data_key WHERE key_id = OLD.key_id)
BEGIN SELECT RAISE(ABORT, 'attachments are append-only: DELETE refused while their key is there'); END;
