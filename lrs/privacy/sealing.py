"""How personal content is sealed: AES-256-GCM under a data key, bound to its place in the log.

A row of ``event_log`` with an empty salt is sealed. Its body is

    key id (16) || nonce (12) || AES-256-GCM (salt (16) || body) with tag (16)

and the associated data are position, kind, stream id and stream version, as in the leaf record: a
sealed body that is moved to another row does not open. The commitment and the leaf are over the
plain salt and body, so no proof depends on whether an event is sealed, or still can be opened.

The nonce is random. A data key serves one subject in one year; the 2**32 messages that NIST SP
800-38D section 8.3 allows a key with random nonces are far away.
"""

from hashlib import blake2b
from struct import Struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ID_BYTES: Final = 16
NONCE_BYTES: Final = 12
SALT_BYTES: Final = 16
TAG_BYTES: Final = 16
BEFORE: Final = ID_BYTES + NONCE_BYTES
OVERHEAD: Final = BEFORE + SALT_BYTES + TAG_BYTES
"""By how much a sealed body is longer than the body."""

SECRET_BYTES: Final = 64
HALF: Final = 16

place_of: Final = Struct(">QH16sI").pack
"""The associated data of an event: of its position, kind, stream id and stream version."""


class SealBroken(Exception):
    """What was sealed is not what is there: it was changed, or is in another place."""


class DataKey:
    """A key under which the content of one subject is sealed: 32 bytes for AES-256-GCM and 32 for
    the hashes by which a retry is told.
    """

    __slots__ = ("_hashing", "_keeps_cipher", "_sealing", "cipher", "id")

    def __init__(self, id_: bytes, secret: bytes, *, keeps_cipher: bool = True) -> None:
        self.id = id_
        self._sealing = secret[:32]
        self._hashing = secret[32:]
        self._keeps_cipher = keeps_cipher  # it takes 2.5 kB, and as long to make as to use
        self.cipher: AESGCM | None = None

    def made_cipher(self) -> AESGCM:
        """The cipher. Raises ValueError for a secret that is too short."""
        cipher = AESGCM(self._sealing)
        if self._keeps_cipher:
            self.cipher = cipher
        return cipher

    def seal(self, nonce: bytes, plain: bytes, place: bytes) -> bytes:
        return self.id + nonce + (self.cipher or self.made_cipher()).encrypt(nonce, plain, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """What was sealed in this place. Raises SealBroken."""
        try:
            cipher = self.cipher or self.made_cipher()
            return cipher.decrypt(sealed[ID_BYTES:BEFORE], sealed[BEFORE:], place)
        except (InvalidTag, ValueError) as error:  # ValueError: too short, or the key is
            raise SealBroken from error

    def hash(self, content_hash: bytes) -> bytes:
        """A content hash that says nothing without this key, each of its halves for itself.

        Keyed BLAKE2b (RFC 7693 section 2.9), a third of the time of HMAC-SHA256.
        """
        if not content_hash:
            return b""
        in_both, in_1_0 = content_hash[:HALF], content_hash[HALF:]
        return (
            blake2b(in_both, digest_size=HALF, key=self._hashing).digest()
            + blake2b(in_1_0, digest_size=HALF, key=self._hashing).digest()
        )
