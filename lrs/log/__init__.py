"""The event log: one append-only table whose primary key is its order."""
