"""The Merkle leaf of an event: a commitment to its body inside a record of fixed size.

``commitment = SHA-256(0x02 || salt || body)`` hides the body, so that the salt and the body can
be destroyed later and every proof still holds. ``leaf = SHA-256(0x00 || record)`` is a leaf hash
as RFC 6962 section 2.1 defines it; the prefix 0x02 keeps commitments apart from leaves (0x00) and
nodes (0x01).
"""

from hashlib import sha256
from struct import Struct

RECORD = Struct(">16sQQH16sI16sI32s")
"""Tag, position, stored (microseconds), kind, stream id, stream version, credential, body length,
commitment.
"""

TAG = b"hocba/log-leaf/1"
SALT_LENGTH = 16


def commit(salt: bytes, body: bytes) -> bytes:
    return sha256(b"\x02" + salt + body).digest()


def leaf_record(
    position: int,
    stored: int,
    kind: int,
    stream_id: bytes,
    stream_version: int,
    credential: bytes,
    body_length: int,
    commitment: bytes,
) -> bytes:
    """The 106 bytes whose hash is the leaf: everything a proof says about an event."""
    return RECORD.pack(
        TAG,
        position,
        stored,
        kind,
        stream_id,
        stream_version,
        credential,
        body_length,
        commitment,
    )


def leaf_hash(record: bytes) -> bytes:
    return sha256(b"\x00" + record).digest()
