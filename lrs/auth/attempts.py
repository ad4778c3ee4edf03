"""How often somebody may try to sign in: so often for an account, so often from an address.

Every attempt is counted before the password is looked at, so many at once gain nothing; one that
succeeds is taken back. The counts are in the database, for all processes of a store together.

Each count is one number, the moment at which all attempts are forgotten: an attempt moves it ahead
by a while, and too far ahead is too often (the virtual scheduling of ITU-T I.371). A single address
runs out sooner than it can lock an account out.
"""

from typing import Final, NamedTuple

from sqlalchemy import delete, or_, text, update

from lrs.auth.tables import TABLES
from lrs.errors import TooManyRequests
from lrs.log.recorder import Clock
from lrs.log.storage import Storage
from schemas.keys import key_of
from schemas.problems import Problem

SECOND: Final = 1_000_000


class Limit(NamedTuple):
    """``burst`` attempts at once, then one every ``seconds``."""

    burst: int
    seconds: int


OF_ACCOUNT: Final = Limit(10, 15)
FROM_ADDRESS: Final = Limit(20, 30)
_COUNT: Final = text(
    "INSERT INTO sign_in_attempts (who, forgotten) VALUES (:who, :now + :while)"
    " ON CONFLICT (who) DO UPDATE SET forgotten = :while + CASE"
    " WHEN sign_in_attempts.forgotten > :now THEN sign_in_attempts.forgotten ELSE :now END"
    " WHERE sign_in_attempts.forgotten <= :now + :ahead"
    " RETURNING forgotten"
)


class Attempts:
    """The attempts to sign in to one store."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def count(self, name: str, address: str) -> None:
        """Raises TooManyRequests, saying after how many seconds to come back.

        It does so for a name that nobody has just as for one that somebody has.
        """
        self._count(_key("address", address), FROM_ADDRESS)
        self._count(of_account(name), OF_ACCOUNT)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the attempts of an account and take back one of the address."""
        table, now = TABLES.attempts, self._clock()
        gone = or_(table.c.who == of_account(name), table.c.forgotten <= now)
        with self._storage.write() as connection:
            connection.execute(delete(table).where(gone))
        with self._storage.write() as connection:
            connection.execute(
                update(table)
                .where(table.c.who == _key("address", address))
                .values(forgotten=table.c.forgotten - FROM_ADDRESS.seconds * SECOND)
            )

    def _count(self, who: bytes, limit: Limit) -> None:
        """One row a transaction: nobody waits for another while holding a row."""
        values = {
            "who": who,
            "now": self._clock(),
            "while": limit.seconds * SECOND,
            "ahead": (limit.burst - 1) * limit.seconds * SECOND,
        }
        with self._storage.write() as connection:
            if connection.execute(_COUNT, values).first() is None:
                raise TooManyRequests(
                    Problem("", "sign-in-too-often", None, {"seconds": limit.seconds}),
                    headers={"Retry-After": str(limit.seconds)},
                )


def of_account(name: str) -> bytes:
    """By what the attempts to sign in with a name are counted."""
    return _key("name", name)


def _key(family: str, who: str) -> bytes:
    return key_of("attempt", f"{family}\0{who}")
