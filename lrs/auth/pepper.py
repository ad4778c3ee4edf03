"""The pepper: the key under which secrets are hashed, kept outside the database.

A copy of the database alone opens nothing and cannot be tried against guessed secrets. Whoever
loses the pepper loses every credential: it belongs in the backup, apart from the database.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from lrs.settings import InvalidSettings, Settings

SHORTEST: Final = 16


def read_pepper(settings: Settings) -> bytes:
    """The pepper of the settings, or of its file, which is made if it is not there.

    Raises InvalidSettings when the file can be neither read nor made, or holds too little.
    """
    if settings.pepper is not None:
        return settings.pepper.get_secret_value().encode()
    path = settings.pepper_path
    try:
        if not path.exists():
            _make(path)
        pepper = path.read_bytes().strip()
    except OSError as error:
        raise InvalidSettings(
            f"LRS_PEPPER_FILE={path}: {error.strerror}. Name a file this process may read and make."
        ) from error
    if len(pepper) < SHORTEST:
        raise InvalidSettings(f"LRS_PEPPER_FILE={path}: shorter than {SHORTEST} bytes. Restore it.")
    return pepper


def _make(path: Path) -> None:
    """Write a new pepper beside ``path`` and link it there, so that of several processes one wins
    and the others read what it wrote, whole.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
