"""Stores opened in this process, and the settings the server uses too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr

from bench.databases import Database
from lrs.settings import Settings
from lrs.store import Store
from tests.servers import KEY, SECRET


def settings_of(database: Database, **chosen: Any) -> Settings:
    """Those of the server, as far as they matter here."""
    return Settings(
        database_url=database.url,
        api_key_default=KEY,
        api_secret_default=SecretStr(SECRET),
        pepper_file=database.directory / "pepper",
        **chosen,
    )


@contextmanager
def opened(database: Database, **chosen: Any) -> Iterator[Store]:
    """The store of a database, with nothing going on in it."""
    store = Store(settings_of(database, **chosen), follow=False)
    try:
        yield store
    finally:
        store.close()


def default_credential(store: Store) -> bytes:
    """The one that statements are sent under."""
    return store.credentials.issued()[0].id
