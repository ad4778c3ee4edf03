"""Signed statements: those of others are verified, and what they do not cover is refused."""

import base64
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import httpx
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from tests.examples import statement
from tests.xapi_client import (
    STATEMENTS,
    Client,
    Json,
    StoreInThisProcess,
    good,
    multipart,
    new_id,
    problems,
    rules,
)

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"


@pytest.fixture
def client(sqlite_store: StoreInThisProcess) -> Client:
    return sqlite_store.client()


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def curve_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def signer(name: str) -> RSAKey:
    pem = private_key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return RSAKey.import_key(pem)


def certificate(subject: str, issuer: str, *, signed_with: Any = None, key: Any = None) -> bytes:
    """DER of a certificate of ``subject`` that ``issuer`` signed; a root signs its own."""
    now = datetime.now(UTC)
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key((key or private_key(subject)).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(signed_with or private_key(issuer), hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


def chain(*names: str) -> list[str]:
    """x5c of a chain: each certificate is signed by the next one, the last by itself."""
    issuers = [*names[1:], names[-1]]
    return [
        base64.b64encode(certificate(subject, issuer)).decode()
        for subject, issuer in zip(names, issuers, strict=True)
    ]


def sign(
    payload: Any, algorithm: str = "RS256", *, key: Any = None, headers: Json | None = None
) -> bytes:
    content = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    header = {"alg": algorithm, **(headers or {})}
    key = key or signer("ministry")
    any_header = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    return jws.serialize_compact(header, content, key, registry=any_header).encode()


def send(client: Client, value: Json, signature: bytes, **changes: Any) -> httpx.Response:
    """The statement with its signature attached."""
    announced = {
        "usageType": SIGNATURE,
        "display": {"en": "Signature"},
        "contentType": "application/octet-stream",
        "length": len(signature),
        "sha2": sha256(signature).hexdigest(),
        **changes,
    }
    part = {
        "Content-Type": announced["contentType"],
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": announced["sha2"],
    }
    signed = {**value, "attachments": [*value.get("attachments", []), announced]}
    body, headers = multipart(orjson.dumps(signed), [(part, signature)])
    return client.http.post(STATEMENTS, content=body, headers=headers)


def refusal(client: Client, value: Json, signature: bytes, **changes: Any) -> str:
    """The rule, or rules, under which a signed statement is refused."""
    answer = send(client, value, signature, **changes)
    assert answer.status_code == 400, answer.text
    place = f"/attachments/{len(value.get('attachments', []))}"
    assert all(told["pointer"].startswith(place) for told in problems(answer))
    assert client.get(statementId=value["id"]).status_code == 404
    return " ".join(rules(answer))


def example(**changes: Any) -> Json:
    return statement(id=new_id(), result={"success": True, "duration": "PT1.23S"}, **changes)


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_signed_statement_is_stored_with_its_signature(
    client: Client, version: str, algorithm: str
) -> None:
    value = example()
    signature = sign(value, algorithm)
    good(send(client.at(version), value, signature))
    answer = client.get(statementId=value["id"], attachments="true")
    assert b"\r\n\r\n" + signature + b"\r\n--" in answer.content


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
@pytest.mark.parametrize(
    "names", [("ministry",), ("ministry", "root"), ("ministry", "office", "root")]
)
def test_a_signature_is_verified_with_the_chain_it_brings(
    client: Client, algorithm: str, names: tuple[str, ...]
) -> None:
    value = example()
    good(send(client, value, sign(value, algorithm, headers={"x5c": chain(*names)})))
    forged = example()
    theirs = sign(forged, algorithm, key=signer("somebody"), headers={"x5c": chain(*names)})
    assert refusal(client, forged, theirs) == "signature-invalid"


def test_without_a_chain_there_is_no_key_to_verify_with(client: Client) -> None:
    """The specification asks for no more: the payload is still compared."""
    value = example()
    good(send(client, value, sign(value, key=signer("somebody"))))


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_a_shared_secret_is_no_signature(client: Client, algorithm: str) -> None:
    value, key = example(), OctKey.import_key("a secret of thirty-two characters" * 2)
    assert refusal(client, value, sign(value, algorithm, key=key)) == "signature-algorithm"


def test_an_hs256_made_with_the_public_key_is_refused(client: Client) -> None:
    """The classic confusion of a public key and a shared secret."""
    value, x5c = example(), chain("ministry")
    signed = b".".join(map(base64url, ({"alg": "HS256", "x5c": x5c}, value)))
    made = hmac.digest(base64.b64decode(x5c[0]), signed, "sha256")
    assert refusal(client, value, signed + b"." + base64url(made)) == "signature-algorithm"


@pytest.mark.parametrize(
    "algorithm", ["none", "PS256", "ES256", "rs256", "", 7, None, ["RS256"], {}]
)
def test_any_other_algorithm_is_refused(client: Client, algorithm: Any) -> None:
    value = example()
    _, payload, signature = sign(value).split(b".")
    made = b".".join([base64url({"alg": algorithm}), payload, signature])
    assert refusal(client, value, made) == "signature-algorithm"


@pytest.mark.parametrize(
    "changes",
    [
        {"result": {"success": False, "duration": "PT1.23S"}},
        {"result": {"success": True, "duration": "PT1.24S"}},
        {"verb": {"id": "http://adlnet.gov/expapi/verbs/passed"}},
        {"actor": {"mbox": "mailto:another@bvhttdl.example"}},
        {"context": {"platform": "LMS"}},
        {"object": {"id": "https://lms.bvhttdl.example/courses/another"}},
    ],
)
def test_a_signature_of_another_statement_is_refused(client: Client, changes: Json) -> None:
    value = example()
    assert refusal(client, value, sign({**value, **changes})) == "signature-differs"
    headers = {"x5c": chain("ministry")}
    assert refusal(client, value, sign({**value, **changes}, headers=headers)) == (
        "signature-differs"
    )
    both = sign({**value, **changes}, key=signer("somebody"), headers=headers)
    assert refusal(client, value, both) == "signature-invalid signature-differs"


def document(**changes: Any) -> Json:
    """An attachment that is no signature, and whose data is elsewhere."""
    return {
        "usageType": "http://id.tincanapi.com/attachment/supporting_media",
        "display": {"vi": "Giấy chứng nhận"},
        "contentType": "application/pdf",
        "length": 7,
        "sha2": "a" * 64,
        "fileUrl": "https://files.bvhttdl.example/1.pdf",
        **changes,
    }


def plan(**changes: Any) -> Json:
    planned = {name: statement()[name] for name in ("actor", "verb", "object", "timestamp")}
    return {"objectType": "SubStatement", **planned, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "12345678-1234-5678-1234-567812345678"},
        {"timestamp": "2026-11-20T08:00:00.124Z"},
        {"timestamp": "9999-12-31T23:59:60Z"},
        {"attachments": []},
        {"attachments": [document(sha2="b" * 64)]},
        {"attachments": [document(), document()]},
        {"attachments": [document(display={"vi": "Bằng khen"})]},
        {"object": plan(attachments=[document(length=8)])},
        {"object": plan(attachments=[document()], timestamp="2026-11-20T08:00:01Z")},
    ],
)
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_a_signature_of_other_circumstances_is_refused(
    client: Client, version: str, changes: Json
) -> None:
    value = example(attachments=[document()], object=plan(attachments=[document()]))
    signature = sign({**value, **changes})
    assert refusal(client.at(version), value, signature) == "signature-differs"


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_id_and_timestamp_may_be_added_after_signing(client: Client, version: str) -> None:
    value = example(attachments=[document(sha2="ab" * 32)])
    payload = {name: value[name] for name in value if name not in ("id", "timestamp")}
    payload["attachments"] = [document(sha2="AB" * 32)]
    good(send(client.at(version), value, sign(payload)))


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_what_only_the_payload_names_may_be_left_to_the_store(client: Client, version: str) -> None:
    value = example()
    sent = {name: value[name] for name in value if name != "timestamp"}
    good(send(client.at(version), sent, sign({**value, "id": value["id"].upper()})))


@pytest.mark.parametrize(
    "changes",
    [
        {"stored": "2026-11-20T08:00:00Z"},
        {"authority": {"mbox": "mailto:lms@bvhttdl.example"}},
        {"version": "1.0.0"},
        {"timestamp": "2026-11-20T15:00:00.123+07:00"},
        {"verb": {"id": "http://adlnet.gov/expapi/verbs/completed"}},
        {"result": {"duration": "PT1.239S", "success": True}},
    ],
)
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_what_a_store_may_change_need_not_be_signed(
    client: Client, version: str, changes: Json
) -> None:
    value = example()
    good(send(client.at(version), value, sign({**value, **changes})))


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"null", b"[]", b"1", b'"x"', b"{}", b"\xff", b'{"actor":1,"verb":2,"object":3}'],
)
def test_a_payload_that_is_no_statement_is_refused(client: Client, payload: bytes) -> None:
    rule = refusal(client, example(), sign(payload))
    assert rule in ("signature-payload", "signature-differs", "signature-malformed")


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"a signature",
        b".",
        b"..",
        b"a.b.c",
        b"a.b.c.d",
        b"e30.e30.e30",
        b"\xff\xfe.\xff.\xff",
        b"eyJhbGciOiJSUzI1NiJ9.e30",
        b'{"payload":"e30","signatures":[]}',
        b"W10.e30.AA",
        b"Im5vIG9iamVjdCI.e30.AA",
    ],
)
def test_what_is_no_compact_jws_is_refused(client: Client, signature: bytes) -> None:
    rule = refusal(client, example(), signature)
    assert rule in ("signature-malformed", "signature-algorithm", "signature-differs")


@pytest.mark.parametrize("segment", [0, 1, 2])
@pytest.mark.parametrize("with_x5c", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"",
        lambda text: b"!!!!",
        lambda text: text + b"=" * (-len(text) % 4 or 4),
        lambda text: text[: len(text) // 4 * 4] + b"A",
        lambda text: text[:4] + b" " + text[4:],
        lambda text: text[:-4] + b"+/+/",
    ],
    ids=["empty", "other characters", "padding", "a character alone", "a space", "plain base64"],
)
def test_each_segment_is_base64url(
    client: Client, change: Callable[[bytes], bytes], with_x5c: bool, segment: int
) -> None:
    value = example()
    segments = sign(value, headers={"x5c": chain("ministry")} if with_x5c else {}).split(b".")
    segments[segment] = change(segments[segment])
    rule = refusal(client, value, b".".join(segments))
    assert rule == ("signature-payload" if segments[1] == b"" else "signature-malformed")


@pytest.mark.parametrize("cut", [1, 5, 100])
def test_a_signature_cut_short_is_refused(client: Client, cut: int) -> None:
    value = example()
    made = sign(value, headers={"x5c": chain("ministry")})
    assert refusal(client, value, made[:-cut]) in ("signature-invalid", "signature-malformed")


def base64url(content: Any) -> bytes:
    content = content if isinstance(content, bytes) else orjson.dumps(content)
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


RSA, NO_ALGORITHM = bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d010163")
P_256, NO_CURVE = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d030163")
VERSION_3, VERSION_4 = bytes.fromhex("a003020102"), bytes.fromhex("a003020103")


def altered(der: bytes, old: bytes, new: bytes) -> str:
    assert der.count(old) == 1
    return base64_of(der.replace(old, new))


def on_curve(subject: str) -> bytes:
    return certificate(subject, "curve", signed_with=curve_key(), key=curve_key())


BAD_CHAINS: dict[str, tuple[Callable[[], Any], str]] = {
    "not its issuer": (lambda: chain("ministry")[:1] + chain("root"), "signature-chain"),
    "another issuer": (
        lambda: [chain("ministry", "root")[0], chain("office")[0]],
        "signature-chain",
    ),
    "a link is missing": (lambda: chain("ministry", "office", "root")[::2], "signature-chain"),
    "the wrong way round": (lambda: chain("ministry", "root")[::-1], "signature-chain"),
    "signed by another key": (
        lambda: [
            base64_of(certificate("ministry", "root", signed_with=private_key("somebody"))),
            chain("root")[0],
        ],
        "signature-chain",
    ),
    "of somebody else": (lambda: chain("somebody"), "signature-invalid"),
    "empty": (list, "signature-certificate"),
    "empty certificates": (lambda: ["", ""], "signature-certificate"),
    "no certificate": (lambda: ["AAAA"], "signature-certificate"),
    "not base64": (lambda: ["not base64!"], "signature-certificate"),
    "a number": (lambda: [7], "signature-certificate"),
    "null in it": (lambda: [None], "signature-certificate"),
    "null": (lambda: None, "signature-certificate"),
    "a string": (lambda: chain("ministry")[0], "signature-certificate"),
    "an object": (lambda: {"0": chain("ministry")[0]}, "signature-certificate"),
    "cut short": (lambda: [chain("ministry")[0][:-40]], "signature-certificate"),
    "no RSA key": (
        lambda: [base64_of(certificate("curve", "root", key=curve_key()))],
        "signature-certificate",
    ),
    "a key of an unknown algorithm": (
        lambda: [altered(certificate("ministry", "root"), RSA, NO_ALGORITHM)],
        "signature-certificate",
    ),
    "a key on an unknown curve": (
        lambda: [altered(on_curve("ministry"), P_256, NO_CURVE)],
        "signature-certificate",
    ),
    "a certificate of an unknown version": (
        lambda: [altered(certificate("ministry", "root"), VERSION_3, VERSION_4)],
        "signature-certificate",
    ),
    "an issuer with a key of an unknown algorithm": (
        lambda: [
            *chain("ministry", "root")[:1],
            altered(certificate("root", "root"), RSA, NO_ALGORITHM),
        ],
        "signature-chain",
    ),
    "an issuer with a key on an unknown curve": (
        lambda: [
            base64_of(certificate("ministry", "curve", signed_with=curve_key())),
            altered(on_curve("curve"), P_256, NO_CURVE),
        ],
        "signature-chain",
    ),
}


@pytest.mark.parametrize("how", BAD_CHAINS)
def test_a_chain_that_does_not_hold_is_refused(client: Client, how: str) -> None:
    x5c, rule = BAD_CHAINS[how]
    value = example()
    header = {"alg": "RS256", "x5c": x5c()}
    signed = b".".join(map(base64url, (header, value)))
    made = private_key("ministry").sign(signed, PKCS1v15(), hashes.SHA256())
    assert refusal(client, value, signed + b"." + base64url(made)) == rule


def test_other_headers_are_the_signers_own_unless_they_are_critical(client: Client) -> None:
    value = example()
    headers = {"x5c": chain("ministry"), "typ": "JOSE", "iat": 7, "https://x.example": [1]}
    good(send(client, value, sign(value, headers=headers)))
    critical = example()
    header = {"alg": "RS256", "crit": ["exp"], "exp": 1363284000}
    made = b".".join([base64url(header), *sign(critical).split(b".")[1:]])
    assert refusal(client, critical, made) == "signature-malformed"


def test_a_large_statement_with_a_long_chain_can_be_signed(client: Client) -> None:
    """Made by hand: the libraries that sign and verify have limits of their own."""
    value = example(context={"extensions": {"https://x.example/a": "ế" * 200_000}})
    header = {"alg": "RS256", "x5c": chain("ministry", *"abcdef")}
    signed = b".".join(map(base64url, (header, value)))
    made = private_key("ministry").sign(signed, PKCS1v15(), hashes.SHA256())
    good(send(client, value, signed + b"." + base64url(made)))


@pytest.mark.parametrize("content_type", ["application/pdf", "text/plain", "application/jose"])
def test_a_signature_is_an_octet_stream(client: Client, content_type: str) -> None:
    value = example()
    rule = refusal(client, value, sign(value), contentType=content_type)
    assert rule == "signature-type"


def test_a_signature_elsewhere_is_not_looked_at(client: Client) -> None:
    """With a fileUrl and no data, the store resolves nothing."""
    value = example()
    announced = {
        "usageType": SIGNATURE,
        "display": {},
        "contentType": "application/octet-stream",
        "length": 7,
        "sha2": "a" * 64,
        "fileUrl": "https://files.example/signature",
    }
    client.send({**value, "attachments": [announced]})


def test_two_signatures_of_one_statement_are_both_checked(client: Client) -> None:
    value = example()
    first, second = sign(value), sign({**value, "result": {"success": False}}, "RS512")
    statement_parts, announced = [], []
    for signature in (first, second):
        sha2 = sha256(signature).hexdigest()
        announced.append(
            {
                "usageType": SIGNATURE,
                "display": {"en": "Signature"},
                "contentType": "application/octet-stream",
                "length": len(signature),
                "sha2": sha2,
            }
        )
        headers = {"Content-Transfer-Encoding": "binary", "X-Experience-API-Hash": sha2}
        statement_parts.append((headers, signature))
    body, headers = multipart(orjson.dumps({**value, "attachments": announced}), statement_parts)
    answer = client.http.post(STATEMENTS, content=body, headers=headers)
    assert rules(answer) == ["signature-differs"]
    assert problems(answer)[0]["pointer"] == "/attachments/1"
