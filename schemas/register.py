"""The register: everything the store knows that is not a statement.

Units, people and their identifiers, platforms and courses, score sheets, periods, what was
declared and what was decided. A record is one fact with a key; it enters the log as an event that
carries the record whole, a later event with the same key replaces it, and another withdraws it.
What was true at a position of the log is what the events up to it say.

All these events are one stream, because what must hold spans records: no identifier of two people,
no two heads of a unit on one day. A change is decided at a version of the stream and is refused
when another came between.

Dates are local calendar dates; ``from`` and ``to`` are both inclusive and open where absent.
Numbers are exact decimals.
"""

from datetime import date
from decimal import Decimal
from hashlib import sha1
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct, field

from schemas.events import Kind
from schemas.keys import key_of, remembered

STREAM: Final = bytes(16)

Day = date  # some fields are called date

Category = Literal["can_bo", "cong_chuc", "vien_chuc", "nguoi_lao_dong"]
MoveOn = Literal["Completed", "Passed", "CompletedAndPassed", "CompletedOrPassed"]
Decision = Literal["accepted", "rejected", "pending"]
Recognised = Literal["recognised", "proposed", "suspended", "revoked"]
Waiver = Literal["AFTER_FREEZE", "PLATFORM_NOT_RECOGNISED", "UNMAPPED_COURSE", "UNRESOLVED_ACTOR"]


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fact of the register. ``note`` is free text and changes nothing."""

    note: str | None = None

    @property
    def key(self) -> str:
        """What makes this record the same as an earlier one; unique among its type."""
        return str(self.id)  # type: ignore[attr-defined]  # records without an id say their own

    @property
    def about_person(self) -> str | None:
        """The person the record tells of, if it tells of one."""
        return getattr(self, "person", None)

    @property
    def about_unit(self) -> str | None:
        return getattr(self, "unit", None)


class Unit(Record, frozen=True):
    """``predecessors``: the units it continues, after a merge or a split."""

    id: str
    vi: str
    type: str = ""
    parent: str | None = None
    from_: Day | None = field(name="from", default=None)
    to: Day | None = None
    evaluated: bool = True
    predecessors: tuple[str, ...] = ()


class Person(Record, frozen=True):
    id: str
    name: str

    @property
    def about_person(self) -> str:
        return self.id


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    home_page: str = field(name="homePage")
    name: str


class Identifier(Record, frozen=True):
    """An xAPI inverse functional identifier of a person; exactly one of the four is given."""

    person: str
    account: Account | None = None
    mbox: str | None = None
    mbox_sha1sum: str | None = None
    openid: str | None = None
    from_: Day | None = field(name="from", default=None)
    to: Day | None = None

    @property
    def key(self) -> str:
        return f"{self.identity.hex()}/{self.person}"

    @property
    def identity(self) -> bytes:
        """The 16-byte key by which statements are found; see ``identity_key``."""
        match self:
            case Identifier(account=Account(home_page, name)):
                return _account_key(home_page, name)
            case Identifier(mbox=str(mbox)):
                return _mbox_key(mbox)
            case Identifier(mbox_sha1sum=str(digest)):
                return _digest_key(digest)
        return key_of("identity", f"openid\0{self.openid}")


class PeopleMerged(Record, frozen=True):
    """``person`` is the same human being as ``into``: its identifiers count for ``into``.

    Nothing is moved, so withdrawing the record parts them again.
    """

    person: str
    into: str

    @property
    def key(self) -> str:
        return self.person


class Membership(Record, frozen=True):
    person: str
    unit: str
    position: str
    category: Category
    head: bool = False
    primary: bool = True
    from_: Day | None = field(name="from", default=None)
    to: Day | None = None

    @property
    def key(self) -> str:
        primary = "primary" if self.primary else "second"
        return f"{self.person}/{self.unit}/{self.position}/{self.from_ or ''}/{primary}"


class Absence(Record, frozen=True):
    person: str
    type: str
    from_: Day | None = field(name="from", default=None)
    to: Day | None = None

    @property
    def key(self) -> str:
        return f"{self.person}/{self.type}/{self.from_ or ''}"


class PartyMembership(Record, frozen=True):
    """Protected: readable only by those who may see party data."""

    person: str
    from_: Day | None = field(name="from", default=None)
    to: Day | None = None

    @property
    def key(self) -> str:
        return f"{self.person}/{self.from_ or ''}"


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """A decision, by the number and the date it is cited with."""

    number: str
    date: Day


class Recognition(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Days on which a platform has a status; a suspension or a revocation overrides on its days."""

    from_: Day | None = field(name="from", default=None)
    to: Day | None = None
    decision: Document | None = None
    status: Recognised = "recognised"
    note: str | None = None


class Platform(Record, frozen=True):
    """``credential``: name of the key it posts with. ``minutes_verbs``: which of its statements
    carry learning time.
    """

    id: str
    vi: str
    credential: str
    minutes_verbs: tuple[str, ...] = ()
    recognitions: tuple[Recognition, ...] = ()


class Course(Record, frozen=True):
    """``activities``: by platform, the ids of the activities that are this course."""

    id: str
    vi: str
    nominal_minutes: Decimal
    exam: bool = False
    move_on: MoveOn = "Completed"
    activities: dict[str, tuple[str, ...]] = {}


class JobPosition(Record, frozen=True):
    id: str
    vi: str
    required_courses: tuple[str, ...] = ()
    required_level: int = 0


class Item(Record, frozen=True):
    """Something declared, or entered by the appraiser, about one person or one unit.

    ``value`` is what an appraiser or another system measured, for criteria that are not counted.
    """

    id: str
    kind: str
    date: Day
    title: str = ""
    person: str | None = None
    unit: str | None = None
    self_declared: bool = True
    decision: Decision = "pending"
    reason: str | None = None
    value: Decimal | None = None


class Target(Struct, frozen=True, forbid_unknown_fields=True):
    """A measure of the plan and the ratio of people it is to reach."""

    measure: str
    value: Decimal


class Plan(Record, frozen=True):
    """A unit's yearly plan, of its own or within another one."""

    unit: str
    submitted: Day
    document: str = ""
    targets: tuple[Target, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.unit}/{self.submitted}/{self.document}"


class Report(Record, frozen=True):
    """``submitted`` absent: never."""

    id: str
    unit: str
    vi: str
    due: Day
    submitted: Day | None = None


class Competence(Record, frozen=True):
    """A level of a competence framework that somebody outside has confirmed."""

    person: str
    framework: str
    level: int
    date: Day
    source: str = ""
    valid_to: Day | None = None
    verified: bool = True

    @property
    def key(self) -> str:
        return f"{self.person}/{self.framework}/{self.level}/{self.date}/{self.source}"


class Scheme(Record, frozen=True):
    """A score sheet in one version, as it was written; never changed once activated.

    ``sheet`` is what ``schemas.scheme`` reads, with every number as the text it was written as.
    """

    id: str
    version: int
    subject: Literal["person", "unit"]
    sheet: dict[str, Any]

    @property
    def key(self) -> str:
        return scheme_key(self.id, self.version)


class Period(Record, frozen=True):
    """``person_scheme`` and ``unit_scheme`` are keys of schemes, such as ``HTS-CN/1``."""

    id: str
    vi: str
    start: Day
    end: Day
    person_scheme: str
    unit_scheme: str
    required_course_deadline: Day
    timezone: str = "Asia/Ho_Chi_Minh"
    holidays: tuple[Day, ...] = ()
    working_days: tuple[Day, ...] = ()


class Freeze(Record, frozen=True):
    """What is stored after ``position`` does not count in the period."""

    period: str
    position: int

    @property
    def key(self) -> str:
        return self.period


class Schemes(Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of the score sheets that results were computed by, such as ``HTS-CN/1``."""

    person: str
    unit: str


class ResultRow(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What is recorded of one person's or one unit's row of results: nothing that could be read.

    ``record`` is the position of the event that recorded the person or the unit. ``digest`` is a
    lower-case hex SHA-256 over that event's salt and the row, so that when the event is destroyed
    with the person's key, the row tells of nobody and confirms nothing. ``rests_on`` are the
    records of the rows it was computed from: a unit's people, as they are without the unit, and a
    head's units.
    """

    record: int
    digest: str
    rests_on: tuple[int, ...] = ()


class Closing(Record, frozen=True):
    """The period's results are final. The digests are lower-case hex SHA-256.

    ``position`` is what the results were computed at. What is optional here is not in the events of
    earlier versions.
    """

    period: str
    position: int
    results: str
    roster: str
    result_set: Literal["frozen", "corrected"] | None = None
    schemes: Schemes | None = None
    program: str | None = None  # the version that computed the results
    people: tuple[ResultRow, ...] = ()
    units: tuple[ResultRow, ...] = ()

    @property
    def key(self) -> str:
        return self.period


class AwardDecision(Record, frozen=True):
    """People decided to award a person or a unit; exactly one of the two is given.

    ``decision`` is the decision as it is cited, ``decided_by`` the authority that signed it,
    ``proposal`` what the score sheet had proposed, if it had. From ``position`` on: the closed
    results that the decision rests on, as their closing names them.
    """

    period: str
    award: str
    decision: Document
    decided_by: str
    position: int
    results: str
    roster: str
    result_set: Literal["frozen", "corrected"]
    schemes: Schemes
    person: str | None = None
    unit: str | None = None
    achievement: str | None = None
    proposal: str | None = None

    @property
    def key(self) -> str:
        awarded = f"unit/{self.unit}" if self.person is None else f"person/{self.person}"
        return f"{self.period}/{self.award}/{awarded}"


class Correction(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One consequence of an appeal; which fields it has depends on ``kind``."""

    kind: Literal["credit_statement", "decide_declaration", "link_identity"]
    statement: str | None = None
    waive: tuple[Waiver, ...] = ()
    course: str | None = None
    person: str | None = None
    item: str | None = None
    decision: Decision | None = None
    reason: str | None = None
    identifier: Identifier | None = None  # its person is the correction's
    note: str | None = None


class Appeal(Record, frozen=True):
    id: str
    period: str
    person: str
    filed: Day
    decided: Day
    decision: Literal["accepted", "partly_accepted", "rejected"]
    document: Document | None = None
    reason: str = ""
    corrections: tuple[Correction, ...] = ()


class Kinds(NamedTuple):
    """The kinds of event that record, and withdraw, a record."""

    recorded: Kind
    withdrawn: Kind


RECORDS: Final[dict[type[Record], Kinds]] = {
    Unit: Kinds(Kind.UNIT_RECORDED, Kind.UNIT_WITHDRAWN),
    Person: Kinds(Kind.PERSON_RECORDED, Kind.PERSON_WITHDRAWN),
    Identifier: Kinds(Kind.IDENTIFIER_LINKED, Kind.IDENTIFIER_UNLINKED),
    PeopleMerged: Kinds(Kind.PEOPLE_MERGED, Kind.PEOPLE_PARTED),
    Membership: Kinds(Kind.MEMBERSHIP_RECORDED, Kind.MEMBERSHIP_WITHDRAWN),
    Absence: Kinds(Kind.ABSENCE_RECORDED, Kind.ABSENCE_WITHDRAWN),
    PartyMembership: Kinds(Kind.PARTY_MEMBERSHIP_RECORDED, Kind.PARTY_MEMBERSHIP_WITHDRAWN),
    Platform: Kinds(Kind.PLATFORM_RECORDED, Kind.PLATFORM_WITHDRAWN),
    Course: Kinds(Kind.COURSE_RECORDED, Kind.COURSE_WITHDRAWN),
    JobPosition: Kinds(Kind.JOB_POSITION_RECORDED, Kind.JOB_POSITION_WITHDRAWN),
    Item: Kinds(Kind.ITEM_DECLARED, Kind.ITEM_WITHDRAWN),
    Plan: Kinds(Kind.PLAN_SUBMITTED, Kind.PLAN_WITHDRAWN),
    Report: Kinds(Kind.REPORT_RECORDED, Kind.REPORT_WITHDRAWN),
    Competence: Kinds(Kind.COMPETENCE_RECORDED, Kind.COMPETENCE_WITHDRAWN),
    Scheme: Kinds(Kind.SCHEME_ACTIVATED, Kind.SCHEME_RETIRED),
    Period: Kinds(Kind.PERIOD_OPENED, Kind.PERIOD_CANCELLED),
    Freeze: Kinds(Kind.PERIOD_FROZEN, Kind.PERIOD_THAWED),
    Closing: Kinds(Kind.PERIOD_CLOSED, Kind.PERIOD_REOPENED),
    Appeal: Kinds(Kind.APPEAL_DECIDED, Kind.APPEAL_WITHDRAWN),
    AwardDecision: Kinds(Kind.AWARD_DECIDED, Kind.AWARD_WITHDRAWN),
}

RECORDED: Final[dict[int, type[Record]]] = {
    kinds.recorded: record for record, kinds in RECORDS.items()
}
WITHDRAWN: Final[dict[int, type[Record]]] = {
    kinds.withdrawn: record for record, kinds in RECORDS.items()
}
REGISTER_KINDS: Final = (*RECORDED, *WITHDRAWN)


class Withdrawal(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of an event that withdraws: the key of the record, and why."""

    key: str
    reason: str | None = None


def body_of(record: Record | Withdrawal) -> bytes:
    """The event's body: JSON, keys in the order of the fields, decimals as text."""
    return msgspec.json.encode(record)


def record_of(kind: int, body: bytes) -> Record:
    """The record an event of a recording kind carries."""
    return msgspec.json.decode(body, type=RECORDED[kind])


def scheme_key(id_: str, version: int) -> str:
    return f"{id_}/{version}"


def identity_key(agent: Any) -> bytes | None:
    """The key by which an actor is looked up in the register; None if it can be nobody.

    Unlike ``schemas.agents.agent_key`` nothing is folded: identifiers are equal character by
    character, but a mail address equals its SHA-1 (of the whole ``mailto:`` IRI, hex in either
    case). A group, identified or not, is nobody.
    """
    if agent.get("objectType", "Agent") != "Agent":
        return None
    if (account := agent.get("account")) is not None:
        return _account_key(account["homePage"], account["name"])
    if (mbox := agent.get("mbox")) is not None:
        return _mbox_key(mbox)
    if (digest := agent.get("mbox_sha1sum")) is not None:
        return _digest_key(digest)
    if (openid := agent.get("openid")) is not None:
        return key_of("identity", f"openid\0{openid}")
    return None


@remembered
def _account_key(home_page: str, name: str) -> bytes:
    return key_of("identity", f"account\0{home_page}\0{name}")


@remembered
def _mbox_key(mbox: str) -> bytes:
    return _digest_key(sha1(mbox.encode(), usedforsecurity=False).hexdigest())


def _digest_key(digest: str) -> bytes:
    return key_of("identity", f"mbox_sha1sum\0{digest.lower()}")
