"""The worked case, taken in and asked for by commands: with and without a server beside them."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from lrs.case_import import import_case
from lrs.cases import read_case
from tests.assessment import product, reference
from tests.databases import database_on
from tests.evaluation import (
    MOVEMENT,
    PERIOD,
    Json,
    check,
    compared_by_hand,
    contents,
    credentials,
    differences,
    documents,
    expected,
    head_of,
    requests,
    without_statements,
)
from tests.lrs.cases.golden import Edit, copied
from tests.lrs.commands import Commands
from tests.servers import Server
from tests.xapi_client import JSON, STATEMENTS, store_in_this_process

VERSION = {"X-Experience-API-Version": "1.0.3"}


class Evaluated:
    """A store that has taken in the worked case."""

    def __init__(self, commands: Commands, url: str) -> None:
        self.commands, self.url = commands, url
        self.imported = commands.json("import", "case", MOVEMENT)
        self.documents = documents(commands, expected())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An empty database of this module's tests."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('evaluated') / 'hocba.db'}"
        return
    with database_on(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture(scope="module")
def module_keys(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the files that belong to the database of this module's tests."""
    return tmp_path_factory.mktemp(f"keys-{make_url(module_url).get_backend_name()}")


@pytest.fixture(scope="module", params=["alone", "served"])
def evaluated(
    request: pytest.FixtureRequest, module_url: str, module_keys: Path
) -> Iterator[Evaluated]:
    with ExitStack() as running:
        if request.param == "served":
            running.enter_context(Server(module_url, module_keys))
        yield Evaluated(Commands(module_url, module_keys), module_url)


def test_every_expected_value_comes_out(evaluated: Evaluated, tmp_path: Path) -> None:
    check(expected(), evaluated.documents)
    assert " 0 differ" in compared_by_hand(evaluated.documents, tmp_path)


def test_one_person_is_explained_as_among_all(evaluated: Evaluated) -> None:
    for everybody in explanations(evaluated):
        assert everybody["people"].keys() == {"P1", "P2", "P3"}
        for person, lists in everybody["people"].items():
            asked = ("--person", person, "--result-set", everybody["result_set"])
            found = evaluated.commands.json("explain", "--period", PERIOD, *asked)
            assert (found["person"], found["people"]) == (person, {person: lists})
            assert "unattributed" not in found


def test_one_criterion_is_explained_as_among_all(evaluated: Evaluated) -> None:
    people = explanations(evaluated)[0]["people"]
    for criterion in ("A", "B", "C", "E"):
        asked = ("--period", PERIOD, "--criterion", criterion)
        wanted = {person: {criterion: lists[criterion]} for person, lists in people.items()}
        assert evaluated.commands.json("explain", *asked)["people"] == wanted
        alone = evaluated.commands.json("explain", *asked, "--person", "P1")
        assert alone["people"] == {"P1": wanted["P1"]}


def explanations(evaluated: Evaluated) -> list[Json]:
    """Of the frozen and of the corrected set."""
    return [one for one in evaluated.documents if one["format"] == "lrs-explanations/1"]


def test_a_rebuild_from_the_log_finds_the_same_tables_and_gives_the_same(
    evaluated: Evaluated,
) -> None:
    done = evaluated.commands.json("projections", "rebuild", "assessment", "--check")
    assert done["checked"]
    assert done["position"] == head_of(evaluated.url)
    assert contents(documents(evaluated.commands, expected())) == contents(evaluated.documents)


def test_importing_again_changes_nothing(evaluated: Evaluated) -> None:
    before = head_of(evaluated.url)
    again = evaluated.commands.json("import", "case", MOVEMENT)
    first = evaluated.imported
    assert again == {
        "recorded": 0,
        "stored": 0,
        "present": first["stored"] + first["present"],
        "refused": first["refused"],
        "credentials": 0,
        "thawed": False,
    }
    assert head_of(evaluated.url) == before
    assert contents(documents(evaluated.commands, expected())) == contents(evaluated.documents)


# Posted instead of imported


class Platforms:
    """The platforms of the worked case, each posting with its own credential."""

    def __init__(self, server: Server, commands: Commands) -> None:
        self._endpoint = server.endpoint
        self._clients = {}
        for platform, name in credentials(MOVEMENT).items():
            issued = commands.json("credentials", "rotate", name)
            self._clients[platform] = self._client(issued["key"], issued["secret"])
        self.answers: list[int] = []

    def _client(self, key: str, secret: str) -> httpx.Client:
        client = httpx.Client(auth=(key, secret), headers=VERSION, timeout=30)
        deadline = time.monotonic() + 10
        while client.get(f"{self._endpoint}/statements?limit=1").status_code == 401:
            assert time.monotonic() < deadline, "the server does not learn of the new secret"
            time.sleep(0.05)
        return client

    def post(self, platform: str, body: bytes) -> None:
        url = f"{self._endpoint}/statements"
        answer = self._clients[platform].post(url, content=body, headers=JSON)
        self.answers.append(answer.status_code)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[tuple[Server, Commands]]:
    with Server(database_url, tmp_path) as server:
        yield server, Commands(database_url, tmp_path)


def test_what_platforms_post_comes_to_the_same_as_what_is_imported(
    served: tuple[Server, Commands], tmp_path: Path
) -> None:
    server, commands = served
    commands.run("import", "case", without_statements(MOVEMENT, tmp_path), "--no-freeze")
    platforms = Platforms(server, commands)
    for platform, body, last in requests(MOVEMENT):
        platforms.post(platform, body)
        if last == 84:
            so_far = commands.json("results", "--period", PERIOD, "--facts")
            commands.run("period", "freeze", PERIOD)
    platforms.close()
    assert Counter(platforms.answers) == {200: 33, 409: 1}

    wanted = expected()
    assert so_far["result_set"] == "open"
    assert not differences(wanted, [so_far | {"result_set": "frozen"}])

    imported = commands.json("import", "case", MOVEMENT)  # the appeal; all else is there
    assert (imported["recorded"], imported["stored"]) == (1, 0)
    check(wanted, documents(commands, wanted))
    done = commands.json("projections", "rebuild", "assessment", "--check")
    assert done["checked"]
    check(wanted, documents(commands, wanted))


def test_what_was_posted_before_anybody_was_known_counts_once_they_are(
    sqlite_url: str, tmp_path: Path
) -> None:
    folder = copied(tmp_path, Edit("period.yaml", "{after_lines: 84}", "after_all_lines"))
    wanted = reference.expected(folder)
    assert wanted["result_sets"] != expected()["result_sets"], "the last lines count too"
    with store_in_this_process(sqlite_url) as running:
        clients = {}
        for platform, name in credentials(MOVEMENT).items():
            issued = running.store.credentials.issue(name)
            clients[platform] = running.client().signed_in((issued.key, issued.secret))
        for platform, body, _ in requests(MOVEMENT):
            clients[platform].http.post(STATEMENTS, content=body, headers=JSON)
        imported = import_case(running.store, read_case(folder))
        assert (imported.stored, imported.credentials) == (0, 0)
        check(wanted, product.documents(running.store, PERIOD))
