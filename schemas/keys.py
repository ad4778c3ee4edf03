"""Sixteen-byte keys: an identifier of any length as a fixed-size column value.

Every family of identifiers (agent, activity, verb, registration) hashes its own name first, so that
one table can hold the keys of all of them and no key of one family equals a key of another.

IRIs are compared as simple strings (RFC 3987 section 5.3.1), UUIDs without regard to case.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from hashlib import sha256
from typing import Final, ParamSpec, cast

KEY_LENGTH: Final = 16
_REMEMBERED: Final = 16_384
_LONGEST_REMEMBERED: Final = 512

Texts = ParamSpec("Texts")


def remembered(derive: Callable[Texts, bytes]) -> Callable[Texts, bytes]:
    """Keep recent keys in memory, within bounds: those of long texts are derived anew each time."""
    recent = cast(Callable[Texts, bytes], lru_cache(_REMEMBERED)(derive))

    @wraps(derive)
    def derived(*texts: Texts.args, **named: Texts.kwargs) -> bytes:
        for text in cast(tuple[str, ...], texts):
            if len(text) > _LONGEST_REMEMBERED:
                return derive(*texts, **named)
        return recent(*texts, **named)

    return derived


def key_of(family: str, canonical: str) -> bytes:
    """The key of ``canonical`` within ``family``."""
    return sha256(f"{family}\0{canonical}".encode()).digest()[:KEY_LENGTH]


@remembered
def activity_key(iri: str) -> bytes:
    return key_of("activity", iri)


@remembered
def verb_key(iri: str) -> bytes:
    return key_of("verb", iri)


def registration_key(registration: str) -> bytes:
    return key_of("registration", registration.lower())
