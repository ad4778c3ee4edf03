"""The agents resource: a Person for an Agent (xAPI-Communication 2.4).

The store joins no identities here, so the Person has what the Agent asked for has, each as an
array: a credential learns no identifier it did not bring.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from lrs.errors import InvalidRequest
from lrs.xapi.request import Operation, Resource, XapiRequest
from projections.documents import etag_of
from schemas import json_text
from schemas.json_text import InvalidJson
from schemas.problems import Problem
from schemas.statement import check_agent

READ = frozenset(
    ("all", "all/read", "statements/read", "statements/read/mine", "state", "profile", "define")
)
PROPERTIES = ("name", "mbox", "mbox_sha1sum", "openid", "account")


async def get(asked: XapiRequest) -> Response:
    agent = read_agent(asked)
    person = {"objectType": "Person"} | {
        name: [agent[name]] for name in PROPERTIES if name in agent
    }
    body = orjson.dumps(person)
    headers = {"ETag": f'"{etag_of(body)}"'}
    return Response(body, media_type="application/json", headers=headers)


def read_agent(asked: XapiRequest) -> Mapping[str, Any]:
    """The ``agent`` parameter, which holds an Agent and no Group. Raises InvalidRequest."""
    text = asked.parameters["agent"]
    try:
        agent: Any = json_text.parse(text.encode())
    except InvalidJson as invalid:
        unreadable = Problem("", "parameter-json", text, {"parameter": "agent"})
        raise InvalidRequest(unreadable, *invalid.problems) from invalid
    if isinstance(agent, dict) and agent.get("objectType") == "Group":
        raise InvalidRequest(Problem("/agent/objectType", "agent-not-group", "Group"))
    if problems := check_agent(agent, asked.version, "/agent"):
        raise InvalidRequest(*problems)
    return agent  # type: ignore[no-any-return] # check_agent accepts objects only


RESOURCES: dict[str, Resource] = {
    "/agents": {"GET": Operation(get, READ, required=frozenset(("agent",)))}
}
