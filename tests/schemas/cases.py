"""An example of all a statement can hold, and ways to spoil it, each with the rule it breaks."""

import copy
from typing import Any, NamedTuple

UUID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"
OTHER_UUID = "12345678-1234-5678-1234-567812345678"
AN = {"mbox": "mailto:an@example.org"}
BINH = {"account": {"homePage": "https://lms.example.org", "name": "binh.tran"}}
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
CHARACTERS_OF_ONE_ADDRESS = "mailto:le.minh+thi-đua@vụ-tổ-chức.example.vn"
GONE: Any = object()
"""In changes: the property is taken away."""


def statement(**changes: Any) -> dict[str, Any]:
    """An officer answers a question of a course, with a certificate attached."""
    return {
        "id": UUID,
        "actor": {
            "objectType": "Agent",
            "name": "Nguyễn Văn An",
            "account": {"homePage": "https://bdhvs.example", "name": "an.nv"},
        },
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/answered",
            "display": {"vi-VN": "đã trả lời", "en-US": "answered"},
        },
        "object": {
            "objectType": "Activity",
            "id": "https://bdhvs.example/khoa-hoc/an-toan/cau-1",
            "definition": {
                "name": {"vi": "Câu 1"},
                "description": {"vi": "Mật khẩu nào mạnh nhất?"},
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "moreInfo": "https://bdhvs.example/tro-giup#cau-1",
                "interactionType": "choice",
                "correctResponsesPattern": ["a[,]c"],
                "choices": [
                    {"id": "a", "description": {"vi": "Dài"}},
                    {"id": "b", "description": {"vi": "Ngắn"}},
                    {"id": "c"},
                ],
                "extensions": {"https://example.org/muc-do": None},
            },
        },
        "result": {
            "score": {"scaled": 0.95, "raw": 95, "min": 0, "max": 100},
            "success": True,
            "completion": False,
            "response": "a[,]c",
            "duration": "PT1M12.5S",
            "extensions": {"https://example.org/lan-thu": {"": [None, {}]}},
        },
        "context": {
            "registration": UUID,
            "instructor": {"objectType": "Group", "member": [AN, BINH]},
            "team": {"objectType": "Group", "name": "Tổ 1", "mbox": "mailto:to1@example.org"},
            "contextActivities": {
                "parent": [{"id": "https://bdhvs.example/khoa-hoc/an-toan"}],
                "grouping": {"objectType": "Activity", "id": "urn:uuid:" + UUID},
                "category": [{"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}],
                "other": [],
            },
            "revision": "2026-03",
            "platform": "bdhvs",
            "language": "vi-VN",
            "statement": {"objectType": "StatementRef", "id": OTHER_UUID},
            "extensions": {"https://example.org/phong": ""},
        },
        "timestamp": "2026-03-14T09:30:00.123+07:00",
        "stored": "2026-03-14T02:30:01.000Z",
        "authority": {"objectType": "Group", "member": [BINH, AN]},
        "version": "1.0.3",
        "attachments": [
            {
                "usageType": "http://example.org/attachments/certificate",
                "display": {"vi": "Giấy chứng nhận"},
                "description": {"vi": ""},
                "contentType": 'application/pdf; name="a b.pdf"',
                "length": 27,
                "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
                "fileUrl": "https://files.example.org/gcn.pdf",
            }
        ],
        **changes,
    }


def sub_statement(**changes: Any) -> dict[str, Any]:
    """A plan to do what ``statement`` tells of."""
    return {
        "objectType": "SubStatement",
        "actor": AN,
        "verb": {"id": "http://example.org/xapi/verbs/planned"},
        "object": {"id": "https://bdhvs.example/khoa-hoc/an-toan"},
        "context": {"platform": "bdhvs", "contextActivities": {"parent": {"id": "urn:x:lop"}}},
        "timestamp": "2031-01-01T00:00:00Z",
        **changes,
    }


def context_agent(**changes: Any) -> dict[str, Any]:
    return {"objectType": "contextAgent", "agent": AN, "relevantTypes": ["urn:x:coach"], **changes}


def context_group(**changes: Any) -> dict[str, Any]:
    group = {"objectType": "Group", "member": [AN]}
    return {"objectType": "contextGroup", "group": group, "relevantTypes": ["urn:x:to"], **changes}


def changed(value: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """``value`` with the places that JSON Pointers name set to something else, or taken away."""
    value = copy.deepcopy(value)
    for pointer, replacement in changes.items():
        *parents, last = pointer.removeprefix("/").split("/")
        place: Any = value
        for token in parents:
            place = place[int(token) if isinstance(place, list) else token]
        if replacement is GONE:
            del place[last]
        else:
            place[int(last) if isinstance(place, list) else last] = replacement
    return value


class Case(NamedTuple):
    """What is changed, and the one problem that must be found."""

    name: str
    rule: str
    pointer: str
    changes: dict[str, Any]
    versions: tuple[str, ...] = ("1.0", "2.0")


def at(rule: str, pointer: str, value: Any, name: str = "") -> Case:
    """A value that is refused where it stands."""
    return Case(f"{name or repr(value)} at {pointer}", rule, pointer, {pointer: value})


def within(rule: str, pointer: str, changes: dict[str, Any], name: str) -> Case:
    return Case(name, rule, pointer, changes)


DEFINITION = "/object/definition"
GROUP = {"objectType": "Group", "mbox": "mailto:to1@example.org"}
WITHOUT_ACTIVITY = {"/context/revision": GONE, "/context/platform": GONE}

REFUSED = [
    # types
    at("type", "/actor", "an@example.org"),
    at("type", "/actor/name", 12),
    at("type", "/actor/account", "an.nv"),
    at("type", "/actor/account/name", {"key": "value"}),
    at("type", "/id", 12345),
    at("type", "/verb", ["http://adlnet.gov/expapi/verbs/answered"]),
    at("type", "/verb/display", "đã trả lời"),
    at("type", "/verb/display/en-US", 1),
    at("type", "/object", "https://bdhvs.example/khoa-hoc/1"),
    at("type", "/object/objectType", 7),
    at("type", DEFINITION, []),
    at("type", f"{DEFINITION}/extensions", "none"),
    at("type", f"{DEFINITION}/interactionType", {"choice": True}),
    at("type", f"{DEFINITION}/correctResponsesPattern", "a[,]c"),
    at("type", f"{DEFINITION}/correctResponsesPattern/0", 1),
    at("type", f"{DEFINITION}/choices", {"id": "a"}),
    at("type", f"{DEFINITION}/choices/0", "a"),
    at("type", f"{DEFINITION}/choices/0/id", 1),
    at("type", "/result", "passed"),
    at("type", "/result/score", 95),
    at("type", "/result/score/raw", True, "a boolean is not a number"),
    at("type", "/result/score/scaled", "good"),
    at("type", "/result/success", 1, "a number is not a boolean"),
    at("type", "/result/response", ["a", "c"]),
    at("type", "/result/duration", 72.5),
    at("type", "/result/extensions", []),
    at("type", "/context", "bdhvs"),
    at("type", "/context/revision", 2026),
    at("type", "/context/contextActivities", "https://bdhvs.example"),
    at("type", "/context/contextActivities/parent", "https://bdhvs.example"),
    at("type", "/context/contextActivities/parent/0", "https://bdhvs.example"),
    at("type", "/context/instructor/member", AN),
    at("type", "/context/statement", OTHER_UUID),
    at("type", "/timestamp", 1368855154),
    at("type", "/attachments", {}),
    at("type", "/attachments/0", 12345),
    at("type", "/attachments/0/length", "many"),
    at("type", "/attachments/0/sha2", 12345),
    at("type", "/version", 1.0),
    at("type.quoted", "/result/score/raw", "95"),
    at("type.quoted", "/result/score/scaled", "-0.5"),
    at("type.quoted", "/result/success", "true"),
    at("type.quoted", "/result/completion", "False"),
    at("type.quoted", "/attachments/0/length", "27"),
    # null
    at("null", "/id", None),
    at("null", "/actor", None),
    at("null", "/actor/name", None),
    at("null", "/actor/objectType", None),
    at("null", "/verb/display/en-US", None),
    at("null", "/object/objectType", None),
    at("null", f"{DEFINITION}/extensions", None),
    at("null", "/result/score/raw", None),
    at("null", "/result/success", None),
    at("null", "/context/registration", None),
    at("null", "/context/contextActivities/parent", None),
    at("null", "/context/contextActivities/parent/0", None),
    at("null", "/context/contextActivities/parent/0/id", None),
    at("null", "/context/contextActivities/grouping/id", None),
    at("null", "/attachments", None),
    # properties
    at("property.unknown", "/iD2", UUID),
    at("property.unknown", "/objectType", "SubStatement"),
    at("property.unknown", "/actor/email", "an@example.org"),
    at("property.unknown", "/actor/account/id", 7),
    at("property.unknown", "/verb/name", "x"),
    at("property.unknown", "/object/name", {"vi": "Câu 1"}),
    at("property.unknown", f"{DEFINITION}/url", "x"),
    at("property.unknown", "/object/mbox", "mailto:an@example.org"),
    within(
        "property.unknown",
        "/object/mbox",
        {"/object": {"id": "urn:x:1", **AN}},
        "an untyped object with id and mbox",
    ),
    at("property.unknown", f"{DEFINITION}/choices/0/text", "x"),
    at("property.unknown", "/result/grade", "A"),
    at("property.unknown", "/result/score/percent", 95),
    at("property.unknown", "/context/course", "x"),
    at("property.unknown", "/context/contextActivities/sibling", []),
    at("property.unknown", "/context/statement/version", "1.0.0"),
    at("property.unknown", "/attachments/0/name", "x"),
    at("property.case", "/Result", {}),
    at("property.case", "/actor/Name", "An"),
    at("property.case", "/actor/account/homepage", "https://bdhvs.example"),
    at("property.case", f"{DEFINITION}/moreinfo", "x"),
    at("property.case", "/context/contextActivities/Parent", []),
    # object types
    at("object_type", "/actor/objectType", "agent"),
    at("object_type", "/actor/objectType", "Person"),
    at("object_type", "/object/objectType", "GroupActivity"),
    at("object_type", "/object/objectType", "activity"),
    within(
        "object_type",
        "/context/instructor/member/0/objectType",
        {"/context/instructor/member/0": {**AN, "objectType": "Group"}},
        "a Group as member of a Group",
    ),
    within(
        "object_type",
        "/context/team/objectType",
        {"/context/team": {**AN, "objectType": "Agent"}},
        "an Agent as team",
    ),
    at("object_type", "/context/statement/objectType", "Statement"),
    within(
        "object_type",
        "/context/contextActivities/parent/0/objectType",
        {"/context/contextActivities/parent/0": {"id": "urn:x:1", "objectType": "Agent"}},
        "an Agent as context activity",
    ),
    within(
        "object_type.required", "/object", {"/object": AN}, "an Agent as object by its mbox only"
    ),
    within(
        "object_type.required",
        "/object",
        {"/object": {"member": [AN]}},
        "a Group as object, untyped",
    ),
    within(
        "object_type.required",
        "/context/team",
        {"/context/team": {"member": [AN]}},
        "an untyped team",
    ),
    within(
        "object_type.required",
        "/context/statement",
        {"/context/statement/objectType": GONE},
        "an untyped statement reference in the context",
    ),
    # IRIs
    at("iri", "/verb/id", "http://example.org:port/verb"),
    at("iri", "/verb/id", "http://example.org/100%"),
    at("iri", "/verb/id", "http://example.org/a#b#c"),
    at("iri", "/object/id", "http://example.org/a[0]"),
    at("iri.scheme", "/verb/id", ""),
    at("iri.scheme", "/verb/id", "answered"),
    at("iri.scheme", "/object/id", "bdhvs.example/khoa-hoc/1"),
    at("iri.scheme", "/object/id", "//bdhvs.example/khoa-hoc/1"),
    at("iri.scheme", "/object/id", "/khoa-hoc/1"),
    at("iri.scheme", "/object/id", "1http://bdhvs.example"),
    at("iri.scheme", f"{DEFINITION}/type", "question"),
    at("iri.scheme", f"{DEFINITION}/moreInfo", "bdhvs.example/tro-giup"),
    at("iri.scheme", "/actor/account/homePage", "bdhvs.example"),
    at("iri.scheme", "/attachments/0/usageType", "certificate"),
    at("iri.scheme", "/attachments/0/fileUrl", "gcn.pdf"),
    within(
        "iri.scheme",
        "/actor/openid",
        {"/actor": {"openid": "openid.example.org/an"}},
        "an openid without scheme",
    ),
    at("iri.uuid", "/object/id", UUID),
    at("iri.uuid", "/context/contextActivities/grouping/id", UUID),
    at("iri.character", "/object/id", "http://example.org/khóa học"),
    at("iri.character", "/verb/id", "http://example.org/{verb}"),
    at("iri.character", "/verb/id", "http://example.org/a\n"),
    at("iri.character", "/verb/id", "http://example.org/\\a"),
    within(
        "extensions.key",
        "/result/extensions/lần thử",
        {"/result/extensions": {"lần thử": 1}},
        "an extension key that is a name",
    ),
    within(
        "extensions.key",
        "/context/extensions/a~1b~0c",
        {"/context/extensions": {"a/b~c": 1}},
        "an extension key that needs escaping in its pointer",
    ),
    within(
        "extensions.key",
        f"{DEFINITION}/extensions/",
        {f"{DEFINITION}/extensions": {"": 1}},
        "empty",
    ),
    # other formats
    at("uuid", "/id", "AA97B177-9383-4934-8543-0F91A7A028368"),
    at("uuid", "/id", "MA97B177-9383-4934-8543-0F91A7A02836"),
    at("uuid", "/id", ""),
    at("uuid", "/id", "{8f87ccde-bb56-4c2e-ab83-44982ef22df0}"),
    at("uuid", "/id", "8f87ccdebb564c2eab8344982ef22df0"),
    at("uuid", "/context/registration", UUID + "\n"),
    at("uuid", "/context/statement/id", "https://example.org/statements/1"),
    at("timestamp", "/timestamp", ""),
    at("timestamp", "/timestamp", "01/11/2026"),
    at("timestamp", "/timestamp", "1368855154"),
    at("timestamp", "/timestamp", "2026-02-29T00:00:00Z"),
    at("timestamp", "/timestamp", "2026-03-14 09:30:00Z"),
    at("timestamp", "/timestamp", "2026-03-14"),
    at("timestamp", "/timestamp", "2026-03-14T09:30:00+24:00"),
    at("timestamp", "/stored", "yesterday"),
    at("timestamp.negative_zero", "/timestamp", "2008-09-15T15:53:00.601-00"),
    at("timestamp.negative_zero", "/timestamp", "2008-09-15T15:53:00.601-0000"),
    at("timestamp.negative_zero", "/timestamp", "2008-09-15T15:53:00.601-00:00"),
    at("timestamp.rfc3339", "/timestamp", "2026-03-14T09:30:00")._replace(versions=("2.0",)),
    at("timestamp.rfc3339", "/timestamp", "2026-03-14T09:30Z")._replace(versions=("2.0",)),
    at("timestamp.rfc3339", "/timestamp", "20260314T093000Z")._replace(versions=("2.0",)),
    at("timestamp.rfc3339", "/timestamp", "2026-03-14T09:30:00+07")._replace(versions=("2.0",)),
    at("duration", "/result/duration", ""),
    at("duration", "/result/duration", "P"),
    at("duration", "/result/duration", "PT"),
    at("duration", "/result/duration", "P1YT"),
    at("duration", "/result/duration", "PA1H0M0S"),
    at("duration", "/result/duration", "PT1.5H30M"),
    at("duration", "/result/duration", "00:01:12"),
    at("duration", "/result/duration", "-PT5S"),
    at("duration.weeks", "/result/duration", "P4W1D"),
    at("duration.weeks", "/result/duration", "P1WT3H"),
    at("language_tag", "/context/language", "tiếng Việt"),
    at("language_tag", "/context/language", ""),
    at("language_tag", "/context/language", "vi_VN"),
    within(
        "language_map.key",
        "/verb/display/something",
        {"/verb/display": {"something": "x"}},
        "a language that is a word",
    ),
    within(
        "language_map.key",
        f"{DEFINITION}/name/zh-z-aaa-z-bbb-c-ccc",
        {f"{DEFINITION}/name": {"zh-z-aaa-z-bbb-c-ccc": "x"}},
        "a language with an extension twice",
    ),
    within(
        "language_map.key",
        f"{DEFINITION}/choices/0/description/",
        {f"{DEFINITION}/choices/0/description": {"": "x"}},
        "a language that is empty",
    ),
    within("mbox", "/actor/mbox", {"/actor": {"mbox": "mailto:an"}}, "an mbox without domain"),
    within("mbox", "/actor/mbox", {"/actor": {"mbox": "mailto:@example.org"}}, "an mbox of no one"),
    within("mbox", "/actor/mbox", {"/actor": {"mbox": "mailto:a@b.vn,c@d.vn"}}, "an mbox of two"),
    within("mbox", "/actor/mbox", {"/actor": {"mbox": "mailto:a@b..vn"}}, "an mbox with two dots"),
    within("mbox", "/actor/mbox", {"/actor": {"mbox": ""}}, "an empty mbox"),
    within("mbox", "/actor/mbox", {"/actor": {"mbox": "https://a@b.vn"}}, "an mbox that is a link"),
    within("mbox.scheme", "/actor/mbox", {"/actor": {"mbox": "an@example.org"}}, "a bare address"),
    within(
        "mbox_sha1sum",
        "/actor/mbox_sha1sum",
        {"/actor": {"mbox_sha1sum": "cd9b"}},
        "a short digest",
    ),
    at("version", "/version", ""),
    at("version", "/version", "0.9.9"),
    at("version", "/version", "1.1.0"),
    at("version", "/version", "should fail"),
    at("version", "/version", "3.0.0"),
    at("version", "/version", "2.0.0")._replace(versions=("1.0",)),
    at("sha2", "/attachments/0/sha2", ""),
    at("sha2", "/attachments/0/sha2", "cd9b00a5611f94eaa7b1661edab976068e364975"),
    at("media_type", "/attachments/0/contentType", ""),
    at("media_type", "/attachments/0/contentType", "pdf"),
    at("attachment.length", "/attachments/0/length", -1),
    at("attachment.length", "/attachments/0/length", 27.5),
    # required properties
    within("statement.required", "", {"/actor": GONE}, "a statement without actor"),
    within("statement.required", "", {"/verb": GONE}, "a statement without verb"),
    within("statement.required", "", {"/object": GONE}, "a statement without object"),
    within("verb.required", "/verb", {"/verb/id": GONE}, "a verb without id"),
    within("activity.required", "/object", {"/object/id": GONE}, "an activity without id"),
    within("activity.required", "/object", {"/object": {}}, "an empty object"),
    within(
        "activity.required",
        "/context/contextActivities/grouping",
        {"/context/contextActivities/grouping": {}},
        "a single context activity without id",
    ),
    within(
        "component.required",
        f"{DEFINITION}/choices/1",
        {f"{DEFINITION}/choices/1/id": GONE},
        "a choice without id",
    ),
    within(
        "statement_ref.required",
        "/context/statement",
        {"/context/statement/id": GONE},
        "a reference to nothing",
    ),
    within(
        "account.required",
        "/actor/account",
        {"/actor/account/name": GONE},
        "an account without name",
    ),
    within(
        "account.required",
        "/actor/account",
        {"/actor/account/homePage": GONE},
        "an account without home page",
    ),
    *(
        within(
            "attachment.required",
            "/attachments/0",
            {f"/attachments/0/{name}": GONE},
            f"an attachment without {name}",
        )
        for name in ("usageType", "display", "contentType", "length", "sha2")
    ),
    # agents and groups
    within(
        "agent.identifier_required", "/actor", {"/actor/account": GONE}, "an actor by name only"
    ),
    within("agent.identifier_required", "/actor", {"/actor": {}}, "an empty actor"),
    within(
        "agent.identifier_required",
        "/context/instructor/member/1",
        {"/context/instructor/member/1": {"name": "Bình"}},
        "a member by name only",
    ),
    within(
        "agent.identifier_single",
        "/actor",
        {"/actor/mbox": "mailto:an@example.org"},
        "an actor with account and mbox",
    ),
    within(
        "agent.identifier_single",
        "/context/team",
        {"/context/team/openid": "https://id.example.org/to1"},
        "a group with mbox and openid",
    ),
    at("agent.member", "/actor/member", [AN]),
    within(
        "group.member_required",
        "/context/instructor",
        {"/context/instructor/member": GONE},
        "an anonymous group without members",
    ),
    within(
        "group.member_required",
        "/context/instructor",
        {"/context/instructor/member": []},
        "an anonymous group of nobody",
    ),
    within(
        "authority.group", "/authority", {"/authority": GROUP}, "an identified group as authority"
    ),
    within(
        "authority.group",
        "/authority",
        {"/authority/mbox": "mailto:to1@example.org"},
        "an identified group of two as authority",
    ),
    within("authority.group", "/authority", {"/authority/member": [AN]}, "an authority of one"),
    within(
        "authority.group",
        "/authority",
        {"/authority/member": [AN, BINH, AN]},
        "an authority of three",
    ),
    within("authority.group", "/authority", {"/authority/member": GONE}, "an authority of nobody"),
    # objects
    *(
        within(
            "sub_statement.property",
            f"/object/{name}",
            {"/object": sub_statement(**{name: value}), **WITHOUT_ACTIVITY},
            f"a sub-statement with {name}",
        )
        for name, value in {
            "id": UUID,
            "stored": "2026-03-14T02:30:01.000Z",
            "version": "1.0.0",
            "authority": AN,
        }.items()
    ),
    within(
        "sub_statement.nested",
        "/object/object",
        {"/object": sub_statement(object=sub_statement(), context={}), **WITHOUT_ACTIVITY},
        "a sub-statement in a sub-statement",
    ),
    within(
        "statement.required",
        "/object",
        {
            "/object": {k: v for k, v in sub_statement().items() if k != "verb"},
            **WITHOUT_ACTIVITY,
        },
        "a sub-statement without verb",
    ),
    within(
        "object_type.required",
        "/object/object",
        {"/object": sub_statement(object=BINH), **WITHOUT_ACTIVITY},
        "an untyped Agent as object of a sub-statement",
    ),
    at("interaction.type", f"{DEFINITION}/interactionType", "choiCe"),
    at("interaction.type", f"{DEFINITION}/interactionType", "multiple-choice"),
    at("interaction.type", f"{DEFINITION}/interactionType", "fill_in"),
    within(
        "interaction.type_required",
        DEFINITION,
        {f"{DEFINITION}/interactionType": GONE},
        "choices without interactionType",
    ),
    within(
        "interaction.type_required",
        DEFINITION,
        {DEFINITION: {"correctResponsesPattern": []}},
        "a pattern without interactionType",
    ),
    at("interaction.component_distinct", f"{DEFINITION}/choices/2/id", "a"),
    # results
    at("score.scaled", "/result/score/scaled", 1.01),
    at("score.scaled", "/result/score/scaled", -1.00001),
    at("score.scaled", "/result/score/scaled", 95),
    at("score.range", "/result/score/min", 100),
    at("score.range", "/result/score/min", 100.5),
    at("score.raw", "/result/score/raw", 100.1),
    at("score.raw", "/result/score/raw", -1),
    within(
        "score.raw",
        "/result/score/raw",
        {"/result/score": {"raw": 11, "max": 10}},
        "a raw score over a maximum without minimum",
    ),
    # context
    within(
        "context.activity_only",
        "/context/platform",
        {"/object": {**AN, "objectType": "Agent"}, "/context/revision": GONE},
        "a platform when the object is an Agent",
    ),
    within(
        "context.activity_only",
        "/context/revision",
        {"/object": {"objectType": "StatementRef", "id": UUID}, "/context/platform": GONE},
        "a revision when the object is a reference",
    ),
    within(
        "context.activity_only",
        "/object/context/platform",
        {"/object": sub_statement(object={**GROUP}), **WITHOUT_ACTIVITY},
        "a platform in a sub-statement about a Group",
    ),
    at("context.version", "/context/contextAgents", [context_agent()])._replace(versions=("1.0",)),
    at("context.version", "/context/contextGroups", [context_group()])._replace(versions=("1.0",)),
    *(
        within(
            rule, f"/context/{list_name}/0{pointer}", {f"/context/{list_name}": [item]}, name
        )._replace(versions=("2.0",))
        for list_name, rule, pointer, item, name in (
            (
                "contextAgents",
                "object_type",
                "/objectType",
                context_agent(objectType="Agent"),
                "a context agent called Agent",
            ),
            (
                "contextAgents",
                "object_type.required",
                "",
                {"agent": AN},
                "a context agent without objectType",
            ),
            (
                "contextAgents",
                "context_agent.required",
                "",
                {"objectType": "contextAgent"},
                "a context agent without agent",
            ),
            (
                "contextAgents",
                "agent.identifier_required",
                "/agent",
                context_agent(agent={"name": "An"}),
                "a context agent by name only",
            ),
            (
                "contextAgents",
                "object_type",
                "/agent/objectType",
                context_agent(agent=GROUP),
                "a Group as context agent",
            ),
            (
                "contextAgents",
                "context.relevant_types",
                "/relevantTypes",
                context_agent(relevantTypes=[]),
                "a context agent of no type",
            ),
            (
                "contextAgents",
                "iri.scheme",
                "/relevantTypes/0",
                context_agent(relevantTypes=["coach"]),
                "a context agent whose type is no IRI",
            ),
            (
                "contextAgents",
                "type",
                "/relevantTypes",
                context_agent(relevantTypes="urn:x:coach"),
                "a context agent whose types are no array",
            ),
            (
                "contextGroups",
                "object_type",
                "/objectType",
                context_group(objectType="contextAgent"),
                "a context group called contextAgent",
            ),
            (
                "contextGroups",
                "context_group.required",
                "",
                {"objectType": "contextGroup"},
                "a context group without group",
            ),
            (
                "contextGroups",
                "object_type.required",
                "/group",
                context_group(group={"mbox": "mailto:to1@example.org"}),
                "an untyped group as context group",
            ),
            (
                "contextGroups",
                "context.relevant_types",
                "/relevantTypes",
                context_group(relevantTypes=[]),
                "a context group of no type",
            ),
        )
    ),
    # voiding
    within(
        "voiding.object", "/object", {"/verb/id": VOIDED}, "a voiding statement about an Activity"
    ),
    within(
        "voiding.object",
        "/object/object",
        {
            "/object": sub_statement(verb={"id": VOIDED}),
            **WITHOUT_ACTIVITY,
        },
        "a sub-statement that voids an Activity",
    ),
]

ACCEPTED: dict[str, dict[str, Any]] = {
    "the example": {},
    "an empty definition": {DEFINITION: {}},
    "an object without objectType": {"/object/objectType": GONE},
    "a Group without members as object": {"/object": GROUP, **WITHOUT_ACTIVITY},
    "an Agent as object": {"/object": {**AN, "objectType": "Agent"}, **WITHOUT_ACTIVITY},
    "a reference as object": {
        "/object": {"objectType": "StatementRef", "id": UUID},
        **WITHOUT_ACTIVITY,
    },
    "a sub-statement": {"/object": sub_statement(), **WITHOUT_ACTIVITY},
    "a sub-statement with a reference": {
        "/object": sub_statement(object={"objectType": "StatementRef", "id": UUID}, context={}),
        **WITHOUT_ACTIVITY,
    },
    "a voiding statement": {
        "/verb": {"id": VOIDED},
        "/object": {"objectType": "StatementRef", "id": UUID},
        **WITHOUT_ACTIVITY,
    },
    "an actor by mbox": {"/actor": {"mbox": CHARACTERS_OF_ONE_ADDRESS}},
    "an actor by mbox in capitals": {"/actor": {"mbox": "MAILTO:An@Example.ORG"}},
    "an actor by digest": {"/actor": {"mbox_sha1sum": "CD9B00A5611F94EAA7B1661EDAB976068E364975"}},
    "an actor by openid": {"/actor": {"openid": "http://openid.example.org/12345"}},
    "an identified group without members": {"/actor": GROUP},
    "an identified group of nobody": {"/actor": {**GROUP, "member": []}},
    "an account with an empty name": {"/actor/account/name": ""},
    "an Agent as authority": {"/authority": BINH},
    "no timestamp": {"/timestamp": GONE},
    "a timestamp in the future": {"/timestamp": "2999-12-31T23:59:59.999999999Z"},
    "a timestamp in lower case": {"/timestamp": "2026-03-14t09:30:00z"},
    "a timestamp before UTC": {"/timestamp": "2026-03-14T09:30:00-00:30"},
    "a leap second": {"/timestamp": "2016-12-31T23:59:60Z"},
    "weeks": {"/result/duration": "P4W"},
    "years to seconds": {"/result/duration": "P3Y1M29DT4H35M59.14S"},
    "seconds alone": {"/result/duration": "PT16559.14S"},
    "a finer duration than 0.01 s": {"/result/duration": "P1DT12H36M0.12567S"},
    "version 1.0": {"/version": "1.0"},
    "version 1.0.9": {"/version": "1.0.9"},
    "no version": {"/version": GONE},
    "scaled 1.0": {"/result/score": {"scaled": 1.0}},
    "scaled -1": {"/result/score": {"scaled": -1}},
    "a raw score alone": {"/result/score": {"raw": -7}},
    "a raw score over a minimum": {"/result/score": {"raw": 7, "min": 5}},
    "an empty score": {"/result/score": {}},
    "an empty result": {"/result": {}},
    "an empty context": {"/context": {}},
    "empty language maps": {"/verb/display": {}},
    "components of another interaction": {f"{DEFINITION}/interactionType": "likert"},
    "a response of any form": {"/result/response": "[.][:]"},
    "many languages": {
        "/verb/display": dict.fromkeys(
            ("vi", "ase", "cmn", "zh-Hans-CN", "sr-Latn-RS", "es-MX", "i-klingon", "x-bahnar"), ""
        )
    },
    "an IRI in Vietnamese": {"/object/id": "https://ví-dụ.example/khóa-học/số-1?tên=An#mục"},
    "an IRI of another scheme": {"/object/id": "course-v1:FUN-MOOC+00002+session01"},
    "an attachment of length 0": {"/attachments/0/length": 0},
    "an attachment without fileUrl": {"/attachments/0/fileUrl": GONE},
    "no attachments": {"/attachments": []},
}
