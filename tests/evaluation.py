"""An evaluation as its users see it: what the commands answer, held against what is expected."""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import yaml

from lrs.reading import open_for_reading
from lrs.settings import Settings
from schemas.events import Kind, LogEntry
from tests.assessment.test_reference import compare_document
from tests.lrs.commands import Commands

GOLDEN = Path(__file__).parent / "golden"
MOVEMENT = GOLDEN / "movement-2026"
PERIOD = "KY-2026"

Json = dict[str, Any]


def expected() -> Json:
    """What the worked case must come to."""
    return dict(yaml.safe_load((MOVEMENT / "expected.yaml").read_text("utf-8")))


def documents(commands: Commands, wanted: Json) -> list[Json]:
    """Results with facts, and explanations, of each result set that is expected."""
    found = []
    for result_set in wanted["result_sets"]:
        asked = ("--period", wanted["period"], "--result-set", result_set)
        found.append(commands.json("results", *asked, "--facts"))
        found.append(commands.json("explain", *asked))
    return found


def contents(found: Iterable[Json]) -> list[Json]:
    """Documents without the position they were computed at."""
    return [{name: value for name, value in one.items() if name != "position"} for one in found]


def check(wanted: Json, found: Sequence[Json]) -> None:
    """Every expected value is there, in a results and an explanation document of each set."""
    kinds = ("lrs-results/1", "lrs-explanations/1")
    asked = [(kind, result_set) for result_set in wanted["result_sets"] for kind in kinds]
    assert [(one["format"], one["result_set"]) for one in found] == asked
    assert all("facts" in one for one in found if one["format"] == "lrs-results/1")
    differing = differences(wanted, found)
    assert not differing, "\n".join(f"{path}: {want} {got}" for path, want, got in differing[:50])


def differences(wanted: Json, found: Iterable[Json]) -> list[tuple[str, Any, Any]]:
    """Path, what is expected and what was found, of every value that differs."""
    compared = [compare_document(wanted, document) for document in found]
    assert all(count for count, _ in compared), "nothing was compared"
    return [one for _, differing in compared for one in differing]


def compared_by_hand(found: Sequence[Json], directory: Path) -> str:
    """What the comparison that comes with the worked case says of documents; it must be content."""
    file = directory / "actual.json"
    file.write_bytes(orjson.dumps(found))
    program = (sys.executable, GOLDEN / "compare.py", MOVEMENT / "expected.yaml", file)
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Posted(NamedTuple):
    """One request of a case; ``last`` is the number of its last line among all of the case."""

    platform: str
    body: bytes
    last: int


def requests(folder: Path) -> Iterator[Posted]:
    """The requests of a case, in their order."""
    lines = {
        path.stem: path.read_bytes().splitlines() for path in (folder / "statements").iterdir()
    }
    last = 0
    for batch in yaml.safe_load((folder / "order.yaml").read_text("utf-8"))["batches"]:
        platform, count = batch["platform"], batch["lines"]
        texts, lines[platform] = lines[platform][:count], lines[platform][count:]
        last += count
        yield Posted(platform, b"[%b]" % b",".join(texts), last)


def without_statements(folder: Path, directory: Path) -> Path:
    """A copy of a case in which nothing was posted yet and no appeal was decided."""
    copy = directory / "without-statements"
    ignored = shutil.ignore_patterns("statements", "appeal.yaml", "expected.yaml", "README.md")
    shutil.copytree(folder, copy, ignore=ignored)
    (copy / "order.yaml").write_text("format: lrs-case/1\nbatches: []\n")
    period = (copy / "period.yaml").read_text("utf-8").splitlines()
    kept = [line for line in period if not line.startswith("freeze:")]
    (copy / "period.yaml").write_text("\n".join([*kept, "freeze: after_all_lines"]) + "\n", "utf-8")
    return copy


def credentials(folder: Path) -> dict[str, str]:
    """By platform, the name of the key it posts with."""
    platforms = yaml.safe_load((folder / "catalogue.yaml").read_text("utf-8"))["platforms"]
    return {platform["id"]: platform["credential"] for platform in platforms}


def last_of(database_url: str) -> LogEntry:
    """The last event of a log but for those that somebody read records, as commands do."""
    kinds = [kind for kind in Kind if kind != Kind.RECORD_READ]
    with open_for_reading(Settings(database_url=database_url)) as log:
        return log.read(kinds=kinds, limit=1_000_000)[-1]


def head_of(database_url: str) -> int:
    """The last position of a log that others may be writing."""
    with open_for_reading(Settings(database_url=database_url)) as log:
        return log.head().position
