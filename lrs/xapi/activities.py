"""The activities resource: an Activity with its canonical definition (xAPI-Communication 2.5)."""

import orjson
from starlette.responses import Response

from lrs.errors import InvalidRequest
from lrs.xapi.request import Operation, Resource, XapiRequest
from projections import activities
from projections.documents import etag_of
from schemas.formats import is_iri
from schemas.problems import Problem
from schemas.raw_json import join_members

READ = frozenset(
    ("all", "all/read", "statements/read", "statements/read/mine", "state", "profile", "define")
)


async def get(asked: XapiRequest) -> Response:
    """The activity, with a definition if the store has one, whether or not it was heard of."""
    activity_id = read_activity_id(asked)
    await asked.store.caught_up(activities.NAME)
    found = await asked.store.read(activities.texts, activities.TABLES, [activity_id])
    activity = {"objectType": b'"Activity"', "id": orjson.dumps(activity_id)}
    if activity_id in found:
        activity["definition"] = found[activity_id]
    body = join_members(activity)
    headers = {"ETag": f'"{etag_of(body)}"'}
    return Response(body, media_type="application/json", headers=headers)


def read_activity_id(asked: XapiRequest) -> str:
    """The ``activityId`` parameter. Raises InvalidRequest unless it is an IRI."""
    activity_id = asked.parameters["activityId"]
    if not is_iri(activity_id):
        facts = {"parameter": "activityId"}
        raise InvalidRequest(Problem("", "parameter-iri", activity_id, facts))
    return activity_id


RESOURCES: dict[str, Resource] = {
    "/activities": {"GET": Operation(get, READ, required=frozenset(("activityId",)))}
}
