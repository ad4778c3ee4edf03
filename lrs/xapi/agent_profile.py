"""The agent profile resource: what is kept about an agent (xAPI-Communication 2.6)."""

from lrs.xapi.documents import DocumentResource
from lrs.xapi.request import Resource

AGENT_PROFILE = DocumentResource(
    "agent-profile", scope="profile", id_parameter="profileId", context=frozenset(("agent",))
)

RESOURCES: dict[str, Resource] = {"/agents/profile": AGENT_PROFILE.operations()}
