"""What an act is, and what acts have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lrs.audit.notes import Signer
from tests.tampering.insider import Insider
from tests.tampering.logs import EVENTS

Places = Mapping[str, int]
How = Callable[[Insider, int], None]

EVENT: Final[Places] = {"first": 1, "middle": EVENTS // 2, "last": EVENTS}
STATEMENT: Final[Places] = {**EVENT, "first": 2}
ONCE: Final[Places] = {"": 0}

ANOTHER: Final = Signer.generate("lrs.example/log")
"""A key of the insider's own, under the name of the log's."""


@dataclass(frozen=True)
class Act:
    """``how`` is tried at each of the ``places``; ``full``: ``--full`` alone looks for it."""

    what: str
    how: How
    places: Places
    full: bool = False


def run(sql: str, **values: Any) -> How:
    """One statement of SQL, which may name the place as ``:at``."""

    def execute(insider: Insider, at: int) -> None:
        insider.execute(sql, **values, **({"at": at} if ":at" in sql else {}))

    return execute


def flipped(value: bytes) -> bytes:
    """One bit of the last byte is another one."""
    return value[:-1] + bytes([value[-1] ^ 1])
