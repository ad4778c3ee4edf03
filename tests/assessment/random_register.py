"""Random periods, catalogues, people and declarations, with dates on the edges of one another."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha1
from typing import Any
from zoneinfo import ZoneInfo

from tests.assessment.random_world import (
    ADL,
    ONE_DAY,
    OPEN,
    PERSON_KINDS,
    UNIT_KINDS,
    Json,
    World,
    all_days,
    all_leaves,
    last_day,
    next_month,
)

ZONES = (
    "Asia/Ho_Chi_Minh",
    "Asia/Ho_Chi_Minh",
    "Asia/Ho_Chi_Minh",
    "UTC",
    "America/New_York",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
)
HOME_PAGES = ("https://sso.example", "https://sso.example/", "https://lms.example")
SPARE_VERBS = (
    ADL + "terminated",
    ADL + "experienced",
    ADL + "completed",
    ADL + "passed",
    ADL + "scored",
    "https://w3id.org/xapi/video/verbs/played",
    "https://hocba.example/động-từ/đã-học",
)


# period.yaml


def make_period(world: World) -> None:
    world.start = date(world.number(2024, 2027), world.number(1, 12), 1)
    world.months = [world.start]
    for _ in range(world.one((1, 3, 6, 6, 12, 12, 12, 18)) - 1):
        world.months.append(next_month(world.months[-1]))
    world.end = last_day(world.months[-1])
    world.deadline = world.one(
        (
            last_day(world.one(world.months)),
            last_day(world.one(world.months)),
            last_day(world.months[-1]),
            world.day(),
            world.day(),
            world.end + ONE_DAY * world.number(1, 40),
            world.start - ONE_DAY * world.number(1, 40),
        )
    )
    zone = world.one(ZONES)
    world.zone = ZoneInfo(zone)
    weekends = [day for day in all_days(world) if day.weekday() >= 5]
    holidays = {world.day() for _ in range(world.number(0, 12))}
    run = world.day()
    holidays |= {run + ONE_DAY * number for number in range(world.number(0, 9))}
    world.period = {
        "id": f"KY-{world.start.year}",
        "vi": f"Kỳ đánh giá {world.start.year}",
        "start": world.start,
        "end": world.end,
        "timezone": zone,
        "required_course_deadline": world.deadline,
        "freeze": "after_all_lines",
        "holidays": sorted(holidays),
        "working_days": sorted(world.some(weekends, 6)),
    }


# catalogue.yaml


def make_catalogue(world: World) -> None:
    names = ("bdhvs", "onetouch", "lms-bo", "khoahocmo", "truong.so")
    for name in names[: world.number(2, 5)]:
        verbs = world.one(
            (
                [ADL + "terminated"],
                [ADL + "experienced"],
                [ADL + "completed"],
                [],
                world.some(SPARE_VERBS, 4),
            )
        )
        world.platforms.append(
            {
                "id": name,
                "vi": f"Nền tảng {name}",
                "credential": f"{name}-{world.start.year}",
                "minutes_verbs": verbs,
                "recognitions": recognitions(world),
            }
        )
    if not any(platform["minutes_verbs"] for platform in world.platforms):
        world.platforms[0]["minutes_verbs"] = [ADL + "terminated"]
    world.platforms[0]["recognitions"] = recognition(world, (None, None))
    for number in range(world.number(5, 10)):
        make_course(world, number)
    make_positions(world)


def recognition(world: World, *spans: tuple[date | None, date | None]) -> list[Json]:
    return [
        {
            **world.bounds(first, last),
            "decision": {
                "number": f"{world.number(1, 300)}/QĐ-TTCĐS",
                "date": world.start - ONE_DAY * 90,
            },
        }
        for first, last in spans
    ]


def recognitions(world: World) -> list[Json]:
    first = world.day()
    second = first + ONE_DAY * world.number(1, 90)
    return world.one(
        (
            [],
            recognition(world, (None, None)),
            recognition(world, (world.start, world.end)),
            recognition(world, (None, first)),
            recognition(world, (first, None)),
            recognition(world, (first, first)),
            recognition(world, (first, second)),
            recognition(world, (None, first - ONE_DAY), (second + ONE_DAY, None)),
            recognition(world, (None, first), (first + ONE_DAY, second)),
        )
    )


def make_course(world: World, number: int) -> None:
    world.courses.append(
        {
            "id": f"{world.one('Rr')}{number}" if number else "R1.a_B-c",
            "vi": f"Khóa học {number}",
            "nominal_minutes": world.one((45, 60, 90, 120, 180, 240, 300)),
            "exam": world.chance(0.6),
            "move_on": world.one(
                ("Completed", "Passed", "CompletedAndPassed", "CompletedOrPassed")
            ),
            "activities": activities(world, number),
        }
    )


def activities(world: World, number: int) -> Json:
    """Of a course; the same IRI may be another course on another platform."""
    found: Json = {}
    for place, platform in enumerate(world.platforms):
        if world.chance(0.8 if place else 0.95):
            shared = (number + place) if world.chance(0.2) else f"{platform['id']}/{number}"
            paths = [f"https://{platform['id']}.example/khoa-hoc/{number}"]
            if world.chance(0.4):
                paths.append(f"https://{platform['id']}.example/view.php?id={number}&v=2#phần-1")
            if world.chance(0.3):
                paths.append(f"https://chung.example/khóa/{shared}")
            taken = {
                iri
                for course in world.courses
                for iri in course["activities"].get(platform["id"], [])
            }
            found[platform["id"]] = [path for path in paths if path not in taken]
    return found


def make_positions(world: World) -> None:
    ids = [course["id"] for course in world.courses]
    for number, name in enumerate(("LANH_DAO", "CHUYEN_VIEN", "NGHE_SI", "lai.xe", "1001")):
        required = world.some(ids[:6], 5)
        if number == 2 and world.chance(0.6):
            required = []
        world.positions.append(
            {
                "id": name,
                "vi": f"Vị trí {name}",
                "required_courses": required,
                "required_level": world.number(0, 6),
            }
        )


# organisation.yaml


def make_units(world: World, count: int) -> None:
    names = ["BO", "X", "Y", "x", "1001", "N", "no", "2e3", "phong-1", "Cục_2", "on", "0x1F"]
    names[9] = "cuc_2"
    names += [f"U{number}" for number in range(len(names), count + 1)]
    for number, name in enumerate(names[: count + 1]):
        last = None
        if number > 1:
            last = world.one((None,) * 6 + (world.end, world.end - ONE_DAY, world.day()))
        first = date(2020, 1, 1)
        if last is None and number > 1 and world.chance(0.1):
            first = world.one((world.end, world.end + ONE_DAY, world.day()))
        unit: Json = {
            "id": name,
            "vi": f"Đơn vị {name}",
            "type": world.one(("cuc", "nha_hat", "phòng ban")),
            "parent": world.one(world.units)["id"] if number else None,
            **world.bounds(first, last),
        }
        if number == 0 or world.chance(0.15):
            unit["evaluated"] = False
        elif world.chance(0.3):
            unit["evaluated"] = True
        world.units.append(unit)


def make_person(world: World, number: int) -> None:
    person = f"{world.one(('P', 'p', 'NV.', '100'))}{number + 1}"
    world.people.append(
        {
            "id": person,
            "name": f"Người {number + 1}",
            "identifiers": identifiers(world, number),
        }
    )
    if world.chance(0.35):
        identifier = ghost(world, number)
        world.ghosts.append((identifier, person))
    rows, absences = world.one(CAREERS)(world)
    for row in rows:
        if row["from"] and row["to"] and row["from"] > row["to"]:
            continue
        world.memberships.append(
            {"person": person, **row, **world.bounds(*(row.pop("from"), row.pop("to")))}
        )
    if world.chance(0.2):
        world.memberships.append(second_post(world, person))
    if world.chance(0.25):
        absences = [*absences, *absence_spans(world)]
    for number, (first, last) in enumerate(absences):
        kind = ("thai_san", "ốm dài ngày", "hoc_tap")[number]
        world.absences.append({"person": person, "type": kind, **world.bounds(first, last)})
    if world.chance(0.55):
        for first, last in party_spans(world):
            world.party_memberships.append({"person": person, **world.bounds(first, last)})


def identifiers(world: World, number: int) -> list[Json]:
    """None, one or several; account names repeat on other home pages, never on the same."""
    private = f"mailto:rieng{number}@mail.example"
    found: list[Json] = [
        {"account": {"homePage": HOME_PAGES[0], "name": f"nv.{number}"}},
        {"account": {"homePage": HOME_PAGES[2], "name": f"nv.{number + 1}"}},
        {"account": {"homePage": HOME_PAGES[1], "name": f"nv.{number + 2}"}},
        {"mbox": world.one((f"mailto:nv{number}@bo.example", f"mailto:NV{number}@Bo.example"))},
        {"mbox_sha1sum": digest(private)},
        {"openid": f"https://id.example/nv{number}"},
    ]
    world.addresses[digest(private)] = private
    chosen = world.some(found, 5) or ([found[0]] if world.chance(0.9) else [])
    for entry in chosen:
        if "mbox_sha1sum" in entry and world.chance(0.4):
            entry["mbox_sha1sum"] = entry["mbox_sha1sum"].upper()
    return chosen


def ghost(world: World, number: int) -> Json:
    """An identifier nobody has."""
    identifier: Json = world.one(
        (
            {"account": {"homePage": "https://cu.example", "name": f"nv.{number}"}},
            {"mbox": f"mailto:cu{number}@bo.example"},
            {"mbox_sha1sum": digest(f"mailto:khac{number}@bo.example")},
            {"openid": f"https://id.example/NV{number}"},
        )
    )
    return identifier


def digest(mbox: str) -> str:
    return sha1(mbox.encode()).hexdigest()


def row_of(
    world: World,
    first: date | None,
    last: date | None,
    *,
    unit: str | None = None,
    position: str | None = None,
    head: bool | None = None,
) -> Json:
    """A primary membership; the head of its unit only where nobody else is."""
    unit = str(unit or world.one(world.units)["id"])
    head = world.chance(0.3) if head is None else head
    span = (first or date.min, last or date.max)
    row = {
        "unit": unit,
        "position": position or world.one(world.positions)["id"],
        "category": world.one(("can_bo", "cong_chuc", "vien_chuc", "nguoi_lao_dong")),
        "head": head and is_vacant(world, unit, span),
        "from": first,
        "to": last,
    }
    if row["head"]:
        world.heads.setdefault(unit, []).append(span)
    if world.chance(0.1):
        row["primary"] = True
    return row


def is_vacant(world: World, unit: str, span: tuple[date, date]) -> bool:
    first, last = span
    return all(last < taken[0] or taken[1] < first for taken in world.heads.get(unit, []))


Span = tuple[date | None, date | None]
Career = tuple[list[Json], list[Span]]


def long_ago(world: World) -> date | None:
    return world.one((None, date(2019, 3, 1), world.start, world.start - ONE_DAY * 40))


def stays(world: World) -> Career:
    last = world.one((None, None, world.end, world.end + ONE_DAY))
    return [row_of(world, long_ago(world), last)], []


def moves(world: World) -> Career:
    """From one row to another on any day, with or without days between."""
    cut = world.day()
    gap = ONE_DAY * world.one((1, 1, 1, 2, 20))
    return [row_of(world, long_ago(world), cut), row_of(world, cut + gap, None)], []


def moves_within_the_unit(world: World) -> Career:
    unit, cut = world.one(world.units)["id"], world.day()
    rows = [
        row_of(world, long_ago(world), cut, unit=unit, head=True),
        row_of(world, cut + ONE_DAY, None, unit=unit, head=world.chance(0.5)),
    ]
    return rows, []


def ties_in_a_month(world: World) -> Career:
    """As many eligible days in one row as in the other."""
    month = world.one(world.months)
    length = last_day(month).day
    absences: list[Span] = []
    if length % 2:
        away = month.replace(day=world.number(length // 2 + 2, length))
        absences.append((away, away))
        first_days = length // 2
    else:
        first_days = length // 2
    cut = month.replace(day=first_days)
    rows = [row_of(world, long_ago(world), cut), row_of(world, cut + ONE_DAY, None)]
    return rows, absences


def three_in_a_month(world: World) -> Career:
    month = world.one(world.months)
    first = month.replace(day=world.one((7, 10, 12)))
    second = month.replace(day=world.one((17, 20, 24)))
    return [
        row_of(world, long_ago(world), first),
        row_of(world, first + ONE_DAY, second),
        row_of(world, second + ONE_DAY, None),
    ], []


def ties_in_months(world: World) -> Career:
    """Two positions for as many months each, or in turns."""
    first, second = world.random.sample([position["id"] for position in world.positions], 2)
    half = world.months[len(world.months) // 2]
    if len(world.months) < 3 or world.chance(0.5):
        return [
            row_of(world, long_ago(world), half - ONE_DAY, position=first),
            row_of(world, half, None, position=second),
        ], []
    third = len(world.months) // 3
    one, two = world.months[third], world.months[2 * third]
    return [
        row_of(world, long_ago(world), one - ONE_DAY, position=first),
        row_of(world, one, two - ONE_DAY, position=second),
        row_of(world, two, None, position=first),
    ], []


def arrives(world: World) -> Career:
    """With 14, 15 or 16 days left of a month."""
    end_of_month = last_day(world.one(world.months))
    minimum = world.person_sheet["eligibility"]["month_min_days"]
    first = end_of_month - ONE_DAY * (minimum - 1 + world.one((-1, 0, 1)))
    return [row_of(world, first, None)], []


def leaves_the_ministry(world: World) -> Career:
    minimum = world.person_sheet["eligibility"]["month_min_days"]
    threshold = world.one(world.months) + ONE_DAY * (minimum - 1 + world.one((-1, 0, 1)))
    last = world.one((world.day(), world.end - ONE_DAY, threshold))
    return [row_of(world, long_ago(world), last)], []


def heads_for_a_while(world: World) -> Career:
    """About as long as a head must be one to be measured by the unit."""
    enough = world.person_sheet["head_of_unit"]["min_head_months"]
    tenure = max(1, enough + world.one((-1, 0, 0, 1)))
    if tenure >= len(world.months):
        return [row_of(world, long_ago(world), None, head=True)], []
    place = world.number(0, len(world.months) - tenure)
    first, after = world.months[place], next_month(world.months[place + tenure - 1])
    unit = world.one(world.units)["id"]
    rows = [row_of(world, first, after - ONE_DAY, unit=unit, head=True)]
    if world.chance(0.8):
        rows.append(row_of(world, long_ago(world) and date(2018, 1, 1), first - ONE_DAY))
    if world.chance(0.8):
        rows.append(row_of(world, after, None))
    return rows, []


def heads_several_units(world: World) -> Career:
    """One after another; all of them count if they were long enough."""
    cut = world.months[len(world.months) // 2]
    vacant = [
        unit["id"]
        for unit in world.units
        if unit.get("evaluated") is not False
        and "to" not in unit
        and is_vacant(world, unit["id"], OPEN)
    ]
    first, second = world.shuffled([*vacant, "X", "Y"])[:2]
    return [
        row_of(world, date(2021, 1, 1), cut - ONE_DAY, unit=first, head=True),
        row_of(world, cut, None, unit=second, head=True),
    ], []


def appointed_at_the_end(world: World) -> Career:
    return [row_of(world, world.end - ONE_DAY * world.number(0, 18), None, head=True)], []


def nobody_yet(world: World) -> Career:
    """No membership, none in the period, or away all the time."""
    rows, absences = world.one(
        (
            ((), ()),
            (((date(2019, 1, 1), world.start - ONE_DAY),), ()),
            (((world.end + ONE_DAY, None),), ()),
            (((None, None),), ((world.start, world.end),)),
            (((None, None),), ((None, None),)),
        )
    )
    return [row_of(world, first, last) for first, last in rows], list(absences)


CAREERS: tuple[Any, ...] = (
    *(stays,) * 6,
    *(moves,) * 3,
    moves_within_the_unit,
    ties_in_a_month,
    ties_in_a_month,
    three_in_a_month,
    ties_in_months,
    ties_in_months,
    arrives,
    leaves_the_ministry,
    heads_for_a_while,
    heads_for_a_while,
    heads_several_units,
    heads_several_units,
    appointed_at_the_end,
    nobody_yet,
)


def second_post(world: World, person: str) -> Json:
    """Takes no part in scoring, not even as head of a unit that has one."""
    return {
        "person": person,
        "unit": world.one(world.units)["id"],
        "position": world.one(world.positions)["id"],
        "category": "vien_chuc",
        "head": world.chance(0.5),
        "primary": False,
        **world.bounds(world.one((None, world.day())), None),
    }


def absence_spans(world: World) -> list[Span]:
    minimum = world.person_sheet["eligibility"]["month_min_days"]
    month = world.one(world.months)
    # leaves just enough days, or one too few, at the start of a month or at its end
    after_enough = month + ONE_DAY * (minimum + world.one((0, -1)))
    before_enough = last_day(month) - ONE_DAY * (minimum + world.one((0, -1)))
    day = world.day()
    return world.one(
        (
            [(after_enough, after_enough + ONE_DAY * world.number(30, 120))],
            [(before_enough - ONE_DAY * world.number(30, 120), before_enough)],
            [(after_enough, last_day(month))],
            [(day, day)],
            [(day, day + ONE_DAY * 45), (day + ONE_DAY * 20, day + ONE_DAY * 60)],
            [(day, None)],
            [(None, day)],
        )
    )


def party_spans(world: World) -> list[Span]:
    return world.one(
        (
            [(date(2010, 5, 19), None)],
            [(None, None)],
            [(None, None)],
            [(None, world.end)],
            [(None, world.end - ONE_DAY)],
            [(world.end, None)],
            [(world.end + ONE_DAY, None)],
            [(None, world.start), (world.end - ONE_DAY * 3, world.end + ONE_DAY)],
        )
    )


# declarations.yaml


def make_declarations(world: World) -> None:
    items: list[Json] = []
    for person in world.people:
        for _ in range(world.one((0, 1, 2, 4, 8))):
            items.append(item(world, len(items), {"person": person["id"]}, PERSON_KINDS))
    for unit in world.units:
        for _ in range(world.one((0, 2, 5, 9))):
            items.append(item(world, len(items), {"unit": unit["id"]}, UNIT_KINDS))
    world.declarations = {
        "items": items,
        "unit_plans": [
            {
                "unit": unit["id"],
                "submitted": plan_day(world),
                "document": f"{number + 1}/KH",
            }
            for unit in world.units
            for number in range(world.one((0, 1, 1, 1, 2, 3)))
        ],
        "reports": [
            report(world, f"BC-{unit['id']}-{number}", unit["id"])
            for unit in world.units
            for number in range(world.number(0, 3))
        ],
        "competence_credentials": distinct(
            credential(world, person["id"])
            for person in world.people
            for _ in range(world.number(0, 4))
        ),
    }


def distinct(credentials: Iterable[Json]) -> list[Json]:
    """Without those that state the same level of the same day twice."""
    keys = ("person", "framework", "level", "date", "source")
    found = {tuple(entry[key] for key in keys): entry for entry in credentials}
    return list(found.values())


def item(world: World, number: int, subject: Json, kinds: tuple[str, ...]) -> Json:
    decision = world.one(("accepted",) * 5 + ("rejected", "pending"))
    kind = world.one(kinds if world.chance(0.95) else PERSON_KINDS + UNIT_KINDS)
    found = {
        "id": f"KK-{number:03}",
        "kind": kind,
        **subject,
        "date": world.day_around(),
        "title": f"Minh chứng {number}",
        "decision": decision,
    }
    if world.chance(0.3):
        found["self_declared"] = world.chance(0.5)
    if decision == "rejected":
        found["reason"] = "Không có minh chứng"
    elif world.chance(0.1):
        found["reason"] = None
    return found


def plan_day(world: World) -> date:
    """On the edges of the first deadline of the sheet, or anywhere."""
    deadlines = [
        leaf["deadline"] for leaf in all_leaves(world.unit_sheet) if leaf["kind"] == "plan_date"
    ]
    deadline = world.one(deadlines)
    days: tuple[date, ...] = (
        *(deadline + ONE_DAY * late for late in (-3, 0, 1, 30, 31)),
        world.end,
        world.end + ONE_DAY,
        world.day_around(),
    )
    return world.one(days)


def report(world: World, id: str, unit: str) -> Json:
    due = world.day_around()
    late = world.one((-2, 0, 1, 3, 5, 6, 7, 8, 14, 45))
    submitted = world.one((due + ONE_DAY * late, due + ONE_DAY * late, None, world.end + ONE_DAY))
    return {"id": id, "unit": unit, "vi": "Báo cáo", "due": due, "submitted": submitted}


def credential(world: World, person: str) -> Json:
    found: Json = {
        "person": person,
        "framework": world.one(("KNLS-757",) * 4 + ("TT02-2025", "knls-757")),
        "level": world.number(1, 8),
        "date": world.one(
            (date(2023, 6, 30), world.day(), world.end, world.end + ONE_DAY, world.start)
        ),
        "source": world.one(("VNeID", "Bình dân học vụ số")),
    }
    if world.chance(0.4) and found["date"] < world.end:
        found["valid_to"] = world.one((None, world.end, world.end - ONE_DAY, date(2040, 1, 1)))
    if world.chance(0.4):
        found["verified"] = world.chance(0.5)
    return found
