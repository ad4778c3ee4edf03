"""Statements of the demo ministry, for tests that need many."""

from collections.abc import Iterable, Iterator
from itertools import islice

import orjson

from lrs.auth.credentials import Credential
from lrs.imports import BATCH, Imported, Line, import_lines
from lrs.ministry import Sent, statements
from lrs.store import Store

SCOPES = ("statements/write", "statements/read/mine", "define")


def generate(number: int) -> Iterator[Sent]:
    """The first so many, the same for every test; none contradicts an earlier one of its id."""
    first: dict[str, Sent] = {}
    agreeing = (one for one in statements() if first.setdefault(one.statement["id"], one) == one)
    return islice(agreeing, number)


def load(store: Store, sent: Iterable[Sent]) -> Imported:
    """Send statements to a store, each platform by a credential of its own.

    What the store has already is not stored again.
    """
    known = {row.name: row.id for row in store.credentials.issued()}
    total, sent = Imported(), iter(sent)
    while batch := list(islice(sent, 5 * BATCH)):
        by_platform: dict[str, list[Line]] = {}
        for number, (platform, statement) in enumerate(batch):
            line = Line(number, orjson.dumps(statement))
            by_platform.setdefault(platform.title, []).append(line)
        for name, lines in by_platform.items():
            if name not in known:
                known[name] = store.credentials.issue(name, SCOPES).credential.id
            sender = Credential(known[name], name, frozenset(SCOPES), {})
            done = import_lines(store, lines, version="1.0", language="vi", credential=sender)
            total.stored += done.stored
            total.present += done.present
            total.refused += done.refused
    return total
