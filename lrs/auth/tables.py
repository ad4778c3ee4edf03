"""What signing in needs and the log does not hold: hashes of passwords, sessions, attempts.

None of it is evidence, and all of it must be able to go: a hash when its password is replaced, a
session when it ends. So these tables are no projection. A store that loses them loses no fact;
people get new passwords and sign in again.
"""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text

NAME = "signing in"


@dataclass(frozen=True, eq=False)
class Tables:
    passwords: Table
    sessions: Table
    attempts: Table


def define(metadata: MetaData) -> Tables:
    """The tables. Times are microseconds since 1970."""
    return Tables(
        passwords=Table(
            "account_passwords",
            metadata,
            Column("password", LargeBinary(16), primary_key=True),
            Column("account", LargeBinary(16), nullable=False),
            Column("hash", Text, nullable=False),
        ),
        sessions=Table(
            "sessions",
            metadata,
            Column("token", LargeBinary(32), primary_key=True),  # its HMAC under the pepper
            Column("account", LargeBinary(16), nullable=False),
            Column("password", LargeBinary(16), nullable=False),  # with which it was opened
            Column("opened", BigInteger, nullable=False),
            Column("seen", BigInteger, nullable=False),
        ),
        attempts=Table(
            "sign_in_attempts",
            metadata,
            Column("who", LargeBinary(16), primary_key=True),
            Column("forgotten", BigInteger, nullable=False),
        ),
    )


METADATA = MetaData()
TABLES = define(METADATA)
