"""The shared language: what a statement, an agent and an event are; imports nothing of ours."""
