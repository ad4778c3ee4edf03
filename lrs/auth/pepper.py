"""The pepper: the key under which secrets are hashed, kept outside the database.

A copy of the database alone opens nothing and cannot be tried against guessed secrets. Whoever
loses the pepper loses every credential: it belongs in the backup, apart from the database.
"""

import secrets
from pathlib import Path
from typing import Final

from lrs.secret_files import make
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
            make(path, secrets.token_hex(32).encode() + b"\n")
    except OSError as error:
        raise _unusable(path, error) from error
    return pepper_in(path)


def pepper_in(path: Path) -> bytes:
    """The pepper in a file. Raises InvalidSettings when it cannot be read or holds too little."""
    try:
        pepper = path.read_bytes().strip()
    except OSError as error:
        raise _unusable(path, error) from error
    if len(pepper) < SHORTEST:
        raise InvalidSettings(f"LRS_PEPPER_FILE={path}: shorter than {SHORTEST} bytes. Restore it.")
    return pepper


def _unusable(path: Path, error: OSError) -> InvalidSettings:
    return InvalidSettings(
        f"LRS_PEPPER_FILE={path}: {error.strerror}. Name a file this process may read and make."
    )
