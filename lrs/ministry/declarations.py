"""What people and units declare and how it was appraised; plans, reports and certified levels.

Some of it is rejected, undecided, dated outside the year, of another framework, no longer valid.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Final

from lrs.ministry.catalogue import POSITIONS
from lrs.ministry.people import Person
from lrs.ministry.units import Unit
from schemas.register import Competence, Decision, Item, Plan, Report

FRAMEWORK: Final = "KNLS-757"
OTHER_FRAMEWORK: Final = "TT02-2025"
LEVELS: Final = {position.id: position.required_level for position in POSITIONS}

TITLES: Final = {
    "digital_material": ("Sổ tay kỹ năng số", "Video hướng dẫn", "Bộ câu hỏi ôn tập"),
    "sharing_session": ("Chia sẻ AI trong công vụ", "Chia sẻ an toàn thông tin", "Buổi học nhóm"),
    "news_article": ("Bài hưởng ứng phong trào", "Tin tổng kết quý", "Gương học tập số"),
    "skills_prize": ("Giải hội thi kỹ năng số cấp Bộ",),
    "fraud_conclusion": ("Kết luận nhờ người khác học thay",),
    "propaganda": ("Phát động phong trào", "Bảng tin", "Tọa đàm", "Bài trên cổng thông tin"),
    "party_session": ("Sinh hoạt chi bộ chuyên đề học tập số",),
    "unit_material": ("Học liệu theo vị trí việc làm",),
    "training_class": ("Lớp kỹ năng số",),
    "replicated_model": ("Mô hình mỗi tuần một bài học số",),
    "misreport_finding": ("Số liệu lớp học khai sai",),
}
REASONS: Final = ("Chưa qua thẩm định nội dung", "Trùng minh chứng", "Không có biên bản")
ENTERED: Final = ("fraud_conclusion", "misreport_finding")  # by the appraiser
DECLARED: Final = {  # by habit, how many of each kind at most, and how likely each is
    "eager": ({"digital_material": 2, "sharing_session": 2, "news_article": 4}, 0.85),
    "steady": ({"digital_material": 1, "sharing_session": 2, "news_article": 3}, 0.55),
    "late": ({"digital_material": 1, "news_article": 2}, 0.3),
    "seldom": ({"news_article": 1}, 0.25),
    "never": ({}, 0.0),
}
GAPS: Final = {  # by habit, how often the level is 0, 1 and 2 below what is required
    "eager": (18, 2, 0),
    "steady": (13, 6, 1),
    "late": (8, 8, 4),
    "seldom": (5, 8, 7),
    "never": (2, 8, 10),
}
DUE: Final = ((2, 13), (4, 10), (7, 10), (10, 9), (11, 16))


def items(people: Iterable[Person], units: Iterable[Unit], year: int, seed: int) -> Iterator[Item]:
    random = Random(f"items {seed} {year}")  # noqa: S311
    numbers = count(1)
    for person in people:
        most, likelihood = DECLARED[person.habit]
        kinds = [k for k, number in most.items() for _ in range(number)]
        declared = [kind for kind in kinds if random.random() < likelihood]
        if person.habit == "eager" and random.random() < 0.25:
            declared.append("skills_prize")
        if person.habit in ("late", "seldom") and random.random() < 0.02:
            declared.append("fraud_conclusion")
        for kind in declared:
            yield _item(random, f"KK-{next(numbers):05d}", kind, year, person=person.id)
    for unit in units:
        for kind in _declared_by(random, unit):
            yield _item(random, f"DV-{next(numbers):05d}", kind, year, unit=unit.id)


def _declared_by(random: Random, unit: Unit) -> Iterator[str]:
    numbers = {
        "propaganda": 6.5 * unit.order,
        "party_session": 1.8 * unit.order,
        "unit_material": 5.2 * unit.order,
        "training_class": 3.2 * unit.order,
        "replicated_model": 2.8 * (unit.order - 0.5),
        "misreport_finding": 2 * (0.5 - unit.order),
    }
    for kind, number in numbers.items():
        for _ in range(int(max(0.0, number) + random.random())):
            yield kind


def _item(
    random: Random,
    id_: str,
    kind: str,
    year: int,
    *,
    person: str | None = None,
    unit: str | None = None,
) -> Item:
    decision: Decision = "accepted"
    if kind not in ENTERED:
        decision = random.choices(("accepted", "rejected", "pending"), (85, 9, 6))[0]
    day = date(year - 1, 12, 1) + timedelta(days=random.randrange(-4, 369))
    return Item(
        id=id_,
        kind=kind,
        date=day,
        title=f"{random.choice(TITLES[kind])} ({day:%m/%Y})",
        person=person,
        unit=unit,
        self_declared=kind not in ENTERED,
        decision=decision,
        reason=random.choice(REASONS) if decision == "rejected" else None,
    )


def plans(units: Iterable[Unit], year: int, seed: int) -> Iterator[Plan]:
    """The better a unit is kept, the earlier; some have none."""
    random = Random(f"plans {seed} {year}")  # noqa: S311
    for number, unit in enumerate(units, start=1):
        if unit.order >= 0.3:
            late = int(150 * (0.62 - unit.order)) + random.randrange(-8, 8)
            day = date(year, 3, 31) + timedelta(days=late)
            yield Plan(unit=unit.id, submitted=day, document=f"{number:02d}/KH-{unit.id}")


def reports(units: Sequence[Unit], year: int, seed: int) -> Iterator[Report]:
    """Five a year; late ones where the office is not kept well, and some that never came."""
    random = Random(f"reports {seed} {year}")  # noqa: S311
    for unit in units:
        for number, (month, day) in enumerate(DUE, start=1):
            due = date(year, month, day)
            if unit.to is not None and unit.to < due:
                continue
            late = max(-3, round(random.gauss(14 * (0.7 - unit.order), 4)))
            never = unit.order < 0.4 and random.random() < 0.2
            yield Report(
                id=f"BC-{unit.id}-{number}",
                unit=unit.id,
                vi=f"Báo cáo tháng {month:02d}/{year}",
                due=due,
                submitted=None if never else due + timedelta(days=late),
            )


def competences(people: Iterable[Person], year: int, seed: int) -> Iterator[Competence]:
    random = Random(f"competences {seed} {year}")  # noqa: S311
    end = date(year, 11, 30)
    for person in people:
        required = LEVELS[person.memberships[-1].position]
        gap = random.choices((0, 1, 2), GAPS[person.habit])[0]
        before = end - timedelta(days=random.randrange(20, 700))
        if required > gap:
            held = _competence(person, required - gap, before)
            yield held
        chance = random.random()
        if chance < 0.05:
            day = end + timedelta(days=random.randrange(1, 20))
            yield _competence(person, required + 1, day)
        elif chance < 0.09:
            yield _competence(person, required + 1, before, framework=OTHER_FRAMEWORK)
        elif chance < 0.12:
            yield _competence(person, required + 1, before, verified=False)
        elif chance < 0.16:
            day = before - timedelta(days=800)
            yield _competence(person, required + 1, day, valid_to=end - timedelta(days=40))


def _competence(
    person: Person,
    level: int,
    day: date,
    *,
    framework: str = FRAMEWORK,
    valid_to: date | None = None,
    verified: bool = True,
) -> Competence:
    return Competence(
        person=person.id,
        framework=framework,
        level=level,
        date=day,
        source=("VNeID", "Bình dân học vụ số", "Trung tâm khảo thí")[person.number % 3],
        valid_to=valid_to,
        verified=verified,
    )
