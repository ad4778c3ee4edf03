-- When a witness may be asked next: while a process asks it the others wait, and after a failure all do.
CREATE TABLE witness_turn (
    url        TEXT PRIMARY KEY,
    not_before INTEGER NOT NULL
) STRICT;
