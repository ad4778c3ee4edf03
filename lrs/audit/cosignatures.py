"""Timestamped signatures of checkpoints: what witnesses sign with, and a log's second line.

Two kinds (c2sp.org/tlog-cosignature v1.1): Ed25519 over the text and the time, and ML-DSA-44
(FIPS 204), which a quantum computer does not forge. Both say that, at that time, the tree was the
largest consistent one the signer had seen of its log.
"""

import base64
import os
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lrs.audit import notes
from lrs.audit.notes import COSIGNATURE, ML_DSA_44, NoteInvalid, Verifier, signature_line

SEED_BYTES: Final = 32
KINDS: Final = {COSIGNATURE: "Ed25519", ML_DSA_44: "ML-DSA-44"}


class Cosigner:
    """A private key that signs checkpoints with the time; ``algorithm`` is one of ``KINDS``.

    Raises NoteInvalid for a name that cannot be a key's, or an algorithm that cannot be had here.
    """

    def __init__(self, name: str, algorithm: int, seed: bytes) -> None:
        if not notes.is_key_name(name):
            raise NoteInvalid(f"{name!r}: a key's name has no space and no plus, and is not empty")
        self.name = name
        self._seed = seed
        match algorithm:
            case notes.COSIGNATURE:
                ed25519 = Ed25519PrivateKey.from_private_bytes(seed)
                self._sign = ed25519.sign
                key = ed25519.public_key().public_bytes_raw()
            case notes.ML_DSA_44:
                ml_dsa = notes.ml_dsa().MLDSA44PrivateKey.from_seed_bytes(seed)
                self._sign = ml_dsa.sign
                key = ml_dsa.public_key().public_bytes_raw()
            case _:
                raise NoteInvalid(f"algorithm {algorithm} makes no cosignatures")
        self.verifier = Verifier.of(name, algorithm, key)

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    @classmethod
    def generate(cls, name: str, algorithm: int = COSIGNATURE) -> Self:
        return cls(name, algorithm, os.urandom(SEED_BYTES))

    @classmethod
    def parse(cls, skey: str) -> Self:
        """A key as ``text`` writes it. Raises NoteInvalid, which never repeats the key."""
        skey = skey.strip()
        name, plus, rest = skey.removeprefix(notes.SKEY).partition("+")
        shown_id, second, encoded = rest.partition("+")
        try:
            material = base64.b64decode(encoded, validate=True)
        except ValueError:
            material = b""
        if not (skey.startswith(notes.SKEY) and plus and second) or len(material) != 1 + SEED_BYTES:
            raise NoteInvalid(f"not a cosigner's key. It reads {notes.SKEY}NAME+KEYID+KEY.")
        cosigner = cls(name, material[0], material[1:])
        if shown_id != cosigner.verifier.key_id.hex():
            raise NoteInvalid(f"the key of {name} does not have the key id {shown_id} beside it")
        return cosigner

    def text(self) -> str:
        """The key as golang.org/x/mod/sumdb/note writes one, a secret: of both kinds the seed."""
        material = base64.b64encode(bytes([self.verifier.algorithm]) + self._seed).decode()
        return f"{notes.SKEY}{self.name}+{self.verifier.key_id.hex()}+{material}"

    def sign(self, text: str, seconds: int) -> str:
        """The signature line over a checkpoint's text at a time, seconds since 1970.

        Raises NoteInvalid when the text is no checkpoint's.
        """
        message = notes.COSIGNED[self.verifier.algorithm](self.name, text, seconds)
        return signature_line(self.verifier, seconds.to_bytes(8) + self._sign(message))
