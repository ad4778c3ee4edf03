"""Language tags: well-formed by RFC 5646, whether or not a registry knows them."""

import re
from functools import lru_cache
from typing import Final

_LANGUAGE_TAG: Final = re.compile(
    r"""(?: (?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})       # language
            (?:-[a-z]{4})?                                    # script
            (?:-(?:[a-z]{2}|[0-9]{3}))?                       # region
            (?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)
            (?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)
            (?:-x(?:-[a-z0-9]{1,8})+)?
        | x(?:-[a-z0-9]{1,8})+
        | en-gb-oed | i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)
        | sgn-(?:be-fr|be-nl|ch-de) | art-lojban | cel-gaulish | no-bok | no-nyn
        | zh-(?:guoyu|hakka|min|min-nan|xiang) )""",
    re.VERBOSE,
)
_LONGEST_REMEMBERED: Final = 64


def is_language_tag(value: object) -> bool:
    """A well-formed tag (RFC 5646 section 2.2.9): no variant and no extension singleton twice."""
    if type(value) is not str:
        return False
    return (
        _is_short_well_formed(value)
        if len(value) <= _LONGEST_REMEMBERED
        else _is_well_formed(value)
    )


def _is_well_formed(tag: str) -> bool:
    match = _LANGUAGE_TAG.fullmatch(tag.lower()) if tag.isascii() else None
    if match is None:
        return False
    variants = (match["variants"] or "").split("-")[1:]
    singletons = re.findall("-([a-z0-9])(?=-)", match["extensions"] or "")
    return len(set(variants)) == len(variants) and len(set(singletons)) == len(singletons)


_is_short_well_formed: Final = lru_cache(4096)(_is_well_formed)
