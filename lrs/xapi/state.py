"""The state resource: what an activity keeps about one learner (xAPI-Communication 2.3)."""

from lrs.xapi.documents import DocumentResource
from lrs.xapi.request import Resource

STATE = DocumentResource(
    "state",
    scope="state",
    id_parameter="stateId",
    context=frozenset(("activityId", "agent")),
    refinements=frozenset(("registration",)),
    deletes_all=True,
)

RESOURCES: dict[str, Resource] = {"/activities/state": STATE.operations()}
