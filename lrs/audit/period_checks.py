"""Holds the results of a period against the log: would somebody else get these numbers?

The log is replayed up to the position that the closing names, and the results are computed anew
from that alone. They are compared, row by row, with what the closing recorded of them and with what
the store's own tables give. A row that differs is named. What cannot be compared any more, because
the log was made to forget somebody, is told apart from what is wrong: either a row rests on what
was destroyed or it does not.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from lrs import __version__
from lrs.audit.alone import alone
from lrs.audit.closings import Outcome, Subject, outcome
from lrs.audit.decided import Decided, Event, decided_about, entries, is_as_recorded
from lrs.audit.period_findings import Checked, Finding, Line, PeriodNotInLog, Row, Status
from lrs.audit.replay import Progress, replaying
from lrs.log.recorder import LogRecorder
from lrs.projector import live_position
from projections import assessment
from schemas.events import Kind
from schemas.register import AwardDecision, Closing, Period, ResultRow, Schemes, record_of
from schemas.scheme import InvalidSheet

NOT_COMPUTABLE: Final = (
    assessment.PeriodUnknown,
    assessment.NotFrozen,
    assessment.SchemeUnknown,
    InvalidSheet,
    msgspec.MsgspecError,
)
"""What computing raises where the tables do not hold what it needs."""


def check_period(
    log: LogRecorder, period: str, progress: Progress = lambda done, total: None
) -> Checked:
    """Check the results of a period, and the awards that rest on them.

    A period that is not closed is checked as of where the store's tables are. Raises
    PeriodNotInLog, and ContentBroken where sealed content was changed.
    """
    log = alone(log)
    with log.storage.read() as source:
        head = log.head_of(source).position
        decided = decided_about(log, source, period)
        reached = live_position(log, source, assessment)
    checked = Checked(period, reached, "", None)
    for position in decided.unreadable:
        checked.found("event", str(position), "cannot be read: it was changed")
    if decided.closing is None and decided.unreadable:  # it may be this one that is unreadable
        return checked
    wanted = [event.record.position for event in decided.awards.values()]
    wanted.append(reached if decided.closing is None else decided.closing.record.position)
    with replaying(log, [assessment]) as replay:
        replay.to(max(min(position, head) for position in wanted), progress)
        with replay.storage.read() as tables, log.storage.read() as source:
            check = _Check(log, source, tables, decided, checked)
            if decided.closing is None:
                check.open()
            else:
                check.closed(decided.closing)
    return checked


class _Check:
    """One check: ``tables`` are the replayed ones, ``source`` is the database of the log, whose
    own tables stand where ``checked`` begins.
    """

    def __init__(
        self,
        log: LogRecorder,
        source: Connection,
        tables: Connection,
        decided: Decided,
        checked: Checked,
    ) -> None:
        self._log, self._source, self._tables = log, source, tables
        self._decided, self.checked = decided, checked
        self._period, self._reached = checked.period, checked.position

    def open(self) -> None:
        """Nothing was recorded that could be held against the log, but the store shows results."""
        if assessment.record(self._tables, Period, self._period, self._reached) is None:
            known = assessment.records(self._tables, Period, self._reached)
            raise PeriodNotInLog(self._period, sorted(one.id for one in known))
        found = self._given(self._reached, None)
        if found is None:
            return
        shown = self._shown(found)
        self.checked.result_set, self.checked.schemes = found.result_set, found.schemes
        for subject, id_ in _subjects(found):
            self._row(subject, id_, Status.OPEN, "", found, shown)
        self._check_awards(found)
        self._check_shown(found, shown)

    def closed(self, event: Event) -> None:
        closing: Closing = event.record
        self.checked.position, self.checked.closed_at = closing.position, event.entry.position
        self.checked.schemes, self.checked.closed_by = closing.schemes, closing.program
        if not is_as_recorded(self._log, self._source, event.entry.position):
            said = f"event {event.entry.position} is not what its commitment says: it was changed"
            self.checked.found("closing", self._period, said)
        if closing.position >= event.entry.position:
            said = f"event {event.entry.position} names position {closing.position}, a later one"
            self.checked.found("closing", self._period, said)
            return
        found = self._given(closing.position, closing.result_set)
        if found is None:
            return
        shown = self._shown(found)
        self.checked.result_set = found.result_set
        self.checked.schemes = closing.schemes or found.schemes
        self._check_rows(event, found, shown)
        self._check_whole(event, found)
        self._check_awards(found)
        self._check_shown(found, shown)

    # What the log gives, and what the tables show

    def _given(self, position: int, result_set: str | None) -> Outcome | None:
        try:
            return self._compute(self._tables, position, result_set)
        except NOT_COMPUTABLE as error:
            said = f"the log gives none at position {position}: {type(error).__name__} {error}"
            self.checked.found("results", self._period, said)
            return None

    def _shown(self, found: Outcome) -> Outcome | None:
        """What the store's own tables give there; None where they are not that far."""
        if self._reached < found.position:
            return None
        self.checked.tables = True
        try:
            return self._compute(self._source, found.position, found.result_set)
        except (*NOT_COMPUTABLE, KeyError) as error:
            said = f"they give none at position {found.position}: {type(error).__name__} {error}"
            self.checked.found("tables: results", self._period, said)
            return None

    def _compute(self, tables: Connection, position: int, result_set: str | None) -> Outcome:
        """The period's results there; without a name, its last set. Raises NOT_COMPUTABLE."""
        sets = assessment.result_sets(tables, self._period, position)
        wanted = (
            sets[-1] if result_set is None else next((s for s in sets if s == result_set), None)
        )
        if wanted is None:
            raise assessment.NotFrozen(self._period, position)
        seen = assessment.view(tables, self._period, wanted, position)
        return outcome(self._log, self._source, seen, tables)

    # Rows

    def _row(
        self,
        subject: Subject,
        id_: str,
        status: Status,
        said: str,
        found: Outcome | None = None,
        shown: Outcome | None = None,
    ) -> None:
        log = None if found is None else found.line(subject, id_)
        tables = None if shown is None else shown.line(subject, id_)
        self.checked.rows.append(Row(subject, id_, status, said, log, tables))
        if status == Status.DIFFERS:
            self.checked.found(subject, id_, said)
        elif status not in (Status.SAME, Status.OPEN):
            self.checked.untold.append(Finding(subject, id_, said))

    def _check_rows(self, event: Event, found: Outcome, shown: Outcome | None) -> None:
        closing: Closing = event.record
        if not closing.people and not closing.units:
            is_same = closing.results == found.results
            said = "" if is_same else "the closing is of an earlier version, which kept no rows"
            for subject, id_ in _subjects(found):
                status = Status.SAME if is_same else Status.UNRECORDED
                self._row(subject, id_, status, said, found, shown)
            return
        for subject, closed, given in (
            (_PERSON, closing.people, found.people),
            (_UNIT, closing.units, found.units),
        ):
            ids = {row.record: id_ for id_, row in given.items()}
            for row in closed:
                id_ = ids.pop(row.record, "")
                if not id_:
                    self._check_missing(subject, row)
                elif row.digest == given[id_].digest:
                    self._row(subject, id_, Status.SAME, "", found, shown)
                else:
                    status, said = self._why(event, subject, id_, row, found, shown)
                    self._row(subject, id_, status, said, found, shown)
            for id_ in ids.values():
                said = "was not among the results that were closed; the log gives it"
                self._row(subject, id_, Status.DIFFERS, said, found, shown)

    def _check_missing(self, subject: Subject, row: ResultRow) -> None:
        """A row that was closed, of somebody who is not in the results that the log gives."""
        with_record = self._log.read_in(self._source, row.record - 1, 1, stop=row.record)
        if not with_record:
            self._row(subject, "", Status.DIFFERS, f"is named by event {row.record}, which is none")
            return
        [entry] = with_record
        if entry.erased:
            if self._is_lawful(row.record):
                said = f"the {subject} recorded at {row.record} was forgotten since"
                self._row(subject, "", Status.FORGOTTEN, said)
            else:
                self._row(subject, "", Status.DIFFERS, _key_gone(row.record))
            return
        try:
            id_ = record_of(entry.kind, entry.body).key
        except (KeyError, msgspec.MsgspecError):
            said = f"is named by event {row.record}, which records no {subject}"
            self._row(subject, "", Status.DIFFERS, said)
            return
        said = "was among the results that were closed; the log does not give it"
        self._row(subject, id_, Status.DIFFERS, said)

    def _why(
        self,
        event: Event,
        subject: Subject,
        id_: str,
        row: ResultRow,
        found: Outcome,
        shown: Outcome | None,
    ) -> tuple[Status, str]:
        """Why the log gives another row than the one that was closed."""
        closing: Closing = event.record
        resting = {each.record: each.rests_on for each in (*closing.people, *closing.units)}
        known = self._log.entries(self._source, _rests_on(subject, row, resting))
        forgotten = [entry.position for entry in known if entry.erased]
        for position in forgotten:
            if not self._is_lawful(position):
                return Status.DIFFERS, f"rests on {position}: {_key_gone(position)}"
        if forgotten:
            return Status.FORGOTTEN, f"rests on {len(forgotten)} people who were forgotten since"
        if self._has_expired(event):
            return Status.EXPIRED, "may rest on what was destroyed since, its time being over"
        if shown is not None and (same := shown.row(subject, id_)) and same.digest == row.digest:
            said = f"was closed with {_changes(subject, id_, shown, found)}"
        else:
            values = _values(found.line(subject, id_))
            said = f"was closed with something else than the log gives, which is {values}"
        if self.checked.closed_by != __version__:
            said += f"; version {self.checked.closed_by} closed it, this is {__version__}"
        return Status.DIFFERS, said

    def _is_lawful(self, position: int) -> bool:
        """Whether an event of the log destroyed the content of the one at this position."""
        [row] = self._log.rows_at(self._source, [position])
        return not row.sealed or row.key_id in self._decided.destroyed

    def _has_expired(self, event: Event) -> bool:
        """Whether anything an event may rest on was destroyed after it, its time being over."""
        recorded_in = datetime.fromtimestamp(event.entry.stored / 1_000_000, UTC).year
        return any(
            position > event.entry.position and year <= recorded_in
            for position, year in self._decided.expired.items()
        )

    # The closing as a whole

    def _check_whole(self, event: Event, found: Outcome) -> None:
        closing: Closing = event.record
        if closing.schemes not in (None, found.schemes):
            said = f"closed by {_named(closing.schemes)}; the log gives {_named(found.schemes)}"
            self.checked.found("score sheets", self._period, said)
        for about, closed, given in (
            ("results", closing.results, found.results),
            ("roster", closing.roster, found.roster),
        ):
            if closed != given:
                said = f"closed with SHA-256 {closed}; the log gives {given}"
                self._differs(about, self._period, said, event)

    def _differs(self, about: str, id_: str, said: str, event: Event) -> None:
        """A digest over everybody differs: for a reason that is known, or for none."""
        is_known = self._has_expired(event) or self._has_forgotten(event.record.position)
        where = self.checked.untold if is_known else self.checked.findings
        where.append(Finding(about, id_, said))

    def _has_forgotten(self, position: int) -> bool:
        """Whether anybody recorded up to a position was forgotten, with results or without."""
        kinds = (Kind.PERSON_RECORDED, Kind.MEMBERSHIP_RECORDED)
        known = entries(self._log, self._source, kinds, position)
        return any(entry.erased and self._is_lawful(entry.position) for entry in known)

    # Awards

    def _check_awards(self, found: Outcome) -> None:
        given = {(found.position, found.result_set): found}
        for event in self._decided.awards.values():
            entry, award = event
            assert isinstance(award, AwardDecision)
            self.checked.awards += 1
            awarded = award.person or award.unit or ""
            if not is_as_recorded(self._log, self._source, entry.position):
                said = f"event {entry.position} is not what its commitment says: it was changed"
                self.checked.found("award", awarded, said)
            if award.position >= entry.position:
                said = f"event {entry.position} names position {award.position}, a later one"
                self.checked.found("award", awarded, said)
                continue
            at = (award.position, award.result_set)
            try:
                rests_on = given[at] if at in given else self._compute(self._tables, *at)
            except NOT_COMPUTABLE:
                said = f"{award.award} rests on results that the log does not give at {at[0]}"
                self._differs("award", awarded, said, event)
                continue
            given[at] = rests_on
            if (award.results, award.roster, award.schemes) != (
                rests_on.results,
                rests_on.roster,
                rests_on.schemes,
            ):
                said = f"{award.award} rests on other results than the log gives at {at[0]}"
                self._differs("award", awarded, said, event)

    # The store's own tables

    def _check_shown(self, found: Outcome, shown: Outcome | None) -> None:
        if shown is None:
            return
        for subject, id_ in dict.fromkeys((*_subjects(found), *_subjects(shown))):
            given, is_shown = found.row(subject, id_), shown.row(subject, id_)
            if given is None or is_shown is None or given.digest != is_shown.digest:
                said = f"show {_changes(subject, id_, shown, found)}"
                self.checked.found(f"tables: {subject}", id_, said)
        if found.roster != shown.roster:
            held = _posts(shown)
            for post in sorted(_posts(found) ^ held):
                said = "hold" if post in held else "do not hold"
                self.checked.found("tables: roster", post[0], f"{said} {' '.join(post).strip()}")


_PERSON: Final[Subject] = "person"
_UNIT: Final[Subject] = "unit"


def _subjects(found: Outcome) -> list[tuple[Subject, str]]:
    return [*((_PERSON, id_) for id_ in found.people), *((_UNIT, id_) for id_ in found.units)]


def _posts(found: Outcome) -> set[tuple[str, ...]]:
    """Who is in the roster, and each of their memberships."""
    members = found.members
    people = {(person,) for person in members["people"]}
    return people | {tuple(map(str, post)) for post in members["memberships"]}


def _rests_on(subject: Subject, row: ResultRow, resting: Mapping[int, Iterable[int]]) -> list[int]:
    """The records that a row was computed from, its own included. A head rests on the people of
    the unit; they do not rest on units they head themselves, as far as the unit takes them.
    """
    found = {row.record, *row.rests_on}
    if subject == "person":
        for unit in row.rests_on:
            found.update(resting.get(unit, ()))
    return sorted(found)


def _key_gone(position: int) -> str:
    return f"the data key of event {position} is gone and no event destroyed it"


def _changes(subject: Subject, id_: str, shown: Outcome, found: Outcome) -> str:
    """What is shown where the log gives something else; facts only where the points are equal."""
    is_shown, given = shown.line(subject, id_), found.line(subject, id_)
    if is_shown is None or given is None:
        return "no such row" if is_shown is None else "a row that the log does not give"
    facts = shown.facts(subject, id_), found.facts(subject, id_)
    for before, after in ((is_shown, given), facts):
        changes = [
            f"{name} {before.get(name, 'none')} where the log gives {after.get(name, 'none')}"
            for name in dict.fromkeys((*before, *after))
            if before.get(name) != after.get(name)
        ]
        if changes:
            return ", ".join(changes)
    return "the same under another record"


def _values(line: Line | None) -> str:
    return ", ".join(f"{name} {value}" for name, value in (line or {}).items())


def _named(schemes: Schemes | None) -> str:
    return "none" if schemes is None else f"{schemes.person} and {schemes.unit}"
