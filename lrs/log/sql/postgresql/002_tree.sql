-- The full tiles of the Merkle tree over event_log.leaf: 256 hashes each. Computed, and can be computed again.
CREATE TABLE merkle_tile (
    level  smallint NOT NULL,
    number bigint   NOT NULL,
    hashes bytea    NOT NULL,
    PRIMARY KEY (level, number)
);
ALTER TABLE merkle_tile ALTER hashes SET STORAGE EXTERNAL; -- hashes do not compress

-- How far the tree is built: the hashes of its full subtrees, and the tiles above level 0 that are not full yet.
-- Committed together with the tiles and the note. The lock of this row makes sealers take turns.
CREATE TABLE merkle_tree (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    epoch  integer NOT NULL,
    size   bigint  NOT NULL,
    range  bytea   NOT NULL,
    edge   bytea   NOT NULL
);
ALTER TABLE merkle_tree ALTER edge SET STORAGE EXTERNAL;

-- The origin and the key of an epoch's checkpoints. A new epoch begins when a loss is acknowledged.
CREATE TABLE log_epoch (
    epoch  integer PRIMARY KEY,
    origin text    NOT NULL,
    vkey   text    NOT NULL
);

-- Every note that was ever signed, and what witnesses put their names to.
CREATE TABLE signed_checkpoint (
    epoch  integer NOT NULL,
    size   bigint  NOT NULL,
    note   text    NOT NULL,
    signed bigint  NOT NULL,
    PRIMARY KEY (epoch, size)
);
CREATE TABLE cosignature (
    epoch  integer NOT NULL,
    size   bigint  NOT NULL,
    name   text    NOT NULL,
    key_id bytea   NOT NULL,
    line   text    NOT NULL,
    PRIMARY KEY (epoch, size, name, key_id)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_epoch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signed_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
