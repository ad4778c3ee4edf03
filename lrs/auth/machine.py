"""The user of the store's machine who runs a command, as the credential of an event.

Credentials and accounts are known by random or hashed ids; a user of the machine has no id of the
store's, so the name itself is one, readable in the log without a table: a zero byte, then the name.
"""

from hashlib import sha256
from typing import Final

from schemas.events import NOBODY

MARK: Final = b"\0"
ROOM: Final = len(NOBODY) - len(MARK)
DIGITS: Final = 4  # of a hash that tells names apart which begin alike


def machine_user_id(name: str) -> bytes:
    """The credential of what this user decides; a name that is too long is cut and told apart."""
    encoded = name.encode()
    if len(encoded) > ROOM:
        told_apart = f"~{sha256(encoded).hexdigest()[:DIGITS]}".encode()
        cut = encoded[: ROOM - len(told_apart)].decode(errors="ignore").encode()
        encoded = cut + told_apart
    return (MARK + encoded).ljust(len(NOBODY), b"\0")


def machine_user_of(credential: bytes) -> str | None:
    """The name in such a credential; None for any other."""
    name = credential[len(MARK) :].rstrip(b"\0")
    if not credential.startswith(MARK) or not name:
        return None
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None
