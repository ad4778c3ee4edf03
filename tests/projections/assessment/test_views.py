"""What a view of a period holds: named examples, on both databases."""

from datetime import date
from decimal import Decimal
from hashlib import sha1
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from projections.assessment import (
    NotFrozen,
    PeriodUnknown,
    PersonUnknown,
    UnitUnknown,
    catalogue,
    gather_person,
    gather_unit,
    people,
    record,
    records,
    result_sets,
    unattributed,
    unmapped_courses,
    unresolved_actors,
    view,
)
from projections.scoring.inputs import Evidence
from schemas.events import NOBODY
from schemas.keys import activity_key
from schemas.register import (
    Account,
    Appeal,
    Correction,
    Course,
    Freeze,
    Identifier,
    Item,
    Membership,
    PeopleMerged,
    Period,
    Person,
    Platform,
    Record,
    Report,
    Unit,
)
from tests.projections.assessment.logs import (
    COURSE,
    OFFICER,
    AssessmentLog,
    Json,
    statement,
    voiding,
)

LMS, SECOND_KEY, OTHER, ADMINISTRATOR = (bytes([number]) * 16 for number in range(1, 5))
KY = "KY-2026"
AN = Account(home_page=OFFICER["account"]["homePage"], name=OFFICER["account"]["name"])
STRANGER: Json = {"mbox": "mailto:khach@bo.example"}
PERIOD = Period(
    id=KY,
    vi="Kỳ đánh giá 2026",
    start=date(2025, 12, 1),
    end=date(2026, 11, 30),
    person_scheme="P/1",
    unit_scheme="U/1",
    required_course_deadline=date(2026, 10, 31),
)
LMS_PLATFORM = Platform(
    id="lms",
    vi="LMS của Bộ",
    credential="lms-2026",
    minutes_verbs=("http://adlnet.gov/expapi/verbs/experienced",),
)


@pytest.fixture
def log() -> AssessmentLog:
    """A ministry of two people; An has an account."""
    log = AssessmentLog()
    log.issue(LMS, "lms-2026", "statements/write")
    log.issue(SECOND_KEY, "lms-2026", "statements/write")
    log.issue(OTHER, "other-2026", "statements/write")
    log.issue(ADMINISTRATOR, "administrator", "all")
    log.record(
        PERIOD,
        LMS_PLATFORM,
        Unit(id="X", vi="Cục X"),
        Person(id="P1", name="Nguyễn Văn An"),
        Person(id="P2", name="Trần Thị Bình"),
        Identifier(person="P1", account=AN),
    )
    return log


class Reader:
    """Reads a view of the whole log, or of its beginning."""

    def __init__(self, connection: Connection, log: AssessmentLog) -> None:
        log.project(connection)
        self.connection, self.head = connection, log.head

    def evidence(
        self, person: str = "P1", result_set: Any = "open", as_of: int | None = None
    ) -> list[Evidence]:
        seen = view(self.connection, KY, result_set, as_of or self.head)
        return gather_person(self.connection, seen, person)[1]

    def positions(self, *args: Any, **named: Any) -> list[int]:
        return [row.position for row in self.evidence(*args, **named)]

    def voided(self, **named: Any) -> list[int | None]:
        return [row.voided for row in self.evidence(**named)]

    def nobodys(self, result_set: Any = "open") -> list[int]:
        seen = view(self.connection, KY, result_set, self.head)
        return sorted(row.position for row in unattributed(self.connection, seen))


def id_at(position: int) -> bytes:
    return UUID(int=position).bytes


# ---- voiding


def test_a_platform_voids_its_own_statement_whichever_comes_first(
    connection: Connection, log: AssessmentLog
) -> None:
    before = log.state(statement(), LMS)
    first = log.state(voiding(id_at(before)), LMS)
    second = log.state(voiding(id_at(log.head + 2)), LMS)
    after = log.state(statement(), LMS)
    log.state(voiding(id_at(after)), LMS)
    assert Reader(connection, log).voided() == [first, second]


@pytest.mark.parametrize(
    ("sender", "counts"),
    [(LMS, True), (ADMINISTRATOR, True), (NOBODY, True), (OTHER, False), (SECOND_KEY, False)],
)
def test_who_may_void(
    connection: Connection, log: AssessmentLog, sender: bytes, counts: bool
) -> None:
    target = log.state(statement(), LMS)
    void = log.state(voiding(id_at(target)), sender)
    assert Reader(connection, log).voided() == [void if counts else None]


def test_a_void_that_does_not_count_hides_no_later_one(
    connection: Connection, log: AssessmentLog
) -> None:
    target = log.state(statement(), LMS)
    log.state(voiding(id_at(target)), OTHER)
    void = log.state(voiding(id_at(target)), LMS)
    assert Reader(connection, log).voided() == [void]


def test_a_void_after_the_freeze_takes_no_effect_in_frozen_results(
    connection: Connection, log: AssessmentLog
) -> None:
    target = log.state(statement(), LMS)
    log.record(Freeze(period=KY, position=target))
    void = log.state(voiding(id_at(target)), LMS)
    reader = Reader(connection, log)
    assert reader.voided(result_set="frozen") == [None]
    assert reader.voided(result_set="open") == [void]


def test_a_void_is_unknown_before_its_position(connection: Connection, log: AssessmentLog) -> None:
    target = log.state(statement(), LMS)
    log.state(voiding(id_at(target)), LMS)
    assert Reader(connection, log).voided(as_of=target) == [None]


def test_who_was_not_yet_allowed_to_void_everything_has_not(
    connection: Connection, log: AssessmentLog
) -> None:
    target = log.state(statement(), LMS)
    late = bytes([5]) * 16
    void = log.state(voiding(id_at(target)), late)
    log.issue(late, "late", "all")
    reader = Reader(connection, log)
    assert reader.voided(as_of=void) == [None]
    assert reader.voided() == [void]


# ---- whose a statement is


def test_the_platform_is_that_of_the_key_by_its_name(
    connection: Connection, log: AssessmentLog
) -> None:
    for sender in (LMS, SECOND_KEY, OTHER, NOBODY):
        log.state(statement(), sender)
    rows = Reader(connection, log).evidence()
    assert [row.platform for row in rows] == ["lms", "lms", "", ""]


def test_of_two_platforms_with_one_key_it_is_the_first(
    connection: Connection, log: AssessmentLog
) -> None:
    log.record(Platform(id="a", vi="A", credential="lms-2026"))
    log.record(Platform(id="z", vi="Z", credential="lms-2026"))
    log.state(statement(), LMS)
    assert Reader(connection, log).evidence()[0].platform == "a"


def test_a_mailbox_is_its_digest_in_either_case_and_in_both_directions(
    connection: Connection, log: AssessmentLog
) -> None:
    mbox, other = "mailto:an@bo.example", "mailto:an.nv@bo.example"
    digest = sha1(other.encode()).hexdigest().upper()
    log.record(Identifier(person="P1", mbox=mbox), Identifier(person="P1", mbox_sha1sum=digest))
    actors: list[Json] = [
        {"mbox": mbox},
        {"mbox_sha1sum": sha1(mbox.encode()).hexdigest().upper()},
        {"mbox": other},
        {"mbox_sha1sum": digest.lower()},
    ]
    found = [log.state(statement(actor=actor), LMS) for actor in actors]
    log.state(statement(actor={"mbox": mbox.upper()}), LMS)
    assert Reader(connection, log).positions() == found


def test_an_account_elsewhere_with_the_same_name_is_another(
    connection: Connection, log: AssessmentLog
) -> None:
    elsewhere = {"account": {"homePage": "https://lms.bvhttdl.example", "name": AN.name}}
    nobodys = log.state(statement(actor=elsewhere), LMS)
    reader = Reader(connection, log)
    assert reader.positions() == []
    assert reader.nobodys() == [nobodys]
    assert [found.position for found in unresolved_actors(connection, log.head)] == [nobodys]


def test_a_group_earns_nobody_anything_and_waits_for_nobody(
    connection: Connection, log: AssessmentLog
) -> None:
    group = {"objectType": "Group", "member": [OFFICER]}
    nobodys = log.state(statement(actor=group), LMS)
    reader = Reader(connection, log)
    assert reader.positions() == []
    assert reader.nobodys() == [nobodys]
    assert unresolved_actors(connection, log.head) == []


def test_linking_gives_what_came_before_and_unlinking_takes_it_back(
    connection: Connection, log: AssessmentLog
) -> None:
    identifier = Identifier(person="P2", mbox=STRANGER["mbox"])
    early = log.state(statement(actor=STRANGER), LMS)
    linked = log.record(identifier)
    late = log.state(statement(actor=STRANGER), LMS)
    log.withdraw(identifier)
    reader = Reader(connection, log)
    assert reader.positions("P2", as_of=early) == []
    assert reader.positions("P2", as_of=linked) == [early]
    assert reader.positions("P2", as_of=late) == [early, late]
    assert reader.positions("P2") == []
    assert reader.nobodys() == [early, late]


def test_an_identifier_is_somebodys_on_local_days_the_first_and_the_last_included(
    connection: Connection, log: AssessmentLog
) -> None:
    log.record(
        Identifier(person="P1", mbox=STRANGER["mbox"], to=date(2026, 4, 30)),
        Identifier(person="P2", mbox=STRANGER["mbox"], from_=date(2026, 5, 1)),
    )
    last = log.state(statement(actor=STRANGER, timestamp="2026-04-30T16:59:59.999999Z"), LMS)
    first = log.state(statement(actor=STRANGER, timestamp="2026-04-30T17:00:00Z"), LMS)
    reader = Reader(connection, log)
    assert (reader.positions("P1"), reader.positions("P2")) == ([last], [first])
    assert reader.nobodys() == []


def test_outside_of_its_days_an_identifier_is_nobodys(
    connection: Connection, log: AssessmentLog
) -> None:
    log.record(Identifier(person="P2", mbox=STRANGER["mbox"], from_=date(2026, 5, 1)))
    nobodys = log.state(statement(actor=STRANGER, timestamp="2026-04-30T16:59:59Z"), LMS)
    log.state(statement(actor=STRANGER, timestamp="2026-04-30T17:00:00Z"), LMS)
    reader = Reader(connection, log)
    assert reader.nobodys() == [nobodys]
    [found] = unresolved_actors(connection, log.head)
    assert (found.statements, found.position) == (1, nobodys)


def test_the_first_and_the_last_moments_there_are_have_a_day(
    connection: Connection, log: AssessmentLog
) -> None:
    log.record(Identifier(person="P2", mbox=STRANGER["mbox"], from_=date(2026, 5, 1)))
    log.state(statement(actor=STRANGER, timestamp="0001-01-01T00:00:00Z"), LMS)
    last = log.state(statement(actor=STRANGER, timestamp="9999-12-31T23:59:59Z"), LMS)
    assert Reader(connection, log).positions("P2") == [last]


def test_a_statement_counts_once_for_who_has_its_actor_twice(
    connection: Connection, log: AssessmentLog
) -> None:
    log.record(Identifier(person="P2", account=AN), PeopleMerged(person="P2", into="P1"))
    found = log.state(statement(), LMS)
    assert Reader(connection, log).positions() == [found]


def test_who_is_merged_counts_for_the_other_until_they_are_parted(
    connection: Connection, log: AssessmentLog
) -> None:
    merged = PeopleMerged(person="P1", into="P2")
    found = log.state(statement(), LMS)
    as_one = log.record(merged)
    log.withdraw(merged)
    reader = Reader(connection, log)
    assert reader.positions("P2", as_of=as_one) == [found]
    with pytest.raises(PersonUnknown):
        reader.evidence("P1", as_of=as_one)
    assert people(connection, view(connection, KY, "open", as_one)) == ["P2"]
    assert (reader.positions("P1"), reader.positions("P2")) == ([found], [])


def test_merging_in_a_chain_ends_at_its_last_and_a_circle_is_no_merging(
    connection: Connection, log: AssessmentLog
) -> None:
    found = log.state(statement(), LMS)
    log.record(Person(id="P3", name="Lê Chi"))
    chain = log.record(PeopleMerged(person="P1", into="P2"), PeopleMerged(person="P2", into="P3"))
    log.record(PeopleMerged(person="P3", into="P1"))
    reader = Reader(connection, log)
    assert reader.positions("P3", as_of=chain) == [found]
    assert reader.positions("P1") == [found]


# ---- the freeze


def test_the_register_of_frozen_results_is_that_of_the_freeze(
    connection: Connection, log: AssessmentLog
) -> None:
    counted = log.state(statement(), LMS)
    log.record(Freeze(period=KY, position=counted))
    log.withdraw(Identifier(person="P1", account=AN))
    log.record(Membership(person="P1", unit="X", position="CV", category="cong_chuc"))
    late = log.state(statement(), LMS)
    reader = Reader(connection, log)
    seen = view(connection, KY, "frozen", log.head)
    file, evidence = gather_person(connection, seen, "P1")
    assert seen.catalogue.freeze == counted
    assert file.memberships == []
    assert [row.position for row in evidence] == [counted, late], "the late one is explained"
    assert reader.positions() == []


def test_before_the_freeze_there_are_no_frozen_results(
    connection: Connection, log: AssessmentLog
) -> None:
    before = log.head
    freeze = Freeze(period=KY, position=before)
    frozen = log.record(freeze)
    log.withdraw(freeze)
    log.project(connection)
    assert [result_sets(connection, KY, at) for at in (before, frozen, log.head)] == [
        ("open",),
        ("frozen",),
        ("open",),
    ]
    for at in (before, log.head):
        with pytest.raises(NotFrozen):
            catalogue(connection, KY, "frozen", at)
    assert catalogue(connection, KY, "frozen", frozen).freeze == before
    assert catalogue(connection, KY, "open", frozen).freeze is None


def test_a_period_is_unknown_before_it_is_opened(
    connection: Connection, log: AssessmentLog
) -> None:
    log.project(connection)
    with pytest.raises(PeriodUnknown):
        view(connection, KY, "open", 5)
    with pytest.raises(PeriodUnknown):
        view(connection, "KY-2027", "open", log.head)


# ---- corrections


def appeal(*corrections: Correction, id: str = "KN-1", **said: Any) -> Appeal:
    given = {"decision": "accepted", "decided": date(2026, 12, 15), "period": KY, **said}
    return Appeal(id=id, person="P1", filed=date(2026, 12, 1), corrections=corrections, **given)


def crediting(position: int, person: str, *more: Any) -> Correction:
    waive = ("UNRESOLVED_ACTOR", *more)
    id_ = str(UUID(int=position))
    return Correction(kind="credit_statement", statement=id_, waive=waive, person=person)


def test_a_correction_links_an_identifier_in_the_corrected_results_alone(
    connection: Connection, log: AssessmentLog
) -> None:
    found = log.state(statement(actor=STRANGER), LMS)
    log.record(Freeze(period=KY, position=found))
    identifier = Identifier(person="P2", mbox=STRANGER["mbox"])
    correction = Correction(kind="link_identity", person="P2", identifier=identifier)
    log.record(appeal(correction))
    reader = Reader(connection, log)
    assert reader.positions("P2", "corrected") == [found]
    assert reader.positions("P2", "frozen") == []
    assert (reader.nobodys("corrected"), reader.nobodys("frozen")) == ([], [found])
    assert result_sets(connection, KY, log.head) == ("frozen", "corrected")


def test_a_correction_gives_a_statement_of_nobody_to_a_person(
    connection: Connection, log: AssessmentLog
) -> None:
    nobodys = log.state(statement(actor=STRANGER), LMS)
    log.state(statement(actor=STRANGER, timestamp="2026-03-03T00:00:00Z"), LMS)
    ans = log.state(statement(), LMS)
    log.record(Freeze(period=KY, position=ans))
    log.record(appeal(crediting(nobodys, "P2"), crediting(nobodys, "P1"), crediting(ans, "P2")))
    reader = Reader(connection, log)
    assert reader.positions("P2", "corrected") == [nobodys]
    assert reader.positions("P1", "corrected") == [ans], "it is somebody's, and stays theirs"
    assert reader.positions("P2", "frozen") == []
    assert reader.nobodys("corrected") == [nobodys + 1]
    assert view(connection, KY, "corrected", log.head).catalogue.corrections[0].person == "P2"


def test_corrections_come_in_the_order_in_which_they_were_decided(
    connection: Connection, log: AssessmentLog
) -> None:
    def deciding(reason: str) -> Correction:
        return Correction(kind="decide_declaration", item="KK", decision="accepted", reason=reason)

    log.record(Freeze(period=KY, position=log.head))
    log.record(appeal(deciding("third"), id="A", decided=date(2026, 12, 20)))
    log.record(appeal(deciding("second"), id="C"))
    log.record(appeal(deciding("first"), id="B"))
    log.record(appeal(deciding("rejected"), id="D", decision="rejected"))
    log.record(appeal(deciding("of another period"), id="E", period="KY-2025"))
    log.project(connection)
    corrections = catalogue(connection, KY, "corrected", log.head).corrections
    assert [correction.reason for correction in corrections] == ["first", "second", "third"]
    assert catalogue(connection, KY, "frozen", log.head).corrections == ()


def test_who_a_correction_names_may_have_been_merged(
    connection: Connection, log: AssessmentLog
) -> None:
    log.record(PeopleMerged(person="P2", into="P1"))
    credited = log.state(statement(actor=STRANGER), LMS)
    linked = log.state(statement(actor={"mbox": "mailto:binh@bo.example"}), LMS)
    log.record(Freeze(period=KY, position=log.head))
    identifier = Identifier(person="P2", mbox="mailto:binh@bo.example")
    log.record(
        appeal(
            crediting(credited, "P2"),
            Correction(kind="link_identity", person="P2", identifier=identifier),
        )
    )
    assert Reader(connection, log).positions("P1", "corrected") == [credited, linked]


# ---- the register


def test_a_record_is_replaced_withdrawn_and_recorded_again(
    connection: Connection, log: AssessmentLog
) -> None:
    def report(vi: str) -> Record:
        return Report(id="BC", unit="X", vi=vi, due=date(2026, 2, 13))

    first, second = log.record(report("một")), log.record(report("hai"))
    gone, again = log.withdraw(report("hai")), log.record(report("ba"))
    log.project(connection)
    seen = [record(connection, Report, "BC", at) for at in (first, second, gone, again)]
    assert seen == [report("một"), report("hai"), None, report("ba")]
    assert records(connection, Report, again) == [report("ba")]


def test_what_is_about_a_unit_is_in_its_file_and_what_is_about_a_person_in_theirs(
    connection: Connection, log: AssessmentLog
) -> None:
    units = Item(id="KK-1", kind="propaganda", date=date(2026, 3, 1), unit="X")
    persons = Item(id="KK-2", kind="news_article", date=date(2026, 3, 1), person="P1")
    log.record(units, persons)
    log.project(connection)
    seen = view(connection, KY, "open", log.head)
    assert gather_unit(connection, seen, "X").items == [units]
    assert gather_person(connection, seen, "P1")[0].items == [persons]
    with pytest.raises(UnitUnknown):
        gather_unit(connection, seen, "Y")


def test_a_key_and_a_text_may_be_of_any_length(connection: Connection, log: AssessmentLog) -> None:
    endless = Report(id="B" * 20_000, unit="X", vi="vì " * 20_000, due=date(2026, 2, 13))
    log.record(endless)
    log.project(connection)
    assert record(connection, Report, endless.key, log.head) == endless


# ---- queues


def test_a_queue_counts_what_waits_and_lets_go_when_it_is_mapped(
    connection: Connection, log: AssessmentLog
) -> None:
    moments = ("2026-03-05T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z")
    for sender, moment in zip((LMS, SECOND_KEY, LMS), moments, strict=True):
        last = log.state(statement(timestamp=moment), sender)
    log.state(statement("initialized"), LMS)
    log.state(statement("launched", result={"duration": "PT1H"}), LMS)
    log.state(statement(), OTHER)
    log.project(connection)
    [found] = unmapped_courses(connection, log.head)
    assert (found.platform, found.activity, found.statements, found.position) == (
        "lms",
        activity_key(COURSE),
        3,
        last,
    )
    assert found.last - found.first == 4 * 24 * 3600 * 1_000_000
    assert unmapped_courses(connection, last - 2)[0].statements == 1


def test_a_page_looks_past_any_number_of_mapped_activities(
    connection: Connection, log: AssessmentLog
) -> None:
    activities = sorted((f"{COURSE}/{number}" for number in range(6)), key=activity_key)
    mapped, waiting = tuple(activities[:5]), activities[5]
    log.record(Course(id="R1", vi="Khóa", nominal_minutes=Decimal(60), activities={"lms": mapped}))
    for activity in activities:
        log.state(statement(object={"id": activity}), LMS)
    log.project(connection)
    [found] = unmapped_courses(connection, log.head, limit=1)
    assert found.activity == activity_key(waiting)


def test_the_next_page_goes_on_in_the_next_platform(
    connection: Connection, log: AssessmentLog
) -> None:
    log.record(Platform(id="mobi", vi="Mobi", credential="other-2026"))
    activities = sorted((f"{COURSE}/{number}" for number in range(2)), key=activity_key)
    log.state(statement(object={"id": activities[1]}), LMS)
    log.state(statement(object={"id": activities[0]}), OTHER)
    log.project(connection)
    [first] = unmapped_courses(connection, log.head, limit=1)
    rest = unmapped_courses(connection, log.head, after=(first.platform, first.activity))
    assert [found.platform for found in (first, *rest)] == ["lms", "mobi"]


def test_what_is_withdrawn_twice_ended_the_first_time(
    connection: Connection, log: AssessmentLog
) -> None:
    held = Identifier(person="P1", account=AN)
    gone = log.withdraw(held)
    log.withdraw(held)
    log.project(connection, [gone - 2])
    assert record(connection, Identifier, held.key, gone - 1) == held
    assert record(connection, Identifier, held.key, gone) is None
