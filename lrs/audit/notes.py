"""Signed notes, the format of checkpoints, witnesses and the Go checksum database.

A note is text, an empty line, and one line for each signature. Who signed is told by a name and
four bytes that a *vkey* binds to a public key: ``name+keyid+base64(algorithm || key)``. A signature
by a key one does not know says nothing; a wrong one by a key one knows condemns the note.

Source: c2sp.org/signed-note v1.0.0; algorithms 4 and 6 are c2sp.org/tlog-cosignature v1.1.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
"""An Ed25519 signature over the text and the time of signing."""
ML_DSA_44: Final = 0x06
"""An ML-DSA-44 signature (FIPS 204) over the time, the origin, the size and the root."""

LOG_ALGORITHMS: Final = frozenset((ED25519, ML_DSA_44))
"""Those by which a log may sign its checkpoints."""

MOST_BYTES: Final = 1_000_000
MOST_SIGNATURES: Final = 100
_KEY_ID_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64
_ML_DSA_SIGNATURE_BYTES: Final = 2420
SKEY: Final = "PRIVATE+KEY+"
_SIGNATURE_LINE: Final = re.compile("\u2014 ([^ ]+) ([A-Za-z0-9+/]+=*)")


class NoteInvalid(Exception):
    """No signed note, vkey or signer's key, or a signature that does not hold; says which."""


class Signature(NamedTuple):
    """One signature of a note: who, by which key, the bytes after the key id, and the line."""

    name: str
    key_id: bytes
    signature: bytes
    line: str

    @classmethod
    def parse(cls, line: str) -> Self:
        """A line ``\u2014 NAME BASE64``, without the line break. Raises NoteInvalid."""
        match = _SIGNATURE_LINE.fullmatch(line)
        if match is None or not is_key_name(match[1]):
            raise NoteInvalid(f"not a signature line: {line[:80]!r}")
        signed = _decoded(match[2], "a signature")
        if len(signed) <= _KEY_ID_BYTES:
            raise NoteInvalid(f"the signature of {match[1]} is too short")
        return cls(match[1], signed[:_KEY_ID_BYTES], signed[_KEY_ID_BYTES:], line)


class Verifier(NamedTuple):
    """What a vkey says: whose signatures it verifies, of which algorithm."""

    name: str
    key_id: bytes
    algorithm: int
    key: bytes

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Raises NoteInvalid when it is no vkey, its parts disagree or its algorithm is unknown."""
        name, plus, rest = vkey.strip().partition("+")
        shown_id, second, encoded = rest.partition("+")
        if not (plus and second and is_key_name(name)):
            raise NoteInvalid(f"not a vkey: {vkey[:80]!r}. It reads NAME+KEYID+KEY.")
        material = _decoded(encoded, "the key of a vkey")
        if not material or material[0] not in ALGORITHMS:
            raise NoteInvalid(f"the vkey of {name} is for an algorithm that is not known here")
        if len(material) != 1 + ALGORITHMS[material[0]].key_bytes:
            raise NoteInvalid(f"the key in the vkey of {name} has the wrong length")
        made = cls.of(name, material[0], material[1:])
        if shown_id != made.key_id.hex():
            raise NoteInvalid(
                f"the vkey of {name} says key id {shown_id}, it is {made.key_id.hex()}"
            )
        return made

    @classmethod
    def of(cls, name: str, algorithm: int, key: bytes) -> Self:
        """The verifier of a public key."""
        return cls(name, key_id(name, algorithm, key), algorithm, key)

    @property
    def vkey(self) -> str:
        material = base64.b64encode(bytes([self.algorithm]) + self.key).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether ``signature``, without its key id, is one of this key over a note's text."""
        return ALGORITHMS[self.algorithm].verifies(self, text, signature)


def log_verifier(vkey: str) -> Verifier:
    """What verifies every checkpoint of a log: its Ed25519 key. Raises NoteInvalid for any other,
    also for the ML-DSA key of its second signature, which older checkpoints may lack.
    """
    verifier = Verifier.parse(vkey)
    if verifier.algorithm != ED25519:
        raise NoteInvalid(
            f"the vkey of {verifier.name} is not an Ed25519 one of a log: give the first one that"
            " `lrs audit checkpoint --vkey` prints"
        )
    return verifier


class Note(NamedTuple):
    """A text, which ends with a line break, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, note: str) -> Self:
        """Raises NoteInvalid when it is not written as a signed note is; verifies nothing."""
        if len(note) > MOST_BYTES:
            raise NoteInvalid(f"longer than {MOST_BYTES} characters")
        if any(character < " " and character != "\n" for character in note):
            raise NoteInvalid("a note has no control character but the line break")
        text, gap, lines = note.rpartition("\n\n")
        if not gap or not text or not lines.endswith("\n"):
            raise NoteInvalid("a note is text, an empty line and signature lines that end with \\n")
        signatures = lines[:-1].split("\n")
        if len(signatures) > MOST_SIGNATURES:
            raise NoteInvalid(f"more than {MOST_SIGNATURES} signatures")
        return cls(f"{text}\n", tuple(Signature.parse(line) for line in signatures))

    def verified_by(self, verifiers: Iterable[Verifier]) -> list[Verifier]:
        """Those of the verifiers that signed, in the order given.

        Raises NoteInvalid when a signature by one of their keys does not hold. An empty list means
        that nobody known has signed: the text is then nobody's.
        """
        signed = []
        for verifier in verifiers:
            mine = [s for s in self.signatures if (s.name, s.key_id) == verifier[:2]]
            for signature in mine:
                if not verifier.verifies(self.text, signature.signature):
                    raise NoteInvalid(f"the signature of {verifier.name} does not hold")
            if mine:
                signed.append(verifier)
        return signed

    def signed_by(self, *lines: str) -> Self:
        """The note with more signature lines; those it has already are not repeated."""
        held = {signature.line for signature in self.signatures}
        more = tuple(Signature.parse(line) for line in lines if line not in held)
        return self._replace(signatures=self.signatures + more)

    def __str__(self) -> str:
        return f"{self.text}\n" + "".join(f"{it.line}\n" for it in self.signatures)


class Signer:
    """A private Ed25519 key and the name it signs under."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        if not is_key_name(name):
            raise NoteInvalid(f"{name!r}: a key's name has no space and no plus, and is not empty")
        self.name = name
        self._key = key
        self.verifier = Verifier.of(name, ED25519, key.public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    @classmethod
    def generate(cls, name: str) -> Self:
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, skey: str) -> Self:
        """A key as ``text`` writes it. Raises NoteInvalid, which never repeats the key."""
        skey = skey.strip()
        name, plus, rest = skey.removeprefix(SKEY).partition("+")
        shown_id, second, encoded = rest.partition("+")
        if not (skey.startswith(SKEY) and plus and second):
            raise NoteInvalid(f"not a signer's key. It reads {SKEY}NAME+KEYID+KEY.")
        material = _decoded(encoded, "a signer's key")
        if len(material) != 33 or material[0] != ED25519:
            raise NoteInvalid("not an Ed25519 signer's key")
        signer = cls(name, Ed25519PrivateKey.from_private_bytes(material[1:]))
        if shown_id != signer.verifier.key_id.hex():
            raise NoteInvalid(f"the key of {name} does not have the key id {shown_id} beside it")
        return signer

    def text(self) -> str:
        """The key as golang.org/x/mod/sumdb/note writes it, a secret."""
        material = base64.b64encode(bytes([ED25519]) + self._key.private_bytes_raw()).decode()
        return f"{SKEY}{self.name}+{self.verifier.key_id.hex()}+{material}"

    def sign(self, text: str) -> str:
        """The signature line for a text, without a line break."""
        return signature_line(self.verifier, self._key.sign(text.encode()))

    def note(self, text: str) -> Note:
        """The text, signed."""
        return Note(text, (Signature.parse(self.sign(text)),))


def signature_line(verifier: Verifier, signature: bytes) -> str:
    """The line, without its line break, that carries a signature of the verifier's key."""
    return f"\u2014 {verifier.name} {base64.b64encode(verifier.key_id + signature).decode()}"


def key_id(name: str, algorithm: int, key: bytes) -> bytes:
    """The four bytes that tell keys of one name apart."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + key).digest()[:_KEY_ID_BYTES]


def is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(it.isspace() or it < " " for it in name)


def cosigned_text(_name: str, text: str, seconds: int) -> bytes:
    """What a witness signs with algorithm 4: a note's text and when, in seconds since 1970."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def cosigned_tree(name: str, text: str, seconds: int) -> bytes:
    """What is signed with algorithm 6: who signs, when, and the tree a checkpoint's text tells of.

    Raises NoteInvalid when the text is no checkpoint's.
    """
    origin, size, root = (*text.split("\n", 3)[:3], "", "", "")[:3]
    digest = _decoded(root, "the root of a checkpoint")
    if not (origin and re.fullmatch("0|[1-9][0-9]{0,18}", size)):
        raise NoteInvalid("the text is not that of a checkpoint")
    if len(digest) != 32:
        raise NoteInvalid("the root of the checkpoint is not 32 bytes long")
    return b"".join(
        (
            b"subtree/v1\n\0",
            _short(name),
            seconds.to_bytes(8),
            _short(origin),
            bytes(8),  # the tree from its first leaf on
            int(size).to_bytes(8),
            digest,
        )
    )


def _short(text: str) -> bytes:
    """A string behind its length in one byte, as in TLS (RFC 8446, section 3.4)."""
    octets = text.encode()
    if len(octets) > 255:
        raise NoteInvalid(f"{text[:80]!r}: longer than the 255 bytes that ML-DSA-44 signs")
    return bytes([len(octets)]) + octets


COSIGNED: Final[Mapping[int, Callable[[str, str, int], bytes]]] = {
    COSIGNATURE: cosigned_text,
    ML_DSA_44: cosigned_tree,
}
"""By algorithm, what a timestamped signature is over: of a signer's name, a text and a time."""


class Algorithm(NamedTuple):
    """How signatures of one kind are verified; ``key_bytes`` long are its public keys."""

    key_bytes: int
    verifies: Callable[[Verifier, str, bytes], bool]


def _verifies_ed25519(verifier: Verifier, text: str, signature: bytes) -> bool:
    return _ed25519_holds(verifier.key, text.encode(), signature)


def _verifies_cosignature(verifier: Verifier, text: str, signature: bytes) -> bool:
    if len(signature) != 8 + _SIGNATURE_BYTES:
        return False
    message = cosigned_text(verifier.name, text, int.from_bytes(signature[:8]))
    return _ed25519_holds(verifier.key, message, signature[8:])


def _verifies_ml_dsa(verifier: Verifier, text: str, signature: bytes) -> bool:
    if len(signature) != 8 + _ML_DSA_SIGNATURE_BYTES:
        return False
    try:
        message = cosigned_tree(verifier.name, text, int.from_bytes(signature[:8]))
        key = ml_dsa().MLDSA44PublicKey.from_public_bytes(verifier.key)
        key.verify(signature[8:], message)
    except InvalidSignature:
        return False
    return True


def ml_dsa() -> Any:
    """The module of ML-DSA. Raises NoteInvalid where the installed ``cryptography`` has none."""
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa
    except ImportError:
        raise NoteInvalid("ML-DSA-44 needs the package cryptography, version 48 or newer") from None
    return mldsa


ALGORITHMS: Final[Mapping[int, Algorithm]] = {
    ED25519: Algorithm(32, _verifies_ed25519),
    COSIGNATURE: Algorithm(32, _verifies_cosignature),
    ML_DSA_44: Algorithm(1312, _verifies_ml_dsa),
}
"""By the first byte of the key in a vkey."""


def _ed25519_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteInvalid(f"{what} is not base64") from None
