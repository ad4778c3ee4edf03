"""Files of statements as they come: cut off, damaged, too long, through a pipe."""

import gzip
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import orjson
import pytest

from lrs.asked import CommandRefused
from lrs.auth.credentials import Credential
from lrs.control import BODY_BYTES, reach
from lrs.exports import write_attachments
from lrs.imports import (
    BATCH,
    BATCH_BYTES,
    FileUnreadable,
    Line,
    batches,
    import_lines,
    open_statements,
    read_lines,
)
from lrs.settings import Settings
from lrs.store import Store
from schemas.events import Kind
from tests.examples import statement, voiding
from tests.lrs.commands import Commands
from tests.servers import Server

LONGEST = 2000
SECONDS = 60


@pytest.fixture
def commands(sqlite_url: str, tmp_path: Path) -> Commands:
    return Commands(sqlite_url, tmp_path)


@pytest.fixture
def store(sqlite_url: str, tmp_path: Path) -> Iterator[Store]:
    settings = Settings(database_url=sqlite_url, pepper_file=tmp_path / "pepper")
    store = Store(settings, on_failure=lambda error: None)
    yield store
    store.close()


def numbered_id(number: int) -> str:
    return f"3f1e0a52-6f0b-4b6e-9a55-{number:012}"


def line(number: int, **said: object) -> bytes:
    return orjson.dumps(statement(id=numbered_id(number), **said)) + b"\n"


def lines(number: int) -> bytes:
    return b"".join(line(one) for one in range(number))


def read(text: bytes) -> list[Line]:
    return list(read_lines(BytesIO(text), longest=LONGEST))


def exported(commands: Commands) -> list[bytes]:
    return commands.run("export", "statements").encode().splitlines()


ARRAYS = {
    "open": (b"[", "line 1, column 2"),
    "cut off": (b'[{"a": 1},\n {"b"', "line 2, column 6"),
    "ended by a comma": (b'[{"a": 1},]', "line 1, column 10"),
    "with something behind": (b"\n\n[{}]\nxx", "line 4, column 1"),
    "very deep and open": (b"[" * 100_000, "levels"),
    "deep": (b"[" * 1010 + b"]" * 1010, "levels"),
    "not UTF-8": (b"[{}, \x80]", "offset 5"),
}


@pytest.mark.parametrize(("text", "place"), ARRAYS.values(), ids=ARRAYS)
def test_of_an_array_that_is_none_it_is_said_where(text: bytes, place: str) -> None:
    with pytest.raises(FileUnreadable, match="no JSON array") as told:
        read(text)
    assert place in str(told.value)


def test_an_array_that_is_none_is_said_in_a_line(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "in.json"
    file.write_bytes(b"[{},]")
    said = commands.run_apart("import", "statements", file, code=1)
    assert said.startswith(f"lrs: {file}: it begins with [")
    assert said.endswith("Stored up to line 0.\n")


@pytest.mark.parametrize("before", [b"\n \r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"], ids=repr)
def test_an_array_is_one_behind_blank_lines_and_a_byte_order_mark(before: bytes) -> None:
    array = orjson.dumps([statement(), statement(), statement()], option=orjson.OPT_INDENT_2)
    assert [one.number for one in read(before + array)] == [1, 2, 3]


def test_lines_may_begin_with_a_byte_order_mark() -> None:
    assert [one.text for one in read(b"\xef\xbb\xbf{}\n[]\n")] == [b"{}", b"[]"]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""], ids=repr)
def test_a_line_that_is_too_long_is_passed_over(ending: bytes) -> None:
    fits, too_long = b"1" * LONGEST, b"2" * (3 * LONGEST)
    found = read(fits + b"\r\n" + too_long + b"\n{}\n" + fits + b"0" + ending)
    assert [(one.number, one.text) for one in found] == [(1, fits), (2, b""), (3, b"{}"), (4, b"")]
    assert [one.unread > LONGEST for one in found] == [False, True, False, True]


def test_a_line_that_is_too_long_is_refused_as_a_body_is(store: Store) -> None:
    limit = store.settings.max_body_bytes
    found = [Line(1, line(1)), Line(2, b"", unread=limit + 1), Line(3, line(3))]
    imported = import_lines(store, found, version="1.0", language="en")
    [(number, [problem])] = imported.refused
    assert (imported.stored, number, problem["rule"]) == (2, 2, "body-too-large")
    assert str(limit) in problem["message"]


def test_a_long_line_stops_neither_those_before_nor_those_after(
    commands: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(lines(10) + b'{"long": "' + b"x" * 6_000_000 + b'"}\n' + line(10))
    said = commands.run("import", "statements", file, code=1)
    assert "in.jsonl:11:" in said
    assert "11 stored, 0 there already, 1 refused" in said


def test_data_that_is_too_long_for_its_line_is_not_read_into_it(tmp_path: Path) -> None:
    sha2 = "ab" * 32
    (tmp_path / sha2).write_bytes(b"x" * LONGEST)
    attached = statement(attachments=[{"sha2": sha2, "contentType": "text/plain"}])
    for text in (orjson.dumps(attached) + b"\n", orjson.dumps([attached])):
        [found] = read_lines(BytesIO(text), longest=LONGEST, attachments=tmp_path)
        assert (found.text, found.attachments) == (b"", {})
        assert found.unread > LONGEST


def test_a_file_that_is_cut_off_gives_the_lines_before(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl.gz"
    file.write_bytes(gzip.compress(lines(500))[:-200])
    said = commands.run_apart("import", "statements", file, code=1)
    last = int(said.rpartition("Stored up to line ")[2].rstrip(".\n"))
    assert 200 < last < 500
    assert len(exported(commands)) == last


def test_a_file_with_a_flipped_bit_is_said_in_a_line(commands: Commands, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(os.urandom(50_000).hex().encode() + b"\n" + lines(100)))
    file = tmp_path / "in.jsonl.gz"
    for byte in range(15, 60):  # some only make another text of it
        flipped = packed.copy()
        flipped[byte] ^= 8
        file.write_bytes(flipped)
        with open_statements(file) as (text, _), pytest.raises(FileUnreadable):
            list(read_lines(text, longest=LONGEST))


def test_a_batch_ends_at_so_many_lines_or_so_many_bytes() -> None:
    short = (Line(number, b"{}") for number in range(1, 451))
    assert [len(batch) for batch in batches(short)] == [BATCH, BATCH, 50]
    half = b"x" * (BATCH_BYTES // 2)
    long = (Line(number, b"", {"data": half}) for number in range(1, 6))
    assert [len(batch) for batch in batches(long)] == [2, 2, 1]


def test_what_was_read_before_the_file_is_unreadable_is_a_batch() -> None:
    def cut_off() -> Iterator[Line]:
        yield from (Line(number, b"{}") for number in range(1, 251))
        raise FileUnreadable

    found: list[int] = []
    with pytest.raises(FileUnreadable):
        found.extend(len(batch) for batch in batches(cut_off()))
    assert found == [BATCH, 50]


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Server]:
    with Server(sqlite_url, tmp_path) as server:
        yield server


def test_long_lines_are_imported_beside_a_server(
    served: Server, commands: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    long = "x" * (BODY_BYTES // 20)
    with file.open("wb") as out:
        for number in range(22):
            out.write(line(number, result={"response": long}))
    assert commands.json("import", "statements", file)["stored"] == 22


def test_what_a_server_does_not_take_at_once_is_said(
    served: Server, sqlite_url: str, tmp_path: Path
) -> None:
    with (
        reach(Settings(database_url=sqlite_url)) as ask,
        pytest.raises(CommandRefused, match="takes 64 MB at once, and this is more"),
    ):
        ask("ping", much=bytes(BODY_BYTES))


def importing(commands: Commands, file: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, "-m", "lrs", "import", "statements", file),
        env=commands.environment,
        cwd=commands.directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("file", ["-", "/dev/stdin"])
def test_statements_come_through_a_pipe(commands: Commands, file: str) -> None:
    said, complained = importing(commands, file).communicate(lines(450), timeout=SECONDS)
    assert said == b"450 stored, 0 there already, 0 refused\n", complained


def test_when_the_server_stops_it_is_said_where_to_go_on(
    served: Server, commands: Commands
) -> None:
    process = importing(commands, "-")
    assert process.stdin is not None
    process.stdin.write(lines(BATCH))
    process.stdin.flush()
    deadline = time.monotonic() + SECONDS
    with served.client() as client:
        last = {"statementId": numbered_id(BATCH - 1)}
        while client.get("/statements", params=last).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    served.kill()
    _, complained = process.communicate(lines(BATCH), timeout=SECONDS)
    assert b"Go on with --after-line 200." in complained
    assert b"is open for writing in another process" not in complained


def test_strict_stores_nothing_behind_a_refused_line(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    other = statement(id=numbered_id(1), verb={"id": "http://example.com/other"})
    wrong = orjson.dumps(statement(verb={"id": "no iri"})) + b"\n"
    for refused in (wrong, orjson.dumps(other) + b"\n"):
        file.write_bytes(lines(2) + refused + line(7))
        said = commands.run("import", "statements", file, "--strict", code=1)
        assert "in.jsonl:3:" in said
        assert "1 refused\nstopped at line 3" in said
        assert len(exported(commands)) == 2
    file.write_bytes(lines(3))
    assert commands.json("import", "statements", file, "--strict")["lastLine"] == 3


UNUSABLE = {
    "revoked": "This credential was revoked.",
    "expired": "This secret expired at",
    "reader": "One of these scopes is needed: all, statements/write.",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_credential_that_could_not_post_does_not_import(
    commands: Commands, tmp_path: Path, name: str
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    for options in (
        ("expired", "--expires", soon.isoformat()),
        ("revoked",),
        ("reader", "--scope", "statements/read"),
    ):
        commands.run("credentials", "create", "--name", *options)
    commands.run("credentials", "revoke", "revoked")
    while datetime.now(UTC) <= soon:
        time.sleep(0.05)
    file = tmp_path / "in.jsonl"
    file.write_bytes(lines(1))
    said = commands.run("import", "statements", file, "--credential", name, code=1)
    assert said.startswith(f"lrs: {name}: ")
    assert UNUSABLE[name] in said
    assert exported(commands) == []


def test_a_credential_voids_its_own_statements_only(store: Store) -> None:
    scopes = ("statements/write",)
    writer, other = (store.credentials.issue(name, scopes).credential for name in ("a", "b"))
    target = Line(1, line(1))
    voider = Line(2, orjson.dumps(voiding(numbered_id(1))))
    unknown = Line(3, orjson.dumps(voiding(numbered_id(3))))

    def take(*lines: Line, credential: Credential) -> tuple[int, list[tuple[int, str]]]:
        done = import_lines(store, lines, version="1.0", language="en", credential=credential)
        return done.stored, [(number, found[0]["rule"]) for number, found in done.refused]

    assert take(target, credential=writer) == (1, [])
    assert take(voider, unknown, credential=other) == (1, [(2, "void-not-permitted")])
    assert take(voider, credential=writer) == (1, [])
    own = [Line(4, line(4)), Line(5, orjson.dumps(voiding(numbered_id(4))))]
    assert take(*own, credential=other) == (2, [])


def test_a_store_has_its_own_export_already(commands: Commands, tmp_path: Path) -> None:
    sent, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    in_version_2 = orjson.dumps(statement(version="2.0.0")) + b"\n"
    void = orjson.dumps(voiding(numbered_id(1))) + b"\n"
    sent.write_bytes(lines(5) + orjson.dumps(statement()) + b"\n" + in_version_2 + void)
    assert commands.json("import", "statements", sent)["stored"] == 8
    for options in ((), ("--xapi-version", "2.0.0"), ("--as-received",)):
        commands.run("export", "statements", out, *options)
        done = commands.json("import", "statements", out)
        assert done == {"stored": 0, "present": 8, "refused": 0, "lastLine": 8}, options


def test_escapes_in_a_line_are_what_they_stand_for(store: Store, tmp_path: Path) -> None:
    data = b"data of an attachment"
    sha2 = hashlib.sha256(data).hexdigest()
    attachment = {
        "usageType": "http://id.tincanapi.com/attachment/supporting_media",
        "display": {"vi": "Tệp"},
        "contentType": "text/plain",
        "length": len(data),
        "sha2": sha2,
    }
    text = orjson.dumps(statement(version="2.0.0", attachments=[attachment]))
    text = text.replace(b'"attachments"', b'"attach\\u006dents"').replace(b'"2.0', b'"\\u0032.0')
    (tmp_path / sha2).write_bytes(data)
    [line] = read_lines(BytesIO(text + b"\n"), longest=100_000, attachments=tmp_path)
    imported = import_lines(store, [line], version="1.0", language="en")
    assert (imported.stored, imported.refused) == (1, [])
    entry = store.log.read()[-1]
    assert entry.kind == Kind.STATEMENT_2_0
    write_attachments(store.log, [entry.body], tmp_path / "out")
    assert (tmp_path / "out" / sha2).read_bytes() == data
