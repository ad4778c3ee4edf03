"""Tokens of time-stamping authorities over checkpoints: that a checkpoint existed by a time, said
by somebody whom the law may believe.

The token is over the note as the log signed it, without cosignatures, which come later. Source:
RFC 3161; by the package ``rfc3161-client``, which is optional: ``hocba[timestamp]``.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography import x509

from lrs.audit.sending import NotReached, post

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

QUERY_TYPE: Final = "application/timestamp-query"
GRANTED: Final = 0
NO_PACKAGE: Final = "time stamps need the package rfc3161-client: pip install 'hocba[timestamp]'"


class TimestampInvalid(Exception):
    """No token, or one that does not say what it should; says which."""


class Token(NamedTuple):
    """An authority's answer as it came, and the time it gives."""

    response: bytes
    time: datetime


def request_token(note: bytes, url: str, roots: Sequence[x509.Certificate] = ()) -> Token:
    """Ask the authority at ``url`` for a token over a note.

    What it answers is checked against what was asked; its signature only when ``roots`` are given.
    Raises TimestampInvalid.
    """
    asked = _request(note)
    if not url.lower().startswith(("http://", "https://")):
        raise TimestampInvalid(f"{url}: an authority's URL begins with http:// or https://")
    try:
        answer = post(url, asked.as_bytes(), kind=QUERY_TYPE)
    except NotReached as why:
        raise TimestampInvalid(f"{url}: {why}") from None
    if answer.status != 200:
        raise TimestampInvalid(f"{url} answers {answer.status}")
    said = _decoded(answer.body, note)
    if said.tst_info.nonce != asked.nonce:
        raise TimestampInvalid(f"{url} answers another request than the one that was sent")
    if roots:
        check_token(answer.body, note, roots)
    return Token(answer.body, said.tst_info.gen_time)


def check_token(response: bytes, note: bytes, roots: Sequence[x509.Certificate]) -> datetime:
    """The time of a token that an authority under one of the roots gave for the note.

    Its certificates must have been valid then, not now. Raises TimestampInvalid.
    """
    said = _decoded(response, note)
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        VerifierBuilder(roots=list(roots)).build().verify_message(said, note)
    except (VerificationError, ValueError) as wrong:
        raise TimestampInvalid(f"the token does not hold: {wrong}") from None
    return said.tst_info.gen_time


def read_roots(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises TimestampInvalid when there is none."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise TimestampInvalid("the roots are no certificates in PEM") from None


def _request(note: bytes) -> "TimeStampRequest":
    try:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
    except ImportError:
        raise TimestampInvalid(NO_PACKAGE) from None
    builder = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256)
    return builder.cert_request(cert_request=True).build()


def _decoded(response: bytes, note: bytes) -> "TimeStampResponse":
    """An authority's answer that grants a token over the note."""
    try:
        from rfc3161_client import decode_timestamp_response
    except ImportError:
        raise TimestampInvalid(NO_PACKAGE) from None
    try:
        said = decode_timestamp_response(response)
        if said.status != GRANTED:
            raise TimestampInvalid(f"the authority gave no token: status {said.status}")
        imprint = said.tst_info.message_imprint.message
    except ValueError as wrong:
        raise TimestampInvalid(f"not an answer of a time-stamping authority: {wrong}") from None
    if imprint != sha256(note).digest():
        raise TimestampInvalid("the token is of another note")
    return said
