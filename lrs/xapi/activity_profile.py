"""The activity profile resource: what is kept about an activity (xAPI-Communication 2.7)."""

from lrs.xapi.documents import DocumentResource
from lrs.xapi.request import Resource

ACTIVITY_PROFILE = DocumentResource(
    "activity-profile",
    scope="profile",
    id_parameter="profileId",
    context=frozenset(("activityId",)),
)

RESOURCES: dict[str, Resource] = {"/activities/profile": ACTIVITY_PROFILE.operations()}
