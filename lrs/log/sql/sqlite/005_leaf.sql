-- A leaf is the hash of the record that the other columns make; the tree keeps it, and it is made again from them.
ALTER TABLE event_log DROP COLUMN leaf;
