"""What everybody may read of the log, below /log, as c2sp.org/tlog-tiles has it."""
