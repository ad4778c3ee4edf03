"""Where people work, from when and until when."""

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec.structs import replace

from lrs.cases import scalars
from lrs.decisions.judging import (
    DecisionRefused,
    checked,
    known,
    of,
    recording,
    withdrawing,
)
from lrs.decisions.messages import Leave, RecordAbsence, Transfer
from lrs.decisions.people import counted_as
from lrs.register import Change, Recorded
from schemas.register import JobPosition, Membership, Person, Unit


def transfer(said: Transfer, recorded: Recorded) -> list[Change]:
    _own_person(said.person, recorded)
    known(recorded, JobPosition, said.position)
    check_exists(known(recorded, Unit, said.unit), said.on, recorded)
    held = next((post for post in _posts(said.person, recorded) if is_on(post, said.on)), None)
    category = said.category or (None if held is None else held.category)
    if category is None:
        raise DecisionRefused(f"{said.person} has no post on {said.on}; say the category, too")
    new = Membership(
        person=said.person,
        unit=said.unit,
        position=said.position,
        category=category,
        head=said.head,
        from_=said.on,
        to=said.to,
    )
    if held is None:
        return [recording(new)]
    if replace(held, from_=said.on, note=None, to=new.to) == new and said.to in (None, held.to):
        return []  # in this post already
    return [*ended(held, said.on, unless=new), recording(new)]


def leave(said: Leave, recorded: Recorded) -> list[Change]:
    _own_person(said.person, recorded)
    posts = [post for post in of(recorded, Membership).values() if post.person == said.person]
    if not posts:
        raise DecisionRefused(f"{said.person} has no post that could end; name another person")
    on = said.last_day + timedelta(1)
    return [change for post in posts if reaches(post, on) for change in ended(post, on)]


def record_absence(said: RecordAbsence, recorded: Recorded) -> list[Change]:
    known(recorded, Person, said.absence.person)
    return [recording(replace(said.absence, type=checked(scalars.words, said.absence.type)))]


def _own_person(person: str, recorded: Recorded) -> None:
    known(recorded, Person, person)
    if others := counted_as(person, recorded):
        raise DecisionRefused(f"{person} is counted as {others[-1]}; name {others[-1]}")


def _posts(person: str, recorded: Recorded) -> Iterable[Membership]:
    posts = of(recorded, Membership).values()
    return (post for post in posts if post.person == person and post.primary)


# ---- posts and units in time


def is_on(post: Membership, day: date) -> bool:
    return (post.from_ or date.min) <= day <= (post.to or date.max)


def reaches(post: Membership | Unit, day: date) -> bool:
    """Whether it lasts to that day or beyond, begun by then or not."""
    return post.to is None or post.to >= day


def ended(post: Membership, on: date, *, unless: Membership | None = None) -> list[Change]:
    """The post ends the day before; one that only began then never was. ``unless`` is the post that
    takes its place under the same key.
    """
    if post.from_ is None or post.from_ < on:
        return [recording(replace(post, to=on - timedelta(1)))]
    return [] if unless is not None and unless.key == post.key else [withdrawing(post)]


def check_exists(unit: Unit, day: date, recorded: Recorded) -> None:
    """Raises DecisionRefused for a unit that is not there on the day."""
    if unit.from_ is not None and day < unit.from_:
        raise DecisionRefused(f"{unit.id} begins on {unit.from_}; name a day from then on")
    if not reaches(unit, day):
        successors = [one.id for one in of(recorded, Unit).values() if unit.id in one.predecessors]
        raise DecisionRefused(
            f"{unit.id} ended on {unit.to}; "
            + (f"it goes on as {', '.join(successors)}" if successors else "name another unit")
        )
