"""What commands may ask of a store, one module a subject.

Arguments and answers are plain values, so that they can travel to the server that holds the store.
"""


class CommandRefused(Exception):
    """What was asked cannot be done; says why, for a person."""
