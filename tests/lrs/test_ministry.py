"""The demo ministry: a case like any other, the same for everybody, with faults that are meant."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import is_normalized

import orjson
import pytest

from lrs.cases import Case, read_case
from lrs.ministry import statements, write_ministry
from lrs.ministry.catalogue import CLASSROOM, LIBRARY, LMS, PLATFORMS, VIDEOS
from lrs.ministry.outbox import Outbox
from lrs.ministry.sending import VOIDED
from lrs.ministry.year import evaluation_year, holidays, period
from schemas.register import (
    Absence,
    Course,
    Identifier,
    Item,
    Membership,
    PartyMembership,
    Person,
    Platform,
    Unit,
    identity_key,
)
from schemas.statement import check_statement
from tests.assessment import reference
from tests.lrs.commands import ROOT

YEAR = 2026
START, END = date(YEAR - 1, 12, 1), date(YEAR, 11, 30)


class Sent(NamedTuple):
    """A statement in the order of all requests."""

    platform: str
    statement: dict[str, Any]

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.statement["timestamp"]).astimezone(UTC)

    @property
    def activity(self) -> str | None:
        activity: str | None = self.statement["object"].get("id")
        return activity if self.statement["object"]["objectType"] == "Activity" else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ministry")
    write_ministry(folder, year=YEAR)
    return folder


@pytest.fixture(scope="module")
def case(folder: Path) -> Case:
    return read_case(folder)


@pytest.fixture(scope="module")
def sent(case: Case) -> list[Sent]:
    return [
        Sent(batch.platform, orjson.loads(line.body))
        for batch in case.batches
        for line in batch.lines
    ]


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = b"".join(str(f.relative_to(folder)).encode() + f.read_bytes() for f in files)
    return sha256(content).hexdigest()


def of(case: Case, kind: type) -> list[Any]:
    return list(case.records[kind].values())


# ---- the same for everybody


def test_the_same_seed_writes_the_same_bytes_in_another_process_too(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from lrs.ministry import write_ministry;"
        " write_ministry(Path(sys.argv[1]), seed=7, people=40, statements=900, year=2026)"
    )
    for folder, hash_seed in (("one", "1"), ("other", "2")):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        subprocess.run((sys.executable, "-c", code, tmp_path / folder), env=environment, check=True)
    assert digest(tmp_path / "one") == digest(tmp_path / "other")


def test_another_seed_writes_other_people_and_other_statements(tmp_path: Path):
    for seed in (1, 2):
        write_ministry(tmp_path / str(seed), seed=seed, people=20, statements=200, year=YEAR)
    for file in ("organisation.yaml", "declarations.yaml", "statements/khoa-hoc.jsonl"):
        assert (tmp_path / "1" / file).read_bytes() != (tmp_path / "2" / file).read_bytes()


@pytest.mark.parametrize(
    ("people", "lines", "year"), [(1, 0, 2025), (13, 40, 2031), (90, 90, 2028), (1750, 200, 2026)]
)
def test_a_ministry_of_any_size_in_any_year_is_a_case_without_problems(
    tmp_path: Path, people: int, lines: int, year: int
):
    write_ministry(tmp_path, seed=people, people=people, statements=lines, year=year)
    case = read_case(tmp_path)
    assert len(of(case, Person)) == people
    assert case.period.end == date(year, 11, 30)


@pytest.mark.parametrize(
    ("today", "year"),
    [
        (date(2026, 9, 30), 2025),
        (date(2026, 10, 1), 2026),
        (date(2026, 11, 30), 2026),
        (date(2026, 12, 1), 2026),
        (date(2027, 1, 31), 2026),
    ],
)
def test_the_year_is_the_one_that_ends_within_sixty_days_or_ended_last(
    tmp_path: Path, today: date, year: int
):
    assert evaluation_year(today) == year
    write_ministry(tmp_path, people=3, statements=10, today=today)
    assert f"end: {year}-11-30\n" in (tmp_path / "period.yaml").read_text("utf-8")


def test_the_days_off_are_those_of_the_year():
    lunar = [date(2026, 2, day) for day in (16, 17, 18, 19, 20)]
    kings_day_is_a_sunday = date(2026, 4, 27)
    assert {*lunar, kings_day_is_a_sunday, date(2026, 9, 2)} < set(holidays(2026))
    assert all(day.weekday() < 5 for year in range(2025, 2036) for day in holidays(year))
    assert period(2026)["working_days"] == [date(2026, 1, 10)]  # for Friday, 2 January
    assert period(2027)["working_days"] == []


# ---- who and what there is


def test_it_has_the_size_it_says(case: Case, sent: list[Sent]):
    units = {unit.id: unit for unit in of(case, Unit)}
    standing = [u for u in units.values() if u.evaluated and (u.to or END) >= END]
    assert len(standing) == 12
    assert len(of(case, Person)) == 300
    assert len(of(case, Course)) == 14
    assert len(sent) == pytest.approx(12_000, abs=20)
    sizes = Counter(row.unit for row in of(case, Membership) if row.primary)
    assert max(sizes.values()) > 3 * min(sizes[unit.id] for unit in standing) > 0
    assert case.freeze == len(sent), "freeze: after_all_lines"


def test_names_are_put_together_as_vietnamese_names_are(case: Case, folder: Path):
    names = [person.name for person in of(case, Person)]
    assert all(3 <= len(name.split()) <= 5 for name in names)
    assert all(is_normalized("NFC", name) for name in names)
    families = Counter(name.split()[0] for name in names)
    assert families.most_common(1)[0][0] == "Nguyễn"
    assert 270 < len(set(names)) < 300, "a few share a name"
    for file in folder.rglob("*.*"):
        assert is_normalized("NFC", file.read_text("utf-8")), file


def test_everybody_has_several_identifiers_of_different_kinds(case: Case):
    by_person: dict[str, list[Identifier]] = defaultdict(list)
    for identifier in of(case, Identifier):
        by_person[identifier.person].append(identifier)
    assert min(map(len, by_person.values())) >= 3
    for kind in ("account", "mbox", "mbox_sha1sum", "openid"):
        assert sum(getattr(one, kind) is not None for one in of(case, Identifier)) > 20, kind
    homes: dict[str, dict[str, str]] = defaultdict(dict)
    for identifier in of(case, Identifier):
        if identifier.account is not None:
            homes[identifier.account.name][identifier.account.home_page] = identifier.person
    assert any(len(set(people.values())) > 1 for people in homes.values()), "one name, two people"


def test_a_year_of_changes_is_in_it(case: Case):
    rows = of(case, Membership)
    primary: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if row.primary:
            primary[row.person].append(row)
    of_some = [sorted(mine, key=lambda row: row.from_) for mine in primary.values()]
    assert sum(len({row.unit for row in mine}) > 1 for mine in of_some) > 10, "transfers"
    assert sum(len({row.position for row in mine}) > 1 for mine in of_some) > 3, "promotions"
    assert sum(mine[0].from_ > START for mine in of_some) > 3, "newcomers"
    left = [mine[-1] for mine in of_some if (mine[-1].to or END) < END]
    assert sum(not row.head for row in left) > 4, "leavers"
    assert sum(not row.primary for row in rows) > 3, "second posts"
    assert {row.category for row in rows} == {"can_bo", "cong_chuc", "vien_chuc", "nguoi_lao_dong"}
    assert len({absence.type for absence in of(case, Absence)}) > 2
    assert sum(row.from_ > START for row in of(case, PartyMembership)) > 0, "joined in the year"
    heads = [row for row in rows if row.head]
    standing = {unit.id for unit in of(case, Unit) if unit.evaluated and unit.to is None}
    assert {row.unit for row in heads} > standing
    assert len({row.unit for row in heads if row.to is not None}) > 3, "heads who changed"
    assert len(standing - {row.unit for row in heads if row.to is None}) == 1, "one has none"
    led = Counter(row.person for row in heads)
    assert max(led.values()) == 2, "the head of one unit, then of another"


def test_platforms_are_recognised_in_different_ways(case: Case):
    recognised = {platform.id: platform.recognitions for platform in of(case, Platform)}
    assert set(recognised) == {platform.id for platform in PLATFORMS}
    assert recognised[LIBRARY.id] == (), "never"
    assert START < recognised[CLASSROOM.id][-1].to < END, "revoked"
    assert len(recognised[VIDEOS.id]) > 2, "again and again"
    shared = [course for course in of(case, Course) if len(course.activities) > 1]
    assert len(shared) == len(of(case, Course)), "each on two platforms at least"


def test_what_is_declared_is_appraised_in_all_ways(case: Case):
    items = of(case, Item)
    assert {item.decision for item in items} == {"accepted", "rejected", "pending"}
    assert any(not START <= item.date <= END for item in items)
    assert {bool(item.person) for item in items} == {True, False}


# ---- what platforms send


def test_every_statement_is_valid_in_both_versions(sent: list[Sent]):
    for version in ("1.0", "2.0"):
        assert [one for one in sent if check_statement(one.statement, version)] == []


def test_platforms_send_what_their_profiles_say(sent: list[Sent]):
    verbs = Counter(one.statement["verb"]["id"].rpartition("/")[2] for one in sent)
    carry = "completed passed failed scored experienced attended suspended terminated"
    besides = "launched initialized progressed answered played paused seeked read asked confirmed"
    assert {verb for verb in (*carry.split(), *besides.split()) if not verbs[verb]} == set()
    assert sum(verbs[verb] for verb in besides.split()) > 2000, "what carries nothing"
    durations = {
        one.statement["result"]["duration"].translate(str.maketrans("", "", "0123456789"))
        for one in sent
        if "duration" in one.statement.get("result", {})
    }
    assert len(durations) >= 5, "durations written in many ways"
    offsets = {one.statement["timestamp"][-6:].lstrip("0123456789:.") for one in sent}
    assert offsets == {"Z", "+07:00"}


def test_statements_are_sent_again(sent: list[Sent]):
    by_id: dict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        by_id[one.statement["id"]].append(one)
    repeated = [copies for copies in by_id.values() if len(copies) > 1]
    assert sum(a.statement == b.statement for a, b, *_ in repeated) > 50, "the same"
    assert sum(a.statement != b.statement for a, b, *_ in repeated) > 0, "with another content"
    voided = {one.statement["object"]["id"] for one in sent if one.statement["verb"] == VOIDED}
    said: dict[bytes, list[Sent]] = defaultdict(list)
    for copies in by_id.values():
        told = {**copies[0].statement, "id": "", "timestamp": ""}
        if "result" in told and copies[0].statement["id"] not in voided:
            said[orjson.dumps(told)].append(copies[0])
    seconds_later = [
        other.at - one.at == timedelta(seconds=2)
        for alike in said.values()
        for one, other in pairwise(sorted(alike, key=lambda one: one.at))
    ]
    assert seconds_later.count(True) > 30, "under a new id"


def test_some_are_voided_before_they_arrive_and_some_afterwards(sent: list[Sent]):
    first: dict[str, int] = {}
    for position, one in enumerate(sent):
        first.setdefault(one.statement["id"], position)
    distances = [
        first[one.statement["object"]["id"]] - position
        for position, one in enumerate(sent)
        if one.statement["verb"] == VOIDED
    ]
    assert sum(distance > 20 for distance in distances) > 5, "long before"
    assert sum(distance < -20 for distance in distances) > 5, "long afterwards"


def test_some_actors_are_nobody_the_ministry_knows(case: Case, sent: list[Sent]):
    known = {identifier.identity for identifier in of(case, Identifier)}
    keys = [identity_key(one.statement["actor"]) for one in sent]
    assert sum(key is None for key in keys) > 10, "groups"
    strangers = [key for key in keys if key is not None and key not in known]
    assert 50 < len(strangers) < len(sent) // 20
    learnt = Counter(strangers)
    assert sum(number > 20 for number in learnt.values()) > 1, "people whose account is not linked"


def test_some_learning_is_no_course_and_some_counts_nowhere(case: Case, sent: list[Sent]):
    listed = {
        (platform, activity)
        for course in of(case, Course)
        for platform, activities in course.activities.items()
        for activity in activities
    }
    elsewhere = {activity for _, activity in listed}
    carrying = [one for one in sent if "duration" in one.statement.get("result", {})]
    unmapped = [one for one in carrying if (one.platform, one.activity) not in listed]
    assert len(unmapped) > 30
    assert any(one.activity in elsewhere for one in unmapped), "another platform's course"
    assert any((one.activity or "")[:-1] in elsewhere for one in unmapped), "one more slash"
    revoked = datetime(YEAR, 7, 1, tzinfo=UTC)
    assert sum(one.platform == CLASSROOM.id and one.at > revoked for one in sent) > 30
    assert sum(one.platform == LIBRARY.id for one in sent) > 30


def test_some_come_late_and_some_clocks_are_wrong(sent: list[Sent]):
    latest = sent[0].at
    behind = []
    for one in sent:
        behind.append(latest - one.at)
        if one.at < datetime(YEAR, 12, 5, tzinfo=UTC):
            latest = max(latest, one.at)
    assert sum(timedelta(days=3) < late < timedelta(days=70) for late in behind) > 100
    assert sum(late > timedelta(days=300) for late in behind) > 5, "a clock of the year before"
    assert sum(one.at > datetime(YEAR + 1, 1, 1, tzinfo=UTC) for one in sent) > 0, "a fast one"


def test_requests_are_small_and_hold_no_id_twice(case: Case):
    for batch in case.batches:
        ids = [line.statement for line in batch.lines]
        assert 0 < len(ids) == len(set(ids)) <= 200
    assert max(len(batch.lines) for batch in case.batches) > 20


def test_what_gathered_over_night_is_posted_in_requests_of_two_hundred():
    outbox = Outbox()
    for number in range(450):
        outbox.put(number, LMS, {"id": str(number)})
    assert list(outbox.due(until=23 * 3600)) == []
    assert [len(request.statements) for request in outbox.due(until=24 * 3600)] == [200, 200, 50]


def test_a_stream_without_end_goes_round_with_new_ids():
    def lap(many: Iterator[Any]) -> list[str]:
        return [one.statement["id"] for one in islice(many, 1200)]

    many = statements(seed=3, people=30)
    first, second = lap(many), lap(many)
    assert len(set(first) & set(second)) < 30, "only what is sent again"
    assert first == lap(statements(seed=3, people=30))
    assert check_statement(next(many).statement, "1.0") == []


# ---- what becomes of it


def test_learners_and_units_differ_and_units_move_their_heads(tmp_path: Path):
    write_ministry(tmp_path, people=130, statements=4000, year=YEAR)
    results, explanations = reference.documents(tmp_path)
    scored = {id_: row for id_, row in results["people"].items() if "band" in row}
    bands = Counter(row["band"] for row in scored.values())
    assert min(bands[band] for band in ("XUAT_SAC", "TOT", "DAT", "CHUA_DAT")) >= 10
    units = sorted(float(row["final"]) for row in results["units"].values())
    assert units[0] < 50 < 75 < units[-1]
    moved = [float(row["personal"]) - float(row["final"]) for row in scored.values()]
    assert max(moved) > 2, "a head whom the unit pulls down"
    assert min(moved) < -2, "and one whom it lifts"
    reasons = {
        reason
        for criteria in explanations["people"].values()
        for criterion in criteria.values()
        for reason in criterion["not_counted"].values()
    }
    assert reasons == {
        *("VOIDED", "OUT_OF_PERIOD", "UNMAPPED_COURSE", "PLATFORM_NOT_RECOGNISED"),
        *("DUPLICATE", "MINUTES_CAPPED"),
    }
    assert explanations["unattributed"]
