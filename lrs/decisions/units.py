"""Units that are renamed, become one, or become several.

What was is never rewritten: a unit ends, its posts end with it, and from a day on others continue
it. Plans, reports and items stay with the unit they are about. Units below follow, as a unit is
below one unit only, whatever the day.

The units that end are recorded as ended last, so a decision that was recorded only in part, being
larger than what is recorded at once, is simply decided again.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import chain

from msgspec.structs import replace

from lrs.cases import scalars
from lrs.decisions.judging import (
    DecisionRefused,
    checked,
    known,
    of,
    recording,
)
from lrs.decisions.messages import MergeUnits, RenameUnit, SplitUnit, Successor
from lrs.decisions.moving import assigned, moved_posts, moved_units, posts_of, units_below
from lrs.decisions.posts import check_exists, ended, is_on
from lrs.register import Change, Recorded
from schemas.register import Membership, Person, Unit


def rename_unit(said: RenameUnit, recorded: Recorded) -> list[Change]:
    unit = known(recorded, Unit, said.unit)
    return [recording(replace(unit, vi=checked(scalars.words, said.vi)))]


def merge_units(said: MergeUnits, recorded: Recorded) -> list[Change]:
    into = said.into.id
    units = [known(recorded, Unit, unit) for unit in dict.fromkeys(said.units)]
    if into in said.units:
        raise DecisionRefused(f"{into} goes on, so it is not one of those that end; leave it out")
    if not units:
        raise DecisionRefused("name the units that end")
    successor = _successor(said.into, units, said.on, recorded)
    for unit in units:
        if not _is_done(unit, [successor], said.on, recorded):
            check_exists(unit, said.on, recorded)
    ending = {unit.id for unit in units}
    moved = moved_posts(ending, said.on, lambda person: into, recorded)
    if said.head is not None:
        known(recorded, Person, said.head)
        moved += _headed(said, recorded)
        moved = [_with_head(change, said.head, said.on) for change in moved]
    _check_heads(said, moved, recorded)
    return [
        recording(successor),
        *moved_units(ending, lambda unit: into, {into}, said.on, recorded),
        *moved,
        *_ended(units, said.on),
    ]


def split_unit(said: SplitUnit, recorded: Recorded) -> list[Change]:
    unit = known(recorded, Unit, said.unit)
    into = {one.id: one for one in said.into}
    if len(into) < 2:
        raise DecisionRefused(f"{unit.id} is split into two units or more; name them all")
    named = {*said.people.values(), *said.units.values()}
    if said.rest is not None:
        named.add(said.rest)
    if strange := sorted(named - into.keys()):
        raise DecisionRefused(
            f"nobody can go to {', '.join(strange)}; {unit.id} is split into {', '.join(into)}, so"
            " name one of these"
        )
    successors = [
        _successor(one, [unit], said.on, recorded) for one in into.values() if one.id != unit.id
    ]
    if not _is_done(unit, successors, said.on, recorded):
        check_exists(unit, said.on, recorded)
    people = assigned(
        [post.person for post in posts_of({unit.id}, said.on, recorded)],
        said.people,
        said.rest,
        there={(post.person, post.unit) for post in posts_of(into, said.on, recorded)},
        meaning=f"in {unit.id} on {said.on} or later",
    )
    below = assigned(
        [one.id for one in units_below({unit.id}, into, said.on, recorded)],
        said.units,
        said.rest,
        there={(one.id, one.parent) for one in of(recorded, Unit).values()},
        meaning=f"right below {unit.id} on {said.on}",
    )
    return [
        *(recording(successor) for successor in successors),
        *moved_units({unit.id}, below, into, said.on, recorded),
        *moved_posts({unit.id}, said.on, people, recorded),
        *([] if unit.id in into else _ended([unit], said.on)),
    ]


# ---- successors


def _successor(said: Successor, units: Sequence[Unit], on: date, recorded: Recorded) -> Unit:
    """The unit that continues these, as it is or new."""
    held = of(recorded, Unit).get(said.id)
    names = [unit.id for unit in units]
    above = _outside(said.parent, units)
    if held is not None:
        given = {"name": said.vi, "type": said.type, "parent": above}
        there = {"name": held.vi, "type": held.type, "parent": held.parent}
        for what, value in given.items():
            if value is not None and value != there[what]:
                raise DecisionRefused(
                    f"{held.id} exists, and its {what} is {there[what]}; leave the {what} out, or"
                    " give the new unit another id"
                )
        check_exists(held, on, recorded)
        predecessors = tuple(dict.fromkeys((*held.predecessors, *names)))
        return replace(held, parent=_outside(held.parent, units), predecessors=predecessors)
    if said.vi is None:
        raise DecisionRefused(f"{said.id}: there is no such unit; say its name if it is a new one")
    if above is not None:
        check_exists(known(recorded, Unit, above), on, recorded)
    return Unit(
        id=checked(scalars.name, said.id),
        vi=checked(scalars.words, said.vi),
        type=said.type or units[0].type,
        parent=above or _common_parent(said, units),
        from_=on,
        evaluated=any(unit.evaluated for unit in units),
        predecessors=tuple(names),
    )


def _common_parent(said: Successor, units: Sequence[Unit]) -> str | None:
    parents = {_outside(unit.parent, units) for unit in units}
    if len(parents) > 1:
        named = ", ".join(f"{unit.id} below {unit.parent or 'none'}" for unit in units)
        raise DecisionRefused(f"{said.id}: say which unit it is below ({named})")
    return parents.pop()


def _outside(parent: str | None, units: Sequence[Unit]) -> str | None:
    """The first unit above that is not one of these."""
    by_id = {unit.id: unit for unit in units}
    while parent in by_id:
        parent = by_id.pop(parent).parent
    return parent


def _is_done(unit: Unit, successors: Sequence[Unit], on: date, recorded: Recorded) -> bool:
    """Whether it was ended by this very decision before."""
    before = [of(recorded, Unit).get(successor.id) for successor in successors]
    return unit.to == on - timedelta(1) and all(
        held is not None and unit.id in held.predecessors for held in before
    )


def _ended(units: Iterable[Unit], on: date) -> list[Change]:
    return [recording(replace(unit, to=on - timedelta(1))) for unit in units]


# ---- the head of a merged unit


def _headed(said: MergeUnits, recorded: Recorded) -> list[Change]:
    """Posts the successor has already, begun anew where who heads it is another from now on."""
    changes: list[Change] = []
    for post in posts_of({said.into.id}, said.on, recorded):
        if post.primary and is_on(post, said.on) and post.head != (post.person == said.head):
            changes.append(recording(replace(post, from_=said.on, head=not post.head)))
            if post.from_ != said.on:
                changes += ended(post, said.on)
    return changes


def _with_head(change: Change, head: str, on: date) -> Change:
    """Of the posts that begin with the merger only that of the head is the head's."""
    post, kind = change
    if isinstance(post, Membership) and post.from_ == on and post.primary:
        return replace(post, head=post.person == head), kind
    return change


def _check_heads(said: MergeUnits, moved: Iterable[Change], recorded: Recorded) -> None:
    posts = {
        post.key: post
        for post in chain(
            posts_of({said.into.id}, said.on, recorded),
            (post for post, _ in moved if isinstance(post, Membership)),
        )
        if post.unit == said.into.id
    }
    heads = sorted(
        post.person
        for post in posts.values()
        if post.primary and post.head and is_on(post, said.on)
    )
    if len(heads) > 1:
        raise DecisionRefused(
            f"{said.into.id} would have {len(heads)} heads on {said.on}: {', '.join(heads)};"
            " say who heads it"
        )
    if said.head is not None and heads != [said.head]:
        raise DecisionRefused(
            f"{said.head} has no primary post in {said.into.id} on {said.on}; name one who has"
        )
