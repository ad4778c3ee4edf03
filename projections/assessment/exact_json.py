"""Frozen values as JSON text and back, with nothing lost: exact numbers stay exact.

Reading goes by the annotations of the types. Decimals and fractions are text; where an int or a
Fraction may stand, a number is the int and a text the Fraction.
"""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

T = TypeVar("T")
Reader = Callable[[Any], Any]


def write(value: Any) -> bytes:
    """A value made of structs, named tuples, tuples, dicts with text as keys, and plain values."""
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":")).encode()


def read(text: bytes, type_: Callable[..., T]) -> T:
    """What ``write`` wrote of a value of that type."""
    value: T = _reader(type_)(json.loads(text))
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    if isinstance(value, Decimal | Fraction | date):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


@cache
def _reader(type_: Any) -> Reader:
    arguments = get_args(type_)
    match get_origin(type_):
        case None:
            return _reader_of_class(type_)
        case origin if origin is Union or origin is UnionType:
            return _reader_of_union(arguments)
        case origin if origin is Literal:
            return _same
        case origin if origin is tuple:
            item = _reader(arguments[0])
            return lambda value: tuple(map(item, value))
        case _:
            member = _reader(arguments[1])
            if member is _same:
                return _same
            return lambda value: {key: member(one) for key, one in value.items()}


def _reader_of_class(type_: Any) -> Reader:
    if type_ is Decimal or type_ is Fraction:
        return type_
    if type_ is date:
        return date.fromisoformat
    if issubclass(type_, tuple):
        readers = tuple(map(_reader, get_type_hints(type_).values()))
        return lambda value: type_(*(read(one) for read, one in zip(readers, value, strict=True)))
    if issubclass(type_, Struct):
        members = {name: _reader(hint) for name, hint in get_type_hints(type_).items()}
        return lambda value: type_(**{name: members[name](one) for name, one in value.items()})
    return _same


def _reader_of_union(arguments: tuple[Any, ...]) -> Reader:
    some = [argument for argument in arguments if argument is not NoneType]
    if set(some) == {int, Fraction}:
        return lambda value: Fraction(value) if type(value) is str else value
    [one] = map(_reader, some)
    return lambda value: None if value is None else one(value)


def _same(value: Any) -> Any:
    return value
