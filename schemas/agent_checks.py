"""Which agents and groups are valid, wherever a statement or a parameter names one."""

from collections.abc import Mapping
from typing import Any, Final

from schemas import explanations
from schemas.agents import IDENTIFIERS
from schemas.checks import (
    At,
    Check,
    Problems,
    decided,
    each,
    formatted,
    iri,
    listed,
    one_of,
    refused,
    report,
    shape,
    string,
)
from schemas.formats import is_mbox, is_sha1

EXAMPLE_AGENT: Final = '{"mbox": "mailto:an@example.org"}'


def identifier_count(agent: Mapping[str, Any]) -> int:
    return (
        ("mbox" in agent) + ("account" in agent) + ("mbox_sha1sum" in agent) + ("openid" in agent)
    )


def _one_identifier(agent: dict[str, Any], at: At, problems: Problems) -> None:
    count = identifier_count(agent)
    if count == 0:
        report(problems, at, None, "agent.identifier_required")
    elif count > 1:
        _report_several_identifiers(agent, at, problems)


def _report_several_identifiers(agent: dict[str, Any], at: At, problems: Problems) -> None:
    names = [name for name in IDENTIFIERS if name in agent]
    report(problems, at, None, "agent.identifier_single", None, {"identifiers": listed(names)})


def _identified_or_with_members(group: dict[str, Any], at: At, problems: Problems) -> None:
    count = identifier_count(group)
    if count > 1:
        _report_several_identifiers(group, at, problems)
    elif count == 0 and group.get("member", []) == []:
        report(problems, at, None, "group.member_required")


def _application_and_user(group: dict[str, Any], at: At, problems: Problems) -> None:
    member = group.get("member")
    if identifier_count(group) or type(member) is not list or len(member) != 2:
        report(problems, at, None, "authority.group")


_ACCOUNT: Final = shape(
    {"homePage": iri, "name": string},
    "account.required",
    {"homePage": '"https://example.org"', "name": '"an.nguyen"'},
)
_AGENT_PROPERTIES: Final[Mapping[str, Check]] = {
    "objectType": decided,
    "name": string,
    "mbox": formatted(is_mbox, explanations.mbox),
    "mbox_sha1sum": formatted(is_sha1, explanations.by("mbox_sha1sum")),
    "openid": iri,
    "account": _ACCOUNT,
}
AGENT: Final = shape(
    {**_AGENT_PROPERTIES, "member": refused("agent.member")}, whole=_one_identifier
)
_MEMBER: Final = one_of({"Agent": AGENT}, "Agent")
_GROUP_PROPERTIES: Final = {**_AGENT_PROPERTIES, "member": each(_MEMBER)}
GROUP: Final = shape(_GROUP_PROPERTIES, whole=_identified_or_with_members)
AGENT_OR_GROUP: Final = one_of({"Agent": AGENT, "Group": GROUP}, "Agent")
AUTHORITY: Final = one_of(
    {"Agent": AGENT, "Group": shape(_GROUP_PROPERTIES, whole=_application_and_user)}, "Agent"
)
