"""A time-stamping authority on this machine, with certificates of its own (RFC 3161, RFC 5652).

It answers by ``openssl ts`` where that is installed, and otherwise, or when told to, by tokens put
together here.
"""

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPENSSL = shutil.which("openssl")
CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""
SHA256_ID = bytes.fromhex("300d06096086480165030402010500")
RSA_SHA256_ID = bytes.fromhex("300d06092a864886f70d01010b0500")
SIGNED_DATA, TST_INFO = "2a864886f70d010702", "2a864886f70d0109100104"
CONTENT_TYPE, MESSAGE_DIGEST = "2a864886f70d010903", "2a864886f70d010904"
SIGNING_CERTIFICATE_V2 = "2a864886f70d010910022f"


class Authority:
    """Keys and certificates in a folder; ``answer`` makes the answer to a request."""

    def __init__(self, folder: Path, *, by_openssl: bool = True) -> None:
        self.folder = folder
        folder.mkdir()
        root_key, self.key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        root_name, name = (_name(it) for it in ("root", "tsa"))
        self.root = _certificate(root_name, root_name, root_key, root_key, is_root=True)
        self.certificate = _certificate(name, root_name, self.key, root_key, is_root=False)
        for file, certificate in (("root.pem", self.root), ("tsa.pem", self.certificate)):
            (folder / file).write_bytes(certificate.public_bytes(Encoding.PEM))
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "tsa.key").write_bytes(pem)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        by = self._by_openssl if by_openssl and OPENSSL else self._put_together
        self.answer: Callable[[bytes], bytes] = by

    @property
    def roots(self) -> Path:
        return self.folder / "root.pem"

    def _by_openssl(self, request: bytes) -> bytes:
        query, reply = self.folder / "query", self.folder / "reply"
        query.write_bytes(request)
        files = ("-queryfile", str(query), "-out", str(reply))
        subprocess.run(
            (str(OPENSSL), "ts", "-reply", "-config", str(self.folder / "tsa.cnf"), *files),
            check=True,
            capture_output=True,
        )
        return reply.read_bytes()

    def _put_together(self, request: bytes) -> bytes:
        imprint, nonce = _asked(request)
        now = datetime.now(UTC)
        info = _sequence(
            _integer(1),
            _der(0x06, bytes.fromhex("2a030401")),  # the policy 1.2.3.4.1
            imprint,
            _integer(now.microsecond + 1),
            _der(0x18, f"{now:%Y%m%d%H%M%SZ}".encode()),
            nonce,
        )
        issued = self.certificate.public_bytes(Encoding.DER)
        hashed = _sequence(_sequence(_sequence(_der(0x04, hashlib.sha256(issued).digest()))))
        attributes = b"".join(
            sorted(
                (
                    _attribute(CONTENT_TYPE, _oid(TST_INFO)),
                    _attribute(MESSAGE_DIGEST, _der(0x04, hashlib.sha256(info).digest())),
                    _attribute(SIGNING_CERTIFICATE_V2, hashed),
                )
            )
        )
        signature = self.key.sign(_der(0x31, attributes), padding.PKCS1v15(), SHA256())
        issuer = self.certificate.issuer.public_bytes()
        signer = _sequence(
            _integer(1),
            _sequence(issuer, _integer(self.certificate.serial_number)),
            SHA256_ID,
            _der(0xA0, attributes),
            RSA_SHA256_ID,
            _der(0x04, signature),
        )
        signed = _sequence(
            _integer(3),
            _der(0x31, SHA256_ID),
            _sequence(_oid(TST_INFO), _der(0xA0, _der(0x04, info))),
            _der(0xA0, issued),
            _der(0x31, signer),
        )
        token = _sequence(_oid(SIGNED_DATA), _der(0xA0, signed))
        return _sequence(_sequence(_integer(0)), token)


@contextmanager
def answering(answer: Callable[[bytes], bytes], status: int = 200) -> Iterator[str]:
    """The URL of a server on this machine that answers requests so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/tsa?policy=1"
        finally:
            server.shutdown()
            thread.join()


def _certificate(
    name: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer_key: rsa.RSAPrivateKey,
    *,
    is_root: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(_usage(is_root), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if not is_root:
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(stamping, critical=True)
    return builder.sign(issuer_key, SHA256())


def _usage(is_root: bool) -> x509.KeyUsage:
    names = (
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(
        digital_signature=not is_root,
        key_cert_sign=is_root,
        crl_sign=is_root,
        **dict.fromkeys(names, False),
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _asked(request: bytes) -> tuple[bytes, bytes]:
    """The imprint and the nonce of a request, as they stand in it."""
    _, content, _ = _read(request)
    _, _, rest = _read(content)  # the version
    imprint, _, rest = _read(rest)
    while rest:
        element, _, rest = _read(rest)
        if element[0] == 0x02:
            return imprint, element
    raise AssertionError("a request without a nonce")


def _read(octets: bytes) -> tuple[bytes, bytes, bytes]:
    """The first element, its content, and what follows it."""
    length, start = octets[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(octets[2:start])
    return octets[: start + length], octets[start : start + length], octets[start + length :]


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _sequence(*elements: bytes) -> bytes:
    return _der(0x30, b"".join(elements))


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _oid(octets: str) -> bytes:
    return _der(0x06, bytes.fromhex(octets))


def _attribute(kind: str, value: bytes) -> bytes:
    return _sequence(_oid(kind), _der(0x31, value))
