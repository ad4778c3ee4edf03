"""The tables of the assessment, on either database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from tests.projections.assessment.logs import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """Empty tables; what is written to them is not kept."""
    with database.begin() as connection:
        yield connection
