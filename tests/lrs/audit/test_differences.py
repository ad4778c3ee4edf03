"""Which results differ, and how they are named."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.audit import differences, result_files
from lrs.audit.differences import Compared, NotThere, between_positions, between_schemes
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.cases.scheme_file import read_scheme_file
from lrs.evaluation import Asked, results
from lrs.periods import publish
from lrs.reading import open_for_reading
from lrs.store import Store
from projections.scoring import people as people_scoring
from projections.scoring.exact import ZERO
from tests.assessment import reference
from tests.databases import Fill
from tests.evaluation import MOVEMENT, PERIOD, expected
from tests.lrs.cases.golden import PERSON_SHEET, Edit, copied
from tests.lrs.conftest import opening

FACTS = {"completed", "overdue", "exam", "exam_mean"}


def imported(database_url: str, directory: Path) -> None:
    with opening(database_url) as open_:
        import_case(open_(), read_case(MOVEMENT))


@pytest.fixture
def fill() -> Fill:
    return imported


def values(found: Compared) -> dict[tuple[str, str], dict[str, tuple[Any, Any]]]:
    """By row, what differs of its points, its final score and its band."""
    return {
        (row.subject, row.id): {
            value.field: (value.before, value.after)
            for value in row.values
            if isinstance(value.before, str) or isinstance(value.after, str)
        }
        for row in found.rows
    }


def wanted(before: dict[str, Any], after: dict[str, Any]) -> dict[Any, dict[str, tuple[Any, Any]]]:
    """The same of two sets of expected results."""
    found = {}
    for subject, part in (("person", "people"), ("unit", "units")):
        for id_, line in before[part].items():
            other = after[part][id_]
            changed = {
                name: (value, other[name]) for name, value in line.items() if value != other[name]
            }
            if changed:
                found[subject, id_] = changed
    return found


def points(found: dict[Any, dict[str, tuple[Any, Any]]]) -> dict[Any, dict[str, tuple[Any, Any]]]:
    """Without what is not points: facts that are texts too."""
    return {
        row: {name: both for name, both in said.items() if name not in ("exam_mean", "position")}
        for row, said in found.items()
    }


def test_two_positions_differ_where_an_appeal_came_between(store: Store) -> None:
    sets = expected()["result_sets"]
    with open_for_reading(store.settings) as log:
        end = log.head().position
        found = between_positions(log, PERIOD, end, end, result_set="corrected")
        assert found.rows == ()
        first = results(store, Asked(PERIOD, "frozen"))["position"]
        one = differences.Side("frozen", results(store, Asked(PERIOD, "frozen"), facts=True))
        other = differences.Side(
            "corrected", results(store, Asked(PERIOD, "corrected"), facts=True)
        )
        assert first == end
    compared = differences.compared(PERIOD, one, other)
    assert points(values(compared)) == wanted(sets["frozen"], sets["corrected"])


def test_two_positions_of_an_open_period_differ_as_their_results_do(store: Store) -> None:
    at = [
        results(store, Asked(PERIOD, None, str(position)), facts=False) for position in (150, 170)
    ]
    with open_for_reading(store.settings) as log:
        found = between_positions(log, PERIOD, 150, 170)
        backwards = between_positions(log, PERIOD, 170, 150)
    assert points(values(found)) == wanted(*at) != {}
    assert [row.id for row in found.rows] == [row.id for row in backwards.rows]
    assert found.before == "open as of position 150, by HTS-CN/1 and HTS-DV/1"


def test_two_versions_of_a_sheet_differ_as_their_results_do(store: Store, tmp_path: Path) -> None:
    folder = copied(
        tmp_path,
        Edit(PERSON_SHEET, "version: 1", "version: 2"),
        Edit(
            PERSON_SHEET, "target_minutes_per_12_months: 1800", "target_minutes_per_12_months: 1200"
        ),
    )
    publish(store, read_scheme_file(folder / PERSON_SHEET))
    before, after = (
        case["result_sets"]["frozen"] for case in (expected(), reference.expected(folder))
    )
    with open_for_reading(store.settings) as log:
        end = log.head().position
        found = between_schemes(log, PERIOD, "HTS-CN/2", None, end)
        assert points(values(found)) == wanted(before, after) != {}
        again = between_schemes(log, PERIOD, "HTS-CN/2", "HTS-CN/1", end)
        assert again.rows == found.rows
        assert between_schemes(log, PERIOD, "HTS-CN/1", None, end).rows == ()
        for scheme, against, said in (
            ("HTS-CN/3", None, "HTS-CN/3: no such score sheet at position"),
            ("HTS-CN/2", "HTS-DV/1", "HTS-DV/1 is for a unit, HTS-CN/2 for a person"),
        ):
            with pytest.raises(NotThere, match=said):
                between_schemes(log, PERIOD, scheme, against, end)


# What another version of the program computed


def written(
    store: Store, file: Path, change: Callable[[dict[str, Any]], None], **said: Any
) -> Path:
    document = results(store, Asked(PERIOD, **said), facts=True)
    change(document)
    file.write_bytes(orjson.dumps(document))
    return file


def compare(store: Store, path: Path, result_set: str | None = None) -> Compared:
    document, position = result_files.read_results(path, PERIOD, result_set)
    with open_for_reading(store.settings) as log:
        return differences.with_results(log, document, position, "theirs")


def test_results_of_the_same_program_are_the_same(store: Store, tmp_path: Path) -> None:
    assert compare(store, written(store, tmp_path / "a.json", lambda _: None)).rows == ()
    without = written(store, tmp_path / "b.json", lambda document: document.pop("facts"))
    assert compare(store, without).rows == ()
    early = written(store, tmp_path / "c.json", lambda _: None, as_of="150")
    assert compare(store, early).rows == ()


def test_results_of_another_program_are_named_to_the_value(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(document: dict[str, Any]) -> None:
        document["people"]["P2"]["C"] = "13.00"
        document["facts"]["P3"]["attained_level"] = 7
        del document["units"]["Y"]

    found = compare(store, written(store, tmp_path / "a.json", changed))
    assert [(row.subject, row.id) for row in found.rows] == [
        ("person", "P2"),
        ("person", "P3"),
        ("unit", "Y"),
    ]
    assert found.rows[0].values == (("C", "13.00", "12.00"),)
    assert found.rows[1].values[0].before == 7
    assert {value.before for value in found.rows[2].values} == {None}
    monkeypatch.setattr(people_scoring, "kept_within", lambda *_: ZERO)
    found = compare(store, written(store, tmp_path / "b.json", lambda _: None))
    assert found.rows == (), "both by the changed program"
    monkeypatch.undo()
    found = compare(store, tmp_path / "b.json")
    assert [row.id for row in found.rows] == ["P1", "P2", "P3", "X", "Y"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.pop("position"), "no document lrs-results/1 with a position"),
        (lambda document: document.update(position=-1), "no document lrs-results/1 with a"),
        (lambda document: document.update(format="x"), "its format is x"),
        (lambda document: document.update(period="KY-2025"), "its period is KY-2025"),
    ],
)
def test_a_file_that_holds_no_such_results_is_refused(
    store: Store, tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    with pytest.raises(NotThere, match=said):
        compare(store, written(store, tmp_path / "a.json", change))


@pytest.mark.parametrize(
    "closing",
    [
        {"body": "?"},
        {"body": base64.b64encode(b"{}").decode()},
        {"body": base64.b64encode(b"[]").decode()},
        {"body": base64.b64encode(b'{"position": 9}').decode()},
    ],
)
def test_a_folder_that_holds_no_such_results_is_refused(
    tmp_path: Path, closing: dict[str, str]
) -> None:
    listed = [{"period": PERIOD, "document": "results.json", **closing}]
    (tmp_path / "closings.json").write_bytes(orjson.dumps({"closings": listed}))
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(NotThere, match="no document lrs-results/1 with a position"):
        result_files.read_results(tmp_path, PERIOD, None)


def test_what_is_not_in_the_log_names_what_is(store: Store) -> None:
    with open_for_reading(store.settings) as log:
        with pytest.raises(
            NotThere, match="KY-2027: no such period at position 9; there are: none"
        ):
            between_positions(log, "KY-2027", 9, 9)
        with pytest.raises(
            NotThere, match="no results called frozen at position 150; it has: open"
        ):
            between_positions(log, PERIOD, 150, 150, result_set="frozen")
