"""Data keys, as far as whoever verifies has them."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from lrs.log.recorder import LogRecorder
from lrs.log.tables import LOG_HEAD
from lrs.privacy.sealing import DataKey
from lrs.settings import InvalidSettings


def usable_keys(
    log: LogRecorder, connection: Connection, ids: Collection[bytes]
) -> dict[bytes, DataKey]:
    """The keys with these ids that are there, if there is the sealing key they are wrapped by."""
    if not ids:
        return {}
    generation = connection.execute(select(LOG_HEAD.c.key_generation)).scalar_one()
    try:
        found = log.keys.by_id(connection, generation, ids)
    except InvalidSettings:
        return {}
    return {id_: key for id_, key in found.items() if key is not None}
