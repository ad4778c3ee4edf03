"""Importing a case by command: wholly or not at all, and as often as one likes."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from lrs.asked import CommandRefused
from lrs.asked.control import Control
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.register import change
from lrs.settings import Settings
from lrs.store import Store
from schemas.register import RECORDS, Unit
from tests.assessment import reference
from tests.assessment.product import documents
from tests.assessment.random_cases import write_case
from tests.evaluation import MOVEMENT, PERIOD, Json, check, differences, expected, head_of
from tests.lrs.cases.golden import (
    APPEAL,
    BDHVS,
    CATALOGUE,
    DECLARATIONS,
    ORGANISATION,
    PERSON_SHEET,
    Edit,
    copied,
    line_of,
)
from tests.lrs.cases.golden import PERIOD as PERIOD_FILE
from tests.lrs.commands import Commands

UNIT_SHEET = "scheme-unit.yaml"


@pytest.fixture
def commands(sqlite_url: str, tmp_path: Path) -> Commands:
    return Commands(sqlite_url, tmp_path)


@contextmanager
def opened(database_url: str, **said: Any) -> Iterator[Store]:
    store = Store(Settings(database_url=database_url, **said), follow=False)
    try:
        yield store
    finally:
        store.close()


# Stopped half-way


class Stopped(Exception):
    """Somebody stopped the import."""


def stop_after(line: int) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done >= line:
            raise Stopped

    return progress


@pytest.mark.parametrize("seed", [2, 5, 9])
def test_an_import_stopped_anywhere_and_repeated_comes_to_the_same(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    folder = tmp_path / "case"
    write_case(folder, seed, people=12, statements=240)
    case = read_case(folder)
    for line in (1, 100, 60, 239):  # the second stop is further on than the third
        with opened(database_url) as store, pytest.raises(Stopped):
            import_case(store, case, progress=stop_after(line))
    with opened(database_url) as store:
        import_case(store, case)
        check(reference.expected(folder), documents(store, case.period.id))
        before = store.log.head().position
        again = import_case(store, case)
        assert (again.recorded, again.stored, again.credentials) == (0, 0, 0)
        assert store.log.head().position == before


def test_a_second_import_begun_beside_the_first_is_refused(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        control = Control(store)
        with store.storage.write():  # holds the first one up
            control("start_case_import", folder=str(MOVEMENT), freeze=True, language="en")
            with pytest.raises(CommandRefused, match="under way already"):
                control("start_case_import", folder=str(MOVEMENT), freeze=True, language="en")
        while (state := control("case_import_progress"))["done"] is None:
            assert state["failure"] is None
            time.sleep(0.01)


# Requests of any size


def with_a_large_request(directory: Path, lines: int) -> Path:
    """The worked case, and after all else a request of so many sessions nobody attended."""
    folder = directory / "large"
    shutil.copytree(MOVEMENT, folder)
    session = orjson.loads((folder / BDHVS).read_bytes().splitlines()[1])
    session["actor"] = {"mbox": "mailto:nobody@bo.example"}
    with (folder / BDHVS).open("ab") as file:
        for number in range(lines):
            session["id"] = f"00000000-0000-4000-8000-{number:012}"
            file.write(orjson.dumps(session) + b"\n")
    with (folder / "order.yaml").open("a") as order:
        order.write(f"  - {{platform: bdhvs, lines: {lines}}}\n")
    return folder


def test_a_request_of_any_size_is_taken_whole(commands: Commands, tmp_path: Path) -> None:
    """Larger than a platform may send over HTTP."""
    lines = Settings(database_url="sqlite:///x.db").max_batch_statements + 1
    done = commands.json("import", "case", with_a_large_request(tmp_path, lines))
    assert done["stored"] == 83 + lines
    found = commands.json("results", "--period", PERIOD)
    assert found["people"]["P1"]["final"] == "93.71"


def test_a_request_larger_than_the_queue_is_taken_when_nothing_waits(sqlite_url: str) -> None:
    with opened(sqlite_url, queue_limit=2) as store:
        units = [Unit(id=f"U{number}", vi="đơn vị") for number in range(5)]
        assert change(store, lambda _: [(unit, RECORDS[Unit].recorded) for unit in units]) == 5


# Refused


class Wrong(NamedTuple):
    """An edit of the worked case, and what stands on the line that is told of."""

    file: str
    old: str
    new: str
    marker: str


ITEM = "{id: KK-003, kind: sharing_session, person: "
CREDIT = '"b2000015-0000-4000-8000-000000000002", waive: ['
WRONG = (
    Wrong(ORGANISATION, "person: P2, unit: X", "person: P2, unit: Z", "unit: Z"),
    Wrong(ORGANISATION, "primary: false", "primary: true", "from: 2025-10-01"),
    Wrong(ORGANISATION, '"binh.tt"}', '"an.nv"}  # twice', "# twice"),
    Wrong(ORGANISATION, "from: 2010-05-19", "from: 1810-05-19", "1810-05-19"),
    Wrong(ORGANISATION, "type: bo, parent: null", "type: bo, parent: X", '"Cục X"'),
    Wrong(ORGANISATION, "type: thai_san", "kind: x, type: thai_san", "kind: x"),
    Wrong(CATALOGUE, "khoa-hoc/ban-quyen-so", "khoa-hoc/ai-lanh-dao", "id: E3"),
    Wrong(CATALOGUE, "[R1, R2, R5]", "[R1, R2, R6]", "R6"),
    Wrong(PERSON_SHEET, "per_item: 5,", "per_item: 5.005,", "5.005"),
    Wrong(UNIT_SHEET, "{min: 90, id: XUAT_SAC", "{min: 60, id: XUAT_SAC", "min: 70"),
    Wrong(PERIOD_FILE, "end: 2026-11-30", "end: 2026-11-29", "end:"),
    Wrong(DECLARATIONS, '"Chưa qua thẩm định nội dung"', '" "', "KK-002"),
    Wrong(DECLARATIONS, f"{ITEM}P1", f"{ITEM}P9", "P9"),
    Wrong(BDHVS, '"timestamp": "2025-11-30T16:20:00Z"}', '"timestamp": "2025-11-30"}', "a1000001"),
    Wrong("order.yaml", "khoahocmo, lines: 2}", "khoahocmo, lines: 3}", "khoahocmo"),
    Wrong(APPEAL, f"{CREDIT}PLATFORM_NOT_RECOGNISED", f"{CREDIT}VOIDED", "VOIDED"),
    Wrong(APPEAL, "b2000016", "b2000099", "b2000099"),
)


@pytest.fixture
def wrong_case(tmp_path: Path) -> Path:
    return copied(tmp_path, *(Edit(wrong.file, wrong.old, wrong.new) for wrong in WRONG))


def places(folder: Path) -> list[str]:
    """File and line of everything that is wrong, in the order in which it is told."""
    found = {(wrong.file, line_of(folder, wrong.file, wrong.marker)) for wrong in WRONG}
    return [f"{file}:{line}:" for file, line in sorted(found)]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_everything_that_is_wrong_is_told_at_once_by_file_and_line(
    commands: Commands, wrong_case: Path, language: str
) -> None:
    said = commands.run("import", "case", wrong_case, "--language", language, code=1)
    *problems, last = said.splitlines()
    assert last.endswith(f"{len(WRONG)} problems; nothing was taken in")
    wanted = places(wrong_case)
    assert [one[: len(place)] for one, place in zip(problems, wanted, strict=True)] == wanted
    for told in problems:
        where, what, *mend = told.split(" ", 2)
        assert where.endswith(":"), told
        assert what, told
        assert mend[0].rstrip().endswith("."), told


def test_both_languages_tell_of_the_same_and_how_to_mend_it(
    commands: Commands, wrong_case: Path
) -> None:
    vietnamese = commands.run("import", "case", wrong_case, "--language", "vi", code=1)
    english = commands.run("import", "case", wrong_case, "--language", "en", code=1)
    assert "organisation.yaml:28:memberships[1].unit: Không có đơn vị “Z”." in vietnamese
    assert "organisation.yaml:28:memberships[1].unit: There is no unit “Z”." in english
    assert "Add it, or correct the id" in english
    pairs = zip(vietnamese.splitlines()[:-1], english.splitlines()[:-1], strict=True)
    assert all(one.split(" ")[0] == other.split(" ")[0] and one != other for one, other in pairs)


def test_what_is_wrong_leaves_no_trace(database_url: str, tmp_path: Path, wrong_case: Path) -> None:
    commands = Commands(database_url, tmp_path)
    commands.run("import", "case", MOVEMENT)
    results = commands.json("results", "--period", PERIOD)
    before = head_of(database_url)
    commands.run("import", "case", wrong_case, code=1)
    commands.run("import", "case", wrong_case, "--check", code=1)
    assert head_of(database_url) == before
    assert commands.json("results", "--period", PERIOD, "--as-of", before - 1) == results


def test_what_is_wrong_makes_no_store(
    empty_sqlite_url: str, tmp_path: Path, wrong_case: Path
) -> None:
    commands = Commands(empty_sqlite_url, tmp_path)
    commands.run("import", "case", wrong_case, code=1)
    commands.run("import", "case", MOVEMENT, "--check")
    assert not (tmp_path / "hocba.db").exists()


def test_what_contradicts_the_store_leaves_no_trace_either(
    database_url: str, tmp_path: Path
) -> None:
    """What only the store knows: a sheet in force, a frozen period, who has an identifier."""
    commands = Commands(database_url, tmp_path)
    other = '  - {id: P9, name: "Chín", identifiers: [{mbox: "mailto:chin@bo.example"}]}\n'
    first = copied(tmp_path / "1", Edit(ORGANISATION, "people:\n", f"people:\n{other}"))
    commands.run("import", "case", first)
    before = head_of(database_url)
    folder = copied(
        tmp_path / "2",
        Edit(PERSON_SHEET, "min: 90, id", "min: 89, id"),
        Edit(PERIOD_FILE, "2026-10-31", "2026-10-30"),
        Edit(ORGANISATION, "chau.le@nhahat.example", "chin@bo.example"),
    )
    said = commands.run("import", "case", folder, "--language", "en", code=1)
    line = line_of(folder, ORGANISATION, "chin@bo.example")
    assert f"organisation.yaml:{line}:people[2].identifiers[1]: This identifier" in said
    assert "period.yaml:2: " in said
    assert "scheme-individual.yaml:" in said
    assert "version: 2" in said
    assert head_of(database_url) == before


def test_a_folder_that_is_none_is_said(commands: Commands, tmp_path: Path) -> None:
    said = commands.run("import", "case", tmp_path / "nowhere", code=1)
    assert "nowhere" in said
    assert "1 problems; nothing was taken in" in said


def test_a_defect_shows_where_it_is_and_nothing_of_anybody(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(store: Store, case: Any, **said: Any) -> Json:
        people = list(case.records.values())
        raise RuntimeError(f"a defect, at {len(people)}")

    monkeypatch.setattr("lrs.asked.imports.import_case", fail)
    said = commands.run("import", "case", MOVEMENT, code=1)
    assert "RuntimeError: a defect" in said
    assert "in _import_case" in said
    for name in ("Nguyễn Văn An", "an.nv", "PartyMembership", "2010"):
        assert name not in said


# What an import says and leaves out


def test_without_the_freeze_the_period_stays_open(commands: Commands) -> None:
    commands.run("import", "case", MOVEMENT, "--no-freeze")
    found = commands.json("results", "--period", PERIOD)
    assert found["result_set"] == "open"
    [row] = commands.json("period", "list")
    assert (row["state"], row["position"]) == ("open", None)


def test_what_was_taken_in_is_counted(commands: Commands) -> None:
    said = commands.run("import", "case", MOVEMENT)
    assert "93 facts recorded; statements: 83 stored, 2 there already, 2 refused" in said
    assert "0 stored, 85 there already, 2 refused" in commands.run("import", "case", MOVEMENT)
    listed = {row["name"]: row["scopes"] for row in commands.json("credentials", "list")}
    assert listed["onetouch-2026"] == ["statements/write", "statements/read/mine"]
    assert len([name for name in listed if name.endswith("-2026")]) == 4


def test_right_after_it_a_rebuild_is_compared_though_nobody_follows_the_log(
    database_url: str, tmp_path: Path
) -> None:
    commands = Commands(database_url, tmp_path)
    commands.run("import", "case", MOVEMENT)
    for projection in ("assessment", "activities"):
        assert commands.json("projections", "rebuild", projection, "--check")["checked"]


def test_a_difference_of_the_files_becomes_the_only_event(
    database_url: str, tmp_path: Path
) -> None:
    commands = Commands(database_url, tmp_path)
    commands.run("import", "case", MOVEMENT)
    before = head_of(database_url)
    renamed = copied(tmp_path, Edit(ORGANISATION, '"Lê Minh Châu"', '"Lê Thị Minh Châu"'))
    done = commands.json("import", "case", renamed)
    assert (done["recorded"], done["stored"]) == (1, 0)
    assert head_of(database_url) == before + 1
    assert not differences(expected(), [commands.json("results", "--period", PERIOD, "--facts")])
