"""Sessions: what keeps somebody signed in from one request to the next.

A session is known by 256 random bits that only its owner has; the database holds their HMAC under
the pepper. So sessions outlast a restart and hold on every worker, and who reads the database can
use none. One ends when it was not used for ``IDLE``, ``LONGEST`` after it began, at sign-out, and
at once when its account is closed or gets another password.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from anyio import CapacityLimiter
from sqlalchemy import Connection, Executable, delete, insert, or_, select, update

from lrs.auth.accounts import Account, InvalidAccount, account_of, sign_in_name
from lrs.auth.attempts import SECOND, Attempts
from lrs.auth.pepper import read_pepper
from lrs.auth.tables import TABLES
from lrs.errors import InvalidRequest, NotAuthenticated
from lrs.log.recorder import Clock, wall_clock
from projections.accounts import TABLES as ACCOUNTS
from projections.accounts import AccountRow
from schemas.problems import Problem

if TYPE_CHECKING:
    from lrs.store import Store

IDLE: Final = 60 * 60 * SECOND
LONGEST: Final = 12 * 60 * 60 * SECOND
NOTICED: Final = 60 * SECOND  # a use is written down once in this time
TOKEN_BYTES: Final = 32
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="hocba"'}
logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in, until when at most. Times are microseconds since 1970."""

    key: bytes
    account: Account
    opened: int
    seen: int

    @property
    def ends(self) -> int:
        return self.opened + LONGEST


class Sessions:
    """The sessions of one store. All of it asks the database, so it belongs in a worker thread.

    ``limiter`` is for those that look at a password, which takes 64 MB and half the time of a core.
    """

    def __init__(self, store: "Store", *, clock: Clock = wall_clock) -> None:
        self._storage = store.storage
        self._accounts = store.accounts
        self._clock = clock
        self._pepper = read_pepper(store.settings)
        self.attempts = Attempts(store.storage, clock)
        self.limiter = CapacityLimiter(2)

    def sign_in(self, name: str, password: str, address: str) -> tuple[str, Session]:
        """A new session and the token that opens it, which is kept nowhere.

        Raises TooManyRequests, or NotAuthenticated in the same words and after the same work
        whether there is no such account, it is closed, or it has another password.
        """
        try:
            name = sign_in_name(name)
        except InvalidAccount:
            name = ""  # nobody's
        self.attempts.count(name, address)
        row = self._accounts.find(name) if name else None
        usable = row if row is not None and not row.closed else None
        good = self._accounts.passwords.holds(usable and usable.password, password)
        if usable is None or not good:
            if usable is not None:
                logger.warning("a sign-in failed", account=name)
            raise NotAuthenticated(Problem("", "sign-in-failed"), headers=CHALLENGE)
        self.attempts.succeeded(name, address)
        logger.info("signed in", account=name)
        return self._open(usable)

    def find(self, connection: Connection, token: str) -> Session:
        """The session a token opens. Raises NotAuthenticated when it opens none, or no longer."""
        table, accounts = TABLES.sessions, ACCOUNTS.accounts
        key, now = self._key(token), self._clock()
        query = (
            select(table.c.opened, table.c.seen, accounts)
            .join(accounts, accounts.c.id == table.c.account)
            .where(
                table.c.token == key,
                accounts.c.password == table.c.password,
                accounts.c.closed.is_(False),
                table.c.opened > now - LONGEST,
                table.c.seen > now - IDLE,
            )
        )
        found = connection.execute(query).first()
        if found is None:
            raise NotAuthenticated(Problem("", "session-ended"), headers=CHALLENGE)
        opened, seen, *row = found
        return Session(key, account_of(AccountRow(*row)), opened, seen)

    def is_unnoticed(self, session: Session) -> bool:
        """Whether it was used long enough ago for ``notice``."""
        return self._clock() - session.seen > NOTICED

    def notice(self, session: Session) -> None:
        """Write down that a session is in use."""
        table = TABLES.sessions
        self._write(update(table).where(table.c.token == session.key).values(seen=self._clock()))

    def sign_out(self, session: Session) -> None:
        self._write(delete(TABLES.sessions).where(TABLES.sessions.c.token == session.key))

    def change_password(self, session: Session, current: str, new: str, address: str) -> None:
        """Of the account of a session, which goes on while all its others end.

        Raises InvalidRequest when ``current`` is not its password, UnfitPassword, TooManyRequests.
        """
        account = session.account
        self.attempts.count(account.name, address)
        row = self._accounts.find(account.name)
        if not self._accounts.passwords.holds(row and row.password, current):
            raise InvalidRequest(Problem("/current", "password-wrong"))
        self.attempts.succeeded(account.name, address)
        kept = self._accounts.set_password(account.name, new, by=account.id)
        table = TABLES.sessions
        self._write(update(table).where(table.c.token == session.key).values(password=kept))

    def _open(self, row: AccountRow) -> tuple[str, Session]:
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock()
        session = Session(self._key(token), account_of(row), now, now)
        table = TABLES.sessions
        over = or_(table.c.opened <= now - LONGEST, table.c.seen <= now - IDLE)
        values = {
            "token": session.key,
            "account": row.id,
            "password": row.password,
            "opened": now,
            "seen": now,
        }
        self._write(delete(table).where(over))
        self._write(insert(table).values(values))
        return token, session

    def _write(self, statement: Executable) -> None:
        with self._storage.write() as connection:
            connection.execute(statement)

    def _key(self, token: str) -> bytes:
        return hmac.digest(self._pepper, b"session\0" + token.encode(), "sha256")
