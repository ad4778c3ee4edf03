"""From what is recorded to what files describe: the changes, and nothing when there are none.

What files describe becomes as they say. Of a person they list, what they no longer list is
withdrawn: identifiers, memberships, absences, party memberships, competences; of a unit they list,
its plans. What they do not mention stays as it is.

Withdrawals come first, then records in an order in which nothing refers to what is not recorded
yet; appeals last, because statements and the freeze come between.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from lrs.cases.conflicts import conflicts, references
from lrs.cases.described import Described, Records, told
from lrs.cases.problems import CaseProblem, CaseRefused, Place, problem
from schemas.events import Kind
from schemas.register import (
    RECORDS,
    Absence,
    Appeal,
    Closing,
    Competence,
    Course,
    Freeze,
    Identifier,
    Item,
    JobPosition,
    Membership,
    PartyMembership,
    Period,
    Person,
    Plan,
    Platform,
    Record,
    Report,
    Scheme,
    Unit,
    Withdrawal,
)

IN_ORDER: Final[tuple[type[Record], ...]] = (
    Unit,
    Platform,
    Course,
    JobPosition,
    Person,
    Identifier,
    Membership,
    Absence,
    PartyMembership,
    Competence,
    Item,
    Plan,
    Report,
    Scheme,
    Period,
    Appeal,
)
KIND_NAMES: Final[Mapping[type[Record], str]] = {
    Unit: "unit",
    Person: "person",
    Platform: "platform",
    Course: "course",
    JobPosition: "position",
    Item: "item",
    Scheme: "scheme",
    Period: "period",
}


class Change(NamedTuple):
    """An event of the register: ``body_of(record)`` under ``kind``."""

    record: Record | Withdrawal
    kind: Kind


def changes(described: Described, recorded: Records) -> list[Change]:
    """What to append so that ``recorded``, the register as it is now, becomes as described.

    Nothing if it is so already. Raises CaseRefused if it cannot: a score sheet in force, the facts
    of a frozen period or the results of a closed one would change, something that files and
    register say together breaks a rule, or a record refers to what neither of them has.
    """
    withdrawn = [
        (type_, key)
        for type_ in IN_ORDER
        for key, record in recorded.get(type_, {}).items()
        if _is_dropped(described, type_, key, record)
    ]
    changed = [
        record
        for type_ in IN_ORDER
        for said in _in_order(type_, described.records.get(type_, {}))
        for record in (_with_days(said, recorded.get(type_, {}).get(said.key)),)
        if recorded.get(type_, {}).get(record.key) != record
    ]
    if problems := _problems(described, recorded, withdrawn, changed):
        raise CaseRefused(problems)
    return [
        *(Change(Withdrawal(key=key), RECORDS[type_].withdrawn) for type_, key in withdrawn),
        *(Change(record, RECORDS[type(record)].recorded) for record in changed),
    ]


def _with_days(record: Record, before: Record | None) -> Record:
    """An identifier keeps the days on which it is the person's: files have no place for them."""
    if isinstance(record, Identifier) and isinstance(before, Identifier):
        return replace(record, from_=before.from_, to=before.to)
    return record


def _is_dropped(described: Described, type_: type[Record], key: str, record: Record) -> bool:
    """Files that cover this type list whom it is about, and no longer list it."""
    if type_ not in described.covers or key in described.records.get(type_, {}):
        return False
    if type_ is Plan:
        return record.about_unit in described.records.get(Unit, {})
    return record.about_person in described.records.get(Person, {})


def _in_order(type_: type[Record], records: Mapping[str, Record]) -> Iterable[Record]:
    return _above_first(records) if type_ is Unit else records.values()


def _above_first(records: Mapping[str, Record]) -> Iterator[Record]:
    """Units in their order, but each after those it refers to."""
    done: set[str] = set()
    for key in records:
        waiting = [key]
        while waiting:
            record = records[waiting[-1]]
            first = [
                named
                for type_, named in references(record)
                if type_ is Unit and named in records and named not in done
            ]
            if first and len(waiting) <= len(records):
                waiting.append(first[0])
                continue
            waiting.pop()
            if record.key not in done:
                done.add(record.key)
                yield record


# ---- what stands against it


def _problems(
    described: Described,
    recorded: Records,
    withdrawn: Sequence[tuple[type[Record], str]],
    changed: Sequence[Record],
) -> list[CaseProblem]:
    problems = [*_changed_for_ever(described, recorded, changed)]
    after: dict[type[Record], dict[str, Record]] = {
        type_: dict(records) for type_, records in recorded.items()
    }
    for type_, key in withdrawn:
        del after[type_][key]
    for record in changed:  # last, so that what they contradict is the one that was there before
        of_type = after.setdefault(type(record), {})
        of_type.pop(record.key, None)
        of_type[record.key] = record
    for record in changed:
        for type_, key in references(record):
            if key not in after.get(type_, {}):
                facts = {"kind": KIND_NAMES[type_], "value": key}
                problems.append(problem(_place(described, record), "reference", **facts))
    return [*problems, *_contradictions(described, after, changed)]


def _contradictions(
    described: Described, after: Records, changed: Iterable[Record]
) -> Iterator[CaseProblem]:
    """What the files say together with what else is recorded; the rest is as it was."""
    new = {(type(record), record.key) for record in changed}
    everything = [record for of_type in after.values() for record in of_type.values()]
    for found in conflicts(everything) if new else ():
        record, other = found.record, found.other
        if (type(record), record.key) in new:
            yield told(found, _place(described, record), described.places.get(_key(other)))
        elif _key(other) in new:
            yield told(found, _place(described, other), described.places.get(_key(record)))


def _changed_for_ever(
    described: Described, recorded: Records, changed: Iterable[Record]
) -> Iterator[CaseProblem]:
    frozen, closed = recorded.get(Freeze, {}), recorded.get(Closing, {})
    for record in changed:
        if isinstance(record, Appeal) and record.period in closed:
            named = {"value": record.id, "period": record.period}
            yield problem(_place(described, record), "appeal.closed", **named)
        before = recorded.get(type(record), {}).get(record.key)
        if before is None:
            continue
        place = _place(described, record)
        if isinstance(record, Scheme):
            facts = {"value": record.id, "version": record.version, "next": _next(record, recorded)}
            yield problem(place, "scheme.changed", **facts)
        elif isinstance(record, Period) and record.id in frozen:
            facts = {"value": record.id, "changed": ", ".join(_differences(before, record))}
            yield problem(place, "period.frozen", **facts)


def _next(scheme: Scheme, recorded: Records) -> int:
    versions = (known.version for known in _schemes(recorded) if known.id == scheme.id)
    return max(versions) + 1


def _schemes(recorded: Records) -> Iterator[Scheme]:
    for record in recorded.get(Scheme, {}).values():
        if isinstance(record, Scheme):
            yield record


def _differences(before: Record, after: Record) -> list[str]:
    names = before.__struct_fields__
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _place(described: Described, record: Record) -> Place:
    return described.places[type(record), record.key]


def _key(record: Any) -> tuple[type[Record], str]:
    return type(record), record.key if record is not None else ""
