"""Random evaluation cases: valid as the case format describes, and bent towards its edges.

The same seed always writes the same folder. Nothing here knows how a case is evaluated: dates lie
on the first and last days of what they bound, amounts meet thresholds exactly or miss them by the
smallest step, and statements repeat one another in everything but one property.

``python -m tests.assessment.random_cases FOLDER --seed N --people N --statements N``
"""

import argparse
import re
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.assessment.random_posts import make_appeals, make_freeze, make_posts
from tests.assessment.random_register import (
    make_catalogue,
    make_declarations,
    make_period,
    make_person,
    make_units,
)
from tests.assessment.random_sheets import make_sheets
from tests.assessment.random_world import Json, World


def write_case(folder: Path, seed: int, people: int, statements: int) -> None:
    """Write all files of a case but ``expected.yaml``, with exactly that many lines to post."""
    world = World(Random(seed))
    make_period(world)
    make_catalogue(world)
    make_sheets(world)
    make_units(world, max(4, people // 5))
    for number in range(people):
        make_person(world, number)
    make_declarations(world)
    posts = make_posts(world, statements)
    make_freeze(world, posts)
    appeals = make_appeals(world, posts)

    (folder / "statements").mkdir(parents=True)  # a file of another case would change this one
    organisation = {
        "units": world.units,
        "people": world.people,
        "memberships": world.shuffled(world.memberships),
        "absences": world.absences,
        "protected": {"party_memberships": world.party_memberships},
    }
    catalogue = {
        "platforms": world.platforms,
        "courses": world.courses,
        "positions": world.positions,
    }
    write_yaml(world, folder / "organisation.yaml", organisation)
    write_yaml(world, folder / "catalogue.yaml", catalogue)
    write_yaml(world, folder / "scheme-individual.yaml", world.person_sheet, "lrs-scheme/1")
    write_yaml(world, folder / "scheme-unit.yaml", world.unit_sheet, "lrs-scheme/1")
    write_yaml(world, folder / "period.yaml", world.period)
    write_yaml(world, folder / "declarations.yaml", world.declarations)
    batches = [{"platform": post.platform, "lines": len(post.lines)} for post in posts]
    write_yaml(world, folder / "order.yaml", {"batches": batches})
    if appeals:
        write_yaml(world, folder / "appeal.yaml", {"appeals": appeals})
    for platform in world.platforms:
        lines = [line for post in posts if post.platform == platform["id"] for line in post.lines]
        if lines:
            text = "".join(line + "\n" for line in lines)
            (folder / "statements" / f"{platform['id']}.jsonl").write_text(text, "utf-8")


class Dumper(yaml.SafeDumper):
    """Each entry on one line; a text that YAML could take for something else is quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


SAFE = re.compile("[A-Za-z][A-Za-z_-]*")
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_safe = SAFE.fullmatch(text) and text.lower() not in WORDS
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, None if is_safe else '"')


def represent_decimal(dumper: yaml.SafeDumper, number: Decimal) -> yaml.ScalarNode:
    text = f"{number:f}"
    kind = "float" if "." in text else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", text)


Dumper.add_representer(str, represent_text)
Dumper.add_representer(Decimal, represent_decimal)


def write_yaml(world: World, path: Path, content: Json, format: str = "lrs-case/1") -> None:
    text = f"format: {format}\n"
    for key, value in with_notes(world, content).items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = (yaml.dump(row, None, Dumper, **ONE_LINE).strip() for row in value)
            text += f"{key}:\n" + "".join(f"  - {row}\n" for row in rows)
        else:
            text += yaml.dump({key: value}, None, Dumper, **ONE_LINE).strip()[1:-1] + "\n"
    path.write_text(text, "utf-8")


ONE_LINE: Any = {
    "default_flow_style": True,
    "allow_unicode": True,
    "sort_keys": False,
    "width": 100_000,
}


def with_notes(world: World, value: Any, name: str = "") -> Any:
    """``note`` is free text and allowed in every mapping."""
    if isinstance(value, list):
        return [with_notes(world, entry) for entry in value]
    if not isinstance(value, dict):
        return value
    found = {key: with_notes(world, entry, key) for key, entry in value.items()}
    if name != "activities" and world.chance(0.02):  # whose keys are platforms
        found["note"] = world.one(("ghi chú: tự do", "xem #1", "không"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a random evaluation case.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--statements", type=int, default=300)
    arguments = parser.parse_args()
    write_case(arguments.folder, arguments.seed, arguments.people, arguments.statements)


if __name__ == "__main__":
    main()
