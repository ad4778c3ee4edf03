"""Which platforms are recognised, which activities are which course, what declared items are worth.

A suspension or a revocation overrides a recognition on its days. Recognising the platform again
from a day on ends them with the day before.
"""

from datetime import date, timedelta

from msgspec.structs import replace

from lrs.cases import scalars
from lrs.cases.problems import problem
from lrs.decisions.judging import (
    NOWHERE,
    DecisionRefused,
    checked,
    known,
    of,
    overlap,
    recording,
)
from lrs.decisions.messages import (
    DecideItem,
    DecideRecognition,
    MapActivity,
    UnmapActivity,
)
from lrs.register import Change, Recorded
from schemas.register import Course, Document, Item, Platform, Recognised, Recognition

OVERRIDING = ("suspended", "revoked")


def decide_recognition(said: DecideRecognition, recorded: Recorded) -> list[Change]:
    platform = known(recorded, Platform, said.platform)
    document = Document(checked(scalars.words, said.document.number), said.document.date)
    decided = Recognition(from_=said.from_, to=said.to, decision=document, status=said.status)
    if said.status == "revoked" and said.to is not None:
        raise DecisionRefused(f"{platform.id}: a revocation has no last day; suspend it instead")
    if said.status in OVERRIDING and not _is_recognised(platform, said.from_, said.to):
        raise DecisionRefused(
            f"{platform.id} is not recognised on any of these days;"
            " `lrs platforms list` shows when it is"
        )
    before = platform.recognitions
    if decided in before:
        return []
    if said.status == "recognised":
        before = tuple(
            part
            for one in before
            for part in (_without(one, said.from_, said.to) if one.status in OVERRIDING else [one])
        )
    return [recording(replace(platform, recognitions=(*before, decided)))]


def status_on(platform: Platform, day: date) -> Recognised | None:
    """A revocation says more than a suspension, either more than a recognition; None: nothing."""
    said = {one.status for one in platform.recognitions if overlap((one.from_, one.to), (day, day))}
    order: tuple[Recognised, ...] = ("revoked", "suspended", "recognised", "proposed")
    return next((status for status in order if status in said), None)


def _is_recognised(platform: Platform, first: date, last: date | None) -> bool:
    return any(
        one.status == "recognised" and overlap((one.from_, one.to), (first, last))
        for one in platform.recognitions
    )


def _without(one: Recognition, first: date, last: date | None) -> list[Recognition]:
    """What is left of it before and after these days."""
    if not overlap((one.from_, one.to), (first, last)):
        return [one]
    left = []
    if one.from_ is None or one.from_ < first:
        left.append(replace(one, to=first - timedelta(1)))
    if last is not None and (one.to is None or one.to > last):
        left.append(replace(one, from_=last + timedelta(1)))
    return left


def map_activity(said: MapActivity, recorded: Recorded) -> list[Change]:
    course = known(recorded, Course, said.course)
    known(recorded, Platform, said.platform)
    activity = checked(scalars.iri, said.activity)
    listed = course.activities.get(said.platform, ())
    if activity in listed:
        return []
    activities = {**course.activities, said.platform: (*listed, activity)}
    return [recording(replace(course, activities=activities))]


def unmap_activity(said: UnmapActivity, recorded: Recorded) -> list[Change]:
    known(recorded, Platform, said.platform)
    for course in of(recorded, Course).values():
        listed = course.activities.get(said.platform, ())
        if said.activity in listed:
            left = tuple(activity for activity in listed if activity != said.activity)
            others = {
                platform: activities
                for platform, activities in course.activities.items()
                if platform != said.platform
            }
            activities = {**others, said.platform: left} if left else others
            return [recording(replace(course, activities=activities))]
    raise DecisionRefused(
        f"{said.activity} of {said.platform} is no course; `lrs courses list` shows those that are"
    )


def decide_item(said: DecideItem, recorded: Recorded) -> list[Change]:
    item = known(recorded, Item, said.item)
    reason = None if said.reason is None else checked(scalars.words, said.reason)
    if said.decision == "rejected" and reason is None:
        raise DecisionRefused.by([problem(NOWHERE, "item.reason", value=item.id)])
    return [recording(replace(item, decision=said.decision, reason=reason))]
