"""Random score sheets: every kind of criterion and rule, with thresholds that are met exactly."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.assessment.random_world import PERSON_KINDS, UNIT_KINDS, Json, World, all_leaves


def make_sheets(world: World) -> None:
    world.person_sheet = {
        **sheet_head(world, "person"),
        "eligibility": {"month_min_days": world.one((15, 15, 15, 15, 10, 1, 20))},
    }
    make_criteria(world, world.person_sheet, person_criteria(world))
    sheet = world.person_sheet
    sheet["bonus"] = block(world, "T", person_rules(world))
    sheet["penalty"] = block(world, "P", person_rules(world))
    for rule in sheet["penalty"]["rules"]:
        if world.chance(0.4):
            rule["blocks_award"] = world.chance(0.8)
    sheet["head_of_unit"] = {
        "min_head_months": world.number(1, 4),
        "weight": world.one(map(Decimal, ("0.20", "0.15", "0.125", "0.5", "1", "0"))),
    }
    sheet["bands"] = bands(world, sheet["max"])
    sheet["gates"] = gates(world, sheet)
    world.unit_sheet = sheet_head(world, "unit")
    make_criteria(world, world.unit_sheet, unit_criteria(world))
    sheet = world.unit_sheet
    sheet["bonus"] = block(world, "UT", unit_rules(world))
    sheet["penalty"] = block(world, "UP", unit_rules(world))
    sheet["bands"] = bands(world, sheet["max"])


def gates(world: World, sheet: Json) -> list[Json]:
    """Often of bands that follow one another, in either order."""
    levels = [band["id"] for band in sheet["bands"][:-1]]
    if not levels:
        return []
    first = world.number(0, len(levels) - 1)
    chosen = world.one((levels, levels[first:], levels[first : first + 2], [levels[first]] * 2))
    return [
        {
            "if": "party_member",
            "level": level,
            "requires": {
                "criterion": world.one(leaf["id"] for leaf in all_leaves(sheet)),
                "at": "max",
            },
        }
        for level in world.one((chosen, chosen, chosen, chosen[::-1], []))
    ]


def sheet_head(world: World, subject: str) -> Json:
    return {
        "id": f"HTS-{subject}",
        "version": world.number(1, 3),
        "subject": subject,
        "vi": "Bộ tiêu chí ngẫu nhiên",
        "legal_basis": ["Bộ tiêu chí minh họa"],
        "max": world.one(map(Decimal, ("100", "100", "100", "120", "50", "87.5", "10"))),
        "rounding": {"mode": "half_up", "decimals": 2},
    }


def make_criteria(world: World, sheet: Json, kinds: list[str]) -> None:
    """The tree of criteria: the maxima of its leaves add up to the sheet's."""
    world.grain = world.one(map(Decimal, ("0.01", "0.25", "0.5")))
    style = world.one(("{}", "{}.1", "TC-{}", "tc_{}"))
    letters = "ABCDEFGHIJKLMN"
    leaves = []
    for number, (kind, maximum) in enumerate(
        zip(kinds, split(world, sheet["max"], len(kinds)), strict=True)
    ):
        leaf = {
            "id": style.format(letters[number]),
            "vi": f"Tiêu chí {letters[number]}",
            "max": maximum,
            "kind": kind,
        }
        leaves.append({**leaf, **CRITERIA[kind](world, maximum)})
    sheet["criteria"] = grouped(world, leaves)


def split(world: World, total: Decimal, parts: int) -> list[Decimal]:
    """Amounts with at most 2 decimals that add up to the total."""
    steps = int(total / world.grain)
    cuts = sorted(world.random.sample(range(1, steps), parts - 1))
    return [(high - low) * world.grain for low, high in pairwise([0, *cuts, steps])]


def grouped(world: World, leaves: list[Json]) -> list[Json]:
    """The leaves in order, some of them below groups and groups of groups."""
    tree: list[Json] = []
    rest = leaves
    while rest:
        size = world.number(1, 3)
        part, rest = rest[:size], rest[size:]
        if world.chance(0.35):
            children = part
            if world.chance(0.3):
                children = [{"id": f"N{len(rest)}b", "vi": "Nhóm trong nhóm", "children": part}]
            tree.append({"id": f"N{len(rest)}", "vi": "Nhóm", "children": children})
        else:
            tree += part
    return tree


def person_criteria(world: World) -> list[str]:
    kinds = ["hours_linear", "regularity_tiers", "competence_gap"]
    kinds += ["required_courses_ratio"] * world.chance(0.9)
    kinds += ["exam_mean_tiers"] * world.chance(0.9)
    kinds += ["declared_sum"] * world.number(0, 2)
    return world.shuffled(kinds)


def unit_criteria(world: World) -> list[str]:
    kinds = ["plan_date", "member_ratio", "member_ratio", "weighted_mean_personal", "pioneers"]
    kinds += ["declared_count"] * world.number(1, 3)
    kinds += world.some(kinds, 2)
    return world.shuffled(kinds)


def tiers(world: World, maximum: Decimal, thresholds: str, name: str) -> list[Json]:
    """From the highest threshold to the lowest, with falling scores."""
    chosen = sorted(map(Decimal, world.some(thresholds.split(), 5, 1)), reverse=True)
    scores = sorted((part_of(world, maximum) for _ in chosen), reverse=True)
    if world.chance(0.8):
        scores[0] = maximum
    return [
        {name: threshold, "score": score} for threshold, score in zip(chosen, scores, strict=True)
    ]


def part_of(world: World, maximum: Decimal) -> Decimal:
    return world.number(0, int(maximum / world.grain)) * world.grain


def regularity_tiers(world: World, maximum: Decimal) -> Json:
    return {
        "active_month_minutes": world.one((30, 60, 90, Decimal("20.5"))),
        "tiers": tiers(world, maximum, "1 0.80 0.75 0.60 0.5 0.333 0.25 0.20 0.01", "min_ratio"),
        "otherwise": world.one((0, 0, 0, Decimal("0.25"))) if maximum >= 1 else 0,
    }


def competence_gap(world: World, maximum: Decimal) -> Json:
    gaps = sorted(world.some((0, 1, 2, 3), 4, 1))
    if world.chance(0.15):
        gaps = [-1, *gaps]  # only a level above the required one reaches the first row
    scores = sorted((part_of(world, maximum) for _ in gaps), reverse=True)
    if world.chance(0.8):
        scores[0] = maximum
    table = [{"max_gap": gap, "score": score} for gap, score in zip(gaps, scores, strict=True)]
    return {"framework": "KNLS-757", "table": table, "otherwise": 0}


def plan_date(world: World, maximum: Decimal) -> Json:
    late, later, none = sorted((part_of(world, maximum) for _ in range(3)), reverse=True)
    return {
        "deadline": world.day_around(),
        "on_time": maximum,
        "late_days_le_30": late,
        "later": later,
        "none": none if world.chance(0.2) else 0,
    }


def unit_declared_count(world: World, maximum: Decimal) -> Json:
    found: Json = {
        "evidence": world.one(UNIT_KINDS),
        "per_item": amount_of_item(world, maximum),
        "cap": maximum,
    }
    if world.chance(0.5):
        found["cap_without_party_session"] = part_of(world, maximum)
    return found


def amount_of_item(world: World, maximum: Decimal) -> Decimal:
    """Sometimes the cap is met exactly, sometimes in part."""
    third = Decimal(int(maximum * 100 / 3)).scaleb(-2)
    return world.one((third, maximum, part_of(world, maximum)))


def pioneers(world: World, maximum: Decimal) -> Json:
    head = part_of(world, maximum)
    return {"head_complete": head, "party_ratio": maximum - head}


def declared_sum(world: World, maximum: Decimal) -> Json:
    letter = world.uuid()[:2]  # unique in the sheet
    items = []
    for number in range(world.number(1, 4)):
        cap = part_of(world, maximum)
        items.append(
            {
                "id": f"{letter}{number}",
                "vi": f"Mục {number}",
                "evidence": world.one(PERSON_KINDS),
                "per_item": amount_of_item(world, cap),
                "cap": cap,
            }
        )
    return {"items": items}


CRITERIA: dict[str, Any] = {
    "required_courses_ratio": lambda world, maximum: {},
    "hours_linear": lambda world, maximum: {
        "target_minutes_per_12_months": world.one((300, 600, 777, 1200, 1800)),
        "course_minutes_cap_factor": world.one(
            map(Decimal, ("1", "1.5", "0.5", "1.25", "0.333", "2"))
        ),
    },
    "regularity_tiers": regularity_tiers,
    "competence_gap": competence_gap,
    "exam_mean_tiers": lambda world, maximum: {
        "tiers": tiers(world, maximum, "1 0.95 0.90 0.80 0.65 0.50 0.45 0.333 0.1", "min"),
        "otherwise": 0,
    },
    "declared_sum": declared_sum,
    "plan_date": plan_date,
    "member_ratio": lambda world, maximum: {
        "measure": world.one(("required_courses_complete", "competence_level_met")),
        "target": world.one(map(Decimal, ("1.00", "0.80", "0.5", "0.333", "1"))),
    },
    "weighted_mean_personal": lambda world, maximum: {},
    "declared_count": unit_declared_count,
    "pioneers": pioneers,
}


def block(world: World, prefix: str, kinds: list[Json]) -> Json:
    """A block of bonus or penalty; without rules now and then."""
    rules = []
    for number, kind in enumerate(kinds):
        cap = world.one((world.decimal(1, 8), Decimal(world.number(1, 8))))
        rules.append(
            {
                "id": f"{prefix}{number}",
                "vi": f"Quy tắc {prefix}{number}",
                **kind,
                "per_item": world.one((cap, world.decimal(0, 3), Decimal("0.75"), Decimal(1))),
                "cap": cap,
            }
        )
    return {"cap": world.one((world.decimal(2, 12), Decimal(10))), "rules": rules}


def person_rules(world: World) -> list[Json]:
    return world.some(
        (
            {"kind": "elective_courses"},
            {"kind": "overdue_required_courses"},
            {"kind": "declared_count", "evidence": world.one(PERSON_KINDS)},
            {"kind": "declared_count", "evidence": world.one(PERSON_KINDS)},
        ),
        4,
    )


def unit_rules(world: World) -> list[Json]:
    late = {"kind": "late_report_blocks", "block_working_days": world.one((1, 2, 5, 7))}
    return world.some(
        (
            late,
            {"kind": "declared_count", "evidence": world.one(UNIT_KINDS)},
            {"kind": "declared_count", "evidence": world.one(UNIT_KINDS)},
        ),
        3,
    )


def bands(world: World, maximum: Decimal) -> list[Json]:
    names = world.one(
        (("XUAT_SAC", "TOT", "DAT", "CHUA_DAT"), ("DAT", "CHUA_DAT"), tuple("ABCDEFG"), ("CHUNG",))
    )
    steps = range(1, int(maximum / world.grain) + 1)
    chosen = sorted(world.random.sample(steps, len(names) - 1), reverse=True)
    if len(chosen) > 1 and world.chance(0.2):
        chosen[0] = steps[-1]  # only the full score reaches the first band
    thresholds = [*(step * world.grain for step in chosen), Decimal(0)]
    return [
        {"min": threshold, "id": name, "vi": f"Mức {name}"}
        for threshold, name in zip(thresholds, names, strict=True)
    ]
