"""Tokens of a time-stamping authority over checkpoints (RFC 3161)."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from lrs.audit.timestamps import TimestampInvalid, check_token, read_roots, request_token
from tests.lrs.commands import Commands
from tests.lrs.conftest import OpenStore
from tests.lrs.witness.authority import Authority, answering
from tests.lrs.witness.growing import GrowingLog

NOTE = GrowingLog(7).note(7).encode()


@pytest.fixture(scope="module", params=["openssl", "put together here"])
def authority(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Authority:
    folder = tmp_path_factory.mktemp("tsa") / "authority"
    return Authority(folder, by_openssl=request.param == "openssl")


def test_an_authority_says_when_the_note_existed(authority: Authority):
    roots = read_roots(authority.roots.read_bytes())
    with answering(authority.answer) as url:
        token = request_token(NOTE, url, roots)
    assert abs(token.time - datetime.now(UTC)) < timedelta(seconds=30)
    assert check_token(token.response, NOTE, roots) == token.time


def test_a_token_holds_for_its_note_and_under_its_root_alone(authority: Authority, tmp_path: Path):
    with answering(authority.answer) as url:
        token = request_token(NOTE, url)
    roots = read_roots(authority.roots.read_bytes())
    with pytest.raises(TimestampInvalid, match="of another note"):
        check_token(token.response, NOTE + b"x", roots)
    other = Authority(tmp_path / "other")
    with pytest.raises(TimestampInvalid, match="does not hold"):
        check_token(token.response, NOTE, read_roots(other.roots.read_bytes()))
    for wrong in (b"", b"\x30\x00", token.response[:-5]):
        with pytest.raises(TimestampInvalid):
            check_token(wrong, NOTE, roots)
    changed = bytearray(token.response)
    changed[-20] ^= 1  # in the signature
    with pytest.raises(TimestampInvalid, match="does not hold"):
        check_token(bytes(changed), NOTE, roots)


def test_what_an_authority_answers_instead_is_said(authority: Authority, tmp_path: Path):
    other = Authority(tmp_path / "other")
    roots = read_roots(authority.roots.read_bytes())
    with answering(authority.answer) as url:
        old = request_token(NOTE, url).response
    for answer, status, said in (
        (lambda _: old, 200, "another request than the one that was sent"),
        (lambda _: b"<html>", 200, "not an answer of a time-stamping authority"),
        (lambda _: bytes.fromhex("30053003020102"), 200, "status 2"),
        (lambda _: b"", 503, "answers 503"),
        (other.answer, 200, "does not hold"),
    ):
        with answering(answer, status) as url, pytest.raises(TimestampInvalid, match=said):
            request_token(NOTE, url, roots)
    for url, said in (
        ("http://127.0.0.1:9/", "refused"),
        ("ftp://x", "begins with http"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://127.0.0.1:port/", "port"),
        (f"http://{'x' * 64}.example/", "label"),
        ("http://127.0.0.1:9/\u00fc", "ascii"),
    ):
        with pytest.raises(TimestampInvalid, match=said):
            request_token(NOTE, url)
    with pytest.raises(TimestampInvalid, match="no certificates"):
        read_roots(b"nothing")


def test_without_the_optional_package_it_is_said_what_to_install():
    with patch.dict(sys.modules, {"rfc3161_client": None}):
        for call in (lambda: request_token(NOTE, "http://x"), lambda: check_token(b"", NOTE, [])):
            with pytest.raises(TimestampInvalid, match=r"pip install 'hocba\[timestamp\]'"):
                call()


def test_the_command_writes_a_token_and_checks_it_without_a_store(
    authority: Authority, open_store: OpenStore, sqlite_url: str, tmp_path: Path
):
    open_store(database_url=sqlite_url).close()
    commands = Commands(sqlite_url, tmp_path)
    out = tmp_path / "kept"
    out.mkdir()
    with answering(authority.answer) as url:
        said = commands.run("audit", "timestamp", "--tsa", url, "--out", out)
    assert "was not checked" in said
    [token] = out.glob("checkpoint-*.tsr")
    assert token.with_suffix(".note").read_text() == commands.run("audit", "checkpoint")
    away = Commands("sqlite:///nowhere.db", tmp_path)
    check = ("audit", "timestamp", "--check", token)
    assert "valid" in away.run(*check, "--roots", authority.roots)
    assert "whom to believe" in away.run(*check, code=1)
    assert "give --tsa URL" in away.run("audit", "timestamp", code=1)
    token.with_suffix(".note").write_text("x\n1\ny\n")
    assert "another note" in away.run(*check, "--roots", authority.roots, code=1)
    assert "No such file" in away.run(*check, "--roots", tmp_path / "none", code=1)
