"""Hypothesis strategies: any JSON value and its text, and valid statements of every shape."""

import json
import re
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from hypothesis import strategies as st

from schemas.formats import is_timestamp
from schemas.rules import Version

# no lone surrogates: JSON text that is UTF-8 has none
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
iris = st.builds("https://example.org/{}".format, st.sampled_from("abcdeđ")) | st.just("urn:x:1")
extensions = st.dictionaries(iris, json_values, max_size=2)
language_maps = st.dictionaries(st.sampled_from(("vi", "vi-VN", "en-US")), texts, max_size=2)
uuids = st.uuids().map(str)
HANOI = timezone(timedelta(hours=7))
timestamps = st.integers(0, 2 * 10**12).map(
    lambda milliseconds: datetime.fromtimestamp(milliseconds / 1000, HANOI).isoformat()
)
_offsets = st.builds("{}{:02}{}{:02}".format, st.sampled_from("+-"), st.integers(0, 23),
                     st.sampled_from((":", "")), st.integers(0, 59))  # fmt: skip
_zones = st.sampled_from(("", "Z", "z", "+00:00", "+0000", "+00", "+07", "-11")) | _offsets
_fractions = st.just("") | st.from_regex("[.,][0-9]{1,12}", fullmatch=True)
_seconds = st.just("") | st.builds(":{:02}{}".format, st.integers(0, 60), _fractions)
_extended = st.builds(
    "{}{}{:%H:%M}{}{}".format, st.dates(), st.sampled_from("Tt"), st.times(), _seconds, _zones
)
_basic = _extended.map(lambda text: text[:10].replace("-", "") + text[10:].replace(":", ""))
timestamps_of_1_0 = (_extended | _basic).filter(is_timestamp)
"""Timestamps of every form that 1.0.x takes."""
durations = st.sampled_from(
    ("PT1H", "PT60S", "PT1M", "P4W", "PT0.5S", "PT0.123S", "P1Y2M3DT4H5M6.78S")
)


@st.composite
def texts_with_escapes(draw: st.DrawFn, value: Any) -> bytes:
    """The value as JSON text in which some characters of keys and strings are ``\\u`` escapes."""
    random = Random(draw(st.integers(0, 2**32)))
    share = draw(st.sampled_from((0.02, 0.3, 1)))

    def string(text: str) -> str:
        characters = (_escape(c) if random.random() < share else json.dumps(c)[1:-1] for c in text)
        return f'"{"".join(characters)}"'

    def text(value: Any) -> str:
        match value:
            case str():
                return string(value)
            case list():
                return f"[{','.join(map(text, value))}]"
            case dict():
                members = (f"{string(key)}:{text(member)}" for key, member in value.items())
                return f"{{{','.join(members)}}}"
        return json.dumps(value)

    return text(value).encode()


def _escape(character: str) -> str:
    return re.sub("(....)", r"\\u\1", character.encode("utf-16-be").hex())


_identifiers = st.one_of(
    st.builds(lambda name: {"mbox": f"mailto:{name}@example.org"}, st.sampled_from("abc")),
    st.builds(lambda n: {"mbox_sha1sum": f"{n:040x}"}, st.integers(0, 3)),
    st.builds(lambda iri: {"openid": iri}, iris),
    st.builds(lambda iri, name: {"account": {"homePage": iri, "name": name}}, iris, texts),
)
_names = st.fixed_dictionaries({}, optional={"name": texts})


def _typed(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.just({"objectType": kind})


def _merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda some: {k: v for part in some for k, v in part.items()})


typed_agents = _merged(_typed("Agent"), _names, _identifiers)
agents = typed_agents | _merged(_names, _identifiers)
_members = st.builds(lambda some: {"member": some}, st.lists(agents, min_size=1, max_size=3))
groups = _merged(_typed("Group"), _names, _members) | _merged(
    _typed("Group"), _names, _identifiers, _members | st.just({})
)
definitions = st.fixed_dictionaries(
    {}, optional={"name": language_maps, "type": iris, "extensions": extensions}
)
activities = st.fixed_dictionaries(
    {"id": iris}, optional={"objectType": st.just("Activity"), "definition": definitions}
)
references = st.fixed_dictionaries({"objectType": st.just("StatementRef"), "id": uuids})
scores = st.fixed_dictionaries(
    {},
    optional={
        "scaled": st.floats(-1, 1) | st.integers(-1, 1),
        "raw": st.integers(0, 100) | st.floats(0, 100),
        "min": st.integers(-5, 0),
        "max": st.integers(100, 105),
    },
)
results = st.fixed_dictionaries(
    {},
    optional={
        "score": scores,
        "success": st.booleans(),
        "completion": st.booleans(),
        "response": texts,
        "duration": durations,
        "extensions": extensions,
    },
)
attachments = st.fixed_dictionaries(
    {
        "usageType": iris,
        "display": language_maps,
        "contentType": st.just("application/pdf"),
        "length": st.integers(0, 10**9),
        "sha2": st.binary(min_size=32, max_size=32).map(bytes.hex),
    },
    optional={"fileUrl": iris},
)
verbs = st.fixed_dictionaries({"id": iris}, optional={"display": language_maps})
_some_activities = activities | st.lists(activities, max_size=2)


def _contexts(version: Version, *, about_activity: bool) -> st.SearchStrategy[dict[str, Any]]:
    optional: dict[str, st.SearchStrategy[Any]] = {
        "registration": uuids,
        "instructor": agents | groups,
        "team": groups,
        "contextActivities": st.dictionaries(
            st.sampled_from(("parent", "grouping", "category", "other")), _some_activities
        ),
        "language": st.sampled_from(("vi-VN", "en")),
        "statement": references,
        "extensions": extensions,
    }
    if about_activity:
        optional |= {"revision": texts, "platform": texts}
    if version == "2.0":
        types = st.lists(iris, min_size=1, max_size=2)
        for name, item in (("agent", agents), ("group", groups)):
            shape = {"objectType": st.just(f"context{name.title()}"), name: item}
            one = st.fixed_dictionaries(shape, optional={"relevantTypes": types})
            optional[f"context{name.title()}s"] = st.lists(one, max_size=2)
    return st.fixed_dictionaries({}, optional=optional)


def _about(
    version: Version, objects: st.SearchStrategy[dict[str, Any]], *, about_activity: bool
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"actor": agents | groups, "verb": verbs, "object": objects},
        optional={
            "result": results,
            "context": _contexts(version, about_activity=about_activity),
            "timestamp": timestamps,
            "attachments": st.lists(attachments, max_size=2),
        },
    )


def statements(version: Version = "1.0") -> st.SearchStrategy[dict[str, Any]]:
    """Valid statements about objects of every type."""
    others = typed_agents | groups | references
    plain = _about(version, activities, about_activity=True) | _about(
        version, others, about_activity=False
    )
    sub_statements = plain.map(lambda value: {"objectType": "SubStatement", **value})
    every = plain | _about(version, sub_statements, about_activity=False)
    own = st.fixed_dictionaries({}, optional={"id": uuids, "version": st.just("1.0.0")})
    return _merged(every, own)
