"""Everything an insider can do to a log is found by what can find it, and nothing else is."""

from pathlib import Path

import pytest

from lrs.audit.checks.findings import RULES
from tests.tampering.honest import COURSES
from tests.tampering.logs import pair
from tests.tampering.matrix import Found, matrix, number
from tests.tampering.table import table

DOCUMENTED = Path(__file__).parents[2] / "docs" / "verification.md"
HONEST = {course.what for course in COURSES}
BY_NOTHING = {"event appended, as the program would"}
"""It is not tampering with what was recorded: it is the next event. Rights on the database guard
against it."""

BEYOND_THE_DATABASE = {
    "tail cut off, and every trace of it",
    "time of a checkpoint",
    "checkpoint deleted",
    "signature of the witness changed",
    "signature of the witness deleted",
}
"""Nothing in the database contradicts these, nor a history that was signed anew."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def outcomes(request: pytest.FixtureRequest) -> list[Found]:
    server = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
    with pair(server) as logs:
        return [*matrix(*logs)]


@pytest.fixture
def tampered(outcomes: list[Found]) -> list[Found]:
    return [found for found in outcomes if found.what not in HONEST | BY_NOTHING]


def test_everything_was_tried(outcomes: list[Found]) -> None:
    assert len(outcomes) == number() > 150


def test_every_act_is_found(tampered: list[Found]) -> None:
    assert [found for found in tampered if not any(found.rules.values())] == []


def test_the_database_alone_finds_what_was_not_signed_anew(tampered: list[Found]) -> None:
    missed = {found.what for found in tampered if not found.rules["database"]}
    signed_anew = {found.what for found in tampered if "signed anew" in found.what}
    assert missed == BEYOND_THE_DATABASE | signed_anew


@pytest.mark.parametrize("column", ["file", "remembered", "witness"])
def test_what_is_kept_elsewhere_finds_a_history_that_was_signed_anew(
    tampered: list[Found], column: str
) -> None:
    signed_anew = [found for found in tampered if "signed anew" in found.what]
    assert len(signed_anew) == 30
    assert [found for found in signed_anew if not found.rules[column]] == []


def test_another_key_is_told_from_the_known_one(tampered: list[Found]) -> None:
    by_another = [found for found in tampered if "signed anew with another key" in found.what]
    assert all(found.rules["key"] for found in by_another)


def test_what_nobody_did_wrong_is_not_found(outcomes: list[Found]) -> None:
    honest = [found for found in outcomes if found.what in HONEST]
    assert len(honest) == len(COURSES)
    assert [found for found in honest if any(found.rules.values())] == []


def test_every_rule_is_documented_with_its_meaning() -> None:
    rows = [f"| `{rule}` | {meaning} |" for rule, meaning in RULES.items()]
    documented = DOCUMENTED.read_text("utf-8").splitlines()
    assert [row for row in documented if row.startswith("| `")] == rows


def test_the_table_of_the_documentation_is_what_comes_out(outcomes: list[Found]) -> None:
    documented = DOCUMENTED.read_text("utf-8").splitlines()
    begin = documented.index(next(table([])))
    end = documented.index("", begin)
    assert documented[begin:end] == [*table(outcomes)]
