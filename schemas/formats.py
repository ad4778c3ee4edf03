"""The formats that xAPI borrows: IRI, UUID, timestamp, duration, mailbox, digest, media type.

Each is one compiled expression matched against the whole value. Values are judged by their syntax:
nothing is resolved, and a UUID may be of any variant (xAPI-Data 4.4 only recommends variant 2).
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from schemas.rules import Version

LONGEST_REMEMBERED: Final = 512
"""Longer texts are judged anew each time, so that no sender can fill the memory."""

_UCSCHAR: Final = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane << 16 if plane != 14 else 0xE1000)}-{chr((plane << 16) + 0xFFFD)}"
    for plane in range(1, 15)
)
_PRIVATE: Final = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_NAME: Final = rf"A-Za-z0-9\-._~!$&'()*+,;={_UCSCHAR}"
_ESCAPE: Final = "%[0-9A-Fa-f]{2}"
_IRI: Final = re.compile(
    rf"""[A-Za-z][A-Za-z0-9+.\-]*+:
    (?: // (?:(?:[{_NAME}:]++|{_ESCAPE})*+@)?
           (?:\[[0-9A-Fa-f:.]++\]|(?:[{_NAME}]++|{_ESCAPE})*+)
           (?::[0-9]*+)?
           (?:/(?:[{_NAME}:@/]++|{_ESCAPE})*+)?
      | (?!//) (?:[{_NAME}:@/]++|{_ESCAPE})*+ )
    (?:\?(?:[{_NAME}:@/?{_PRIVATE}]++|{_ESCAPE})*+)?
    (?:\#(?:[{_NAME}:@/?]++|{_ESCAPE})*+)?""",
    re.VERBOSE,
)
_FORBIDDEN: Final = re.compile(rf"[^{_NAME}:@/?#\[\]%{_PRIVATE}]")
_UUID: Final = re.compile("[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_NUMBER: Final = r"[0-9]+(?:[.,][0-9]+(?=.\Z))?"  # only the last component may have a fraction
_DURATION: Final = re.compile(
    rf"P(?:{_NUMBER}W|(?=[0-9T])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)"
)
_HOUR: Final = "(?:[01][0-9]|2[0-3])"
_OFFSET: Final = f"{_HOUR}:[0-5][0-9]"
_RFC_3339: Final = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt]{_HOUR}:[0-9]{{2}}:[0-9]{{2}}(?:[.][0-9]+)?"
    rf"(?:[Zz]|\+{_OFFSET}|-(?!00:00){_OFFSET})"
)
_SHORT_OFFSET: Final = f"{_HOUR}(?::?[0-5][0-9])?"
_ISO_8601: Final = re.compile(
    rf"(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt]{_HOUR}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]+)?)?"
    rf"|[0-9]{{8}}[Tt]{_HOUR}[0-9]{{2}}(?:[0-9]{{2}}(?:[.,][0-9]+)?)?)"
    rf"(?:[Zz]|\+{_SHORT_OFFSET}|-(?!00(?::?00)?\Z){_SHORT_OFFSET})?"
)
_FRACTION: Final = re.compile("(?<=[.,])[0-9]+")
_UTC_ENDINGS: Final = ("Z", "z", "+00:00")
_MBOX: Final = re.compile(
    r"[Mm][Aa][Ii][Ll][Tt][Oo]:[^\s@<>()\[\]\\,;:\"?#\x00-\x1f\x7f]+"
    r"@[^\s@<>()\[\]\\,;:\"?#/.\x00-\x1f\x7f]+(?:[.][^\s@<>()\[\]\\,;:\"?#/.\x00-\x1f\x7f]+)*"
)
_SHA1: Final = re.compile("[0-9a-fA-F]{40}")
_SHA2: Final = re.compile("(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
_TOKEN: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_CONTROL: Final = r"\x00-\x08\n-\x1f\x7f"  # but the tab
_QUOTED: Final = rf'"(?:[^"\\{_CONTROL}]|\\[^{_CONTROL}])*+"'
_MEDIA_TYPE: Final = re.compile(
    rf"{_TOKEN}/{_TOKEN}(?:[ \t]*;[ \t]*(?:{_TOKEN}=(?:{_TOKEN}|{_QUOTED}))?)*+"
)
_VERSIONS: Final = {
    "1.0": re.compile("1[.]0(?:[.][0-9][0-9A-Za-z.+-]*)?"),
    "2.0": re.compile("[12][.]0(?:[.][0-9][0-9A-Za-z.+-]*)?"),
}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_REMEMBERED: Final = 16_384


def is_iri(value: object) -> bool:
    """An IRI with its scheme (RFC 3987 section 2.2), also where xAPI asks for an IRL or a URI."""
    if type(value) is not str:
        return False
    if len(value) > LONGEST_REMEMBERED:
        return _IRI.fullmatch(value) is not None
    return _is_short_iri(value)


@lru_cache(_REMEMBERED)
def _is_short_iri(value: str) -> bool:
    return _IRI.fullmatch(value) is not None


def forbidden_character(iri: str) -> int | None:
    """The offset of the first character that no IRI may hold unescaped."""
    match = _FORBIDDEN.search(iri)
    return match.start() if match else None


def is_uuid(value: object) -> bool:
    """The standard string form of a UUID, in either case."""
    return type(value) is str and _UUID.fullmatch(value) is not None


def is_timestamp(value: object, version: Version = "1.0") -> bool:
    """A date and time that exists.

    2.0 asks for RFC 3339, so for a time zone. 1.0.x takes ISO 8601: the extended or the basic form,
    to the minute or better, its time zone optional. Neither takes the offset -00:00, and the moment
    must lie in the years 1 to 9999 of UTC.
    """
    if type(value) is not str:
        return False
    if _RFC_3339.fullmatch(value) is None and (
        version == "2.0" or _ISO_8601.fullmatch(value) is None
    ):
        return False
    try:
        moment = _moment(value)
        if not 1 < moment.year < 9999:
            moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


def parse_timestamp(text: str) -> int:
    """Microseconds from 1970-01-01T00:00:00Z to a timestamp that ``is_timestamp`` accepts.

    Without a time zone the text is read as UTC. Digits beyond the microsecond are cut off; the leap
    second :60 is the first second of the next minute. Raises ValueError for any other text.
    """
    if not is_timestamp(text):
        raise ValueError(text)
    return microseconds(text)


def microseconds(timestamp: str) -> int:
    """The same of a text that was found to be a timestamp before: of every statement's."""
    return (_moment(timestamp) - _EPOCH) // _MICROSECOND


def utc_timestamp(timestamp: str) -> str:
    """The same instant by RFC 3339 in UTC, of a text that was found to be a timestamp before.

    What is so already is returned as it is; of anything else all digits of the fraction are kept.
    """
    if timestamp.endswith(_UTC_ENDINGS) and _RFC_3339.fullmatch(timestamp):
        return timestamp
    to_the_second = _moment(timestamp).astimezone(UTC).isoformat()[:19]
    fraction = _FRACTION.search(timestamp)
    return f"{to_the_second}.{fraction[0]}Z" if fraction else f"{to_the_second}Z"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # a lower-case t or z, or a leap second, which RFC 3339 allows
        moment = _rare_moment(text.upper())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _rare_moment(text: str) -> datetime:
    date, _, time = text.partition("T")
    leap = re.match("(?:[0-9]{2}:?){2}60", time)
    if leap is None:
        return datetime.fromisoformat(text)
    time = f"{time[: leap.end() - 2]}59{time[leap.end() :]}"
    return datetime.fromisoformat(f"{date}T{time}") + timedelta(seconds=1)


def is_duration(value: object) -> bool:
    """An ISO 8601 duration (2004, section 4.4.3.2): weeks alone, or years to seconds."""
    return type(value) is str and _DURATION.fullmatch(value) is not None


def is_mbox(value: object) -> bool:
    """``mailto:`` and one e-mail address."""
    return type(value) is str and _MBOX.fullmatch(value) is not None


def is_sha1(value: object) -> bool:
    return type(value) is str and _SHA1.fullmatch(value) is not None


def is_sha2(value: object) -> bool:
    """The hexadecimal form of a SHA-224, 256, 384 or 512 digest."""
    return type(value) is str and _SHA2.fullmatch(value) is not None


def is_media_type(value: object) -> bool:
    """An Internet media type with its parameters (RFC 9110 section 8.3.1)."""
    return type(value) is str and _MEDIA_TYPE.fullmatch(value) is not None


def is_statement_version(value: object, version: Version) -> bool:
    """Which ``version`` a statement may name: 1.0 and 1.0.x, under 2.0 also 2.0 and 2.0.x."""
    return type(value) is str and _VERSIONS[version].fullmatch(value) is not None
