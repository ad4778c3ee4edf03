"""Statements out to a file and in again."""

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from lrs.exports import export_statements, write_attachments
from lrs.imports import Imported, Line, batches, import_lines, open_statements, read_lines
from lrs.log.recorder import Attachment
from lrs.settings import Settings
from lrs.store import Store
from projections.statement_index import TABLES
from projections.statement_query import locate
from schemas.events import STATEMENT_KINDS
from tests.examples import statement, statement_event, voiding
from tests.ministry import generate, load

SET_BY_STORE = ("stored", "authority")


def opened(database_url: str, directory: Path) -> Store:
    settings = Settings(database_url=database_url, pepper_file=directory / "pepper")
    return Store(settings, on_failure=lambda error: None)


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    store = opened(database_url, tmp_path)
    yield store
    store.close()


@pytest.fixture
def second_store(tmp_path: Path) -> Iterator[Store]:
    store = opened(f"sqlite:///{tmp_path / 'second.db'}", tmp_path)
    yield store
    store.close()


def lines_of(store: Store, **options) -> list[bytes]:
    exported = export_statements(store.storage, store.log, base_url="http://localhost", **options)
    return [line for part in exported for line in part.lines]


def take_in(store: Store, lines, version="1.0", **options) -> Imported:
    numbered = [Line(number, line) for number, line in enumerate(lines, 1)]
    return import_lines(store, numbered, version=version, language="en", **options)


def told(line: bytes) -> dict:
    return {name: v for name, v in orjson.loads(line).items() if name not in SET_BY_STORE}


def test_an_export_imported_elsewhere_and_exported_again_is_the_same(store, second_store):
    load(store, generate(600))
    first = lines_of(store)
    imported = take_in(second_store, first)
    assert (imported.stored, imported.present, imported.refused) == (len(first), 0, [])
    assert [told(line) for line in lines_of(second_store)] == [told(line) for line in first]


def test_importing_again_adds_nothing(store):
    lines = [orjson.dumps(item.statement) for item in generate(300)]
    once, twice = take_in(store, lines), take_in(store, lines)
    assert once.stored + once.present == len(lines)
    assert once.present > 0, "the generated data repeats some statements"
    assert (twice.stored, twice.present) == (0, len(lines))


def test_a_statement_without_an_id_gets_the_same_one_every_time(store):
    line = orjson.dumps(statement())
    assert take_in(store, [line]).stored == 1
    assert take_in(store, [line]).present == 1
    [exported] = lines_of(store)
    assert orjson.loads(exported)["id"][14] == "5", "a UUID of version 5"


def test_a_wrong_line_is_named_and_the_others_are_stored(store):
    wrong = orjson.dumps(statement(verb={"id": "not an iri"}))
    good = orjson.dumps(statement())
    imported = take_in(store, [good, wrong, b"{"])
    assert imported.stored == 1
    [(second, problems), (third, _)] = imported.refused
    assert (second, third) == (2, 3)
    assert problems[0]["pointer"] == "/verb/id"
    assert problems[0]["mend"]


def test_another_statement_under_a_known_id_is_refused(store):
    id_ = "3f1e0a52-6f0b-4b6e-9a55-0f2a3c1b5d10"
    imported = take_in(
        store,
        [
            orjson.dumps(statement(id=id_)),
            orjson.dumps(statement(id=id_, verb={"id": "http://example.com/other"})),
        ],
    )
    assert imported.stored == 1
    assert [(n, found[0]["rule"]) for n, found in imported.refused] == [(2, "statement-conflict")]


def test_a_statement_that_names_version_2_is_checked_and_kept_as_one(store):
    line = orjson.dumps(
        statement(
            version="2.0.0",
            context={
                "contextAgents": [
                    {
                        "objectType": "contextAgent",
                        "agent": {"mbox": "mailto:a@example.com"},
                        "relevantTypes": ["http://example.com/type"],
                    }
                ]
            },
        )
    )
    assert take_in(store, [line], version="1.0").stored == 1
    assert orjson.loads(lines_of(store)[0])["version"] == "2.0.0"


def test_an_export_has_what_was_voided_and_what_voids_it(store):
    target = "3f1e0a52-6f0b-4b6e-9a55-0f2a3c1b5d11"
    take_in(store, [orjson.dumps(statement(id=target)), orjson.dumps(voiding(target))])
    assert len(lines_of(store)) == 2


def test_what_had_no_right_to_void_voids_where_it_is_imported(store, second_store):
    """There all statements are the store's own."""
    target = "3f1e0a52-6f0b-4b6e-9a55-0f2a3c1b5d12"
    writer, other = (store.credentials.issue(name).credential for name in ("a", "b"))
    take_in(store, [orjson.dumps(voiding(target))], credential=other)
    take_in(store, [orjson.dumps(statement(id=target))], credential=writer)
    lines = lines_of(store)
    assert take_in(second_store, lines).stored == len(lines) == 2
    for opened_store, is_voided in ((store, False), (second_store, True)):
        with opened_store.storage.read() as connection:
            found = locate(connection, TABLES, UUID(target).bytes)
        assert found is not None
        assert found.voided == is_voided


def test_an_export_goes_on_after_a_position(store):
    events = [statement_event() for _ in range(5)]
    positions = store.writer.append(events).result().positions
    whole = lines_of(store)
    assert lines_of(store, after=positions[2]) == whole[3:]
    assert lines_of(store, stop=positions[2]) == whole[:3]


def test_as_received_is_the_text_that_was_sent(store):
    text = (
        b'{"actor":{"mbox":"mailto:a@example.com"},\n "verb":{"id":"http://example.com/did"},'
        b'"object":{"id":"http://example.com/x"},"result":{"score":{"raw":1.0}}}'
    )
    take_in(store, [text])
    assert lines_of(store, as_received=True) == [text.replace(b"\n", b" ")]


def test_attachments_go_out_and_in_beside_the_statements(store, second_store, tmp_path):
    content = "Giấy chứng nhận".encode()
    sha2 = hashlib.sha256(content).hexdigest()
    attached = {
        "usageType": "http://example.com/certificate",
        "display": {"vi": "Giấy chứng nhận"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2,
    }
    event = statement_event(statement(attachments=[attached]))
    store.writer.append([event], [Attachment(sha2, content)]).result()
    lines = lines_of(store)
    write_attachments(store.log, lines, tmp_path / "data")
    assert (tmp_path / "data" / sha2).read_bytes() == content

    file = tmp_path / "out.jsonl"
    file.write_bytes(b"\n".join(lines))
    assert take_in(second_store, lines).refused, "without its data it cannot be taken in"
    with open_statements(file) as (text, _):
        [line] = read_lines(text, longest=10_000, attachments=tmp_path / "data")
    done = import_lines(second_store, [line], version="1.0", language="en")
    assert done.stored == 1
    with second_store.storage.read() as connection:
        assert second_store.log.attachments(connection, [sha2]) == {sha2: content}


def test_lines_are_read_from_lines_from_an_array_and_packed(tmp_path):
    statements = [statement(id=f"3f1e0a52-6f0b-4b6e-9a55-0f2a3c1b5d{n:02}") for n in range(10, 14)]
    lines = [orjson.dumps(s) for s in statements]
    plain, packed, array = (tmp_path / n for n in ("a.jsonl", "b.jsonl.gz", "c.json"))
    plain.write_bytes(b"\n\n".join(lines))
    packed.write_bytes(gzip.compress(b"\r\n".join(lines) + b"\r\n"))
    array.write_bytes(orjson.dumps(statements, option=orjson.OPT_INDENT_2))
    for file, numbers in ((plain, [1, 3, 5, 7]), (packed, [1, 2, 3, 4]), (array, [1, 2, 3, 4])):
        with open_statements(file) as (text, _):
            read = list(read_lines(text, longest=10_000))
        assert [line.number for line in read] == numbers
        assert [orjson.loads(line.text) for line in read] == statements


def test_reading_goes_on_after_a_line():
    lines = (Line(number, b"{}") for number in range(1, 11))
    assert [line.number for batch in batches(lines, after=7) for line in batch] == [8, 9, 10]


def test_everything_in_the_log_that_is_a_statement_is_exported(store):
    load(store, generate(250))
    head = store.log.head().position
    kinds = [entry.kind for entry in store.log.read(0, head)]
    assert len(lines_of(store)) == sum(kind in STATEMENT_KINDS for kind in kinds)
    assert len(kinds) > len(lines_of(store)), "credentials are events too, and no statements"
