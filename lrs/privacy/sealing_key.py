"""The sealing key: wraps every data key, and is kept in a file apart from the database.

A copy of the database alone opens nothing that is sealed. Whoever loses the file loses all sealed
content: it belongs in the backup, apart from the database. Whoever destroys a file that was
replaced (see ``lrs.privacy.rotation``) makes every backup from before useless for what is sealed.
"""

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lrs import secret_files
from lrs.settings import InvalidSettings, Settings

SECRET_BYTES: Final = 32
NONCE_BYTES: Final = 12
VARIABLE: Final = "LRS_SEALING_KEY_FILE"


class NotWrappedByThis(Exception):
    """What was to be unwrapped was wrapped under another sealing key, or for another purpose."""


class SealingKey:
    """Wraps keys by AES-256-GCM. ``fingerprint`` tells one sealing key from another and nothing
    about either.
    """

    def __init__(self, secret: bytes) -> None:
        self.fingerprint = hmac.digest(secret, b"hocba/sealing-key/fingerprint/1", "sha256")[:8]
        self._aead = AESGCM(hmac.digest(secret, b"hocba/sealing-key/wrapping/1", "sha256"))

    @classmethod
    def read(cls, path: Path) -> "SealingKey":
        """Raises InvalidSettings when the file cannot be read or holds something else."""
        try:
            text = path.read_text(encoding="ascii").strip()
            secret = bytes.fromhex(text)
        except OSError as error:
            raise InvalidSettings(
                f"{VARIABLE}={path}: {error.strerror}. Name the file of the sealing key, readable"
                " for this process."
            ) from error
        except ValueError:
            secret = b""
        if len(secret) != SECRET_BYTES:
            raise InvalidSettings(
                f"{VARIABLE}={path}: not a sealing key, which is {2 * SECRET_BYTES} hexadecimal"
                " digits. Restore the file from the backup."
            )
        return cls(secret)

    @classmethod
    def read_or_make(cls, path: Path) -> "SealingKey":
        """The key in the file, which is made if it is not there. Raises InvalidSettings."""
        try:
            if not path.exists():
                make(path)
        except OSError as error:
            raise InvalidSettings(
                f"{VARIABLE}={path}: {error.strerror}. Name a file this process may read and make."
            ) from error
        return cls.read(path)

    def wrap(self, secret: bytes, purpose: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, secret, purpose)

    def unwrap(self, wrapped: bytes, purpose: bytes) -> bytes:
        """Raises NotWrappedByThis."""
        try:
            return self._aead.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], purpose)
        except (InvalidTag, ValueError) as error:
            raise NotWrappedByThis from error


def make(path: Path) -> None:
    """Make the file of a new sealing key, unless there is a file."""
    secret_files.make(path, secrets.token_hex(SECRET_BYTES).encode() + b"\n")


def successor_of(path: Path) -> Path:
    """Where the next sealing key is, from before the data keys are wrapped under it until it takes
    the place of the one before.
    """
    return path.with_name(f"{path.name}.next")


def find(settings: Settings, fingerprint: bytes) -> SealingKey:
    """The key with this fingerprint, by which a database is sealed.

    Where a rotation was cut off after the database had changed, that is the successor, which now
    takes its place. Raises InvalidSettings when the file has another key or is not there.
    """
    path = settings.sealing_key_path
    next_path = successor_of(path)
    if next_path.exists():
        following = SealingKey.read(next_path)
        if following.fingerprint == fingerprint:
            return following
    if not path.exists():
        raise InvalidSettings(
            f"{VARIABLE}={path}: there is no such file, and the database holds content sealed under"
            f" the key {fingerprint.hex()}. Restore the file, or name the one that has that key."
            " Without it nothing that is sealed can be read."
        )
    found = SealingKey.read(path)
    if found.fingerprint != fingerprint:
        raise InvalidSettings(
            f"{VARIABLE}={path}: holds the key {found.fingerprint.hex()}, and the database is"
            f" sealed under the key {fingerprint.hex()}. Restore the file that belongs to this"
            " database, or the database that belongs to this file."
        )
    return found
