"""A new sealing key: every data key is wrapped anew, so what was wrapped before is of no use.

Backups, write-ahead log archives and pages the database no longer uses may hold data keys that were
destroyed since. They are wrapped under the sealing key of their time. Once its file is destroyed
too, nothing can open them: that is how a forgetting reaches the backups.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, select, update

from lrs import secret_files
from lrs.log.storage import Storage
from lrs.log.tables import DATA_KEY, SEALING
from lrs.privacy.data_keys import (
    TOKEN_KEY,
    fingerprint_of,
    new_generation,
    opened_secret,
    opened_token_key,
    purpose_of,
    rewrite,
)
from lrs.privacy.sealing_key import SealingKey, find, make, successor_of
from lrs.settings import Settings

AT_ONCE: Final = 5_000  # data keys read at a time

Progress = Callable[[int, int], None]


class NothingSealed(Exception):
    """No key is there to be replaced."""

    def __init__(self) -> None:
        super().__init__("nothing was ever sealed in this store: it has no sealing key")


class Rotated(NamedTuple):
    """The fingerprints before and after, the number of data keys, and where the key before is kept
    until somebody destroys it.
    """

    before: bytes
    after: bytes
    data_keys: int
    kept: Path


def rotate(
    storage: Storage, settings: Settings, *, progress: Progress = lambda done, total: None
) -> Rotated:
    """Wrap every data key under a new sealing key, and put that in the place of the one before.

    Appends wait meanwhile, about half a minute for a million data keys. Cut off at any moment,
    either key is the one of the database, and the next start finds it. Raises NothingSealed,
    DataKeyBroken and InvalidSettings: then nothing has changed.
    """
    path = settings.sealing_key_path
    with storage.erase() as connection:
        new_generation(connection)  # takes the turn: no data key is made meanwhile
        fingerprint = fingerprint_of(connection)
        if fingerprint is None:
            raise NothingSealed
        before = find(settings, fingerprint)
        make(successor_of(path))
        after = SealingKey.read(successor_of(path))
        total = connection.scalar(select(func.count()).select_from(DATA_KEY)) or 0
        done, last = 0, b""
        rewrap = (
            update(DATA_KEY)
            .where(DATA_KEY.c.key_id == bindparam("id"))
            .values(wrapped=bindparam("wrapped_anew"))
        )
        following = select(DATA_KEY).order_by(DATA_KEY.c.key_id).limit(AT_ONCE)
        while rows := connection.execute(following.where(DATA_KEY.c.key_id > last)).all():
            wrapped = []
            for row in rows:
                anew = after.wrap(opened_secret(before, row), purpose_of(row))
                wrapped.append({"id": row.key_id, "wrapped_anew": anew})
            connection.execute(rewrap, wrapped)
            done, last = done + len(rows), rows[-1].key_id
            progress(done, total)
        held = connection.scalars(select(SEALING.c.token_key)).one()
        token_key = opened_token_key(before, held)
        connection.execute(
            update(SEALING).values(
                fingerprint=after.fingerprint, token_key=after.wrap(token_key, TOKEN_KEY)
            )
        )
        rewrite(connection)
    finish(settings, after.fingerprint)
    return Rotated(before.fingerprint, after.fingerprint, done, _kept(path, before.fingerprint))


def finish(settings: Settings, fingerprint: bytes) -> None:
    """Where the successor is the key of the database, let it take the place of the key before,
    which is kept under its fingerprint.
    """
    path = settings.sealing_key_path
    successor = successor_of(path)
    if successor.exists() and SealingKey.read(successor).fingerprint == fingerprint:
        if path.exists():
            os.replace(path, _kept(path, SealingKey.read(path).fingerprint))
        os.replace(successor, path)
        secret_files.sync_directory(path.parent)


def _kept(path: Path, fingerprint: bytes) -> Path:
    return path.with_name(f"{path.name}.{fingerprint.hex()}")
