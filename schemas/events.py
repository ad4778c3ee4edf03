"""Every kind of event the log can hold, and the shapes events have on their way in and out.

The number of a kind and the meaning of its body never change once an event of it was recorded: the
number is part of the event's Merkle leaf. A new meaning gets a new kind.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final, NamedTuple

import orjson


class Kind(IntEnum):
    """What happened, as one number."""

    LOG_OPENED = 1
    EPOCH_BEGUN = 4  # events were lost after they were signed for; names the loss
    STATEMENT_1_0 = 2  # a statement received under xAPI 1.0.x; its body is the JSON text received
    STATEMENT_2_0 = 3  # the same under xAPI 2.0
    DOCUMENT_STORED = 8
    DOCUMENT_DELETED = 9
    CREDENTIAL_ISSUED = 16
    CREDENTIAL_ROTATED = 17
    CREDENTIAL_REVOKED = 18
    UNIT_RECORDED = 32  # a record of the register as it is from now on; see schemas.register
    UNIT_WITHDRAWN = 33
    PERSON_RECORDED = 34
    PERSON_WITHDRAWN = 35
    IDENTIFIER_LINKED = 36
    IDENTIFIER_UNLINKED = 37
    PEOPLE_MERGED = 38
    PEOPLE_PARTED = 39
    MEMBERSHIP_RECORDED = 40
    MEMBERSHIP_WITHDRAWN = 41
    ABSENCE_RECORDED = 42
    ABSENCE_WITHDRAWN = 43
    PARTY_MEMBERSHIP_RECORDED = 44
    PARTY_MEMBERSHIP_WITHDRAWN = 45
    PLATFORM_RECORDED = 46
    PLATFORM_WITHDRAWN = 47
    COURSE_RECORDED = 48
    COURSE_WITHDRAWN = 49
    JOB_POSITION_RECORDED = 50
    JOB_POSITION_WITHDRAWN = 51
    ITEM_DECLARED = 52
    ITEM_WITHDRAWN = 53
    PLAN_SUBMITTED = 54
    PLAN_WITHDRAWN = 55
    REPORT_RECORDED = 56
    REPORT_WITHDRAWN = 57
    COMPETENCE_RECORDED = 58
    COMPETENCE_WITHDRAWN = 59
    SCHEME_ACTIVATED = 60
    SCHEME_RETIRED = 61
    PERIOD_OPENED = 62
    PERIOD_CANCELLED = 63
    PERIOD_FROZEN = 64
    PERIOD_THAWED = 65
    PERIOD_CLOSED = 66
    PERIOD_REOPENED = 67
    APPEAL_DECIDED = 68
    APPEAL_WITHDRAWN = 69
    AWARD_DECIDED = 70
    AWARD_WITHDRAWN = 71
    ACCOUNT_OPENED = 96
    ACCOUNT_CHANGED = 97
    ACCOUNT_CLOSED = 98
    LEGAL_HOLD_PLACED = 112  # what is decided about a person's data; see schemas.privacy
    LEGAL_HOLD_LIFTED = 113
    FORGETTING_PROPOSED = 114
    FORGETTING_REFUSED = 115
    FORGETTING_WITHDRAWN = 116
    PERSON_FORGOTTEN = 117
    RETENTION_APPLIED = 118
    RECORD_READ = 128  # somebody read another person's record; see schemas.readings


class Category(IntEnum):
    """Families of streams; part of a stream's key, so a statement id can occupy no other family."""

    OTHER = 0
    LOG = 1
    STATEMENT = 2
    DOCUMENT = 3
    CREDENTIAL = 4
    REGISTER = 5
    ACCOUNT = 6
    PRIVACY = 7
    READING = 8


STATEMENT_KINDS: Final = (Kind.STATEMENT_1_0, Kind.STATEMENT_2_0)

CATEGORIES: Final[Mapping[int, Category]] = {
    Kind.LOG_OPENED: Category.LOG,
    Kind.EPOCH_BEGUN: Category.LOG,
    Kind.STATEMENT_1_0: Category.STATEMENT,
    Kind.STATEMENT_2_0: Category.STATEMENT,
    Kind.DOCUMENT_STORED: Category.DOCUMENT,
    Kind.DOCUMENT_DELETED: Category.DOCUMENT,
    Kind.CREDENTIAL_ISSUED: Category.CREDENTIAL,
    Kind.CREDENTIAL_ROTATED: Category.CREDENTIAL,
    Kind.CREDENTIAL_REVOKED: Category.CREDENTIAL,
    **dict.fromkeys(
        (kind for kind in Kind if Kind.UNIT_RECORDED <= kind < Kind.ACCOUNT_OPENED),
        Category.REGISTER,
    ),
    Kind.ACCOUNT_OPENED: Category.ACCOUNT,
    Kind.ACCOUNT_CHANGED: Category.ACCOUNT,
    Kind.ACCOUNT_CLOSED: Category.ACCOUNT,
    **dict.fromkeys(
        (kind for kind in Kind if Kind.LEGAL_HOLD_PLACED <= kind < Kind.RECORD_READ),
        Category.PRIVACY,
    ),
    Kind.RECORD_READ: Category.READING,
}

TOPICS: Final[Mapping[str, int]] = {
    "LogOpened": Kind.LOG_OPENED,
    "EpochBegun": Kind.EPOCH_BEGUN,
    "StatementStored/1.0": Kind.STATEMENT_1_0,
    "StatementStored/2.0": Kind.STATEMENT_2_0,
    "DocumentStored": Kind.DOCUMENT_STORED,
    "DocumentDeleted": Kind.DOCUMENT_DELETED,
    "CredentialIssued": Kind.CREDENTIAL_ISSUED,
    "CredentialRotated": Kind.CREDENTIAL_ROTATED,
    "CredentialRevoked": Kind.CREDENTIAL_REVOKED,
    "UnitRecorded": Kind.UNIT_RECORDED,
    "UnitWithdrawn": Kind.UNIT_WITHDRAWN,
    "PersonRecorded": Kind.PERSON_RECORDED,
    "PersonWithdrawn": Kind.PERSON_WITHDRAWN,
    "IdentifierLinked": Kind.IDENTIFIER_LINKED,
    "IdentifierUnlinked": Kind.IDENTIFIER_UNLINKED,
    "PeopleMerged": Kind.PEOPLE_MERGED,
    "PeopleParted": Kind.PEOPLE_PARTED,
    "MembershipRecorded": Kind.MEMBERSHIP_RECORDED,
    "MembershipWithdrawn": Kind.MEMBERSHIP_WITHDRAWN,
    "AbsenceRecorded": Kind.ABSENCE_RECORDED,
    "AbsenceWithdrawn": Kind.ABSENCE_WITHDRAWN,
    "PartyMembershipRecorded": Kind.PARTY_MEMBERSHIP_RECORDED,
    "PartyMembershipWithdrawn": Kind.PARTY_MEMBERSHIP_WITHDRAWN,
    "PlatformRecorded": Kind.PLATFORM_RECORDED,
    "PlatformWithdrawn": Kind.PLATFORM_WITHDRAWN,
    "CourseRecorded": Kind.COURSE_RECORDED,
    "CourseWithdrawn": Kind.COURSE_WITHDRAWN,
    "JobPositionRecorded": Kind.JOB_POSITION_RECORDED,
    "JobPositionWithdrawn": Kind.JOB_POSITION_WITHDRAWN,
    "ItemDeclared": Kind.ITEM_DECLARED,
    "ItemWithdrawn": Kind.ITEM_WITHDRAWN,
    "PlanSubmitted": Kind.PLAN_SUBMITTED,
    "PlanWithdrawn": Kind.PLAN_WITHDRAWN,
    "ReportRecorded": Kind.REPORT_RECORDED,
    "ReportWithdrawn": Kind.REPORT_WITHDRAWN,
    "CompetenceRecorded": Kind.COMPETENCE_RECORDED,
    "CompetenceWithdrawn": Kind.COMPETENCE_WITHDRAWN,
    "SchemeActivated": Kind.SCHEME_ACTIVATED,
    "SchemeRetired": Kind.SCHEME_RETIRED,
    "PeriodOpened": Kind.PERIOD_OPENED,
    "PeriodCancelled": Kind.PERIOD_CANCELLED,
    "PeriodFrozen": Kind.PERIOD_FROZEN,
    "PeriodThawed": Kind.PERIOD_THAWED,
    "PeriodClosed": Kind.PERIOD_CLOSED,
    "PeriodReopened": Kind.PERIOD_REOPENED,
    "AppealDecided": Kind.APPEAL_DECIDED,
    "AppealWithdrawn": Kind.APPEAL_WITHDRAWN,
    "AwardDecided": Kind.AWARD_DECIDED,
    "AwardWithdrawn": Kind.AWARD_WITHDRAWN,
    "AccountOpened": Kind.ACCOUNT_OPENED,
    "AccountChanged": Kind.ACCOUNT_CHANGED,
    "AccountClosed": Kind.ACCOUNT_CLOSED,
    "LegalHoldPlaced": Kind.LEGAL_HOLD_PLACED,
    "LegalHoldLifted": Kind.LEGAL_HOLD_LIFTED,
    "ForgettingProposed": Kind.FORGETTING_PROPOSED,
    "ForgettingRefused": Kind.FORGETTING_REFUSED,
    "ForgettingWithdrawn": Kind.FORGETTING_WITHDRAWN,
    "PersonForgotten": Kind.PERSON_FORGOTTEN,
    "RetentionApplied": Kind.RETENTION_APPLIED,
    "RecordRead": Kind.RECORD_READ,
}
"""Stable topics, as the eventsourcing library names them."""

NOBODY: Final = bytes(16)
"""The credential of events the store records by itself."""


class NewEvent(NamedTuple):
    """An event to be appended.

    ``content_hash`` (32 bytes) tells whether a later event of the same stream version is a retry of
    this one; empty when it never is. ``value`` is the parsed body where the caller has it already.
    ``subject`` (16 bytes) is whose personal content the body is, so that it can be forgotten with
    that person; empty when it is nobody's.
    """

    kind: int
    stream_id: bytes
    body: bytes
    credential: bytes = NOBODY
    stream_version: int = 1
    content_hash: bytes = b""
    value: Any = None
    subject: bytes = b""


class LogEntry(NamedTuple):
    """An event as recorded. ``stored`` is microseconds since 1970, strictly increasing.

    Of one that was erased ``salt`` and ``body`` are empty: its content was sealed, and its key
    is destroyed.
    """

    position: int
    stored: int
    kind: int
    stream_id: bytes
    stream_version: int
    credential: bytes
    salt: bytes
    body: bytes
    value: Any = None

    @property
    def erased(self) -> bool:
        return not self.salt

    def parsed(self) -> Any:
        """The body as JSON; parsed now unless whoever appended it had done so."""
        return orjson.loads(self.body) if self.value is None else self.value
