"""What a year brings: people come, go, move, are promoted, hold a second post.

The heads of some units change, one unit stays without, and one is merged into another.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from lrs.ministry.units import MERGED, MERGED_INTO, Unit
from schemas.register import Membership

LEADER: Final = "LD"
WORKER: Final = "nguoi_lao_dong"
Rows = list[Membership]
"""The memberships of one person."""


def change(random: Random, people: Sequence[Rows], units: Sequence[Unit], year: int) -> None:
    """Change the memberships of ``people``, each of whom has one so far."""
    targets = [unit for unit in units if unit.to is None]
    for rows in people:
        day = date(year - 1, 12, 1) + timedelta(days=random.randrange(20, 350))
        if rows[0].unit == MERGED:
            _move(rows, date(year, 7, 1), unit=MERGED_INTO, head=False)
        elif not rows[0].head:
            _change_one(random, rows, targets, day, year)
    staff = {unit.id: [rows for rows in people if rows[0].unit == unit.id] for unit in units}
    _change_heads(staff, year)


def _change_one(random: Random, rows: Rows, units: Sequence[Unit], day: date, year: int) -> None:
    """Most stay as they are. A few are there for too short a time to be scored."""
    row, chance = rows[0], random.random()
    if chance < 0.05:
        unit = random.choice(units)
        position = LEADER if row.position == LEADER else random.choice(list(unit.staff))
        category = WORKER if position == "PV" else unit.category
        _move(rows, day, unit=unit.id, position=position, category=category)
    elif chance < 0.07:
        _move(rows, day, position="CV" if row.position != "CV" else LEADER)
    elif chance < 0.105:
        rows[0] = replace(row, from_=day)
    elif chance < 0.13:
        rows[0] = replace(row, to=day)
    elif chance < 0.175:
        other = random.choice([unit.id for unit in units if unit.id != row.unit])
        until = day + timedelta(days=200)
        rows.append(replace(row, unit=other, primary=False, from_=day, to=until))
    elif chance < 0.182:
        rows[0] = replace(row, from_=date(year, 11, 18))
    elif chance < 0.188:
        rows[0] = replace(row, to=date(year - 1, 12, 12))


def _change_heads(staff: Mapping[str, Sequence[Rows]], year: int) -> None:
    """One head retires, one goes to lead another unit, one post stays vacant."""
    _end_head(staff["HTQT"], date(year, 5, 1))
    _promote(staff["HTQT"], date(year, 5, 1))
    _end_head(staff["BTST"], date(year, 9, 1))
    _end_head(staff["TVHS"], date(year, 7, 16))
    for rows in _end_head(staff["CSM"], date(year, 7, 16)):
        new = replace(rows[0], unit="TVHS", category="vien_chuc", to=None)
        rows.append(replace(new, from_=date(year, 7, 16)))
    _promote(staff["CSM"], date(year, 8, 1))


def _end_head(staff: Sequence[Rows], day: date) -> Sequence[Rows]:
    """The head, if there is one, is so until the day before."""
    heads = [rows for rows in staff if rows[0].head]
    for rows in heads:
        rows[0] = replace(rows[0], to=day - timedelta(days=1))
    return heads


def _promote(staff: Sequence[Rows], day: date) -> None:
    """The first who can becomes the head."""
    for rows in staff:
        row = rows[0]
        is_there = row.from_ is not None and row.from_ < day and row.to is None
        if len(rows) == 1 and is_there and not row.head:
            _move(rows, day, head=True, position=LEADER)
            return


def _move(rows: Rows, day: date, **changes: Any) -> None:
    rows[:] = [
        replace(rows[0], to=day - timedelta(days=1)),
        replace(rows[0], from_=day, **changes),
    ]
