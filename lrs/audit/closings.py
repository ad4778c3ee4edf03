"""What a closing records of the results of a period, so that anybody can hold them against the log.

The digest of the whole document says whether results are those that were closed. The digest of each
row says whose are not. A row is named by the position of the event that recorded the person or the
unit, and its digest is salted with that event's salt: who may read the event can check the row, and
when the event was destroyed with the person's key, the row tells of nobody and confirms no guess.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

import orjson
from sqlalchemy import Connection

from lrs.log.recorder import LogRecorder
from projections import assessment
from projections.assessment import View
from projections.scoring.documents import results_document
from schemas.register import Membership, Person, ResultRow, Schemes, Unit

Subject = Literal["person", "unit"]
Document = Mapping[str, Any]

TAG: Final = b"hocba/result-row/1"


class Place(NamedTuple):
    """The event that recorded a person or a unit."""

    position: int
    salt: bytes


class Outcome(NamedTuple):
    """The results of a period, and all that a closing records of them."""

    position: int
    result_set: str
    schemes: Schemes
    document: Document
    results: str
    roster: str
    people: Mapping[str, ResultRow]
    units: Mapping[str, ResultRow]
    members: Document  # what the digest of the roster is over

    def row(self, subject: Subject, id_: str) -> ResultRow | None:
        return (self.people if subject == "person" else self.units).get(id_)

    def line(self, subject: Subject, id_: str) -> Mapping[str, str] | None:
        """The values of a row, by their names."""
        found: Mapping[str, str] | None
        found = self.document["people" if subject == "person" else "units"].get(id_)
        return found

    def facts(self, subject: Subject, id_: str) -> Mapping[str, Any]:
        """What a person's values were computed from."""
        found: Mapping[str, Any] = self.document["facts"].get(id_, {})
        return found if subject == "person" else {}


def outcome(log: LogRecorder, source: Connection, seen: View, connection: Connection) -> Outcome:
    """Compute a view's results from the tables of ``connection``; ``source`` is of the log.

    The two are one unless the log was replayed into another database. Raises SchemeUnknown.
    """
    period = seen.catalogue.period
    computed = assessment.results(connection, period.id, seen.result_set, seen.position)
    document = results_document(computed, seen.result_set, with_facts=True)
    people = {record.id: at for at, record in assessment.placed(connection, Person, seen.register)}
    units = {record.id: at for at, record in assessment.placed(connection, Unit, seen.register)}
    members = roster(
        (one.id for one in assessment.records(connection, Person, seen.position)),
        assessment.records(connection, Membership, seen.position),
    )
    rows = rows_of(document, _places(log, source, people), _places(log, source, units))
    return Outcome(
        position=seen.position,
        result_set=seen.result_set,
        schemes=Schemes(period.person_scheme, period.unit_scheme),
        document=document,
        results=digest(document),
        roster=digest(members),
        people=rows["person"],
        units=rows["unit"],
        members=members,
    )


def _places(log: LogRecorder, source: Connection, positions: Mapping[str, int]) -> dict[str, Place]:
    entries = log.entries(source, list(positions.values()))
    return {id_: Place(e.position, e.salt) for id_, e in zip(positions, entries, strict=True)}


def rows_of(
    document: Document, people: Mapping[str, Place], units: Mapping[str, Place]
) -> dict[Subject, dict[str, ResultRow]]:
    """The rows of a results document with facts, as a closing records them."""
    facts: Mapping[str, Mapping[str, Any]] = document["facts"]
    resting: defaultdict[str, list[int]] = defaultdict(list)
    for person, known in facts.items():
        for unit in {*known["months_in_unit"], known["unit_at_end"]}:
            resting[unit].append(people[person].position)
    headed = {
        person: [units[unit].position for unit in facts[person]["head_months"] if unit in units]
        for person in facts
    }
    return {
        "person": {
            id_: _row(people[id_], content(document, "person", id_), headed.get(id_, ()))
            for id_ in document["people"]
        },
        "unit": {
            id_: _row(units[id_], content(document, "unit", id_), resting[id_])
            for id_ in document["units"]
        },
    }


def _row(place: Place, said: Mapping[str, Any], rests_on: Iterable[int]) -> ResultRow:
    return ResultRow(place.position, row_digest(place.salt, said), tuple(sorted(rests_on)))


def content(document: Document, subject: Subject, id_: str) -> dict[str, Any]:
    """What the digest of a row is over: whose it is, its values, and of a person the facts."""
    if subject == "unit":
        return {"unit": id_, "line": document["units"][id_]}
    facts = document["facts"].get(id_)
    return {"person": id_, "line": document["people"][id_], "facts": facts}


def row_digest(salt: bytes, said: Mapping[str, Any]) -> str:
    return sha256(TAG + salt + _canonical(said)).hexdigest()


def digest(document: Document) -> str:
    """The SHA-256 of a document: JSON without spaces, keys sorted, in UTF-8; lower-case hex."""
    return sha256(_canonical(document)).hexdigest()


def _canonical(said: Mapping[str, Any]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def roster(people: Iterable[str], memberships: Iterable[Membership]) -> dict[str, Any]:
    """Who was in which unit, as a closing has the digest of it: ids of people and their
    memberships.
    """
    members = sorted(
        [m.person, m.unit, m.position, m.head, m.primary, str(m.from_ or ""), str(m.to or "")]
        for m in memberships
    )
    return {"people": sorted(people), "memberships": members}
