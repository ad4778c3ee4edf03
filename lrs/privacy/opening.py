"""The data keys that fit a store and its settings."""

from functools import partial

from lrs.log.storage import Storage
from lrs.privacy import sealing_key
from lrs.privacy.data_keys import DataKeys, begin_sealing, fingerprint_of
from lrs.privacy.rotation import finish
from lrs.privacy.sealing_key import SealingKey
from lrs.settings import Settings


def open_data_keys(storage: Storage, settings: Settings) -> DataKeys:
    """For a store that writes. The sealing key is made at the first start, also where nothing is
    to be sealed: people are known by tokens under it.

    Raises InvalidSettings when the database is sealed under another key than that of the settings,
    or under one whose file is not there.
    """
    with storage.read() as connection:
        fingerprint = fingerprint_of(connection)
    if fingerprint is None:
        made = SealingKey.read_or_make(settings.sealing_key_path)
        with storage.write() as connection:
            begin_sealing(connection, made)
    else:
        finish(settings, fingerprint)
    keys = DataKeys(partial(sealing_key.find, settings), sealing=settings.seal)
    with storage.read() as connection:
        keys.unlock(connection)
    return keys


def data_keys_for_reading(settings: Settings) -> DataKeys:
    """For reading alone; the sealing key is asked for when there is something to open."""
    return DataKeys(partial(sealing_key.find, settings))
