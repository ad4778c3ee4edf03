"""Personal content under keys that can be destroyed, and what is decided about it."""
