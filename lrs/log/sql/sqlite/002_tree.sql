-- The full tiles of the Merkle tree over event_log.leaf: 256 hashes each. Computed, and can be computed again.
CREATE TABLE merkle_tile (
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB    NOT NULL,
    PRIMARY KEY (level, number)
) STRICT;

-- How far the tree is built: the hashes of its full subtrees, and the tiles above level 0 that are not full yet.
-- Committed together with the tiles and the note.
CREATE TABLE merkle_tree (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    epoch  INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    range  BLOB    NOT NULL,
    edge   BLOB    NOT NULL
) STRICT;

-- The origin and the key of an epoch's checkpoints. A new epoch begins when a loss is acknowledged.
CREATE TABLE log_epoch (
    epoch  INTEGER PRIMARY KEY,
    origin TEXT    NOT NULL,
    vkey   TEXT    NOT NULL
) STRICT;

-- Every note that was ever signed, and what witnesses put their names to.
CREATE TABLE signed_checkpoint (
    epoch  INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    note   TEXT    NOT NULL,
    signed INTEGER NOT NULL,
    PRIMARY KEY (epoch, size)
) STRICT;
CREATE TABLE cosignature (
    epoch  INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    key_id BLOB    NOT NULL,
    line   TEXT    NOT NULL,
    PRIMARY KEY (epoch, size, name, key_id)
) STRICT;

CREATE TRIGGER log_epoch_no_update BEFORE UPDATE ON log_epoch
BEGIN SELECT RAISE(ABORT, 'epochs are append-only: UPDATE refused'); END;
CREATE TRIGGER log_epoch_no_delete BEFORE DELETE ON log_epoch
BEGIN SELECT RAISE(ABORT, 'epochs are append-only: DELETE refused'); END;
CREATE TRIGGER signed_checkpoint_no_update BEFORE UPDATE ON signed_checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only: UPDATE refused'); END;
CREATE TRIGGER signed_checkpoint_no_delete BEFORE DELETE ON signed_checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only: DELETE refused'); END;
CREATE TRIGGER cosignature_no_update BEFORE UPDATE ON cosignature
BEGIN SELECT RAISE(ABORT, 'cosignatures are append-only: UPDATE refused'); END;
CREATE TRIGGER cosignature_no_delete BEFORE DELETE ON cosignature
BEGIN SELECT RAISE(ABORT, 'cosignatures are append-only: DELETE refused'); END;
