"""JSON objects taken apart and put together without re-serialising what is inside.

``members`` gives the text of each value exactly as it was received, so that integers beyond 64 bit,
``1.0`` and the order of keys survive whatever the store sets around them.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode_text = msgspec.json.Encoder().encode


def members(text: bytes) -> dict[str, bytes]:
    """The members of an object: their names, and the text of their values."""
    return {name: bytes(value) for name, value in _decode_members(text).items()}


def items(text: bytes) -> list[bytes]:
    """The text of each item of an array."""
    return [bytes(item) for item in _decode_items(text)]


def may_hold(text: bytes, string: bytes) -> bool:
    """Whether a JSON text may have this string, or beginning of one, as a key or a value.

    A letter can be escaped in one way only: by its code.
    """
    return string in text or b"\\u" in text


def join_members(values: Mapping[str, bytes]) -> bytes:
    return b"{" + b",".join([_label(name) + value for name, value in values.items()]) + b"}"


@lru_cache(maxsize=1024)
def _label(name: str) -> bytes:
    return _encode_text(name) + b":"


def join_items(values: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(values) + b"]"
