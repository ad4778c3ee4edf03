"""Random logs of a small world, and a plain reading of them to compare the tables with."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from hashlib import sha1
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from projections.assessment import UnmappedCourse, UnresolvedActor
from schemas.events import NOBODY, STATEMENT_KINDS, Kind
from schemas.formats import parse_timestamp
from schemas.keys import activity_key
from schemas.register import (
    RECORDED,
    WITHDRAWN,
    Absence,
    Account,
    Appeal,
    Competence,
    Correction,
    Course,
    Freeze,
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
    identity_key,
    record_of,
)
from tests.projections.assessment.logs import AssessmentLog, Json, statement, voiding
from tests.projections.scoring.case_folder import read_yaml


def scheme_of(sheet: Json) -> Scheme:
    """A score sheet as it is recorded."""
    said = msgspec.to_builtins(sheet)
    id_, version, subject = said["id"], int(said["version"]), said["subject"]
    return Scheme(id=id_, version=version, subject=subject, sheet=said)


HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
PERIOD = "KY-2026"
PEOPLE = ("P1", "P2", "P3")
UNITS = ("X", "Y")
PLATFORMS = ("lms", "mobi")
LMS, SECOND, MOBI = (bytes([number]) * 16 for number in (1, 2, 3))
CREDENTIALS = {MOBI: "mobi-key", SECOND: "lms-key", LMS: "lms-key"}
ADMINISTRATOR = bytes([8]) * 16
SENDERS = (LMS, LMS, LMS, *CREDENTIALS, ADMINISTRATOR, NOBODY)

MOVEMENT = Path(__file__).parents[2] / "golden" / "movement-2026"
SCHEMES = tuple(
    scheme_of(read_yaml(MOVEMENT / f"scheme-{name}.yaml")) for name in ("individual", "unit")
)

MBOX = "mailto:an@bo.example"
HOME = Account(home_page="https://sso.bo.example", name="100045")
AWAY = Account(home_page="https://lms.bo.example", name="100045")
OPENID = "https://id.example/an"
IDENTIFIERS: tuple[partial[Identifier], ...] = (
    partial(Identifier, mbox=MBOX),
    partial(Identifier, account=HOME),
    partial(Identifier, account=AWAY),
    partial(Identifier, openid=OPENID),
)
ACTORS: tuple[Json, ...] = (
    {"mbox": MBOX},
    {"mbox_sha1sum": sha1(MBOX.encode()).hexdigest().upper()},
    {"account": {"homePage": HOME.home_page, "name": HOME.name}},
    {"account": {"homePage": AWAY.home_page, "name": AWAY.name}},
    {"openid": OPENID},
    {"openid": f"{OPENID}/other"},
    {"objectType": "Group", "mbox": MBOX},
    {"objectType": "Group", "member": [{"mbox": MBOX}]},
)
ACTIVITIES = tuple(f"https://lms.bo.example/{name}" for name in "abc")
OBJECTS: tuple[Json, ...] = (
    *({"id": activity} for activity in ACTIVITIES),
    {"objectType": "Agent", "mbox": MBOX},
)
IDS = tuple(UUID(int=0xA0 + number) for number in range(6))
VERBS = ("completed", "passed", "failed", "scored", "experienced", "initialized")

# Drawing costs little, making a strategy much: each is made once.
days = st.dates(date(2025, 11, 28), date(2026, 12, 3))
open_days = st.none() | days
people, units, platforms = map(st.sampled_from, (PEOPLE, UNITS, PLATFORMS))
senders = st.sampled_from(SENDERS)
submissions = st.sampled_from((date(2026, 1, 5), date(2026, 9, 1)))
ids_of_items = st.sampled_from(("KK-1", "KK-2"))


some_identifiers = st.sampled_from(IDENTIFIERS)
some_bounds = st.sampled_from(((), (), (open_days, open_days)))


@cache
@st.composite
def identifiers(draw: st.DrawFn) -> Identifier:
    """Mostly somebody's for ever."""
    from_, to = [draw(bound) for bound in draw(some_bounds)] or (None, None)
    return draw(some_identifiers)(person=draw(people), from_=from_, to=to)


@cache
def corrections() -> st.SearchStrategy[Correction]:
    ids = st.sampled_from(IDS).map(str)
    return st.one_of(
        st.builds(
            Correction,
            kind=st.just("credit_statement"),
            statement=ids,
            waive=st.sampled_from((("UNRESOLVED_ACTOR",), ("AFTER_FREEZE",))),
            person=people,
        ),
        st.builds(
            Correction,
            kind=st.just("decide_declaration"),
            item=st.sampled_from(("KK-1", "KK-2")),
            decision=st.just("accepted"),
        ),
        st.builds(
            lambda identifier: Correction(
                kind="link_identity", person=identifier.person, identifier=identifier
            ),
            identifiers(),
        ),
    )


@cache
def records() -> st.SearchStrategy[Record]:
    """Few keys, so that a record is often replaced or withdrawn."""
    some_days = {"from_": open_days, "to": open_days}
    return st.one_of(
        identifiers(),
        st.builds(Unit, id=units, vi=st.just("đơn vị"), from_=open_days),
        st.builds(Person, id=people, name=st.sampled_from(("An", "Bình"))),
        st.builds(PeopleMerged, person=people, into=people),
        st.builds(
            Membership,
            person=people,
            unit=units,
            position=st.just("CV"),
            category=st.just("cong_chuc"),
            head=st.booleans(),
            **some_days,
        ),
        st.builds(Absence, person=people, type=st.just("om"), **some_days),
        st.builds(PartyMembership, person=people, **some_days),
        st.builds(
            Platform,
            id=platforms,
            vi=st.just("nền tảng"),
            credential=st.sampled_from(("lms-key", "mobi-key")),
            minutes_verbs=st.sampled_from(((), ("http://adlnet.gov/expapi/verbs/experienced",))),
            recognitions=st.sampled_from(((), (Recognition(),))),
        ),
        st.builds(
            Course,
            id=st.sampled_from(("R1", "R2")),
            vi=st.just("khóa"),
            nominal_minutes=st.sampled_from((Decimal(60), Decimal("7.5"))),
            activities=st.dictionaries(
                platforms, st.lists(st.sampled_from(ACTIVITIES), max_size=2).map(tuple)
            ),
        ),
        st.builds(
            JobPosition,
            id=st.just("CV"),
            vi=st.just("chuyên viên"),
            required_courses=st.sampled_from(((), ("R1",), ("R1", "R2"))),
        ),
        st.builds(
            Item,
            id=st.just("KK-1"),
            kind=st.just("digital_material"),
            date=days,
            person=people,
            decision=st.sampled_from(("accepted", "pending")),
        ),
        st.builds(
            Item,
            id=st.just("KK-2"),
            kind=st.just("propaganda"),
            date=days,
            unit=units,
            decision=st.just("accepted"),
        ),
        st.builds(Plan, unit=units, submitted=days),
        st.builds(Report, id=st.just("BC"), unit=units, vi=st.just("báo cáo"), due=days),
        st.builds(
            Competence,
            person=people,
            framework=st.just("KNLS-757"),
            level=st.integers(1, 2),
            date=st.just(date(2026, 1, 1)),
        ),
        st.sampled_from(SCHEMES).map(lambda scheme: replace(scheme, sheet={})),
        st.builds(
            Period,
            id=st.just(PERIOD),
            vi=st.just("kỳ"),
            start=st.just(date(2025, 12, 1)),
            end=st.just(date(2026, 11, 30)),
            person_scheme=st.just(SCHEMES[0].key),
            unit_scheme=st.just(SCHEMES[1].key),
            required_course_deadline=days,
        ),
        st.builds(
            Appeal,
            id=st.sampled_from(("KN-1", "KN-2")),
            period=st.just(PERIOD),
            person=people,
            filed=days,
            decided=days,
            decision=st.sampled_from(("accepted", "rejected")),
            corrections=st.lists(corrections(), max_size=2).map(tuple),
        ),
    )


verbs = st.sampled_from(VERBS)
actors, objects = map(st.sampled_from, (ACTORS, OBJECTS))
hours = st.sampled_from((0, 16, 17, 23))
stated_results = st.fixed_dictionaries(
    {},
    optional={
        "completion": st.booleans(),
        "success": st.booleans(),
        "score": st.sampled_from((-1, 0, 0.5, 1)).map(lambda scaled: {"scaled": scaled}),
        "duration": st.sampled_from(("PT0S", "PT1.5M", "P1Y")),
    },
)


@cache
@st.composite
def statements(draw: st.DrawFn) -> Json:
    result = draw(stated_results)
    moment = datetime.combine(draw(days), datetime.min.time(), UTC)
    moment += timedelta(hours=draw(hours))
    return statement(
        draw(verbs),
        actor=draw(actors),
        object=draw(objects),
        result=result,
        timestamp=moment.isoformat(),
    )


BASE: tuple[Record, ...] = (
    JobPosition(id="CV", vi="chuyên viên", required_courses=("R1",)),
    Membership(person="P1", unit="X", position="CV", category="cong_chuc", head=True),
    Membership(person="P2", unit="X", position="CV", category="cong_chuc"),
    IDENTIFIERS[2](person="P3"),
    IDENTIFIERS[0](person="P1"),
    IDENTIFIERS[1](person="P2"),
    *(Person(id=person, name=f"Người {person}") for person in PEOPLE),
    *(Unit(id=unit, vi=f"Cục {unit}") for unit in UNITS),
    Platform(
        id="lms",
        vi="LMS",
        credential="lms-key",
        minutes_verbs=("http://adlnet.gov/expapi/verbs/experienced",),
        recognitions=(Recognition(),),
    ),
    Platform(id="mobi", vi="Mobi", credential="mobi-key"),
    Course(id="R1", vi="Khóa 1", nominal_minutes=Decimal(60), activities={"lms": ACTIVITIES[:1]}),
    *SCHEMES,
    Period(
        id=PERIOD,
        vi="Kỳ đánh giá 2026",
        start=date(2025, 12, 1),
        end=date(2026, 11, 30),
        person_scheme=SCHEMES[0].key,
        unit_scheme=SCHEMES[1].key,
        required_course_deadline=date(2026, 10, 31),
    ),
)


orders_of_ids = st.permutations(IDS)
steps_of_logs = st.lists(st.integers(0, 15), min_size=10, max_size=36)
steps_of_busy_logs = st.lists(st.integers(0, 19), min_size=6, max_size=30)
voided = st.sampled_from(IDS).map(voiding)


@st.composite
def logs(draw: st.DrawFn, late: bool = True) -> AssessmentLog:
    """A log of up to fifty events: the base of a register, then anything in any order; ``late``:
    even statements of who is issued a key later.
    """
    log = AssessmentLog()
    ids = iter(draw(orders_of_ids))
    unissued = dict(CREDENTIALS)
    if draw(st.booleans()):
        log.issue(ADMINISTRATOR, "administrator", "all")
    log.issue(*unissued.popitem(), "statements/write")
    while unissued and not late:
        log.issue(*unissued.popitem(), "statements/write")
    known = list(BASE[draw(st.integers(0, 3)) :])
    base = log.record(*known)
    for step in draw(steps_of_logs):
        match step:
            case 0 if unissued:
                log.issue(*unissued.popitem(), "statements/write")
            case 1:
                log.withdraw(draw(st.sampled_from(known)))
            case 2:
                log.record(Freeze(period=PERIOD, position=draw(st.integers(base - 2, log.head))))
            case 3 | 4 | 5:
                known.append(draw(records()))
                log.record(known[-1])
            case 6 | 7 | 8:
                log.state(draw(voided), draw(senders))
            case _:
                id_ = next(ids, None)
                log.state(draw(statements()), draw(senders), None if id_ is None else id_.bytes)
    return log


@st.composite
def busy_logs(draw: st.DrawFn) -> AssessmentLog:
    """A log in which what comes in is mostly about one person or one unit, and counts."""
    log = AssessmentLog()
    log.issue(LMS, "lms-key", "statements/write")
    log.issue(MOBI, "mobi-key", "statements/write")
    log.record(*BASE)
    log.record(Membership(person="P3", unit="Y", position="CV", category="cong_chuc", head=True))
    stated: list[bytes] = []
    known = list(BASE)
    for step in draw(steps_of_busy_logs):
        match step:
            case 0:
                log.withdraw(draw(st.sampled_from(known)))
            case 1:
                log.record(draw(records()))
            case 2 | 3 | 4 | 5 | 6 | 7:
                known.append(draw(of_one()))
                log.record(known[-1])
            case 8 | 9 if known[len(BASE) :]:
                log.withdraw(draw(st.sampled_from(known[len(BASE) :])))
            case 10 | 11 | 12 if stated:
                log.state(voiding(draw(st.sampled_from(stated))), LMS)
            case _:
                stated.append(UUID(int=log.head + 1).bytes)
                log.state(draw(learning()), LMS)
    return log


@cache
def of_one() -> st.SearchStrategy[Record]:
    """Records of one person or one unit."""
    starts = {"from_": st.sampled_from((None, date(2026, 1, 1), date(2026, 8, 1)))}
    accepted = {"date": st.just(date(2026, 3, 1)), "decision": st.just("accepted")}
    return st.one_of(
        st.builds(
            Membership,
            person=people,
            unit=units,
            position=st.just("CV"),
            category=st.just("cong_chuc"),
            head=st.booleans(),
            to=st.sampled_from((None, date(2026, 6, 30))),
            **starts,
        ),
        st.builds(Absence, person=people, type=st.just("om"), **starts),
        st.builds(PartyMembership, person=people, **starts),
        st.builds(
            Item, id=ids_of_items, kind=st.just("digital_material"), person=people, **accepted
        ),
        st.builds(Item, id=ids_of_items, kind=st.just("propaganda"), unit=units, **accepted),
        st.builds(
            Plan, unit=units, submitted=st.sampled_from((date(2026, 1, 5), date(2026, 9, 1)))
        ),
        st.builds(
            Report,
            id=st.just("BC"),
            unit=units,
            vi=st.just("báo cáo"),
            due=st.just(date(2026, 3, 2)),
            submitted=st.sampled_from((None, date(2026, 3, 2))),
        ),
        st.builds(
            Competence,
            person=people,
            framework=st.just("KNLS-757"),
            level=st.integers(1, 5),
            date=st.just(date(2026, 1, 1)),
        ),
        st.builds(Unit, id=units, vi=st.just("đơn vị"), evaluated=st.booleans()),
        st.builds(Person, id=people, name=st.just("An")),
        st.builds(lambda person, of: of(person=person), people, st.sampled_from(IDENTIFIERS)),
    )


@cache
def learning() -> st.SearchStrategy[Json]:
    """Something that counts for somebody, if not for the wrong one."""
    return st.builds(
        lambda verb, actor, duration, month: statement(
            verb,
            actor=actor,
            object={"id": ACTIVITIES[0]},
            result={"duration": duration},
            timestamp=f"2026-0{month}-02T08:00:00+07:00",
        ),
        st.sampled_from(("completed", "experienced")),
        st.sampled_from(ACTORS[:4]),
        st.sampled_from(("PT40M", "PT1H")),
        st.integers(1, 9),
    )


def cuts() -> st.SearchStrategy[set[int]]:
    """Where a log is cut into batches."""
    return st.sets(st.integers(0, 40), max_size=12)


# ---- a plain reading


class Plain:
    """What a log says, found by reading it from the beginning each time."""

    def __init__(self, log: AssessmentLog) -> None:
        self.log = log

    def register(self, as_of: int) -> dict[tuple[type[Record], str], Record]:
        """The records there are, in the order in which they were recorded."""
        found: dict[tuple[type[Record], str], Record] = {}
        for entry in self.log.upto(as_of).entries:
            if entry.kind in RECORDED:
                record = record_of(entry.kind, entry.body)
                found.pop((type(record), record.key), None)
                found[type(record), record.key] = record
            elif entry.kind in WITHDRAWN:
                found.pop((WITHDRAWN[entry.kind], entry.parsed()["key"]), None)
        return found

    def records(self, kind: type[Record], as_of: int) -> list[Record]:
        return [one for (type_, _), one in self.register(as_of).items() if type_ is kind]

    def names(self, as_of: int) -> dict[bytes, str]:
        return {
            entry.stream_id: entry.parsed()["name"]
            for entry in self.log.upto(as_of).entries
            if entry.kind == Kind.CREDENTIAL_ISSUED
        }

    def statements(self, as_of: int) -> Iterator[tuple[int, bytes, bytes, Any]]:
        """Position, id, sender and value of each statement."""
        for entry in self.log.upto(as_of).entries:
            if entry.kind in STATEMENT_KINDS:
                yield entry.position, entry.stream_id, entry.credential, entry.parsed()

    def voided(self, as_of: int, voids: int) -> dict[bytes, int]:
        """By statement, the position of the first that voids it."""
        by_id = {id_: sender for _, id_, sender, _ in self.statements(as_of)}
        may_void_all = {
            entry.stream_id
            for entry in self.log.upto(as_of).entries
            if entry.kind == Kind.CREDENTIAL_ISSUED and "all" in entry.parsed()["scopes"]
        }
        found: dict[bytes, int] = {}
        for position, _, sender, value in self.statements(voids):
            if value["verb"]["id"].endswith("/voided"):
                target = UUID(value["object"]["id"]).bytes
                if sender in (by_id.get(target), NOBODY) or sender in may_void_all:
                    found.setdefault(target, position)
        return found

    def people(self, register: int) -> dict[str, str]:
        """By person, who they are counted as."""
        into = {one.person: one.into for one in self.records(PeopleMerged, register)}  # type: ignore[attr-defined]
        counted = {}
        for person in PEOPLE:
            steps = [person]
            while steps[-1] in into and into[steps[-1]] not in steps:
                steps.append(into[steps[-1]])
            counted[person] = person if steps[-1] in into else steps[-1]
        return counted

    def corrections(self, as_of: int) -> list[Correction]:
        appeals: list[Any] = self.records(Appeal, as_of)
        appeals = [one for one in appeals if one.decision != "rejected"]
        appeals.sort(key=lambda one: (one.decided, one.id))
        return [correction for one in appeals for correction in one.corrections]

    def owners(
        self, register: int, corrected: list[Correction], actor: Json, day: date
    ) -> set[str]:
        """Whose a statement of that day is."""
        counted = self.people(register)
        held: list[Any] = self.records(Identifier, register)
        held += [one.identifier for one in corrected if one.identifier is not None]
        key = identity_key(actor)
        return {
            counted[one.person]
            for one in held
            if one.identity == key
            and (one.from_ is None or one.from_ <= day)
            and (one.to is None or day <= one.to)
        }

    def platforms(self, register: int, as_of: int) -> dict[bytes, Platform]:
        """By credential; of several with one name the first by id."""
        found: dict[bytes, Platform] = {}
        platforms: list[Any] = self.records(Platform, register)
        for platform in sorted(platforms, key=lambda one: one.id):
            for credential, name in self.names(as_of).items():
                if platform.credential == name:
                    found.setdefault(credential, platform)
        return found

    def evidence(self, result_set: str, as_of: int) -> "PlainEvidence | None":
        """None where there is no such view."""
        register, corrected = as_of, []
        if result_set != "open":
            freezes: list[Any] = self.records(Freeze, as_of)
            if not freezes:
                return None
            register = min(freezes[0].position, as_of)
        if result_set == "corrected":
            corrected = self.corrections(as_of)
        if not self.records(Period, register):
            return None
        platforms = self.platforms(register, as_of)
        voided = self.voided(as_of, register)
        counted = self.people(register)
        known: list[Any] = self.records(Person, register)
        of: dict[str, Any] = {one.id: [] for one in known if counted[one.id] == one.id}
        nobodys = []
        credited = {
            UUID(one.statement).bytes: str(one.person)
            for one in reversed(corrected)
            if "UNRESOLVED_ACTOR" in one.waive
        }
        for position, id_, sender, value in self.statements(as_of):
            platform = platforms.get(sender)
            owners = self.owners(register, corrected, value["actor"], local_day(value))
            if not owners and id_ in credited:
                owners = {counted[credited[id_]]}
            if not owners and has_signal(value, platform.minutes_verbs if platform else ()):
                nobodys.append(position)
            if has_signal(value, (value["verb"]["id"],)):
                row = (position, platform.id if platform else "", voided.get(id_))
                for person in owners & set(of):
                    of[person].append(row)
        return PlainEvidence(of, nobodys)

    def unresolved_actors(self, as_of: int) -> list[UnresolvedActor]:
        held: dict[bytes, list[tuple[int, int]]] = {}
        platforms = self.platforms(as_of, as_of)
        for position, _, sender, value in self.statements(as_of):
            key = identity_key(value["actor"])
            platform = platforms.get(sender)
            if (
                key is not None
                and has_signal(value, platform.minutes_verbs if platform else ())
                and not self.owners(as_of, [], value["actor"], local_day(value))
            ):
                held.setdefault(key, []).append((moment(value), position))
        return [UnresolvedActor(key, *summed(rows)) for key, rows in sorted(held.items())]

    def unmapped_courses(self, as_of: int) -> list[UnmappedCourse]:
        held: dict[tuple[str, bytes], list[tuple[int, int]]] = {}
        platforms = self.platforms(as_of, as_of)
        courses: list[Any] = self.records(Course, as_of)
        for position, _, sender, value in self.statements(as_of):
            platform, target = platforms.get(sender), value["object"]
            if platform is None or "objectType" in target:
                continue
            listed = [id_ for one in courses for id_ in one.activities.get(platform.id, ())]
            if target["id"] not in listed and has_signal(value, platform.minutes_verbs):
                place = (platform.id, activity_key(target["id"]))
                held.setdefault(place, []).append((moment(value), position))
        return [UnmappedCourse(*place, *summed(rows)) for place, rows in sorted(held.items())]


class PlainEvidence(NamedTuple):
    """By person, the position, platform and voiding position of each statement that may count;
    and the positions of what is nobody's.
    """

    of: dict[str, list[tuple[int, str, int | None]]]
    nobodys: list[int]


def summed(rows: list[tuple[int, int]]) -> tuple[int, int, int, int]:
    moments, positions = zip(*rows, strict=True)
    return len(rows), min(moments), max(moments), max(positions)


def moment(value: Any) -> int:
    return parse_timestamp(value["timestamp"])


def local_day(value: Any) -> date:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment(value))
    return instant.astimezone(HANOI).date()


def has_signal(value: Any, minutes_verbs: tuple[str, ...]) -> bool:
    """S1 to S5; a voiding statement has none (V4)."""
    verb, result = value["verb"]["id"].rpartition("/")[2], value.get("result", {})
    completion, success = result.get("completion"), result.get("success")
    return (
        (verb == "completed" and completion is not False)
        or (verb in ("passed", "failed") and completion is True)
        or (verb == "passed" and success is not False)
        or (verb in ("completed", "scored") and success is True)
        or (verb in ("passed", "failed", "scored") and "score" in result)
        or (value["verb"]["id"] in minutes_verbs and result.get("duration") == "PT1.5M")
    )
