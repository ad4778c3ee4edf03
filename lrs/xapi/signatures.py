"""Signed statements: a JSON Web Signature of the statement, attached to it (xAPI-Data 2.6).

RS256, RS384 and RS512 only. A certificate chain in the header (``x5c``) is checked link by link,
and the signature against its first certificate. The payload has to say what the statement says,
by the rules by which two statements are compared, in both versions.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509 import InvalidVersion

from schemas import json_text
from schemas.comparison import SIGNATURE, payload_agrees
from schemas.problems import Problem

ALGORITHMS: Mapping[str, HashAlgorithm] = {"RS256": SHA256(), "RS384": SHA384(), "RS512": SHA512()}
_COMPACT_JWS: Final = re.compile(rb"([\w-]+)\.([\w-]*)\.([\w-]+)")


def signature_problems(
    at: str,
    attachments: Iterable[tuple[str, Mapping[str, Any]]],
    statement: Mapping[str, Any],
    text: bytes,
    content: Mapping[str, bytes],
) -> list[Problem]:
    """What is wrong with the signatures of one statement whose data came with it."""
    problems = []
    for pointer, attachment in attachments:
        if attachment["usageType"] != SIGNATURE:
            continue
        where = at + pointer
        if attachment["contentType"] != "application/octet-stream":
            problems.append(
                Problem(f"{where}/contentType", "signature-type", attachment["contentType"])
            )
        signature = content.get(attachment["sha2"].lower())
        if signature is not None:
            problems += _check(where, signature, statement, text)
    return problems


def _check(
    where: str, signature: bytes, statement: Mapping[str, Any], text: bytes
) -> list[Problem]:
    compact = _COMPACT_JWS.fullmatch(signature.strip())
    if compact is None:
        return [Problem(where, "signature-malformed")]
    try:
        header_text, payload, made = map(_base64url, compact.groups())
        header = orjson.loads(header_text)
        algorithm = header["alg"]
    except (ValueError, KeyError, TypeError):
        return [Problem(where, "signature-malformed")]
    if "crit" in header:
        return [Problem(where, "signature-malformed")]
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        return [Problem(where, "signature-algorithm", algorithm)]
    try:
        signed = json_text.parse(payload)
    except json_text.InvalidJson:
        return [Problem(where, "signature-payload")]
    if not isinstance(signed, dict):
        return [Problem(where, "signature-payload")]
    problems = []
    if "x5c" in header:
        signing_input = compact[0][: compact.end(2)]
        problems += _check_certificates(where, signing_input, made, header["x5c"], algorithm)
    try:
        agrees = payload_agrees(signed, payload, statement, text)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):  # it is no statement
        agrees = False
    if not agrees:
        problems.append(Problem(where, "signature-differs"))
    return problems


def _check_certificates(
    where: str, signing_input: bytes, made: bytes, x5c: Any, algorithm: str
) -> list[Problem]:
    try:
        chain = [x509.load_der_x509_certificate(base64.b64decode(c, validate=True)) for c in x5c]
        key = chain[0].public_key()
    except (ValueError, TypeError, IndexError, KeyError, InvalidVersion, UnsupportedAlgorithm):
        return [Problem(where, "signature-certificate")]
    if not isinstance(key, RSAPublicKey):
        return [Problem(where, "signature-certificate")]
    try:
        for certificate, issuer in pairwise(chain):
            certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return [Problem(where, "signature-chain")]
    try:
        key.verify(made, signing_input, PKCS1v15(), ALGORITHMS[algorithm])
    except (ValueError, InvalidSignature):
        return [Problem(where, "signature-invalid")]
    return []


def _base64url(text: bytes) -> bytes:
    """Raises ValueError for a length that nothing encodes to."""
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
