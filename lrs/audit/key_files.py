"""The files of the keys a log signs with: each is read, and made where there is none yet."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from lrs import secret_files
from lrs.audit.notes import NoteInvalid
from lrs.settings import InvalidSettings


class PrivateKey(Protocol):
    """A key that signs notes; ``text`` is the secret as a file holds it."""

    def text(self) -> str: ...


K = TypeVar("K", bound=PrivateKey)


def read_key(
    setting: str, path: Path, parse: Callable[[str], K], generate: Callable[[], K] | None = None
) -> K:
    """The key in the file that a setting names; if there is none, ``generate`` makes it.

    Raises InvalidSettings when the file can be neither read nor made, or holds no key.
    """
    try:
        if generate is not None and not path.exists():
            secret_files.make(path, generate().text().encode() + b"\n")
        return parse(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidSettings(
            f"{setting}={path}: {error.strerror}. Name a file this process may read and make."
        ) from error
    except (NoteInvalid, ValueError) as error:
        raise InvalidSettings(f"{setting}={path}: {error}. Restore the file.") from None
