"""Agents and groups are told apart by their inverse functional identifier (IFI) and nothing else.

One canonical key per IFI. An ``mbox`` and the ``mbox_sha1sum`` of that same ``mailto:`` IRI share
a key (xAPI-Data 2.4.2.3 lets a query by one match the other). An account is its home page and its
name, never one joined string that two accounts could share. An anonymous group has no key: two of
them are always distinct.
"""

from collections.abc import Mapping
from hashlib import sha1
from typing import Any

from schemas.keys import key_of, remembered

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


def agent_key(agent: Mapping[str, Any]) -> bytes | None:
    """The 16-byte key of a valid agent or group; None for an anonymous group."""
    if (mbox := agent.get("mbox")) is not None:
        return _mbox_key(mbox)
    if (account := agent.get("account")) is not None:
        return _account_key(account["homePage"], account["name"])
    if (digest := agent.get("mbox_sha1sum")) is not None:
        return _mbox_sha1sum_key(digest)
    if (openid := agent.get("openid")) is not None:
        return _openid_key(openid)
    return None


def identifiers(agent: Mapping[str, Any]) -> dict[str, Any]:
    """The IFI as the one property it was sent as; empty for an anonymous group."""
    return {name: agent[name] for name in IDENTIFIERS if name in agent}


def folded_mbox(mbox: str) -> str:
    """The mbox with its scheme and its domain, which have no case, in lower case."""
    scheme, _, address = mbox.partition(":")
    local, _, domain = address.rpartition("@")
    return f"{scheme.lower()}:{local}@{domain.lower()}"


@remembered
def _mbox_key(mbox: str) -> bytes:
    digest = sha1(folded_mbox(mbox).encode(), usedforsecurity=False).hexdigest()
    return key_of("agent", f"mbox_sha1sum\0{digest}")


@remembered
def _mbox_sha1sum_key(digest: str) -> bytes:
    return key_of("agent", f"mbox_sha1sum\0{digest.lower()}")


@remembered
def _openid_key(openid: str) -> bytes:
    return key_of("agent", f"openid\0{openid}")


@remembered
def _account_key(home_page: str, name: str) -> bytes:
    return key_of("agent", f"account\0{home_page}\0{name}")
