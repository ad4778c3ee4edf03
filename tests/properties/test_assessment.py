"""Results are a function of the log up to a position, whoever asks, when, and how it got there."""

import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection, MetaData, text

from lrs import evaluation
from lrs.case_import import import_case, senders
from lrs.cases import read_case
from lrs.imports import OWN
from lrs.projector import catch_up
from lrs.rebuild import rebuild
from lrs.register import change
from lrs.settings import Settings
from lrs.store import Store
from projections import assessment
from projections.assessment import TABLES, Tables
from projections.scoring import explain, explanations_document, results_document
from schemas.register import (
    RECORDS,
    Absence,
    Account,
    Competence,
    Course,
    Identifier,
    Item,
    JobPosition,
    Membership,
    PartyMembership,
    PeopleMerged,
    Period,
    Person,
    Plan,
    Platform,
    Recognition,
    Record,
    Report,
    Scheme,
    Unit,
    Withdrawal,
)
from tests.assessment import reference
from tests.assessment.product import documents, product_documents
from tests.assessment.random_cases import write_case
from tests.databases import database_on
from tests.evaluation import (
    MOVEMENT,
    Json,
    check,
    contents,
    differences,
    without_statements,
)
from tests.examples import statement_event

NAMESPACE = UUID("0b4a3f0e-8a52-5d0c-9d2e-5f9d3c9b1a40")


@contextmanager
def opened(database_url: str, **said: Any) -> Iterator[Store]:
    store = Store(Settings(database_url=database_url), **{"follow": False, **said})
    try:
        yield store
    finally:
        store.close()


class Filled(NamedTuple):
    """A store that holds a random case, and what it must come to."""

    store: Store
    period: str
    wanted: Json

    @property
    def head(self) -> int:
        return self.store.log.head().position


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    """One store for all examples: they read, or write beside the tables of the store."""
    directory = tmp_path_factory.mktemp("filled")
    folder = directory / "case"
    write_case(folder, seed=6, people=10, statements=160)
    wanted = reference.expected(folder)
    assert len(wanted["result_sets"]) == 2
    with ExitStack() as opening:
        url = f"sqlite:///{directory / 'hocba.db'}"
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres_server")
            url = opening.enter_context(database_on(server))
        store = opening.enter_context(opened(url))
        import_case(store, read_case(drafted(folder, directory)), freeze=False)
        done = import_case(store, read_case(folder))
        assert done.recorded > 50, "much of the draft is replaced or withdrawn"
        yield Filled(store, wanted["period"], wanted)


def drafted(folder: Path, directory: Path) -> Path:
    """The register of a case as somebody might have written it down at first."""
    draft = without_statements(folder, directory)
    organisation = draft / "organisation.yaml"
    said = organisation.read_text("utf-8")
    held = re.findall(r"identifiers: \[[^\]]*\]", said)
    others = iter([*held[1:], held[0]])  # each has those of the next
    said = re.sub(r"identifiers: \[[^\]]*\]", lambda _: next(others), said)
    said = said.replace("head: true", "head: false").replace("to: 2", "note: x, to: 2")
    [person, *_] = re.findall(r"\bperson: ([^,]+),", said)
    said = said.replace("absences:\n", f"absences:\n  - {{person: {person}, type: nhap}}\n")
    organisation.write_text(said, "utf-8")
    declarations = draft / "declarations.yaml"
    said = declarations.read_text("utf-8").replace("decision: accepted", "decision: pending")
    declarations.write_text(said, "utf-8")
    return draft


def documents_in(
    connection: Connection, period: str, position: int, tables: Tables = TABLES
) -> list[Json]:
    """Results and explanations of every result set the period has as of a position."""
    if assessment.record(connection, Period, period, position, tables=tables) is None:
        return []
    found = []
    for name in assessment.result_sets(connection, period, position, tables=tables):
        seen = assessment.view(connection, period, name, position, tables=tables)
        book = assessment.rulebook_of(connection, seen)
        results = assessment.results(connection, period, name, position, tables=tables)
        gathered = assessment.gather_all(connection, seen)
        nobodys = [evidence.statement for evidence in assessment.unattributed(connection, seen)]
        explained = (explain(book, file, evidence) for file, evidence in gathered)
        found.append(results_document(results, name, with_facts=True))
        found.append(explanations_document(book, name, explained, nobodys))
    return found


@contextmanager
def beside(store: Store) -> Iterator[Callable[..., Tables]]:
    """Empty tables beside those of the store, and a way to fill them up to a position."""
    metadata, name = MetaData(), "beside"
    tables = assessment.define(metadata, f"{name}_")
    with store.storage.write() as connection:
        metadata.create_all(connection)

    def fill(**said: Any) -> Tables:
        catch_up(store.log, assessment, tables, name=name, **said)
        return tables

    try:
        yield fill
    finally:
        with store.storage.write() as connection:
            metadata.drop_all(connection)
            connection.execute(
                text("DELETE FROM projection_tracking WHERE name = :name"), {"name": name}
            )


few = settings(max_examples=10)
positions = st.integers(0, 500)


@few
@given(stops=st.lists(positions, max_size=8), batch=st.sampled_from((5, 50, 1000)))
def test_any_cut_of_the_log_into_batches_gives_the_same(
    filled: Filled, stops: list[int], batch: int
) -> None:
    with beside(filled.store) as fill:
        for stop in sorted(stops):
            fill(stop=stop, batch=batch)
        tables = fill(batch=batch)
        with filled.store.storage.read() as connection:
            check(
                filled.wanted,
                documents_in(connection, filled.period, filled.head, tables),
            )


@few
@given(position=positions)
def test_as_of_a_position_it_is_as_if_the_log_ended_there(filled: Filled, position: int) -> None:
    catch_up(filled.store.log, assessment)
    with beside(filled.store) as fill:
        tables = fill(stop=position)
        with filled.store.storage.read() as connection:
            ended = documents_in(connection, filled.period, position, tables)
            assert documents_in(connection, filled.period, position) == ended


def test_a_rebuild_gives_the_same(filled: Filled) -> None:
    before = documents(filled.store, filled.period)
    assert rebuild(filled.store.log, assessment, check=True).checked
    after = documents(filled.store, filled.period)
    check(filled.wanted, before)
    assert [document.pop("position") for document in before] != [
        document.pop("position") for document in after
    ], "asking is recorded, so the log went on"
    assert after == before


# While it is taken in


@pytest.mark.parametrize("seed", [1, 8])
def test_what_was_answered_at_a_position_is_answered_as_of_it_for_ever(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    write_case(tmp_path / "case", seed, people=8, statements=120)
    case, dice = read_case(tmp_path / "case"), random.Random(seed)
    answered: list[tuple[Json, Json]] = []

    def answers(store: Store, as_of: str | None = None) -> tuple[Json, Json]:
        asked = evaluation.Asked(case.period.id, as_of=as_of)
        return evaluation.results(store, asked, facts=True), evaluation.explanations(store, asked)

    with opened(database_url, follow=True) as store:

        def ask(done: int, total: int) -> None:
            if dice.random() < 0.4:
                answered.append(answers(store))

        import_case(store, case, progress=ask)
        answered.append(answers(store))
    with opened(database_url) as store:
        assert len({results["position"] for results, _ in answered}) > 3
        assert {results["result_set"] for results, _ in answered} == {"open", "frozen"}
        for results, explanations in answered:
            as_of = str(results["position"])
            assert answers(store, as_of)[0] == results
            if explanations["position"] == results["position"]:
                assert answers(store, as_of)[1] == explanations


# After the freeze

HANOI_MORNING = "2026-03-02T08:00:00+07:00"
ADL = "http://adlnet.gov/expapi/verbs/"
BDHVS = "https://bdhvs.example"


class Frozen:
    """A store that holds the worked case, and ways to record what comes too late."""

    def __init__(self, store: Store) -> None:
        self.store, self.case = store, read_case(MOVEMENT)
        import_case(store, self.case)
        self._sent = 0

    def record(self, *records: Record) -> None:
        change(self.store, lambda _: [(one, RECORDS[type(one)].recorded) for one in records])

    def withdraw(self, *records: Record) -> None:
        change(
            self.store,
            lambda _: [(Withdrawal(key=one.key), RECORDS[type(one)].withdrawn) for one in records],
        )

    def of(self, type_: type[Any], key: str) -> Any:
        return self.case.records[type_][key]

    def all(self, type_: type[Any], **said: str) -> list[Any]:
        found = self.case.records[type_].values()
        return [one for one in found if all(getattr(one, k) == v for k, v in said.items())]

    def post(self, verb: str, object_: Json, *, by: str | None = "bdhvs", **said: Any) -> None:
        self._sent += 1
        statement = {
            "id": str(uuid5(NAMESPACE, str(self._sent))),
            "actor": {"account": {"homePage": BDHVS, "name": "binh.tt"}},
            "verb": {"id": f"{ADL}{verb}"},
            "object": object_,
            "timestamp": HANOI_MORNING,
            **said,
        }
        sender = OWN if by is None else senders(self.store, self.case)[by]
        event = statement_event(statement, credential=sender.id)  # also a void a POST would refuse
        assert self.store.writer.append([event]).result(5).positions

    def void(self, statement: str, *, by: str | None = "bdhvs") -> None:
        self.post("voided", {"objectType": "StatementRef", "id": statement}, by=by)


def finishes_everything(frozen: Frozen) -> None:
    for course in ("an-toan-thong-tin", "ky-nang-so-nghiep-vu", "chuyen-doi-so-co-ban"):
        result = {"completion": True, "success": True, "score": {"scaled": 1}}
        frozen.post("passed", {"id": f"{BDHVS}/khoa-hoc/{course}"}, result=result)


def learns_for_hours(frozen: Frozen) -> None:
    course = {"id": f"{BDHVS}/khoa-hoc/cong-cu-cong-tac"}
    frozen.post("terminated", course, result={"duration": "PT9H"})


def everything_counted_is_voided(frozen: Frozen) -> None:
    for number in (1, 4, 10):
        statement = f"b20000{number:02}-0000-4000-8000-000000000002"
        frozen.void(statement, by="bdhvs")
        frozen.void(statement, by=None)


def somebody_unknown_is_linked(frozen: Frozen) -> None:
    frozen.record(
        Identifier(person="P3", account=Account("https://onetouch.example", "binh.tran.cu")),
        Identifier(person="P3", mbox="mailto:chau@bo.example"),
    )
    course = {"id": f"{BDHVS}/khoa-hoc/cong-cu-cong-tac"}
    actor = {"mbox": "mailto:chau@bo.example"}
    frozen.post("terminated", course, actor=actor, result={"duration": "PT9H"})


def nobody_is_linked(frozen: Frozen) -> None:
    frozen.withdraw(*frozen.all(Identifier))


def two_people_are_one(frozen: Frozen) -> None:
    frozen.record(PeopleMerged(person="P2", into="P1"))


def nobody_is_anywhere(frozen: Frozen) -> None:
    frozen.withdraw(*frozen.all(Membership, person="P2"), *frozen.all(Absence))
    frozen.record(Absence(person="P1", type="om"), Person(id="P9", name="Chín"))


def the_party_changes(frozen: Frozen) -> None:
    frozen.withdraw(*frozen.all(PartyMembership))
    frozen.record(PartyMembership(person="P3", from_=date(2020, 1, 1)))


def everything_is_decided_otherwise(frozen: Frozen) -> None:
    frozen.record(*(replace(item, decision="accepted") for item in frozen.all(Item)))
    frozen.record(
        Item(id="X1", kind="news_article", date=date(2026, 3, 1), person="P3", decision="accepted"),
        Item(
            id="X2",
            kind="fraud_conclusion",
            date=date(2026, 3, 1),
            person="P1",
            decision="accepted",
        ),
        Item(id="X3", kind="propaganda", date=date(2026, 3, 1), unit="Y", decision="accepted"),
    )


def plans_reports_and_levels_change(frozen: Frozen) -> None:
    frozen.withdraw(*frozen.all(Plan, unit="X"), *frozen.all(Competence, person="P1"))
    late = date(2026, 12, 1)
    frozen.record(*(replace(report, submitted=late) for report in frozen.all(Report)))
    frozen.record(
        Competence(person="P3", framework="KNLS-757", level=8, date=date(2026, 1, 1)),
        Plan(unit="Y", submitted=date(2026, 1, 5)),
    )


def the_catalogue_changes(frozen: Frozen) -> None:
    always = (Recognition(),)
    frozen.record(*(replace(one, recognitions=always) for one in frozen.all(Platform)))
    frozen.record(*(replace(one, nominal_minutes=Decimal(1)) for one in frozen.all(Course)))
    frozen.record(*(replace(one, required_courses=("E1",)) for one in frozen.all(JobPosition)))


def platforms_change_their_keys(frozen: Frozen) -> None:
    one, other = frozen.of(Platform, "bdhvs"), frozen.of(Platform, "onetouch")
    frozen.record(
        replace(one, credential="x", minutes_verbs=()), replace(other, credential="bdhvs-2026")
    )
    for credential in frozen.store.credentials.issued():
        frozen.store.credentials.revoke(credential.id)
    frozen.store.credentials.issue("bdhvs-2026", ("all",))
    frozen.store.credentials.issue("khoahocmo-2026", ("statements/write",))


def units_end(frozen: Frozen) -> None:
    frozen.record(
        replace(frozen.of(Unit, "Y"), evaluated=False),
        replace(frozen.of(Unit, "X"), to=date(2026, 5, 1)),
        Unit(id="Z", vi="Cục Z"),
    )


def sheets_and_dates_change(frozen: Frozen) -> None:
    [sheet] = frozen.all(Scheme, subject="person")
    frozen.record(replace(sheet, version=2, sheet=sheet.sheet | {"version": "2"}))
    period = frozen.of(Period, "KY-2026")
    frozen.record(
        replace(
            period,
            person_scheme=sheet.id + "/2",
            end=date(2026, 10, 31),
            required_course_deadline=date(2026, 1, 31),
        )
    )


TOO_LATE = (
    the_party_changes,
    finishes_everything,
    learns_for_hours,
    somebody_unknown_is_linked,
    everything_is_decided_otherwise,
    plans_reports_and_levels_change,
    everything_counted_is_voided,
    sheets_and_dates_change,
    the_catalogue_changes,
    platforms_change_their_keys,
    units_end,
    two_people_are_one,
    nobody_is_linked,
    nobody_is_anywhere,
)


def open_results(frozen: Frozen) -> Json:
    """What the period would come to if it had not been frozen."""
    with evaluation.reading(frozen.store) as connection:
        end = frozen.store.log.head_of(connection).position
        results = assessment.results(connection, "KY-2026", "open", end)
    return results_document(results, "open", with_facts=True)


def test_frozen_results_never_change_whatever_is_recorded(database_url: str) -> None:
    with opened(database_url) as store:
        frozen = Frozen(store)
        before = contents(documents(store, "KY-2026"))
        open_before = open_results(frozen)
        for too_late in TOO_LATE:
            too_late(frozen)
            after = contents(documents(store, "KY-2026"))
            for old, new in zip(before, after, strict=True):
                if old["format"] == "lrs-results/1":
                    assert new == old, too_late.__name__
                else:
                    check_explained(old, new, too_late.__name__)
            open_after = open_results(frozen)
            assert open_after != open_before, f"{too_late.__name__} would change nothing anyway"
            open_before = open_after


def check_explained(before: Json, after: Json, when: str) -> None:
    """What came too late is listed as that, and all else is as it was."""
    for person, criteria in before["people"].items():
        for criterion, old in criteria.items():
            new = after["people"][person][criterion]
            assert {**new, "not_counted": old["not_counted"]} == old, when
            late = dict(new["not_counted"].items() - old["not_counted"].items())
            assert old["not_counted"].items() <= new["not_counted"].items(), when
            assert set(late.values()) <= {"AFTER_FREEZE"}, when
    assert before["unattributed"].items() <= after["unattributed"].items()


# In another order


class Request(NamedTuple):
    platform: str
    lines: list[str]
    ids: frozenset[str]


def requests_of(folder: Path) -> list[Request]:
    rest = {
        path.stem: path.read_text("utf-8").split("\n")[:-1]
        for path in (folder / "statements").iterdir()
    }
    found = []
    for batch in yaml.safe_load((folder / "order.yaml").read_text("utf-8"))["batches"]:
        platform, count = batch["platform"], batch["lines"]
        lines, rest[platform] = rest[platform][:count], rest[platform][count:]
        ids = frozenset(orjson.loads(line)["id"] for line in lines)
        found.append(Request(platform, lines, ids))
    return found


def reordered(requests: list[Request], dice: random.Random) -> list[Request]:
    """Any order in which requests that hold the same id keep theirs."""
    left, found = list(requests), []
    while left:
        free = [
            one
            for number, one in enumerate(left)
            if not any(one.ids & earlier.ids for earlier in left[:number])
        ]
        found.append(dice.choice(free))
        left.remove(found[-1])
    return found


def write_requests(folder: Path, requests: list[Request]) -> None:
    for path in (folder / "statements").iterdir():
        platform = path.stem
        lines = [line for one in requests if one.platform == platform for line in one.lines]
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    rows = (f"  - {{platform: {one.platform}, lines: {len(one.lines)}}}" for one in requests)
    (folder / "order.yaml").write_text("\n".join(["format: lrs-case/1\nbatches:", *rows, ""]))


def shuffle_rows(file: Path, dice: random.Random) -> None:
    """The entries of each list of a file in another order."""
    lines = file.read_text("utf-8").splitlines()
    blocks = re.findall(r"(?:^  - .*\n)+|^.*\n", "\n".join(lines) + "\n", re.MULTILINE)
    shuffled: list[str] = []
    for block in blocks:
        rows = block.splitlines(keepends=True)
        shuffled += dice.sample(rows, len(rows)) if block.startswith("  - ") else rows
    file.write_text("".join(shuffled), "utf-8")


def lines_before_the_freeze(folder: Path, requests: list[Request]) -> int:
    freeze = yaml.safe_load((folder / "period.yaml").read_text("utf-8"))["freeze"]
    if freeze == "after_all_lines":
        return sum(len(one.lines) for one in requests)
    return int(freeze["after_lines"])


@pytest.mark.parametrize("seed", [3, 4, 11, 12])
def test_scores_do_not_depend_on_the_order_of_independent_events(tmp_path: Path, seed: int) -> None:
    write_case(tmp_path / "case", seed, people=10, statements=200)
    other, dice = tmp_path / "other", random.Random(seed)
    shutil.copytree(tmp_path / "case", other)
    requests = requests_of(other)
    freeze, lines, counted = lines_before_the_freeze(other, requests), 0, 0
    while lines < freeze:
        lines += len(requests[counted].lines)
        counted += 1
    parts = (requests[:counted], requests[counted:])
    moved = [one for part in parts for one in reordered(part, dice)]
    assert moved != requests
    write_requests(other, moved)
    for file in ("organisation.yaml", "catalogue.yaml", "declarations.yaml"):
        shuffle_rows(other / file, dice)

    before, after = product_documents(tmp_path / "case"), product_documents(other)
    assert not differences(reference.expected(other), after)
    for old, new in zip(before, after, strict=True):
        if old["format"] == "lrs-results/1":
            for part in ("people", "units"):
                assert new[part] == old[part]
            assert {p: without_moments(f) for p, f in new["facts"].items()} == {
                p: without_moments(f) for p, f in old["facts"].items()
            }


def without_moments(facts: Json) -> Json:
    """Of equal facts the first that came in counts, and it may be of another hour of the day."""
    return {**facts, "completed": sorted(facts["completed"])}


@pytest.mark.parametrize("seed", [5, 7])
def test_what_came_in_before_its_people_were_known_counts_once_they_are(
    tmp_path: Path, seed: int
) -> None:
    folder, early = tmp_path / "case", tmp_path / "early"
    write_case(folder, seed, people=10, statements=200)
    period = re.sub(r"freeze: .*", "freeze: after_all_lines", (folder / "period.yaml").read_text())
    (folder / "period.yaml").write_text(period)
    shutil.copytree(folder, early, ignore=shutil.ignore_patterns("appeal.yaml"))
    for file in ("organisation.yaml", "declarations.yaml"):
        said = (early / file).read_text("utf-8")
        said = re.sub(r"(?m)^(\w+):\n(?:  - .*\n)+", r"\1: []\n", said)
        said = re.sub(r"(?m)^protected: .*$", "protected: {party_memberships: []}", said)
        (early / file).write_text(said, "utf-8")
    with opened(f"sqlite:///{tmp_path / 'hocba.db'}") as store:
        first = import_case(store, read_case(early), freeze=False)
        wanted = reference.expected(folder)
        [nobody] = [one for one in documents(store, wanted["period"]) if "unattributed" in one]
        second = import_case(store, read_case(folder))
        assert (second.stored, second.refused) == (0, first.refused)
        check(wanted, documents(store, wanted["period"]))
    assert nobody["people"] == {}
    assert len(nobody["unattributed"]) > 50
