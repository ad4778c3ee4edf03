"""What every test can ask for: a database of either kind, on servers that are real."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from tests.databases import (
    Fill,
    Originals,
    SpareDatabases,
    database_on,
    installed_binaries,
    packaged_binaries,
    postgres,
    prepare,
)

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
LONGEST = (
    "bench",
    "tampering",
    "fuzz",
    "journeys",
    "faults",
    "lrs/privacy",
    "lrs/test_serve",
    "properties",
    "lrs/witness",
)
"""Folders and files: what begins first ends while there is still something else to do."""

# On a shared machine the clock measures the neighbours. In CI, Hypothesis derandomises by itself.
settings.register_profile("hocba", settings(), deadline=None)
settings.load_profile("hocba")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run as the server does."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server (its maintenance database) whose role may create databases.

    One of our own does not wait for the disk: what it holds never outlives the tests. Nor does it
    clean up or analyze by itself, at a moment of its own.
    """
    with postgres(fsync="off", full_page_writes="off", autovacuum="off") as url:
        yield url


@pytest.fixture(scope="session")
def prepared_postgres(postgres_server: str) -> Iterator[SpareDatabases]:
    """Databases with the tables of a store."""
    with database_on(postgres_server) as url:
        spare = SpareDatabases(postgres_server, url)
        yield spare
        spare.close()


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the tables of a store."""
    path = tmp_path_factory.mktemp("prepared") / "hocba.db"
    prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_originals(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Originals]:
    """Databases with what modules fill them with."""
    originals = Originals(tmp_path_factory.mktemp("originals"), postgres_server)
    yield originals
    originals.close()


@pytest.fixture(scope="session")
def sqlite_originals(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    """Database files with what modules fill them with."""
    return Originals(tmp_path_factory.mktemp("originals"))


@pytest.fixture
def fill() -> Fill | None:
    """What fills a test's database, for a module to say: once for all its tests, each of which has
    a copy. It does not say by default.
    """
    return None


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database on PostgreSQL."""
    with database_on(postgres_server) as url:
        yield url


@pytest.fixture
def postgres_url(
    prepared_postgres: SpareDatabases,
    postgres_originals: Originals,
    fill: Fill | None,
    tmp_path: Path,
) -> Iterator[str]:
    """A database on PostgreSQL with the tables of a store, which would take long to make."""
    prepared = prepared_postgres.one() if fill is None else postgres_originals.copy(fill, tmp_path)
    with prepared as url:
        yield url


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A database file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'hocba.db'}"


@pytest.fixture
def sqlite_url(
    empty_sqlite_url: str,
    prepared_sqlite: Path,
    sqlite_originals: Originals,
    fill: Fill | None,
    tmp_path: Path,
) -> Iterator[str]:
    """A database file with the tables of a store, which would take long to make."""
    if fill is None:
        shutil.copy(prepared_sqlite, str(make_url(empty_sqlite_url).database))
        yield empty_sqlite_url
    else:
        with sqlite_originals.copy(fill, tmp_path) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """An empty database; the test runs once on SQLite and once on PostgreSQL."""
    fixture = {"sqlite": "empty_sqlite_url", "postgresql": "empty_postgres_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with the tables of a store and no event, or what ``fill`` put there; once on
    SQLite, once on PostgreSQL.
    """
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
    shutil.rmtree(Path(os.environ["LRS_SEALING_KEY_FILE"]).parent)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes no server comes first; where several processes share the tests, what takes long.

    Those share them by group (``--dist=loadgroup``): tests that have a fixture of their module in
    common stay together, so that it is made once.
    """
    is_shared = hasattr(config, "workerinput")
    order = LONGEST if is_shared else ORDER

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(config.rootpath / "tests")
        found = [n for n, name in enumerate(order) if path.as_posix().startswith(name)]
        return found[0] if found else len(order)

    items.sort(key=place)
    if is_shared:
        for item in items:
            if group := shared_by(item):
                item.add_marker(pytest.mark.xdist_group(group))


def shared_by(item: pytest.Item) -> str:
    """What tests have in common that share a fixture of their module: it, and its parameters."""
    fixtures = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    modules = [name for name, known in fixtures.items() if known[-1].scope == "module"]
    if not modules:
        return ""
    chosen = item.callspec.params if hasattr(item, "callspec") else {}
    return " ".join([str(item.path), *(f"{n}={chosen[n]}" for n in modules if n in chosen)])


def pytest_report_header() -> str:
    """Which PostgreSQL the tests mean."""
    return f"PostgreSQL: {installed_binaries() or packaged_binaries() or 'none'}"
