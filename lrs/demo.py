"""Generated learning of a made-up ministry: people, units, platforms and a year of statements.

Everything follows from the seed: the same seed gives the same people and the same statements, ids
included, so it can be sent twice and stored once. Statements come in the order platforms send them,
which is not the order things happened in: telephones send days later, platforms send twice, a
statement is voided or referred to before it arrives. Nobody and nothing here exists.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from hashlib import sha1
from itertools import count, product
from random import Random
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

SEED: Final = 20_251_130
PEOPLE: Final = 300
STATEMENTS: Final = 5_000
YEAR: Final = 2025  # its evaluation year: from 1 December of the year before to 30 November

NAMESPACE: Final = UUID("3d2a4f0e-8f6b-5a0c-9b53-6b1f3f0d7c11")
HANOI: Final = timezone(timedelta(hours=7))
ADL: Final = "http://adlnet.gov/expapi/verbs/"
ACTIVITY: Final = "http://adlnet.gov/expapi/activities/"
VIDEO: Final = "https://w3id.org/xapi/video"
CMI5: Final = "https://w3id.org/xapi/cmi5/context/categories/cmi5"

UNITS: Final = (
    "Văn phòng",
    "Vụ Tổ chức cán bộ",
    "Vụ Kế hoạch, Tài chính",
    "Vụ Hợp tác quốc tế",
    "Thanh tra",
    "Cục Di sản Đồng Xanh",
    "Cục Nghệ thuật Sao Mai",
    "Trung tâm Chuyển đổi số",
    "Thư viện Hoa Sen",
    "Bảo tàng Sông Thao",
    "Nhà hát Trăng Rằm",
    "Trường Cao đẳng Du lịch Biển Biếc",
)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


FAMILY_NAMES: Final = _names(
    "Nguyễn, Trần, Lê, Phạm, Hoàng, Phan, Vũ, Võ, Đặng, Bùi, Đỗ, Hồ, Ngô, Dương, Lý, Đinh, Trịnh,"
    " Mai, Tạ, Lương"
)
GIVEN_NAMES: Final = _names(
    "Thị Lan, Thị Hằng, Thu Thủy, Thanh Tuyền, Ngọc Ánh, Kim Oanh, Bích Phượng, Diễm Quỳnh,"
    " Hồng Nhung, Mỹ Duyên, Phương Thảo, Quỳnh Giao, Tường Vi, Yến Nhi, Thùy Dương, Khánh Huyền,"
    " Minh Nguyệt, Tuyết Mai, Văn Đức, Hữu Nghĩa, Quốc Khánh, Minh Triết, Đình Phúc, Xuân Trường,"
    " Công Thành, Anh Dũng, Bá Lộc, Thế Vỹ, Trọng Nghĩa, Việt Hưng, Hải Đăng, Tiến Đạt, Gia Bảo,"
    " Duy Khoa, Thanh Tùng, Nhật Quang"
)


@dataclass(frozen=True, slots=True)
class Platform:
    """Where people learn, and the name under which it sends."""

    name: str
    title: str
    home_page: str


LMS: Final = Platform("lms", "Hệ thống học tập trực tuyến", "https://hoctap.hocba.example")
VIDEOS: Final = Platform("video", "Kho bài giảng video", "https://video.hocba.example")
COURSEWARE: Final = Platform("khoa-hoc", "Khóa học cmi5", "https://khoahoc.hocba.example")
CLASSROOM: Final = Platform("lop-hoc", "Lớp học trực tuyến", "https://lophoc.hocba.example")
LIBRARY: Final = Platform("thu-vien", "Thư viện số", "https://thuvien.hocba.example")
PLATFORMS: Final = (LMS, VIDEOS, COURSEWARE, CLASSROOM, LIBRARY)

COURSES: Final = (
    "Kỹ năng số cơ bản",
    "An toàn thông tin cho cán bộ, công chức",
    "Trí tuệ nhân tạo trong công việc hằng ngày",
    "Bảo vệ dữ liệu cá nhân",
    "Dịch vụ công trực tuyến toàn trình",
    "Số hóa di sản văn hóa",
    "Soạn thảo và quản lý văn bản điện tử",
    "Phân tích dữ liệu bằng bảng tính",
    "Đạo đức công vụ",
    "Tiếng Anh giao tiếp công sở",
    "Quản lý dự án chuyển đổi số",
    "Phòng, chống lãng phí",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who learns. Every platform knows them by another identifier."""

    number: int
    name: str
    unit: str
    diligence: float

    @property
    def code(self) -> str:
        return f"CB{self.number:05d}"

    @property
    def mbox(self) -> str:
        return f"mailto:{self.code.lower()}@hocba.example"

    def on(self, platform: Platform) -> dict[str, Any]:
        """The agent this person is on a platform."""
        match platform.name:
            case "lms" | "khoa-hoc":
                account = {"homePage": platform.home_page, "name": self.code}
                return {"objectType": "Agent", "name": self.name, "account": account}
            case "video":
                return {"mbox": self.mbox}
            case "lop-hoc":
                digest = sha1(self.mbox.encode(), usedforsecurity=False).hexdigest()
                return {"objectType": "Agent", "name": self.name, "mbox_sha1sum": digest}
        return {"openid": f"https://dinhdanh.hocba.example/{self.code.lower()}"}


class Sent(NamedTuple):
    """A statement and the platform that sends it."""

    platform: Platform
    statement: dict[str, Any]


class Step(NamedTuple):
    """What someone did, so many seconds after the session began."""

    seconds: float
    statement: dict[str, Any]


def make_people(seed: int = SEED, number: int = PEOPLE) -> list[Person]:
    """People, no two with one name as long as names last; the busiest fifth learns most."""
    random = Random(f"people {seed}")  # noqa: S311 (the same for everybody is the point)
    names = [f"{f} {g}" for f, g in product(FAMILY_NAMES, GIVEN_NAMES)]
    random.shuffle(names)
    return [
        Person(
            n + 1,
            names[n % len(names)],
            UNITS[random.randrange(len(UNITS))],
            random.paretovariate(1.2),
        )
        for n in range(number)
    ]


def generate(
    statements: int = STATEMENTS, *, seed: int = SEED, people: int = PEOPLE, year: int = YEAR
) -> Iterator[Sent]:
    """As many statements as asked for, in the order they are sent.

    About one in sixty is sent twice, one in a hundred is voided, one in eighty refers to another.
    """
    everyone = make_people(seed, people)
    random = Random(f"statements {seed}")  # noqa: S311
    days = [date(year - 1, 12, 1) + timedelta(n) for n in range(365)]
    weights = [
        (0.25 if day.weekday() > 4 else 1.0) * (1.6 if day.month > 8 else 1.0) for day in days
    ]
    diligence = [person.diligence for person in everyone]
    queue: list[tuple[datetime, int, Sent]] = []
    numbers = count()
    planned, made, sent = 0.0, 0, 0
    for day, weight in zip(days, weights, strict=True):
        planned += statements * weight / sum(weights)
        while made < planned:
            person = random.choices(everyone, diligence)[0]
            session = list(_session(random, seed, person, everyone, day, numbers))
            made += len(session)
            for item in session:
                heapq.heappush(queue, item)
        tonight = datetime.combine(day + timedelta(1), time(), HANOI)
        last = day == days[-1]
        while queue and (last or queue[0][0] < tonight):
            yield heapq.heappop(queue)[2]
            sent += 1
            if sent == statements:
                return


def _session(
    random: Random,
    seed: int,
    person: Person,
    everyone: Sequence[Person],
    day: date,
    numbers: Iterator[int],
) -> Iterator[tuple[datetime, int, Sent]]:
    """What one person does in one sitting, each statement with the moment it is sent."""
    platform, sitting = random.choices(SITTINGS, SHARES)[0]
    began = datetime.combine(day, time(7, 30), HANOI) + timedelta(minutes=random.randrange(14 * 60))
    delay = timedelta(hours=random.randrange(5, 70) if random.random() < 0.05 else 0, seconds=1)
    course = random.randrange(len(COURSES))
    for seconds, statement in sitting(random, person, course):
        number = next(numbers)
        happened = began + timedelta(seconds=seconds)
        statement["id"] = str(uuid5(NAMESPACE, f"{seed} {number}"))
        statement["actor"] = person.on(platform)
        statement["timestamp"] = _timestamp(happened, platform)
        _add_context(statement, platform, person, seed, course)
        sent_at = happened + delay
        sent = Sent(platform, statement)
        yield sent_at, number, sent
        chance = random.random()
        if chance < 1 / 60:
            again = sent_at + timedelta(seconds=random.randrange(1, 90_000))
            yield again, next(numbers), sent
        elif chance < 1 / 60 + 1 / 100:
            moved = timedelta(seconds=random.choice((-40, 600, 86_400)))
            yield _about(seed, VOIDED, statement, platform, person, sent_at + moved, next(numbers))
        elif chance < 1 / 60 + 1 / 100 + 1 / 80:
            moved = timedelta(seconds=random.choice((-60, 7_200)))
            superior = everyone[random.randrange(max(1, len(everyone) // 20))]
            yield _about(
                seed, CONFIRMED, statement, platform, superior, sent_at + moved, next(numbers)
            )


def _about(
    seed: int,
    verb: Mapping[str, Any],
    statement: Mapping[str, Any],
    platform: Platform,
    person: Person,
    sent_at: datetime,
    number: int,
) -> tuple[datetime, int, Sent]:
    """A statement about another: voiding it, or confirming it."""
    about = {
        "id": str(uuid5(NAMESPACE, f"{seed} {number}")),
        "actor": person.on(platform),
        "verb": verb,
        "object": {"objectType": "StatementRef", "id": statement["id"]},
        "timestamp": _timestamp(sent_at, platform),
    }
    return sent_at, number, Sent(platform, about)


def _timestamp(moment: datetime, platform: Platform) -> str:
    """Platforms write time each in their own way."""
    if platform in (VIDEOS, LIBRARY):
        return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    return moment.isoformat(timespec="seconds")


def _add_context(
    statement: dict[str, Any], platform: Platform, person: Person, seed: int, course: int
) -> None:
    context = statement.setdefault("context", {})
    context |= {"platform": platform.title, "language": "vi-VN"}
    if platform in (LMS, COURSEWARE):
        taken = f"{seed} {platform.name} {person.number} {course}"
        context["registration"] = str(uuid5(NAMESPACE, taken))
    if platform is CLASSROOM:
        unit = {
            "homePage": "https://donvi.hocba.example",
            "name": f"DV{UNITS.index(person.unit):02d}",
        }
        context["team"] = {"objectType": "Group", "name": person.unit, "account": unit}


def _verb(iri: str, vi: str, en: str) -> dict[str, Any]:
    return {"id": iri, "display": {"vi-VN": vi, "en-US": en}}


def _activity(iri: str, kind: str, vi: str) -> dict[str, Any]:
    return {
        "objectType": "Activity",
        "id": iri,
        "definition": {"type": kind, "name": {"vi-VN": vi}},
    }


COMPLETED: Final = _verb(f"{ADL}completed", "đã hoàn thành", "completed")
PASSED: Final = _verb(f"{ADL}passed", "đã đạt", "passed")
FAILED: Final = _verb(f"{ADL}failed", "chưa đạt", "failed")
EXPERIENCED: Final = _verb(f"{ADL}experienced", "đã xem", "experienced")
ANSWERED: Final = _verb(f"{ADL}answered", "đã trả lời", "answered")
ATTENDED: Final = _verb(f"{ADL}attended", "đã tham dự", "attended")
INITIALIZED: Final = _verb(f"{ADL}initialized", "đã bắt đầu", "initialized")
TERMINATED: Final = _verb(f"{ADL}terminated", "đã kết thúc", "terminated")
VOIDED: Final = _verb(f"{ADL}voided", "đã hủy", "voided")
CONFIRMED: Final = _verb(
    "https://w3id.org/xapi/dod-isd/verbs/confirmed", "đã xác nhận", "confirmed"
)
PLAYED: Final = _verb(f"{VIDEO}/verbs/played", "đã phát", "played")
PAUSED: Final = _verb(f"{VIDEO}/verbs/paused", "đã tạm dừng", "paused")
READ: Final = _verb("https://w3id.org/xapi/adb/verbs/read", "đã đọc", "read")


def _score(random: Random, person: Person) -> tuple[dict[str, Any], bool]:
    raw = min(100, round(random.gauss(62 + 6 * min(person.diligence, 4), 14)))
    raw = max(raw, 5)
    return {"scaled": raw / 100, "raw": raw, "min": 0, "max": 100}, raw >= 50


def _course_on(platform: Platform, course: int) -> dict[str, Any]:
    return _activity(
        f"{platform.home_page}/khoa/{course + 1}", f"{ACTIVITY}course", COURSES[course]
    )


def _lms(random: Random, person: Person, course: int) -> Iterator[Step]:
    """Lessons of a course, and now and then its test and its completion."""
    whole = _course_on(LMS, course)
    parent = {"contextActivities": {"parent": [whole]}}
    seconds = 0.0
    for lesson in range(random.randrange(1, 5)):
        iri = f"{whole['id']}/bai/{lesson + 1}"
        page = _activity(iri, f"{ACTIVITY}lesson", f"Bài {lesson + 1}: {COURSES[course]}")
        yield Step(seconds, {"verb": EXPERIENCED, "object": page, "context": dict(parent)})
        seconds += random.randrange(60, 1500)
    if random.random() < 0.45:
        score, passed = _score(random, person)
        test = _activity(f"{whole['id']}/kiem-tra", f"{ACTIVITY}assessment", "Bài kiểm tra")
        for question in range(random.randrange(3)):
            yield Step(seconds, _answer(random, test, question, parent))
            seconds += random.randrange(20, 120)
        result = {"score": score, "success": passed, "duration": f"PT{random.randrange(5, 45)}M"}
        verb = PASSED if passed else FAILED
        yield Step(
            seconds, {"verb": verb, "object": test, "result": result, "context": dict(parent)}
        )
        if passed:
            done = {"completion": True, "score": score}
            yield Step(seconds + 1, {"verb": COMPLETED, "object": whole, "result": done})


def _answer(
    random: Random, test: Mapping[str, Any], number: int, context: Mapping[str, Any]
) -> dict[str, Any]:
    right = random.random() < 0.7
    choices = [{"id": c, "description": {"vi-VN": f"Phương án {c.upper()}"}} for c in "abcd"]
    definition = {
        "type": f"{ACTIVITY}cmi.interaction",
        "interactionType": "choice",
        "description": {"vi-VN": f"Câu hỏi số {number + 1}"},
        "choices": choices,
        "correctResponsesPattern": ["b"],
    }
    question = {"objectType": "Activity", "id": f"{test['id']}/cau/{number + 1}"}
    return {
        "verb": ANSWERED,
        "object": {**question, "definition": definition},
        "result": {"response": "b" if right else "d", "success": right},
        "context": {
            "contextActivities": {
                "parent": [test],
                "grouping": context["contextActivities"]["parent"],
            }
        },
    }


def _video(random: Random, person: Person, course: int) -> Iterator[Step]:
    """A lecture, played and paused as the video profile writes it."""
    length = 300.0 + 60 * (course % 7)
    lecture = _activity(
        f"{VIDEOS.home_page}/bai-giang/{course + 1}",
        f"{VIDEO}/activity-type/video",
        f"Bài giảng: {COURSES[course]}",
    )
    session = str(UUID(int=random.getrandbits(128), version=4))
    position = 0.0

    def step(verb: Mapping[str, Any], seconds: float, **extensions: Any) -> Step:
        context = {
            "contextActivities": {"category": [{"id": VIDEO}]},
            "extensions": {
                f"{VIDEO}/extensions/session-id": session,
                f"{VIDEO}/extensions/length": length,
            },
        }
        named = {f"{VIDEO}/extensions/{name}": value for name, value in extensions.items()}
        result = {"extensions": named}
        return Step(
            seconds, {"verb": verb, "object": lecture, "result": result, "context": context}
        )

    for _ in range(random.randrange(1, 4)):
        yield step(PLAYED, position, time=round(position, 3))
        position = min(length, position + random.uniform(30, 240))
        yield step(PAUSED, position, time=round(position, 3), progress=round(position / length, 3))
    if random.random() < 0.4 * min(person.diligence, 2):
        yield step(COMPLETED, length + 1, time=length, progress=1.0)


def _courseware(random: Random, person: Person, course: int) -> Iterator[Step]:
    """One attempt at an assignable unit of a cmi5 course."""
    unit = _activity(
        f"{COURSEWARE.home_page}/au/{course + 1}", f"{ACTIVITY}lesson", COURSES[course]
    )
    context = {
        "contextActivities": {
            "category": [{"id": CMI5}],
            "grouping": [_course_on(COURSEWARE, course)],
        },
        "extensions": {
            "https://w3id.org/xapi/cmi5/context/extensions/sessionid": f"{random.getrandbits(64):x}"
        },
    }
    minutes = random.randrange(4, 50)
    duration = {"duration": f"PT{minutes}M{random.randrange(60)}S"}
    yield Step(0, {"verb": INITIALIZED, "object": unit, "context": dict(context)})
    score, passed = _score(random, person)
    result = {"score": score, "success": passed, **duration}
    verb = PASSED if passed else FAILED
    yield Step(
        60 * minutes, {"verb": verb, "object": unit, "result": result, "context": dict(context)}
    )
    yield Step(
        60 * minutes + 5,
        {"verb": TERMINATED, "object": unit, "result": dict(duration), "context": dict(context)},
    )


def _classroom(random: Random, _: Person, course: int) -> Iterator[Step]:
    """A class by video conference, with its teacher."""
    meeting = _activity(
        f"{CLASSROOM.home_page}/lop/{course + 1}", f"{ACTIVITY}meeting", f"Lớp: {COURSES[course]}"
    )
    teacher = {"name": f"Giảng viên {course + 1}", "mbox": f"mailto:gv{course + 1}@hocba.example"}
    result = {"duration": f"PT{random.randrange(1, 3)}H{random.randrange(60)}M", "completion": True}
    yield Step(
        0,
        {"verb": ATTENDED, "object": meeting, "result": result, "context": {"instructor": teacher}},
    )


def _library(random: Random, _: Person, __: int) -> Iterator[Step]:
    """Documents of the digital library."""
    for number in range(random.randrange(1, 4)):
        document = random.randrange(60)
        page = _activity(
            f"{LIBRARY.home_page}/tai-lieu/{document + 1}",
            f"{ACTIVITY}media",
            f"Tài liệu số {document + 1}: {COURSES[document % len(COURSES)]}",
        )
        yield Step(900.0 * number, {"verb": READ, "object": page})


Sitting = Callable[[Random, Person, int], Iterator[Step]]
SITTINGS: Final[Sequence[tuple[Platform, Sitting]]] = (
    (LMS, _lms),
    (VIDEOS, _video),
    (COURSEWARE, _courseware),
    (CLASSROOM, _classroom),
    (LIBRARY, _library),
)
SHARES: Final = (4, 3, 2, 1, 2)
