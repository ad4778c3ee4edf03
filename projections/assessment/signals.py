"""What one statement may count for, read from its text as it was received.

Read are completion, success, the exam score and the duration; which durations are learning time the
platform's record says, when it is asked. Scores and durations are exact: a number is taken from the
text, not from a float.
"""

import re
from decimal import ROUND_FLOOR, Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from projections.assessment.tables import NOBODY_KNOWN, EvidenceRow, VoidRow
from schemas.events import LogEntry
from schemas.formats import microseconds
from schemas.keys import activity_key, registration_key, verb_key
from schemas.register import identity_key
from schemas.statement import VOIDED

VERBS: Final = "http://adlnet.gov/expapi/verbs/"
COMPLETED: Final = f"{VERBS}completed"
PASSED: Final = f"{VERBS}passed"
FAILED: Final = f"{VERBS}failed"
SCORED: Final = f"{VERBS}scored"
EXAM_VERBS: Final = frozenset((PASSED, FAILED, SCORED))

NO_TIME: Final = "0"
DECIMALS: Final = 1000
"""A score is kept to so many decimals, and a duration of more characters is none: nobody can fill
the tables, or keep an evaluation computing, with one number."""

_EXACT: Final = Context(prec=4 * DECIMALS, traps=[Inexact])
_LAST: Final = Decimal(1).scaleb(-DECIMALS)
_NUMBER: Final = r"([0-9]+(?:[.,][0-9]+)?)"
_DURATION: Final = re.compile(
    rf"P(?:{_NUMBER}W|(?:{_NUMBER}D)?(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)"
)
_UNITS: Final = tuple(map(Decimal, (604_800, 86_400, 3_600, 60, 1)))


class _Verb(Struct):
    id: str


class _Object(Struct):
    id: str = ""
    object_type: str = msgspec.field(name="objectType", default="Activity")


class _Score(Struct, frozen=True):
    scaled: Raw = Raw()  # empty where there is none


class _Result(Struct, frozen=True):
    score: _Score = _Score()
    success: bool | None = None
    completion: bool | None = None
    duration: str | None = None


class _Context(Struct, frozen=True):
    registration: str | None = None


class _Statement(Struct):
    actor: dict[str, Any]
    verb: _Verb
    object: _Object
    result: _Result = _Result()
    context: _Context = _Context()
    timestamp: str | None = None


_decode = msgspec.json.Decoder(_Statement).decode


def read(entry: LogEntry) -> EvidenceRow | VoidRow | None:
    """What a stored statement may count for, what it voids, or None if neither."""
    statement = _decode(entry.body)
    verb, result, target = statement.verb.id, statement.result, statement.object
    if verb == VOIDED and target.object_type == "StatementRef":
        return VoidRow(bytes.fromhex(target.id.replace("-", "")), entry.position, entry.credential)
    completed, passed = _completed(verb, result), _passed(verb, result)
    score = _exam_score(verb, result)
    seconds = NO_TIME if result.duration is None else seconds_of(result.duration)
    if not (completed or passed or score is not None or seconds != NO_TIME):
        return None
    registration = statement.context.registration
    return EvidenceRow(
        entry.position,
        entry.stream_id,
        entry.credential,
        identity_key(statement.actor) or NOBODY_KNOWN,
        verb_key(verb),
        activity_key(target.id) if target.object_type == "Activity" else b"",
        b"" if registration is None else registration_key(registration),
        entry.stored if statement.timestamp is None else microseconds(statement.timestamp),
        completed,
        passed,
        score,
        seconds,
    )


def _completed(verb: str, result: _Result) -> bool:
    if verb == COMPLETED:
        return result.completion is not False
    return result.completion is True and verb in (PASSED, FAILED)


def _passed(verb: str, result: _Result) -> bool:
    if verb == PASSED:
        return result.success is not False
    return result.success is True and verb in (COMPLETED, SCORED)


def _exam_score(verb: str, result: _Result) -> str | None:
    if verb not in EXAM_VERBS or not (text := bytes(result.score.scaled)):
        return None
    return score_of(text.decode())


def score_of(text: str) -> str:
    """The number of a JSON text without an exponent; 0 if it is below 0."""
    if text.startswith("-"):
        return "0"
    if len(text) <= DECIMALS and "e" not in text and "E" not in text:
        return text
    try:
        plain = Decimal(text).quantize(_LAST, ROUND_FLOOR, Context(prec=2 * DECIMALS))
    except InvalidOperation:  # an exponent of twenty digits: nothing but 0 can have it
        return "0"
    return f"{plain:f}".rstrip("0").rstrip(".")


def seconds_of(duration: str) -> str:
    """An ISO 8601 duration in weeks, or in days to seconds, as seconds; with years or months 0."""
    return _seconds(duration) if len(duration) <= DECIMALS else NO_TIME


@lru_cache(16_384)
def _seconds(duration: str) -> str:
    match = _DURATION.fullmatch(duration)
    if match is None:
        return NO_TIME
    total = Decimal(0)
    for number, unit in zip(match.groups(), _UNITS, strict=True):
        if number is not None:
            total = _EXACT.fma(Decimal(number.replace(",", ".")), unit, total)
    return f"{total:f}" if total else NO_TIME
