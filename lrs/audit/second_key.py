"""The key of a log's second signature, ML-DSA-44, where a setting asks for one.

A quantum computer that breaks Ed25519 could forge old checkpoints; it could not forge these. The
key signs as c2sp.org/tlog-cosignature v1.1 says, under the name of the log, and a note without its
line is as valid as before: the key may be added at any time.
"""

from typing import Final

from lrs.audit.cosignatures import Cosigner
from lrs.audit.key_files import read_key
from lrs.audit.notes import ML_DSA_44
from lrs.settings import InvalidSettings, Settings

ML_DSA_KEY: Final = "LRS_ML_DSA_KEY_FILE"


def read_second(settings: Settings, name: str) -> Cosigner | None:
    """The key in the file of the settings; if there is none, one of the log's name is made. None
    where the settings ask for no second signature.

    Raises InvalidSettings when the file can be neither read nor made, or holds another log's key.
    """
    if not settings.ml_dsa:
        return None
    path = settings.ml_dsa_key_path
    second = read_key(ML_DSA_KEY, path, Cosigner.parse, lambda: Cosigner.generate(name, ML_DSA_44))
    if (second.name, second.verifier.algorithm) != (name, ML_DSA_44):
        raise InvalidSettings(
            f"{ML_DSA_KEY}={path}: the key is {second.name}'s, this log is {name}. Name a file of"
            " its own."
        )
    return second


def second_vkey(settings: Settings) -> str | None:
    """The vkey of a second key that was made; changes nothing. Raises InvalidSettings."""
    path = settings.ml_dsa_key_path
    if not settings.ml_dsa or not path.exists():
        return None
    return read_key(ML_DSA_KEY, path, Cosigner.parse).vkey
