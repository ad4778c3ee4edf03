"""Signed statements: a JSON Web Signature of the statement, attached to it (xAPI-Data 2.6).

RS256, RS384 and RS512 only. A certificate chain in the header (``x5c``) is checked link by link,
and the signature against its first certificate. The payload has to say what the statement says,
by the rules by which two statements are compared, in both versions.
"""

import base64
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

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
    try:
        header_text, payload_text, _ = signature.strip().split(b".")
        header = orjson.loads(_base64url(header_text))
        payload = _base64url(payload_text)
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
        problems += _check_certificates(where, signature.strip(), header["x5c"], algorithm)
    try:
        agrees = payload_agrees(signed, payload, statement, text)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):  # it is no statement
        agrees = False
    if not agrees:
        problems.append(Problem(where, "signature-differs"))
    return problems


def _check_certificates(where: str, signature: bytes, x5c: Any, algorithm: str) -> list[Problem]:
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
    signed, _, made = signature.rpartition(b".")
    try:
        key.verify(_base64url(made), signed, PKCS1v15(), ALGORITHMS[algorithm])
    except (ValueError, InvalidSignature):
        return [Problem(where, "signature-invalid")]
    return []


def _base64url(text: bytes) -> bytes:
    return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
