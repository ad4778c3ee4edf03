"""What goes wrong where people learn: accounts, activities and clocks are not as they should be."""

from random import Random
from typing import Final

from msgspec.structs import replace

from lrs.ministry.catalogue import CLASSROOM, LIBRARY, PLATFORMS, VIDEOS
from lrs.ministry.learning import DAY, Sitting
from lrs.ministry.shapes import Json

HOUR: Final = 3600
UNLISTED: Final = ("Kỹ năng thuyết trình", "Sức khỏe văn phòng", "Nhập môn lập trình")


def actor_of(random: Random, sitting: Sitting) -> Json:
    """Who a platform says it was: one in a hundred is somebody nobody knows."""
    actor = sitting.person.on(sitting.platform)
    chance = random.random()
    if chance >= 0.011:
        return actor
    home_page = sitting.platform.home_page
    if chance < 0.004:
        account = {"homePage": home_page, "name": f"khach-{random.randrange(40):03d}"}
        return {"objectType": "Agent", "name": "Khách", "account": account}
    if chance < 0.007 and "account" in actor:  # not the same home page, character by character
        return {**actor, "account": {**actor["account"], "homePage": f"{home_page}/"}}
    return {"objectType": "Group", "name": "Lớp học chung", "member": [actor]}


def about(random: Random, sitting: Sitting) -> Sitting:
    """What it was about: now and then an activity that is no course, or not on that platform."""
    chance = random.random()
    if chance >= 0.016:
        return sitting
    if chance < 0.006:
        return sitting._replace(activity=f"{sitting.activity}/")
    if chance < 0.009:
        other = next(platform for platform in PLATFORMS if platform is not sitting.platform)
        return sitting._replace(activity=other.activity("an-toan-thong-tin"))
    course = replace(sitting.course, vi=random.choice(UNLISTED))
    number = 90 + UNLISTED.index(course.vi)
    return sitting._replace(course=course, activity=sitting.platform.activity(str(number)))


def clock(random: Random, sitting: Sitting) -> float:
    """By how many seconds a clock is wrong: it calls local time UTC, or a year or a battery ago."""
    if random.random() >= 0.008:
        return 0.0
    if sitting.platform in (VIDEOS, LIBRARY) and random.random() < 0.7:
        return 7.0 * HOUR
    return random.choice((-365.0 * DAY, -45.0 * 365 * DAY, 400.0 * DAY, 0.25 * HOUR))


def delay(random: Random, sitting: Sitting) -> float:
    """How late it is sent, in seconds; a telephone without a network sends when it has one."""
    chance = random.random()
    if sitting.platform is CLASSROOM and chance < 0.2:
        return random.uniform(1, 6) * DAY
    if chance < 0.05:
        return random.uniform(5, 70) * HOUR
    if chance < 0.06:
        return random.uniform(10, 60) * DAY
    return 1.0
