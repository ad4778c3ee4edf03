"""What every test can ask for: an empty database of either kind, on servers that are real."""

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
from hypothesis import settings

from tests.databases import database_on, installed_binaries, packaged_binaries, postgres

ORDER = (
    "schemas",
    "adapters",
    "projections",
    "lrs",
    "contracts",
    "properties",
    "journeys",
    "faults",
)

# On a shared machine the clock measures the neighbours. In CI, Hypothesis derandomises by itself.
settings.register_profile("hocba", settings(), deadline=None)
settings.load_profile("hocba")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run as the server does."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server (its maintenance database) whose role may create databases."""
    with postgres() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database on PostgreSQL."""
    with database_on(postgres_server) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A database file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'hocba.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database; the test runs once on SQLite and once on PostgreSQL."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


def pytest_configure() -> None:
    """The settings of whoever runs the tests are not the tests'. All stores of the tests have one
    sealing key, so that one process can read what another has written.
    """
    for name in [name for name in os.environ if name.startswith("LRS_")]:
        if not name.startswith("LRS_TEST_"):
            del os.environ[name]
    os.environ["LRS_SEALING_KEY_FILE"] = f"{mkdtemp(prefix='lrs-tests-')}/sealing-key"


def pytest_unconfigure() -> None:
    rmtree(Path(os.environ["LRS_SEALING_KEY_FILE"]).parent)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes no server comes first."""

    def place(item: pytest.Item) -> int:
        folders = item.path.relative_to(config.rootpath / "tests").parts
        return ORDER.index(folders[0]) if folders[0] in ORDER else len(ORDER)

    items.sort(key=place)


def pytest_report_header() -> str:
    """Which PostgreSQL the tests mean."""
    return f"PostgreSQL: {installed_binaries() or packaged_binaries() or 'none'}"
