"""Which rule a malformed value breaks, and what its sender most likely meant."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from schemas.formats import forbidden_character, is_iri, is_mbox, is_timestamp, is_uuid
from schemas.problems import NO_FACTS
from schemas.rules import Version

Explanation = tuple[str, Mapping[str, Any]]
Explain = Callable[[str], Explanation]

_EXAMPLE_IRI: Final = "https://example.org/khoa-hoc/1"
_LONGEST_GUESS: Final = 200
_NEGATIVE_ZERO: Final = re.compile(r"-00(?::?00)?\Z")
_WEEKS_JOINED: Final = re.compile("P(?=.*[0-9]W)(?:[0-9.,]+[YMWD])+(?:T.*)?")
_TELLING: Final = (
    ("Activity", frozenset({"definition"})),
    ("SubStatement", frozenset({"actor", "verb", "object"})),
    ("Group", frozenset({"member"})),
    ("Agent", frozenset({"mbox", "mbox_sha1sum", "openid", "account"})),
)


def by(rule: str) -> Explain:
    """The one rule that every malformed value of a format breaks."""
    return lambda value: (rule, NO_FACTS)


def iri(value: str) -> Explanation:
    if is_uuid(value):
        return "iri.uuid", {"suggestion": f"urn:uuid:{value.lower()}"}
    scheme, colon, _ = value.partition(":")
    if not colon or not is_iri(f"{scheme}:"):
        return "iri.scheme", {"suggestion": _with_scheme(value)}
    offset = forbidden_character(value)
    if offset is None:
        return "iri", NO_FACTS
    character = value[offset]
    facts = {"character": repr(character), "offset": offset, "suggestion": _encoded(value)}
    return "iri.character", facts


def _encoded(value: str) -> str:
    """The IRI with what it may not hold percent-encoded."""
    value = value[:_LONGEST_GUESS]
    while (offset := forbidden_character(value)) is not None:
        encoded = "".join(f"%{byte:02X}" for byte in value[offset].encode("utf-8", "replace"))
        value = value.replace(value[offset], encoded)
    return value


def _with_scheme(value: str) -> str:
    value = value.lstrip("/")
    host, dot, _ = value.partition("/")[0].partition(".")
    guess = f"https://{value}"
    return (
        guess if host and dot and len(value) <= _LONGEST_GUESS and is_iri(guess) else _EXAMPLE_IRI
    )


def extension_key(key: str) -> Explanation:
    plain = unicodedata.normalize("NFD", key[:_LONGEST_GUESS].replace("đ", "d").replace("Đ", "D"))
    ascii_name = plain.encode("ascii", "ignore").decode()
    name = re.sub("[^A-Za-z0-9_]+", "-", ascii_name).strip("-") or "ten"
    return "extensions.key", {"suggestion": f"https://example.org/extensions/{name}"}


def timestamp(version: Version) -> Explain:
    def explain(value: str) -> Explanation:
        if match := _NEGATIVE_ZERO.search(value):
            offset = match[0]
            suggestion = f"{value.removesuffix(offset)}Z"
            if is_timestamp(suggestion, version):
                facts = {"offset": offset, "suggestion": suggestion}
                return "timestamp.negative_zero", facts
        if version == "2.0" and is_timestamp(value, "1.0"):
            return "timestamp.rfc3339", NO_FACTS
        return "timestamp", NO_FACTS

    return explain


def duration(value: str) -> Explanation:
    return ("duration.weeks" if _WEEKS_JOINED.fullmatch(value) else "duration"), NO_FACTS


def mbox(value: str) -> Explanation:
    suggestion = f"mailto:{value}"
    if is_mbox(suggestion):
        return "mbox.scheme", {"suggestion": suggestion}
    return "mbox", NO_FACTS


def statement_version(version: Version) -> Explain:
    suggestion = "1.0.0" if version == "1.0" else "2.0.0"
    return lambda value: ("version", {"suggestion": suggestion})


def likely_type(value: Mapping[str, Any], allowed: Sequence[str]) -> str:
    """Which of the allowed object types an object was most likely meant to have."""
    given = value.get("objectType")
    if type(given) is str:
        for name in allowed:
            if name.casefold() == given.casefold():
                return name
    for name, telling in _TELLING:
        if name in allowed and not telling.isdisjoint(value):
            return name
    return allowed[0]
