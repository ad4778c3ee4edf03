"""Random statements: recipes, each giving a few that belong together."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.assessment.random_register import SPARE_VERBS, digest, ghost
from tests.assessment.random_world import (
    ADL,
    ONE_DAY,
    Draft,
    Json,
    World,
    all_leaves,
    last_day,
)

Place = tuple[str, str]
"""A platform and an activity."""


def make_drafts(world: World, count: int) -> list[Draft]:
    """About so many statements, in the order in which they are to be posted."""
    drafts: list[Draft] = []
    for person in world.people:
        if world.chance(0.35):
            drafts += learns_everything(world, person["id"])
    while len(drafts) < count:
        drafts += world.one(RECIPES)(world, drafts, world.one(world.people)["id"])
    if world.chance(0.7):  # about in the order of their times, as platforms send them
        jitter = [timedelta(hours=world.number(-240, 240)) for _ in drafts]
        by_time = sorted(zip(drafts, jitter, strict=True), key=lambda one: one[0].moment + one[1])
        return [draft for draft, _ in by_time]
    return world.shuffled(drafts)


def tell(
    world: World,
    person: str,
    verb: str,
    course: Json,
    moment: datetime,
    result: Json | None = None,
    place: Place | None = None,
) -> Draft:
    """The person did something in the course, in one of the places where it can be taken."""
    platform, iri = place or place_of(world, course)
    target, actor = activity(world, iri), actor_of(world, person)
    made = make_draft(world, platform, verb, target, actor, moment, result)
    made.person, made.course = person, course["id"]
    return made


def make_draft(
    world: World,
    platform: str,
    verb: str,
    target: Json,
    actor: Json,
    moment: datetime,
    result: Json | None = None,
) -> Draft:
    statement: Json = {
        "id": world.uuid(),
        "actor": actor,
        "verb": {"id": verb, "display": {"vi-VN": verb.rsplit("/", 1)[-1]}},
        "object": target,
    }
    if result is not None:
        statement["result"] = result
    context = context_of(world, platform, target)
    if context:
        statement["context"] = context
    statement["timestamp"] = written(world, moment)
    return Draft(platform, statement, moment)


def actor_of(world: World, person: str) -> Json:
    """By one of the person's identifiers, in one of its forms."""
    [entry] = [entry for entry in world.people if entry["id"] == person]
    if not entry["identifiers"]:
        return agent(world, ghost(world, 900))
    identifier = deepcopy(world.one(entry["identifiers"]))
    identifier.pop("note", None)
    if "mbox" in identifier and world.chance(0.4):
        identifier = {"mbox_sha1sum": digest(identifier["mbox"])}
    elif "mbox_sha1sum" in identifier and world.chance(0.5):
        identifier = {"mbox": world.addresses[identifier["mbox_sha1sum"].lower()]}
    if "mbox_sha1sum" in identifier and world.chance(0.4):
        identifier["mbox_sha1sum"] = identifier["mbox_sha1sum"].upper()
    return agent(world, identifier)


def agent(world: World, identifier: Json) -> Json:
    found: Json = {}
    if world.chance(0.7):
        found["objectType"] = "Agent"
    if world.chance(0.5):
        found["name"] = world.one(world.people)["name"]  # decides nothing
    return {**found, **identifier}


def activity(world: World, iri: str) -> Json:
    found: Json = {"objectType": "Activity"} if world.chance(0.8) else {}
    found["id"] = iri
    if world.chance(0.5):
        found["definition"] = {
            "name": {"vi-VN": "Khóa học"},
            "type": "http://adlnet.gov/expapi/activities/course",
        }
    return found


def context_of(world: World, platform: str, target: Json) -> Json:
    found: Json = {}
    if world.chance(0.5):
        found["registration"] = str(UUID(int=world.number(1, 3), version=4))
    if world.chance(0.3) and target.get("objectType", "Activity") == "Activity":
        found["platform"] = platform
    if world.chance(0.15):  # nothing is inferred from it
        found["contextActivities"] = {"parent": [activity(world, any_iri(world))]}
    if world.chance(0.05):
        found["instructor"] = actor_of(world, world.one(world.people)["id"])
    return found


def any_iri(world: World) -> str:
    """Of any course on any platform."""
    iris = [
        iri for course in world.courses for some in course["activities"].values() for iri in some
    ]
    return str(world.one(iris or ["https://khac.example/khoa-hoc"]))


def place_of(world: World, course: Json) -> Place:
    """Often on the first platform, which is always recognised."""
    places = [(platform, iri) for platform, iris in course["activities"].items() for iri in iris]
    first = [place for place in places if place[0] == world.platforms[0]["id"]]
    if not places:
        return world.one(world.platforms)["id"], any_iri(world)
    return world.one(first) if first and world.chance(0.5) else world.one(places)


def session(world: World, person: str, course: Json, moment: datetime, length: str) -> Draft:
    """Learning time, where the course gives any."""
    timed = [
        (verb, (platform["id"], iri))
        for platform in world.platforms
        for verb in platform["minutes_verbs"]
        for iri in course["activities"].get(platform["id"], [])
    ]
    first = [(verb, place) for verb, place in timed if place[0] == world.platforms[0]["id"]]
    verb, place = ADL + "experienced", place_of(world, course)
    if timed:
        verb, place = world.one(first) if first and world.chance(0.5) else world.one(timed)
    return tell(world, person, verb, course, moment, {"duration": length}, place)


def required_of(world: World, person: str) -> list[Json]:
    """The courses that any of the person's positions requires."""
    positions = {row["position"] for row in world.memberships if row["person"] == person}
    required = {
        course
        for position in world.positions
        if position["id"] in positions
        for course in position["required_courses"]
    }
    return [course for course in world.courses if course["id"] in required]


def course_for(world: World, person: str) -> Json:
    """Mostly one that is required of the person."""
    required = required_of(world, person)
    return world.one(required if required and world.chance(0.75) else world.courses)


# Times


def local(world: World, day: date, hour: int, minute: int, second: int, ms: int) -> datetime:
    time = (hour, minute, second, ms * 1000)
    clock = datetime(day.year, day.month, day.day, *time, tzinfo=world.zone)
    return clock.astimezone(UTC)


def moment_on(world: World, day: date) -> datetime:
    """A time of that local day, often its first or last."""
    return world.one(
        (
            local(world, day, 0, 0, 0, 0),
            local(world, day, 23, 59, 59, 999),
            local(world, day, 0, 10, 0, 500),
            *(
                local(world, day, world.number(0, 23), world.number(0, 59), world.number(0, 59), ms)
                for ms in (0, 0, 0, 40, 250, 123)
            ),
        )
    )


def any_moment(world: World) -> datetime:
    """Mostly in the period; on its edges, the deadline's and the recognitions' more often."""
    bounds = [world.start, world.end, world.deadline]
    for platform in world.platforms:
        for entry in platform["recognitions"]:
            bounds += [entry[key] for key in ("from", "to") if entry.get(key)]
    if world.chance(0.25):
        edge = world.one(bounds)
        return moment_on(world, edge + ONE_DAY * world.one((-1, 0, 0, 1)))
    return moment_on(world, world.day_around())


OFFSETS = ("+00:00", "+00:00", "+07:00", "+05:45", "-09:30", "+14:00", "-12:00")


def written(world: World, moment: datetime) -> str:
    """The instant as some platform writes it: any offset, up to 3 decimals."""
    offset = world.one(OFFSETS)
    clock = moment.astimezone(datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo)
    fraction = f"{clock.microsecond // 1000:03}"
    if world.chance(0.6):
        fraction = fraction.rstrip("0")
    text = f"{clock:%Y-%m-%dT%H:%M:%S}" + (f".{fraction}" if fraction else "")
    if offset == "+00:00" and world.chance(0.8):
        offset = "Z"
    return (text + offset).lower() if world.chance(0.02) else text + offset


# Results


def duration(world: World, seconds: Decimal) -> str:
    """ISO 8601 in one of its forms; at most 2 decimals of a second."""
    whole = int(seconds)
    fraction = f"{seconds - whole:.2f}"[1:] if seconds != whole else ""
    forms = [f"PT{whole}{fraction}S"]
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    forms.append(f"PT{hours}H{minutes}M{rest}{fraction}S")
    if not fraction:
        if not rest:
            forms += [f"PT{whole // 60}M", f"PT{hours}H{minutes}M"]
        if whole % 15 == 0:
            forms.append(f"PT{plain(Decimal(whole) / 60)}M")
        if whole % 900 == 0:
            forms.append(f"PT{plain(Decimal(whole) / 3600)}H")
        if whole >= 86400:
            forms.append(f"P{whole // 86400}DT{hours % 24}H{minutes}M{rest}S")
        if whole % 86400 == 0:
            forms.append(f"P{whole // 86400}D")
        if whole % 604800 == 0:
            forms.append(f"P{whole // 604800}W")
    return str(world.one(forms))


def plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def any_duration(world: World) -> str:
    odd = (
        "PT0S",
        "P0D",
        "P1Y",
        "P1M",
        "P1Y2M3DT4H5M6S",
        "P1MT10M",
        "P0Y0M0DT2H",
        "P1W",
        "P2W",
        "P1D",
        "P0.5D",
        "PT0.01S",
        "PT33.33S",
        "PT59M59.99S",
        "PT1.5H",
        "PT1,5H",
        "P0W",
    )
    if world.chance(0.25):
        return str(world.one(odd))
    seconds = Decimal(world.one((1500, 1800, 3600, 5400, 7200, world.number(1, 20000))))
    return duration(world, seconds + world.one(map(Decimal, ("0", "0", "0", "0.5", "0.01"))))


def any_score(world: World) -> Json:
    scaled = world.one(
        (
            *("1", "1.0", "0", "0.0", "-0.25", "-1", "9e-1", "0.90", "0.5", "0.65", "0.8", "0.95"),
            "0.899999999999999999999",
            "0.649999999999999999999999999999",
            "0.333333333333333333333333333333333333",
            *(str(world.decimal(0, 1, 3)) for _ in range(8)),
        )
    )
    found: Json = {"scaled": Decimal(scaled)} if world.chance(0.85) else {}
    if not found or world.chance(0.3):
        found |= {"raw": world.number(0, 100), "min": 0, "max": 100}
    return found


def any_result(world: World) -> Json | None:
    found: Json = {}
    if world.chance(0.4):
        found["completion"] = world.chance(0.6)
    if world.chance(0.4):
        found["success"] = world.chance(0.6)
    if world.chance(0.5):
        found["score"] = any_score(world)
    if world.chance(0.6):
        found["duration"] = any_duration(world)
    if world.chance(0.05):
        found["response"] = "đúng"
    return found or None


# Recipes


def learns_everything(world: World, person: str) -> list[Draft]:
    """Everything required of the person, in time, and with good exams."""
    score = world.one(map(Decimal, ("1", "0.95", "0.9", "0.899999999999999999999", "0.8", "0.5")))
    last = max(world.start, min(world.deadline, world.end))
    first_platform = world.platforms[0]["id"]
    drafts: list[Draft] = []
    for course in required_of(world, person):
        place = place_of(world, course)
        if first_platform in course["activities"] and world.chance(0.7):
            place = first_platform, course["activities"][first_platform][0]
        moment = moment_on(world, world.one((last, world.start + (last - world.start) / 2)))
        passed = {"success": True, "score": {"scaled": score}}
        drafts += [
            tell(world, person, ADL + "completed", course, moment, {"completion": True}, place),
            tell(world, person, ADL + "passed", course, moment, passed, place),
            *fills_the_cap(world, drafts, person, course),
        ]
    return drafts


def anything(world: World, drafts: list[Draft], person: str) -> list[Draft]:
    """Any verb with any result."""
    usual = [ADL + verb for verb in ("completed", "passed", "failed", "scored")]
    odd = [ADL + "launched", ADL + "Completed", "https://adlnet.gov/expapi/verbs/passed"]
    verb = world.one((*usual, *usual, *SPARE_VERBS, *odd))
    course = course_for(world, person)
    return [tell(world, person, verb, course, any_moment(world), any_result(world))]


def attends(world: World, drafts: list[Draft], person: str) -> list[Draft]:
    """A session with learning time."""
    course = course_for(world, person)
    return [session(world, person, course, any_moment(world), any_duration(world))]


def finishes(world: World, drafts: list[Draft], person: str) -> list[Draft]:
    """Completed and passed in one statement or in several."""
    course = course_for(world, person)
    made = []
    for _ in range(world.number(1, 3)):
        score = any_score(world)
        verb, result = world.one(
            (
                ("completed", None),
                ("completed", {"completion": True}),
                ("completed", {"success": True}),
                ("completed", {"completion": False, "success": True}),
                ("passed", None),
                ("passed", {"completion": True, "score": score}),
                ("passed", {"success": True, "score": score}),
                ("passed", {"success": False, "score": score}),
                ("failed", {"completion": True, "success": False}),
                ("failed", {"success": False, "score": score}),
                ("scored", {"success": True, "score": score}),
                ("scored", {"score": score}),
            )
        )
        made.append(tell(world, person, ADL + verb, course, any_moment(world), result))
    return made


def fills_the_cap(
    world: World, drafts: list[Draft], person: str, course: Json | None = None
) -> list[Draft]:
    """Sessions that use up the course's cap exactly, and perhaps one too many."""
    course = course or course_for(world, person)
    [sheet] = [leaf for leaf in all_leaves(world.person_sheet) if leaf["kind"] == "hours_linear"]
    cap = sheet["course_minutes_cap_factor"] * course["nominal_minutes"] * 60
    first = int(cap * world.number(1, 9) / 10)
    parts = [Decimal(first), (cap - first).quantize(Decimal("0.01"))]
    if world.chance(0.7):
        parts.append(Decimal(world.number(1, 3600)))
    if world.chance(0.3):
        parts[1] += world.one((Decimal("0.01"), Decimal("-0.01"), Decimal(600)))
    same = any_moment(world)
    moments = [same if world.chance(0.15) else any_moment(world) for _ in parts]
    return [
        session(world, person, course, moment, duration(world, part))
        for moment, part in zip(moments, parts, strict=True)
        if part > 0
    ]


def fills_a_month(world: World, drafts: list[Draft], person: str) -> list[Draft]:
    """Sessions that make a month active, exactly or all but a hundredth of a second."""
    [sheet] = [
        leaf for leaf in all_leaves(world.person_sheet) if leaf["kind"] == "regularity_tiers"
    ]
    threshold = Decimal(sheet["active_month_minutes"]) * 60
    first = Decimal(int(threshold / 3))
    parts = [first, threshold - first - world.one(map(Decimal, ("0", "0", "0.01")))]
    month = world.one(world.months)
    days = [month, last_day(month), month + ONE_DAY * world.number(0, 27)]
    made = []
    for part in parts:
        course, moment = course_for(world, person), moment_on(world, world.one(days))
        made.append(session(world, person, course, moment, duration(world, part)))
    return made


def repeats(world: World, drafts: list[Draft], person: str) -> list[Draft]:
    """The fact of an earlier statement, told again with a difference or without one."""
    known = [draft for draft in drafts if draft.course and draft.person and not draft.ghost]
    if not known:
        return []
    earlier = world.one(known)
    again = deepcopy(earlier)
    again.statement["id"] = world.uuid()
    day = earlier.moment.astimezone(world.zone).date()
    for _ in range(world.one((0, 1, 1, 2))):
        change = world.one(CHANGES)
        match change:
            case "time":
                again.moment = moment_on(world, day)
            case "day":
                again.moment = earlier.moment + world.one((1, -1)) * timedelta(hours=24)
            case "place":
                [course] = [entry for entry in world.courses if entry["id"] == earlier.course]
                again.platform, iri = place_of(world, course)
                again.statement["object"] = activity(world, iri)
                again.statement.get("context", {}).pop("platform", None)
            case "registration":
                context = again.statement.setdefault("context", {})
                if "registration" in context and world.chance(0.5):
                    del context["registration"]
                else:
                    context["registration"] = str(UUID(int=world.number(1, 3), version=4))
            case "flag":
                flag = world.one(("completion", "success"))
                result = again.statement.setdefault("result", {})
                result[flag] = not result.get(flag, world.chance(0.5))
            case "result":
                again.statement["result"] = any_result(world) or {}
            case "actor":
                again.statement["actor"] = actor_of(world, earlier.person or person)
            case "verb":
                again.statement["verb"]["id"] = ADL + world.one(("completed", "passed", "scored"))
            case "person":
                again.person = person
                again.statement["actor"] = actor_of(world, person)
            case "raw":
                score = again.statement.get("result", {}).get("score")
                if score is not None:
                    score |= {"raw": world.number(0, 100), "min": 0, "max": 100}
    if world.chance(0.3):
        told_otherwise(world, again.statement)
    again.statement["timestamp"] = written(world, again.moment)
    return [again]


CHANGES = (
    "time",
    "day",
    "place",
    "registration",
    "flag",
    "flag",
    "result",
    "actor",
    "verb",
    "person",
    "raw",
)


def told_otherwise(world: World, statement: Json) -> None:
    """The same signals, written in another way."""
    result = statement.get("result", {})
    same = {"PT1H": "PT60M", "PT60M": "PT3600S", "PT90M": "PT1.5H", "P1W": "P7D", "P1D": "PT24H"}
    if result.get("duration") in same:
        result["duration"] = same[result["duration"]]
    if "scaled" in result.get("score", {}) and result["score"]["scaled"] < 0:
        result["score"]["scaled"] = world.one((Decimal(0), Decimal("-0.5")))


def by_strangers(world: World, drafts: list[Draft], person: str) -> list[Draft]:
    """By an actor nobody knows, or by a Group, which is nobody."""
    made = anything(world, drafts, person)[0]
    [known] = [entry["identifiers"] for entry in world.people if entry["id"] == person]
    mboxes = [entry["mbox"] for entry in known if "mbox" in entry]
    accounts = [entry["account"] for entry in known if "account" in entry]
    ghosts = [(identifier, owner) for identifier, owner in world.ghosts]
    strangers: list[Json] = [
        {"account": {"homePage": "https://khac.example", "name": f"nv.{world.number(0, 9)}"}},
        {"mbox_sha1sum": digest(f"mailto:la{world.number(0, 9)}@bo.example")},
    ]
    strangers += [{"mbox": mbox.swapcase().replace("MAILTO", "mailto")} for mbox in mboxes]
    strangers += [
        {"account": {"homePage": one["homePage"].rstrip("/") + "//", "name": one["name"]}}
        for one in accounts
    ]
    strangers += [
        {"account": {"homePage": one["homePage"], "name": one["name"].upper()}} for one in accounts
    ]
    group: Json = {"objectType": "Group", "name": "Lớp 1"}
    members = [actor_of(world, entry["id"]) for entry in world.some(world.people, 3)]
    roll = world.random.random()
    made.person = None
    if ghosts and roll < 0.5:
        made.ghost, made.person = world.one(ghosts)
        assert made.ghost is not None
        made.statement["actor"] = agent(world, deepcopy(made.ghost))
    elif roll < 0.7:
        made.statement["actor"] = agent(world, world.one(strangers))
    elif known and roll < 0.85:
        identifier = deepcopy(world.one(known))
        made.statement["actor"] = {**group, **identifier}
        if members and world.chance(0.5):
            made.statement["actor"]["member"] = members
    elif members:
        made.statement["actor"] = {**group, "member": members}
    else:
        made.statement["actor"] = agent(world, world.one(strangers))
    return [made]


def elsewhere(world: World, drafts: list[Draft], person: str) -> list[Draft]:
    """About something that is no course of the platform."""
    made = world.one((anything, attends, finishes))(world, drafts, person)[0]
    iri = any_iri(world)
    if made.statement["object"].get("objectType", "Activity") == "Activity":
        iri = made.statement["object"]["id"]
    targets = (
        activity(world, iri + "/"),
        activity(world, iri.replace("https:", "http:")),
        activity(world, iri.replace(".example", ".EXAMPLE")),
        activity(world, any_iri(world)),
        activity(world, any_iri(world)),
        activity(world, "https://khac.example/khoa-hoc/nhập-môn"),
        {"objectType": "StatementRef", "id": world.uuid()},
        actor_of(world, person) | {"objectType": "Agent"},
        {
            "objectType": "SubStatement",
            "actor": actor_of(world, person),
            "verb": {"id": ADL + "completed"},
            "object": activity(world, iri),
        },
    )
    target = world.one(targets)
    made.statement["object"] = target
    if target.get("objectType", "Activity") != "Activity":
        made.statement.get("context", {}).pop("platform", None)
    made.course = course_listed(world, made.platform, target)
    return [made]


def course_listed(world: World, platform: str, target: Json) -> str | None:
    """The course that lists the activity, if it is one."""
    for course in world.courses:
        if target.get("objectType", "Activity") == "Activity" and target["id"] in course[
            "activities"
        ].get(platform, []):
            return str(course["id"])
    return None


RECIPES: tuple[Any, ...] = (
    *(anything,) * 4,
    *(attends,) * 4,
    *(finishes,) * 3,
    *(fills_the_cap,) * 2,
    *(fills_a_month,) * 2,
    *(repeats,) * 6,
    *(by_strangers,) * 2,
    *(elsewhere,) * 2,
)
