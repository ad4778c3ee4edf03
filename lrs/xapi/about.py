"""The about resource: which versions of xAPI this store speaks (xAPI-Communication 2.8).

Open to all and to any version header: it is how a client finds out what to say.
"""

import orjson
from starlette.responses import Response

from lrs.xapi.request import Operation, Resource, XapiRequest

STORE = "urn:hocba:store"


async def get(asked: XapiRequest) -> Response:
    settings = asked.store.settings
    about = {
        "version": list(settings.supported_versions),
        "extensions": {STORE: {"name": "Học bạ", "homePage": settings.base_url}},
    }
    return Response(orjson.dumps(about), media_type="application/json")


RESOURCES: dict[str, Resource] = {"/about": {"GET": Operation(get, frozenset())}}
