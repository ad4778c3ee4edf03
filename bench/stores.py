"""Stores opened in this process, and the settings the server uses too."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from bench.databases import Database
from lrs.settings import Settings
from lrs.store import Store
from tests.servers import KEY, SECRET


@contextmanager
def opened(database: Database) -> Iterator[Store]:
    """The store of a database, with nothing going on in it."""
    settings = Settings(
        database_url=database.url,
        api_key_default=KEY,
        api_secret_default=SecretStr(SECRET),
        pepper_file=database.directory / "pepper",
    )
    store = Store(settings, follow=False)
    try:
        yield store
    finally:
        store.close()


def default_credential(store: Store) -> bytes:
    """The one that statements are sent under."""
    return store.credentials.issued()[0].id
