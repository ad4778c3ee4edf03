-- Keys of personal content. A row of event_log with an empty salt is sealed: its body is the id of its
-- data key, a nonce, and what only that key opens. Without the key it is erased.
--
-- Changes whenever keys were destroyed or wrapped anew, so that no process uses one it remembers.
ALTER TABLE log_head ADD COLUMN key_generation bigint NOT NULL DEFAULT 0;

-- By which sealing key the data keys are wrapped, and the key under which subjects become tokens.
CREATE TABLE sealing (
    single      boolean PRIMARY KEY DEFAULT true CHECK (single),
    fingerprint bytea NOT NULL,
    token_key   bytea NOT NULL
);

-- One key a subject, retention class (the category of the event) and calendar year. Destroying a key
-- is deleting its row.
CREATE TABLE data_key (
    key_id        bytea    PRIMARY KEY,
    subject_token bytea    NOT NULL,
    retention     smallint NOT NULL,
    year          smallint NOT NULL,
    wrapped       bytea    NOT NULL,
    UNIQUE (subject_token, retention, year)
);

-- Attachment data under the data key of the statement that brought it; once for each such key.
CREATE TABLE attachment_sealed (
    sha2    text  NOT NULL,
    key_id  bytea NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (sha2, key_id)
);
ALTER TABLE attachment_sealed ALTER content SET STORAGE EXTERNAL; -- nothing sealed gets smaller
CREATE INDEX attachment_sealed_key ON attachment_sealed (key_id);

CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON attachment_sealed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_while_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM data_key WHERE key_id = OLD.key_id) THEN
        RAISE EXCEPTION 'attachments are append-only: DELETE refused while their key is there';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER append_only_while_key BEFORE DELETE ON attachment_sealed
    FOR EACH ROW EXECUTE FUNCTION refuse_while_key();
