"""What need not be kept any longer is shown, and destroyed when somebody says so."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lrs.privacy import holds, retention
from lrs.privacy.retention import Passed
from lrs.rebuild import rebuild
from lrs.store import FOLLOWED, INLINE
from projections import assessment, documents, privacy, statement_index, statement_query
from schemas.events import Kind
from schemas.privacy import RetentionApplied, said_in
from schemas.register import Membership, Person
from tests.lrs.privacy.conftest import AN, BINH, OpenWorld, World, at_year, peopled, stream_of
from tests.lrs.register import day

THIS_YEAR = datetime.now(UTC).year


def classes(found: list[Passed]) -> list[tuple[str, int, int]]:
    return [(one.retention, one.year, one.held) for one in found]


def passed_in(world: World, year: int) -> list[Passed]:
    with at_year(world.store, year):
        return retention.passed(world.store)


def applied_in(world: World, year: int) -> list[Passed]:
    with at_year(world.store, year):
        applied = retention.apply(world.store)
    world.store.finisher.finish()
    return applied


def is_there(world: World, statement: str) -> bool:
    with world.store.storage.read() as connection:
        found = statement_query.locate(connection, statement_index.TABLES, stream_of(statement))
    return found is not None


def kept(**years: Any) -> dict[str, Any]:
    return {f"retain_{name}_years": value for name, value in years.items()}


def test_what_no_setting_names_is_kept(world: World) -> None:
    assert passed_in(world, THIS_YEAR + 80) == []


def test_statements_pass_after_the_years_they_are_kept(open_world: OpenWorld) -> None:
    world = peopled(open_world(**kept(statements=2)))
    old = world.say(AN)
    new = world.say(AN, stored_in=THIS_YEAR + 2)
    assert passed_in(world, THIS_YEAR + 2) == []
    assert classes(passed_in(world, THIS_YEAR + 3)) == [("statements", THIS_YEAR, 0)]
    assert is_there(world, old), "looking destroys nothing"
    applied_in(world, THIS_YEAR + 3)
    assert (is_there(world, old), is_there(world, new)) == (False, True)
    assert passed_in(world, THIS_YEAR + 3) == []
    for projection in INLINE + FOLLOWED:
        rebuild(world.store.log, projection, check=True)


def test_the_event_names_the_keys(open_world: OpenWorld) -> None:
    world = peopled(open_world(**kept(statements=1, documents=1)))
    world.keep_document(AN)
    [documents_, statements] = sorted(applied_in(world, THIS_YEAR + 2), key=lambda p: p.retention)
    entries = world.store.log.read(0, 10_000, kinds=[Kind.RETENTION_APPLIED])
    said = [said_in(entry.kind, entry.body) for entry in entries]
    assert all(isinstance(one, RetentionApplied) for one in said)
    assert {(one.retention, one.year, one.years) for one in said} == {  # type: ignore[attr-defined]
        ("documents", THIS_YEAR, 1),
        ("statements", THIS_YEAR, 1),
    }
    named = {bytes.fromhex(key) for one in said for key in one.keys}  # type: ignore[attr-defined]
    assert named == {*documents_.keys, *statements.keys}
    with world.store.storage.read() as connection:
        assert len(privacy.retentions(connection)) == 2
        tables = documents.TABLES.documents
        assert connection.execute(tables.select()).all() == []


def test_what_withdraws_a_statement_stays_longer_than_the_statement(open_world: OpenWorld) -> None:
    world = peopled(open_world(**kept(statements=1)))
    target = "7f6f3b7e-1111-4000-8000-000000000000"
    void = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    world.say(BINH, verb=void, object={"objectType": "StatementRef", "id": target})
    world.say(AN, id=target, stored_in=THIS_YEAR + 1)  # it comes after what withdraws it
    applied_in(world, THIS_YEAR + 2)
    with world.store.storage.read() as connection:
        found = statement_query.locate(connection, statement_index.TABLES, stream_of(target))
    assert found is not None
    assert found.voided


def test_the_register_keeps_who_is_still_there_and_lets_go_who_left(open_world: OpenWorld) -> None:
    world = peopled(open_world(**kept(register=5)))
    left = Membership(
        person="P9", unit="X", position="CHUYEN_VIEN", category="cong_chuc", to=day("2027-03-31")
    )
    world.record(Person(id="P9", name="Võ Văn Chín"), left)
    world.store.accounts.open("chin", "correct horse battery", roles=["learner"], person="P9")
    assert passed_in(world, 2032) == []
    [found] = passed_in(world, 2033)
    assert (found.retention, found.year, found.people) == ("register", 2027, ("P9",))
    applied_in(world, 2033)
    with world.store.storage.read() as connection:
        position = world.store.log.tracked(connection, assessment.NAME)
        people = {one.id for one in assessment.records(connection, Person, position)}
    assert people == {"P1", "P2", "P3"}
    assert "chin" not in [row.name for row in world.store.accounts.opened()]


def test_who_never_had_a_post_left_when_last_something_was_recorded(open_world: OpenWorld) -> None:
    world = peopled(open_world(**kept(register=1)))
    world.record(Person(id="P9", name="Võ Văn Chín"))
    assert passed_in(world, THIS_YEAR + 1) == []
    assert [one.people for one in passed_in(world, THIS_YEAR + 2)] == [("P9",)]


def test_nothing_of_who_is_held_passes(open_world: OpenWorld) -> None:
    world = peopled(open_world(**kept(statements=1, register=1)))
    world.record(Person(id="P9", name="Võ Văn Chín"))
    world.link("P9", {"mbox": "mailto:chin@bo.example"})
    of_chin = world.say({"mbox": "mailto:chin@bo.example"})
    of_an = world.say(AN)
    holds.place(world.store, "P9", "thanh tra")
    found = {one.retention: one for one in passed_in(world, THIS_YEAR + 3)}
    assert found["register"].people == ()
    assert found["register"].held > 0
    assert found["statements"].held > 0
    applied_in(world, THIS_YEAR + 3)
    assert (is_there(world, of_chin), is_there(world, of_an)) == (True, False)
    holds.lift(world.store, "P9", "thanh tra kết thúc")
    applied_in(world, THIS_YEAR + 3)
    assert not is_there(world, of_chin)


@pytest.mark.parametrize("years", [0, -1])
def test_a_setting_below_a_year_is_none(open_world: OpenWorld, years: int) -> None:
    with pytest.raises(ValueError, match="retain_statements_years"):
        open_world(**kept(statements=years))
