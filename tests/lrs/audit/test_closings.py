"""A closed period is held against the log: what is wrong is named, and what is not is not."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from lrs import awards, periods
from lrs.audit.period_findings import Checked, Finding, PeriodNotInLog, Status
from lrs.case_import import import_case
from lrs.cases import read_case
from lrs.evaluation import Asked, results
from lrs.log.tables import DATA_KEY
from lrs.privacy import forgetting
from lrs.privacy.data_keys import new_generation
from lrs.privacy.subjects import of_person
from lrs.projector import catch_up
from lrs.random_ids import random_16
from lrs.reading import open_for_reading
from lrs.rebuild import rebuild
from lrs.register import change
from lrs.settings import Settings
from lrs.store import FOLLOWED, INLINE, Store
from projections import assessment, privacy
from projections.scoring import people as people_scoring
from schemas.events import Category, Kind, LogEntry, NewEvent
from schemas.privacy import PersonForgotten, RetentionApplied, Subject
from schemas.privacy import body_of as privacy_body
from schemas.register import RECORDS, AwardDecision, Closing, body_of, record_of
from tests.databases import Fill
from tests.evaluation import MOVEMENT, PERIOD, expected
from tests.lrs.audit.worked_case import change_event, change_tables, checked, last_of
from tests.lrs.conftest import PEPPER
from tests.lrs.privacy.stores import destroy_of

PEOPLE, UNITS = ("P1", "P2", "P3"), ("X", "Y")
SUBJECTS = [*(("person", one) for one in PEOPLE), *(("unit", one) for one in UNITS)]


@contextmanager
def opened(database_url: str) -> Iterator[Store]:
    """No thread of the store's undoes what a test does to its tables."""
    settings = Settings(database_url=database_url, base_url="https://lrs.example", pepper=PEPPER)
    store = Store(settings, follow=False, on_failure=lambda error: None)
    try:
        yield store
    finally:
        store.close()


def freeze(database_url: str, directory: Path) -> None:
    with opened(database_url) as store:
        import_case(store, read_case(MOVEMENT))


def freeze_and_close(database_url: str, directory: Path) -> None:
    freeze(database_url, directory)
    with opened(database_url) as store:
        periods.close(store, PERIOD)


@pytest.fixture
def fill(request: pytest.FixtureRequest) -> Fill:
    return freeze_and_close if "closed" in request.fixturenames else freeze


@pytest.fixture
def frozen(database_url: str) -> Iterator[Store]:
    """The worked case, frozen and with its appeal."""
    with opened(database_url) as store:
        yield store


@pytest.fixture
def closed(frozen: Store) -> Store:
    """The same, and closed."""
    return frozen


def closing_of(store: Store) -> Closing:
    record = record_of(Kind.PERIOD_CLOSED, last_of(store.log, Kind.PERIOD_CLOSED).body)
    assert isinstance(record, Closing)
    return record


def statuses(found: Checked) -> dict[tuple[str, str], str]:
    return {(row.subject, row.id): str(row.status) for row in found.rows}


def about(found: list[Finding]) -> set[tuple[str, str]]:
    return {(one.about, one.id) for one in found}


# What is recorded


def test_a_closing_holds_a_salted_digest_of_every_row(closed: Store) -> None:
    closing = closing_of(closed)
    document = results(closed, Asked(PERIOD, "corrected", str(closing.position)), facts=True)
    with closed.storage.read() as connection:
        placed = [*closing.people, *closing.units]
        entries = closed.log.entries(connection, [row.record for row in placed])
    named = dict(zip([entry.parsed()["id"] for entry in entries], placed, strict=True))
    for id_, entry in zip(named, entries, strict=True):
        if id_ in PEOPLE:
            said: dict[str, Any] = {
                "person": id_,
                "line": document["people"][id_],
                "facts": document["facts"][id_],
            }
        else:
            said = {"unit": id_, "line": document["units"][id_]}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        wanted = sha256(b"hocba/result-row/1" + entry.salt + text.encode()).hexdigest()
        assert named[id_].digest == wanted
        assert id_.encode() not in body_of(closing).split(b'"people"')[1], "nobody is named in it"
    places = {row.record: id_ for id_, row in named.items()}
    rests_on = {id_: [places[at] for at in row.rests_on] for id_, row in named.items()}
    assert {id_: sorted(on) for id_, on in rests_on.items()} == {
        "P1": ["X"],
        "P2": ["Y"],
        "P3": [],
        "X": ["P1", "P2"],
        "Y": ["P2", "P3"],
    }


def test_the_worked_case_is_closed_and_verified(closed: Store) -> None:
    found = checked(closed)
    assert (found.findings, found.untold) == ([], [])
    assert statuses(found) == dict.fromkeys(SUBJECTS, "same")
    assert (found.result_set, found.tables) == ("corrected", True)
    wanted = expected()["result_sets"]["corrected"]
    for subject, part in (("person", "people"), ("unit", "units")):
        for id_, line in wanted[part].items():
            row = found.row("person" if subject == "person" else "unit", id_)
            assert row is not None
            assert row.log == row.shown == line


def test_a_closing_of_an_earlier_version_is_verified_too(frozen: Store) -> None:
    closing = periods._closing(frozen, PERIOD)
    earlier = {
        "period": PERIOD,
        "position": closing.position,
        "results": closing.results,
        "roster": closing.roster,
    }
    record = record_of(Kind.PERIOD_CLOSED, orjson.dumps(earlier))
    assert body_of(record) == orjson.dumps(earlier), "its events stay as they are"
    change(frozen, lambda _: [(record, RECORDS[Closing].recorded)])
    found = checked(frozen)
    assert (found.findings, found.untold) == ([], [])
    assert statuses(found) == dict.fromkeys(SUBJECTS, "same")
    award = awards.decide(frozen, PERIOD, "BK", number="1", day=DAY, decided_by="X", people=["P1"])
    assert award[0].schemes.person == "HTS-CN/1"
    change_event(
        frozen,
        last_of(frozen.log, Kind.PERIOD_CLOSED),
        lambda body: body.update(results="0" * 64),
        hashes=True,
    )
    found = checked(frozen)
    assert ("results", PERIOD) in about(found.findings)
    assert set(statuses(found).values()) == {"unrecorded"}


def test_results_that_were_closed_again_are_those_that_count(closed: Store) -> None:
    first = closing_of(closed)
    periods.reopen(closed, PERIOD, "Khiếu nại mới")
    assert checked(closed).closed_at is None
    periods.close(closed, PERIOD)
    found = checked(closed)
    assert found.findings == []
    assert found.position > first.position


# What is found


def test_a_table_that_was_changed_before_the_closing_is_found(frozen: Store) -> None:
    change_tables(
        frozen,
        "UPDATE assessment_evidence SET score = '1' WHERE statement = :id",
        id=best_score_of_p1(frozen),
    )
    periods.close(frozen, PERIOD)
    found = checked(frozen)
    assert ("person", "P1") in about(found.findings)
    row = found.row("person", "P1")
    assert row is not None
    assert row.status == Status.DIFFERS
    assert "was closed with E 10.00 where the log gives 8.00" in row.said
    assert statuses(found)["person", "P3"] == "same"
    rebuild(frozen.log, assessment)
    found = checked(frozen)
    assert about(found.findings) == {
        ("person", "P1"),
        ("unit", "X"),
        ("results", PERIOD),
    }, "the tables are right again, the closing is not"
    assert found.row("person", "P1").said.startswith("was closed with something else")  # type: ignore[union-attr]


def best_score_of_p1(store: Store) -> bytes:
    """The statement of P1 with the exam score 0.95."""
    catch_up(store.log, assessment)
    with store.storage.read() as connection:
        table = assessment.TABLES.evidence
        query = table.select().where(table.c.score == "0.95")
        return bytes(connection.execute(query).one().statement)


def test_a_table_that_was_changed_afterwards_is_found(closed: Store) -> None:
    statement = best_score_of_p1(closed)
    change_tables(
        closed, "UPDATE assessment_evidence SET score = '1' WHERE statement = :id", id=statement
    )
    found = checked(closed)
    assert about(found.findings) == {("tables: person", "P1"), ("tables: unit", "X")}
    assert statuses(found) == dict.fromkeys(SUBJECTS, "same"), "what was closed is right"


def test_a_table_from_which_a_membership_was_taken_is_found(closed: Store) -> None:
    change_tables(
        closed,
        "DELETE FROM assessment_records WHERE person = 'P3' AND kind = :kind",
        kind=int(Kind.MEMBERSHIP_RECORDED),
    )
    found = checked(closed)
    assert ("tables: person", "P3") in about(found.findings)
    [roster] = [one for one in found.findings if one.about == "tables: roster"]
    assert (roster.id, roster.said) == (
        "P3",
        "do not hold P3 Y NGHE_SI False True 2019-03-01",
    )


def test_a_rule_of_scoring_that_was_changed_is_found(
    closed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def generous(points: Any, most: Any) -> Any:
        return min(points + 1, most)

    monkeypatch.setattr(people_scoring, "kept_within", generous)
    found = checked(closed)
    assert {("person", one) for one in PEOPLE} <= about(found.findings)
    assert ("results", PERIOD) in about(found.findings)
    assert ("roster", PERIOD) not in about(found.findings)
    row = found.row("person", "P3")
    assert row is not None
    assert "which is A 15.00" in row.said
    assert "final 40.00" in row.said


def row_of(number: int) -> Callable[[dict[str, Any]], None]:
    def change_row(body: dict[str, Any]) -> None:
        body["people"][number][1] = "0" * 64

    return change_row


def taken_out(body: dict[str, Any]) -> None:
    del body["people"][0]


def put_in(body: dict[str, Any]) -> None:
    body["units"].append([1, "0" * 64])


def nowhere(body: dict[str, Any]) -> None:
    body["units"][0][0] = 90_000


CHANGES: list[tuple[Callable[[dict[str, Any]], None], tuple[str, str]]] = [
    (row_of(0), ("person", "P1")),
    (row_of(2), ("person", "P3")),
    (taken_out, ("person", "P1")),
    (put_in, ("unit", "")),
    (nowhere, ("unit", "")),
    (lambda body: body.update(results="0" * 64), ("results", PERIOD)),
    (lambda body: body.update(roster="0" * 64), ("roster", PERIOD)),
    (lambda body: body["schemes"].update(person="HTS-CN/2"), ("score sheets", PERIOD)),
    (lambda body: body.update(position=150), ("results", PERIOD)),
    (lambda body: body.update(position=90_000), ("closing", PERIOD)),
    (lambda body: body.update(result_set="frozen"), ("person", "P2")),
]


@pytest.mark.parametrize("hashes", [False, True], ids=["body", "body-and-hashes"])
def test_a_closing_that_was_changed_is_found(closed: Store, hashes: bool) -> None:
    entry = last_of(closed.log, Kind.PERIOD_CLOSED)
    for change_body, wanted in CHANGES:
        change_event(closed, entry, change_body, hashes=hashes)
        found = about(checked(closed).findings)
        assert wanted in found
        assert (("closing", PERIOD) in found) >= (not hashes), "the commitment tells too"
    change_event(closed, entry, lambda _: None)
    assert checked(closed).findings == []


def test_a_closing_that_cannot_be_read_is_found(closed: Store) -> None:
    entry = last_of(closed.log, Kind.PERIOD_CLOSED)
    catch_up(closed.log, assessment)
    change_event(closed, entry, lambda body: body.update(position="x"))
    found = checked(closed)
    assert about(found.findings) == {("event", str(entry.position))}
    assert (found.closed_at, found.rows) == (None, [])


def test_a_statement_that_was_changed_in_the_log_is_found(closed: Store) -> None:
    """Sealed content cannot be changed unseen; what is not sealed gives another result."""
    entry = last_of(closed.log, Kind.COURSE_RECORDED)
    change_event(closed, entry, lambda body: body.update(nominal_minutes="1"), hashes=True)
    assert ("results", PERIOD) in about(checked(closed).findings)


# An open period


def test_an_open_period_is_held_against_what_the_store_shows(frozen: Store) -> None:
    found = checked(frozen)
    assert (found.findings, found.closed_at) == ([], None)
    assert set(statuses(found).values()) == {"open"}
    change_tables(
        frozen,
        "UPDATE assessment_evidence SET score = '1' WHERE statement = :id",
        id=best_score_of_p1(frozen),
    )
    assert about(checked(frozen).findings) == {("tables: person", "P1"), ("tables: unit", "X")}


def test_a_period_that_nobody_opened_names_those_there_are(closed: Store) -> None:
    with pytest.raises(PeriodNotInLog, match="KY-2027: no such period; there are: KY-2026"):
        checked(closed, "KY-2027")


# Awards


DAY = date(2026, 12, 20)


def award(store: Store, **said: Any) -> list[AwardDecision]:
    return awards.decide(
        store, PERIOD, "BANG-KHEN", number="12/QĐ", day=DAY, decided_by="Bộ trưởng", **said
    )


def test_awards_are_held_against_the_log(closed: Store) -> None:
    award(closed, people=["P2"], units=["X"])
    found = checked(closed)
    assert (found.awards, found.findings) == (2, [])
    held = record_of(Kind.AWARD_DECIDED, last_of(closed.log, Kind.AWARD_DECIDED).body)
    closing = closing_of(closed)
    assert isinstance(held, AwardDecision)
    assert (held.position, held.results, held.roster, held.schemes, held.result_set) == (
        closing.position,
        closing.results,
        closing.roster,
        closing.schemes,
        "corrected",
    )
    periods.reopen(closed, PERIOD, "Khiếu nại")
    assert checked(closed).findings == [], "it still rests on results that the log gives"


@pytest.mark.parametrize(
    "said",
    [
        {"results": "0" * 64},
        {"roster": "0" * 64},
        {"schemes": {"person": "HTS-CN/2", "unit": "HTS-DV/1"}},
        {"position": 120},
        {"position": 90_000},
    ],
)
def test_an_award_that_rests_on_other_results_is_found(closed: Store, said: dict[str, Any]) -> None:
    award(closed, units=["X"])
    entry = last_of(closed.log, Kind.AWARD_DECIDED)
    change_event(closed, entry, lambda body: body.update(said), hashes=True)
    assert ("award", "X") in about(checked(closed).findings)


def test_an_award_that_was_changed_is_found(closed: Store) -> None:
    award(closed, units=["X"])
    entry = last_of(closed.log, Kind.AWARD_DECIDED)
    change_event(closed, entry, lambda body: body["decision"].update(number="13/QĐ"))
    assert about(checked(closed).findings) == {("award", "X")}


# People who were forgotten


def forget(store: Store, person: str) -> None:
    """By two others, with all that follows."""
    others = [one for one in PEOPLE if one != person]
    for other in others:
        store.accounts.open(
            f"account.{other.lower()}",
            PASSWORD,
            roles=["learner"],
            permissions=["privacy"],
            person=other,
        )
    one, another = (f"account.{other.lower()}" for other in others)
    proposed = forgetting.propose(store, person, "Điều 14 Luật 91/2025/QH15", one, PASSWORD)
    forgetting.approve(store, str(proposed.id), another, PASSWORD)
    store.finisher.finish()  # in place of its thread


PASSWORD = "correct horse battery staple"


def test_who_was_forgotten_since_is_the_reason_and_nothing_is_wrong(closed: Store) -> None:
    award(closed, people=["P3"], units=["X", "Y"])
    record = closing_of(closed).people[2].record
    forget(closed, "P3")
    found = checked(closed)
    assert found.findings == []
    assert statuses(found) == {
        ("person", ""): "forgotten",
        ("person", "P1"): "same",
        ("person", "P2"): "forgotten",  # heads Y
        ("unit", "X"): "same",
        ("unit", "Y"): "forgotten",
    }
    assert about(found.untold) == {
        ("person", ""),
        ("person", "P2"),
        ("unit", "Y"),
        ("results", PERIOD),
        ("roster", PERIOD),
        ("award", "X"),
        ("award", "Y"),
    }
    assert Finding("person", "", f"the person recorded at {record} was forgotten since") in (
        found.untold
    )


def test_what_is_wrong_is_told_apart_from_who_was_forgotten(closed: Store) -> None:
    forget(closed, "P3")
    entry = last_of(closed.log, Kind.PERIOD_CLOSED)
    change_event(closed, entry, row_of(0), hashes=True)
    found = checked(closed)
    assert about(found.findings) == {("person", "P1")}, "whose row rests on nobody forgotten"
    change_event(closed, entry, lambda _: None)
    change_tables(
        closed,
        "UPDATE assessment_evidence SET score = '1' WHERE statement = :id",
        id=best_score_of_p1(closed),
    )
    assert about(checked(closed).findings) == {("tables: person", "P1"), ("tables: unit", "X")}


def test_a_key_that_no_event_destroyed_is_no_forgetting(closed: Store) -> None:
    with closed.storage.erase() as connection:
        assert destroy_of(closed.data_keys, connection, of_person("P3"))
        new_generation(connection)
    for projection in INLINE + FOLLOWED:
        rebuild(closed.log, projection)
    found = checked(closed)
    assert ("person", "") in about(found.findings)
    [said] = [one.said for one in found.findings if one.about == "person" and not one.id]
    assert "is gone and no event destroyed it" in said


def test_a_table_that_says_somebody_was_forgotten_explains_nothing(closed: Store) -> None:
    """Whoever may write tables could pass a change off as a forgetting."""
    record = closing_of(closed).people[2].record
    change_event(closed, last_of(closed.log, Kind.PERIOD_CLOSED), row_of(2), hashes=True)
    with closed.storage.write() as connection:
        token = closed.data_keys.token_of(connection, of_person("P3"))
        said = PersonForgotten(
            position=closed.log.head().position,
            home_page="https://lrs.example/forgotten",
            pseudonym="0" * 32,
            subjects=(Subject(token.hex()),),
            keys=(),
            basis="x",
            proposed_by="0" * 32,
            approved_by="1" * 32,
        )
        body = privacy_body(said)
        event = LogEntry(1, 1, Kind.PERSON_FORGOTTEN, bytes(16), 2, b"", b"", body)
        privacy.apply(connection, privacy.TABLES, [event])
        new_generation(connection)
    with open_for_reading(closed.settings) as log:
        assert log.read(record - 1, 1)[0].erased, "that is what the table does"
    found = checked(closed)
    assert ("person", "P3") in about(found.findings)
    assert found.untold == []


def test_what_was_kept_long_enough_is_told_apart_too(closed: Store) -> None:
    catch_up(closed.log, assessment)
    year = datetime.now(UTC).year
    with closed.storage.erase() as connection:
        head = closed.log.lock_head(connection).position
        of_year = select(DATA_KEY.c.key_id).where(
            DATA_KEY.c.retention == Category.STATEMENT, DATA_KEY.c.year == year
        )
        keys = closed.data_keys.destroy(connection, connection.scalars(of_year).all())
        assert keys
        new_generation(connection)
        said = RetentionApplied(
            position=head,
            retention="statements",
            year=year,
            years=0,
            keys=tuple(key.hex() for key in keys),
        )
        event = NewEvent(Kind.RETENTION_APPLIED, random_16(), privacy_body(said))
        closed.log.append_in(connection, [event])
    closed.finisher.finish()
    found = checked(closed)
    assert found.findings == []
    assert statuses(found) == dict.fromkeys(SUBJECTS, "expired")
    assert ("results", PERIOD) in about(found.untold)
