"""How each platform tells of a sitting in xAPI, in the profile it was built for.

``tell`` gives what carries something: time, a score, a completion. ``mention`` gives what platforms
send besides and what carries nothing: launches, pages, questions, progress.
"""

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any, Final, NamedTuple

from lrs.ministry.catalogue import ADL, CLASSROOM, COURSEWARE, LIBRARY, LMS, VIDEOS, Platform
from lrs.ministry.learning import PASS, Sitting

ACTIVITY: Final = "http://adlnet.gov/expapi/activities/"
VIDEO: Final = "https://w3id.org/xapi/video"
CMI5: Final = "https://w3id.org/xapi/cmi5/context"
PROGRESS: Final = "https://w3id.org/xapi/cmi5/result/extensions/progress"
DOCUMENTS: Final = 60  # of the digital library

Json = dict[str, Any]


class Step(NamedTuple):
    """What happened so many seconds after the sitting began. What it is made of is shared."""

    seconds: float
    statement: Json


def _verb(iri: str, vi: str, en: str) -> Json:
    return {"id": iri, "display": {"vi-VN": vi, "en-US": en}}


COMPLETED: Final = _verb(f"{ADL}completed", "đã hoàn thành", "completed")
PASSED: Final = _verb(f"{ADL}passed", "đã đạt", "passed")
FAILED: Final = _verb(f"{ADL}failed", "chưa đạt", "failed")
SCORED: Final = _verb(f"{ADL}scored", "đã được chấm điểm", "scored")
EXPERIENCED: Final = _verb(f"{ADL}experienced", "đã xem", "experienced")
ANSWERED: Final = _verb(f"{ADL}answered", "đã trả lời", "answered")
ASKED: Final = _verb(f"{ADL}asked", "đã hỏi", "asked")
COMMENTED: Final = _verb(f"{ADL}commented", "đã bình luận", "commented")
ATTENDED: Final = _verb(f"{ADL}attended", "đã tham dự", "attended")
LAUNCHED: Final = _verb(f"{ADL}launched", "đã mở", "launched")
INITIALIZED: Final = _verb(f"{ADL}initialized", "đã bắt đầu", "initialized")
PROGRESSED: Final = _verb(f"{ADL}progressed", "đã học tiếp", "progressed")
SUSPENDED: Final = _verb(f"{ADL}suspended", "đã tạm dừng", "suspended")
TERMINATED: Final = _verb(f"{ADL}terminated", "đã kết thúc", "terminated")
PLAYED: Final = _verb(f"{VIDEO}/verbs/played", "đã phát", "played")
PAUSED: Final = _verb(f"{VIDEO}/verbs/paused", "đã tạm dừng", "paused")
SEEKED: Final = _verb(f"{VIDEO}/verbs/seeked", "đã tua", "seeked")
READ: Final = _verb("https://w3id.org/xapi/adb/verbs/read", "đã đọc", "read")

KINDS: Final = {
    COURSEWARE.id: f"{ACTIVITY}lesson",
    LMS.id: f"{ACTIVITY}course",
    VIDEOS.id: f"{VIDEO}/activity-type/video",
    CLASSROOM.id: f"{ACTIVITY}meeting",
    LIBRARY.id: f"{ACTIVITY}media",
}


@cache
def activity(iri: str, kind: str, vi: str) -> Json:
    return {
        "objectType": "Activity",
        "id": iri,
        "definition": {"type": kind, "name": {"vi-VN": vi}},
    }


def whole(sitting: Sitting) -> Json:
    """The course as an activity of its platform."""
    return activity(sitting.activity, KINDS[sitting.platform.id], sitting.course.vi)


def duration(platform: Platform, seconds: int) -> str:
    """ISO 8601, as each platform writes it."""
    hours, rest = divmod(seconds, 3600)
    match platform.id:
        case COURSEWARE.id:
            return f"PT{seconds // 60}M{seconds % 60}S"
        case LMS.id:
            return f"P0DT{hours}H{rest // 60}M{rest % 60}.{seconds % 100:02d}S"
        case VIDEOS.id:
            return f"PT{seconds}.5S"
        case CLASSROOM.id:
            return f"PT{hours}H{rest // 60}M"
    return f"PT{max(1, seconds // 60)}M"


def score(platform: Platform, reached: float) -> Json:
    """Points of a hundred; the video platform asks forty questions."""
    points = 40 if platform is VIDEOS else 100
    raw = round(reached * points)
    return {"scaled": raw / points, "raw": raw, "min": 0, "max": points}


def context(sitting: Sitting, registration: str) -> Json:
    shared: Json = {"platform": sitting.platform.title, "language": "vi-VN"}
    match sitting.platform.id:
        case COURSEWARE.id:
            shared |= {"registration": registration, "contextActivities": _CMI5}
            session = f"{registration[:8]}-{sitting.start:x}"
            shared["extensions"] = {f"{CMI5}/extensions/sessionid": session}
        case LMS.id:
            shared["registration"] = registration
        case VIDEOS.id:
            shared["contextActivities"] = _VIDEO
            session = f"{registration[:23]}-{sitting.start:012x}"
            shared["extensions"] = {f"{VIDEO}/extensions/session-id": session}
        case CLASSROOM.id:
            teacher = f"mailto:gv.{sitting.course.id.lower()}@hocba.example"
            shared["instructor"] = {"objectType": "Agent", "mbox": teacher}
    return shared


_CMI5: Final = {"category": [{"id": f"{CMI5}/categories/cmi5"}]}
_VIDEO: Final = {"category": [{"id": VIDEO}]}


def tell(sitting: Sitting, shared: Json) -> Iterator[Step]:
    """What carries something, in order of time. ``shared`` is the context."""
    platform, seconds = sitting.platform, sitting.seconds
    about = {"object": whole(sitting), "context": shared}
    result: Json = {}
    for number, reached in enumerate(sitting.scores):
        result = {"score": score(platform, reached), "success": reached >= PASS}
        verb = PASSED if reached >= PASS else FAILED
        if platform is LMS and sitting.course.nominal_minutes > 240:
            verb = SCORED
        before = 400 * (len(sitting.scores) - number)
        yield Step(max(1, seconds - before), {"verb": verb, "result": result, **about})
    if sitting.finished and (not result or platform is not COURSEWARE or result["success"]):
        done: Json = {"completion": True}
        if platform is LMS:  # reports the time of the whole course, which is no learning time
            done |= {**result, "duration": duration(platform, 3 * seconds)}
        yield Step(seconds - 3, {"verb": COMPLETED, "result": done, **about})
    spent: Json = {"duration": duration(platform, seconds)}
    if platform is VIDEOS:
        spent["extensions"] = {f"{VIDEO}/extensions/time": float(seconds)}
    yield Step(seconds, {"verb": _closing(sitting), "result": spent, **about})


def _closing(sitting: Sitting) -> Json:
    match sitting.platform.id:
        case CLASSROOM.id:
            return ATTENDED
        case LIBRARY.id:
            return EXPERIENCED
        case LMS.id if not sitting.finished:
            return SUSPENDED
    return TERMINATED


def mention(random: Random, sitting: Sitting, shared: Json) -> Iterator[Step]:
    """What carries nothing, endlessly, in the order of time while the sitting lasts."""
    one = whole(sitting)
    yield Step(0, {"verb": INITIALIZED, "object": one, "context": shared})
    seconds = 1.0
    for number in range(1, 1_000_000):
        verb, about, result = _aside(random, sitting, one, number)
        statement = {"verb": verb, "object": about, "context": shared}
        if result is not None:
            statement["result"] = result
        seconds += (sitting.seconds - seconds) / 3 * random.random()
        yield Step(seconds, statement)


def _aside(
    random: Random, sitting: Sitting, one: Json, number: int
) -> tuple[Json, Json, Json | None]:
    match sitting.platform.id:
        case VIDEOS.id:
            at = round(random.random() * sitting.seconds, 3)
            verb = random.choice((PLAYED, PAUSED, SEEKED))
            name = "time-to" if verb is SEEKED else "time"
            extensions = {f"{VIDEO}/extensions/{name}": at}
            if verb is SEEKED:
                extensions[f"{VIDEO}/extensions/time-from"] = 0.0
            return verb, one, {"extensions": extensions}
        case COURSEWARE.id:
            if number % 2:
                return LAUNCHED, one, None
            return PROGRESSED, one, {"extensions": {PROGRESS: min(95, 5 * number)}}
        case LIBRARY.id:
            document = random.randrange(DOCUMENTS) + 1
            iri = f"{LIBRARY.home_page}/tai-lieu/{document}"
            return READ, activity(iri, f"{ACTIVITY}media", f"Tài liệu số {document}"), None
        case CLASSROOM.id:
            response = random.choice(("Em chưa rõ phần này ạ.", "Cảm ơn thầy, cô!", "Vâng ạ."))
            return random.choice((ASKED, COMMENTED)), one, {"response": response}
    if number % 3 == 0:
        return _answer(random, sitting)
    lesson = f"{sitting.activity}&bai={number}"
    name = f"Bài {number}: {sitting.course.vi}"
    return EXPERIENCED, activity(lesson, f"{ACTIVITY}lesson", name), None


def _answer(random: Random, sitting: Sitting) -> tuple[Json, Json, Json]:
    """A question of a test. It has a score, but an answer is no exam."""
    is_right = random.random() < sitting.person.ability
    question = _question(sitting.activity, random.randrange(20) + 1)
    result = {
        "response": "b" if is_right else "d",
        "success": is_right,
        "score": {"scaled": 1 if is_right else 0},
    }
    return ANSWERED, question, result


@cache
def _question(course: str, number: int) -> Json:
    choices = [{"id": c, "description": {"vi-VN": f"Phương án {c.upper()}"}} for c in "abcd"]
    definition = {
        "type": f"{ACTIVITY}cmi.interaction",
        "interactionType": "choice",
        "description": {"vi-VN": f"Câu hỏi số {number}"},
        "choices": choices,
        "correctResponsesPattern": ["b"],
    }
    return {
        "objectType": "Activity",
        "id": f"{course}&cau={number}",
        "definition": definition,
    }
