"""What must hold of the register whatever is decided: a decision that breaks it is refused whole.

The rules and their wordings are those of files (``lrs.cases``), so that nothing can be decided that
could not be imported. One thing files cannot say is said here: an identifier may have been another
person's on other days.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any, Final, TypeVar

from msgspec import Struct

from lrs.cases.changes import KIND_NAMES
from lrs.cases.conflicts import conflicts, references
from lrs.cases.described import told
from lrs.cases.problems import CaseProblem, Place, problem
from lrs.cases.reading import INVALID, Names, Reading
from lrs.cases.scalars import FIRST_YEAR, Reader
from lrs.cases.yaml_text import Scalar
from lrs.register import Change, Recorded
from schemas.register import RECORDS, Record, Withdrawal

NOWHERE: Final = Place("", None)
R = TypeVar("R", bound=Record)


class DecisionRefused(Exception):
    """What was decided cannot be recorded; says why, and what to change."""

    @classmethod
    def by(cls, problems: Iterable[CaseProblem]) -> "DecisionRefused":
        worded = (f"{one.reason('en')} {one.mend('en')}" for one in problems)
        return cls("\n".join(dict.fromkeys(worded)))


def judged(recorded: Recorded, changes: Sequence[Change]) -> list[Change]:
    """The changes that do change something. Raises DecisionRefused if together with what is
    recorded they break a rule.
    """
    after: dict[type[Record], dict[str, Record]] = {
        type_: dict(recorded[type_]) for type_ in {_type_of(change) for change in changes}
    }
    made, changed = [], []
    for said, kind in changes:
        type_ = _type_of((said, kind))
        held = after[type_].get(said.key)
        if isinstance(said, Withdrawal):
            del after[type_][said.key]
        elif held == said:
            continue
        else:  # last, so that what it contradicts is the one that was there before
            after[type_].pop(said.key, None)
            after[type_][said.key] = said
            changed.append(said)
        made.append((said, kind))
    everything = {**recorded, **after}
    problems = [*chain.from_iterable(_in_itself(record, everything) for record in changed)]
    if not problems:
        problems += _between(after, {(type(record), record.key) for record in changed})
    if problems:
        raise DecisionRefused.by(problems)
    return made


def _type_of(change: Change) -> type[Record]:
    said, kind = change
    if not isinstance(said, Withdrawal):
        return type(said)
    return next(type_ for type_, kinds in RECORDS.items() if kinds.withdrawn == kind)


def _in_itself(record: Record, recorded: Recorded) -> Iterator[CaseProblem]:
    for type_, key in references(record):
        if key not in recorded[type_]:
            yield problem(NOWHERE, "reference", kind=KIND_NAMES[type_], value=key)
    yield from _of_days(record)


def _of_days(said: Struct) -> Iterator[CaseProblem]:
    """Days too early, and spans without a day, anywhere in a record."""
    for name in said.__struct_fields__:
        value = getattr(said, name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, date) and inner.year < FIRST_YEAR:
                yield problem(NOWHERE, "date.early", value=str(inner), year=FIRST_YEAR)
            if isinstance(inner, Struct):
                yield from _of_days(inner)
    first, last = getattr(said, "from_", None), getattr(said, "to", None)
    if first is not None and last is not None and first > last:
        yield problem(NOWHERE, "dates.order", from_=first, to=last)


def _between(after: Recorded, new: Iterable[tuple[type[Record], str]]) -> Iterator[CaseProblem]:
    """What a change says against anything else; what stood before it is as it was."""
    everything = [record for records in after.values() for record in records.values()]
    for found in conflicts(everything):
        involved = {(type(one), one.key) for one in (found.record, found.other) if one is not None}
        if not involved.isdisjoint(new):
            yield told(found, NOWHERE, None)


Span = tuple[date | None, date | None]
"""The first and the last day, None where it is open."""


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a day."""
    return (one[0] or date.min) <= (other[1] or date.max) and (other[0] or date.min) <= (
        one[1] or date.max
    )


# ---- what decisions are made of


def of(recorded: Recorded, type_: type[R]) -> Mapping[str, R]:
    return recorded[type_]  # type: ignore[return-value]  # by type


def known(recorded: Recorded, type_: type[R], key: str) -> R:
    """Raises DecisionRefused where there is none."""
    found = of(recorded, type_).get(key)
    if found is None:
        raise DecisionRefused.by([problem(NOWHERE, "reference", kind=KIND_NAMES[type_], value=key)])
    return found


def checked(read: Reader, text: str) -> Any:
    """A text as files would have it. Raises DecisionRefused with what is wrong in it."""
    reading = Reading("", Names())
    value = read(reading, Scalar(text, False, 0), "")
    if value is INVALID:
        raise DecisionRefused.by(reading.problems)
    return value


def recording(record: Record) -> Change:
    return record, RECORDS[type(record)].recorded


def withdrawing(record: Record, reason: str | None = None) -> Change:
    return Withdrawal(key=record.key, reason=reason), RECORDS[type(record)].withdrawn
