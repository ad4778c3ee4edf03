"""The key of a log's second signature, ML-DSA-44, where a setting asks for one.

A quantum computer that breaks Ed25519 could forge old checkpoints; it could not forge these. The
key signs as c2sp.org/tlog-cosignature v1.1 says, under the name of the log, and a note without its
line is as valid as before: the key may be added at any time.
"""

from lrs import secret_files
from lrs.audit.cosignatures import Cosigner
from lrs.audit.notes import ML_DSA_44, NoteInvalid
from lrs.settings import InvalidSettings, Settings


def read_second(settings: Settings, name: str) -> Cosigner | None:
    """The key in the file of the settings; if there is none, one of the log's name is made. None
    where the settings ask for no second signature.

    Raises InvalidSettings when the file can be neither read nor made, or holds another log's key.
    """
    if not settings.ml_dsa:
        return None
    path = settings.ml_dsa_key_path
    where = f"LRS_ML_DSA_KEY_FILE={path}"
    try:
        if not path.exists():
            key = Cosigner.generate(name, ML_DSA_44)
            secret_files.make(path, key.text().encode() + b"\n")
        second = Cosigner.parse(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidSettings(
            f"{where}: {error.strerror}. Name a file this process may read and make."
        ) from error
    except (NoteInvalid, ValueError) as error:
        raise InvalidSettings(f"{where}: {error}. Restore the file.") from None
    if (second.name, second.verifier.algorithm) != (name, ML_DSA_44):
        raise InvalidSettings(
            f"{where}: the key is {second.name}'s, this log is {name}. Name a file of its own."
        )
    return second


def second_vkey(settings: Settings) -> str | None:
    """The vkey of a second key that was made; changes nothing. Raises InvalidSettings."""
    path = settings.ml_dsa_key_path
    if not settings.ml_dsa or not path.exists():
        return None
    try:
        return Cosigner.parse(path.read_text("utf-8")).vkey
    except (OSError, NoteInvalid, ValueError) as error:
        raise InvalidSettings(f"LRS_ML_DSA_KEY_FILE={path}: {error}. Restore the file.") from None
