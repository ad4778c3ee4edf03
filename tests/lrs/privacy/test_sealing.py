"""Personal content is sealed in the log, opened for whoever reads it, and erased with its key."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import text

from lrs.log import leaf
from lrs.log.contents import ContentBroken
from lrs.log.opening import open_log
from lrs.log.recorder import Append, Appended, Attachment, LogRecorder, StreamConflict
from lrs.log.rows import Content
from lrs.log.storage import open_storage
from lrs.privacy.data_keys import new_generation
from lrs.privacy.sealing import DataKey, SealBroken, place_of
from lrs.settings import InvalidSettings
from schemas.events import Category, Kind, NewEvent
from tests.lrs.privacy.stores import append, count, destroy, destroy_of, opened_log

ANH, BINH = b"a" * 16, b"b" * 16
BODY = '{"actor": "Nguyễn Thị Ánh"}'.encode()
NEW_YEAR = 1_798_761_600_000_000  # 2027-01-01T00:00:00Z


@pytest.fixture
def log(database_url: str, tmp_path: Path) -> Iterator[LogRecorder]:
    with opened_log(database_url, tmp_path / "key") as log:
        yield log


def said(
    subject: bytes = ANH,
    body: bytes = BODY,
    *,
    stream: bytes | None = None,
    content_hash: bytes = b"",
    kind: Kind = Kind.STATEMENT_1_0,
    version: int = 1,
) -> NewEvent:
    stream = uuid4().bytes if stream is None else stream
    return NewEvent(kind, stream, body, b"c" * 16, version, content_hash, subject=subject)


def test_what_is_somebodys_is_sealed_and_the_rest_is_not(log: LogRecorder) -> None:
    append(log, said(), said(b"", b'{"unit": "HTQT"}'))
    with log.storage.read() as connection:
        sealed, plain = log.rows(connection)
    assert (sealed.sealed, sealed.salt, BODY in sealed.body) == (True, b"", False)
    assert (plain.sealed, len(plain.salt), plain.body) == (False, 16, b'{"unit": "HTQT"}')


def test_it_comes_back_as_it_went_in(log: LogRecorder) -> None:
    given = said(content_hash=b"h" * 32, kind=Kind.STATEMENT_2_0)
    append(log, given)
    [entry] = log.read()
    assert (entry.kind, entry.stream_id, entry.stream_version) == (3, given.stream_id, 1)
    assert (entry.body, entry.credential, entry.erased) == (BODY, b"c" * 16, False)
    with log.storage.read() as connection:
        assert log.entries(connection, [1]) == [entry]


def test_commitment_and_leaf_are_those_of_the_plain_content(log: LogRecorder) -> None:
    append(log, said())
    [entry] = log.read()
    with log.storage.read() as connection:
        [row], [(_, record)] = log.rows(connection), log.records(connection)
    assert leaf.commit(entry.salt, BODY) == row.commitment
    assert row.body_length == len(BODY)
    assert row.record == record
    assert leaf.RECORD.unpack(record)[-2:] == (len(BODY), row.commitment)


def test_what_was_recorded_before_anything_was_sealed_is_read_as_before(
    database_url: str, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    storage = open_storage(database_url)
    append(open_log(storage), said())
    storage.close()
    with opened_log(database_url, key) as log:
        append(log, said())
    with opened_log(database_url, key, seal=False) as log:
        append(log, said())
        with log.storage.read() as connection:
            assert [row.sealed for row in log.rows(connection)] == [False, True, False]
        assert [entry.body for entry in log.read()] == [BODY] * 3


def test_without_its_key_the_content_is_gone_and_the_leaf_stays(log: LogRecorder) -> None:
    append(log, said(ANH), said(BINH), said(ANH))
    with log.storage.read() as connection:
        before, leaves = log.rows(connection), log.leaves(connection)
    [key] = destroy(log, ANH)
    gone, kept, also_gone = log.read()
    assert [entry.erased for entry in (gone, kept, also_gone)] == [True, False, True]
    assert (gone.salt, gone.body) == (b"", b"")
    with log.storage.read() as connection:
        after = log.rows(connection)
        opened = log.open_rows(connection, after)
        assert log.leaves(connection) == leaves
    assert after == before
    assert {row.key_id for row in after if row.position != 2} == {key}
    assert [one.content for one in opened] == [Content.ERASED, Content.OPENED, Content.ERASED]
    assert opened[1].body == BODY


def test_a_body_that_was_moved_to_another_row_does_not_open(log: LogRecorder) -> None:
    append(log, said(body=b"one"), said(body=b"two"))
    _tamper(log, "UPDATE event_log SET body = (SELECT body FROM event_log WHERE position = 1)")
    with pytest.raises(ContentBroken, match="position 2"):
        log.read(1)
    with log.storage.read() as connection:
        opened = log.open_rows(connection, log.rows(connection))
    assert [one.content for one in opened] == [Content.OPENED, Content.BROKEN]


def test_a_number_that_no_record_has_room_for_breaks_what_is_sealed(log: LogRecorder) -> None:
    append(log, said(), said())
    _tamper(log, "UPDATE event_log SET stream_version = -1 WHERE position = 2")
    with pytest.raises(ContentBroken, match="position 2"):
        log.read()
    with log.storage.read() as connection:
        opened = log.open_rows(connection, log.rows(connection))
    assert [one.content for one in opened] == [Content.OPENED, Content.BROKEN]


def test_a_data_key_that_was_changed_breaks_what_it_sealed_and_nothing_else(
    log: LogRecorder, database_url: str, tmp_path: Path
) -> None:
    append(log, said(ANH), said(BINH))
    with log.storage.read() as connection:
        broken = log.rows(connection)[0].key_id
    with log.storage.write() as connection:
        swap = text("UPDATE data_key SET year = year + 1 WHERE key_id = :id")
        connection.execute(swap, {"id": broken})
    log.storage.close()
    with opened_log(database_url, tmp_path / "key") as log:
        with pytest.raises(ContentBroken, match="position 1"):
            log.read()
        assert log.read(1)[0].body == BODY


def _tamper(log: LogRecorder, sql: str) -> None:
    with log.storage.write() as connection:
        if log.storage.dialect == "sqlite":
            connection.execute(text("DROP TRIGGER event_log_no_update"))
        else:
            connection.execute(text("DROP TRIGGER append_only ON event_log"))
        connection.execute(text(sql))


def test_a_retry_of_a_sealed_event_counts_as_recorded(log: LogRecorder) -> None:
    stream, same = uuid4().bytes, b"a" * 16 + b"b" * 16
    append(log, said(stream=stream, content_hash=same))
    [held] = append(log, said(stream=stream, content_hash=same))
    assert held == 1
    other, other_half = b"c" * 32, b"a" * 16 + b"c" * 16
    outcomes = log.append(
        [
            Append([said(stream=stream, content_hash=other)]),
            Append([said(stream=stream, content_hash=other_half)]),
            Append([said(stream=stream, content_hash=other_half, kind=Kind.STATEMENT_2_0)]),
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [StreamConflict, StreamConflict, Appended]
    assert log.head().position == 1


def test_of_two_sealed_events_in_one_batch_the_second_is_judged_by_the_first(
    log: LogRecorder,
) -> None:
    stream = uuid4().bytes
    outcomes = log.append(
        [
            Append([said(stream=stream, content_hash=b"a" * 32)]),
            Append([said(stream=stream, content_hash=b"b" * 32)]),
            Append([said(stream=stream, content_hash=b"a" * 32)]),
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [Appended, StreamConflict, Appended]


def test_the_registry_confirms_nothing_about_sealed_content(log: LogRecorder) -> None:
    append(log, said(content_hash=b"a" * 32), said(b"", content_hash=b"a" * 32), said())
    with log.storage.read() as connection:
        sql = text("SELECT content_hash FROM event_registry ORDER BY position")
        keyed, plain, none = (bytes(value) for value in connection.scalars(sql))
    assert (len(keyed), plain, none) == (32, b"a" * 32, b"")
    assert keyed[:16] == keyed[16:] != b"a" * 16


def test_the_id_of_an_erased_event_is_taken_for_ever(log: LogRecorder) -> None:
    stream = uuid4().bytes
    append(log, said(stream=stream, content_hash=b"a" * 32))
    destroy(log, ANH)
    [refused] = log.append([Append([said(stream=stream, content_hash=b"a" * 32)])])
    assert isinstance(refused, StreamConflict)


def test_who_comes_back_gets_another_key(log: LogRecorder) -> None:
    append(log, said())
    [before] = destroy(log, ANH)
    append(log, said())
    with log.storage.read() as connection:
        assert log.rows(connection, 1)[0].key_id != before
    assert [entry.erased for entry in log.read()] == [True, False]


def test_a_key_serves_one_subject_one_class_and_one_year(database_url: str, tmp_path: Path) -> None:
    times = iter([NEW_YEAR - 10, NEW_YEAR - 5, NEW_YEAR + 5])
    with opened_log(database_url, tmp_path / "key", clock=lambda: next(times)) as log:
        append(log, said(), said(), said(BINH))
        append(log, said(kind=Kind.DOCUMENT_STORED))
        append(log, said())
        with log.storage.read() as connection:
            keys = [row.key_id for row in log.rows(connection)]
            held = log.keys.held(connection, [ANH])
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4
    assert {(key.retention, key.year) for key in held} == {
        (Category.STATEMENT, 2026),
        (Category.DOCUMENT, 2026),
        (Category.STATEMENT, 2027),
    }


def test_readers_of_the_library_get_what_is_there(log: LogRecorder) -> None:
    stream = uuid4()
    for version, subject in enumerate((ANH, BINH, ANH), 1):
        append(
            log,
            said(subject, str(version).encode(), stream=stream.bytes, version=version),
        )
    assert [e.state for e in log.select_events(stream)] == [b"1", b"2", b"3"]
    destroy(log, ANH)
    assert [(e.originator_version, e.state) for e in log.select_events(stream)] == [(2, b"2")]
    found = log.select_notifications(1, 1)
    assert [(n.id, n.state) for n in found] == [(2, b"2")], "no page is short for what was erased"
    assert log.select_notifications(3, 5) == []


def test_what_is_seen_may_be_shown_otherwise_but_never_to_who_verifies(log: LogRecorder) -> None:
    append(log, said(), said(BINH))
    log.seen = lambda connection, entries: [e._replace(body=b"shown") for e in entries]
    assert [entry.body for entry in log.read()] == [BODY, BODY], "nobody was ever forgotten"
    with log.storage.erase() as connection:
        new_generation(connection)  # as whoever forgets somebody does
    assert [entry.body for entry in log.read()] == [b"shown", b"shown"]
    with log.storage.read() as connection:
        opened = log.open_rows(connection, log.rows(connection))
    assert [one.body for one in opened] == [BODY, BODY]


def test_attachments_are_sealed_with_the_statements_that_bring_them(log: LogRecorder) -> None:
    brought = [Attachment("5e1", b"certificate", [ANH, BINH]), Attachment("0a", b"rules")]
    append_with(log, brought, said(ANH), said(BINH))
    assert (count(log, "attachment_sealed"), count(log, "attachment_content")) == (2, 1)
    with log.storage.read() as connection:
        sql = text("SELECT content FROM attachment_sealed")
        assert all(b"certificate" not in bytes(content) for content in connection.scalars(sql))
        assert log.attachments(connection, ["5e1", "0a", "77"]) == {
            "5e1": b"certificate",
            "0a": b"rules",
        }
    destroy(log, ANH)
    with log.storage.read() as connection:
        assert log.attachments(connection, ["5e1"]) == {"5e1": b"certificate"}, "it is Binh's too"
    destroy(log, BINH)
    with log.storage.read() as connection:
        assert log.attachments(connection, ["5e1"]) == {}
    assert count(log, "attachment_sealed") == 0


def append_with(log: LogRecorder, attachments: list[Attachment], *events: NewEvent) -> None:
    [outcome] = log.append([Append(list(events), attachments)])
    assert isinstance(outcome, Appended)


def test_a_sealed_attachment_stays_for_as_long_as_its_key(log: LogRecorder) -> None:
    append_with(log, [Attachment("5e1", b"certificate", [ANH])], said(ANH))
    with pytest.raises(Exception, match="append-only"), log.storage.write() as connection:
        connection.execute(text("DELETE FROM attachment_sealed"))
    with pytest.raises(Exception, match="append-only"), log.storage.write() as connection:
        connection.execute(text("UPDATE attachment_sealed SET sha2 = 'x'"))


def test_what_is_appended_is_given_plain_to_projections_beside_it(
    database_url: str, tmp_path: Path
) -> None:
    given: list[bytes] = []
    beside = SimpleNamespace(
        KINDS=(Kind.STATEMENT_1_0,),
        TABLES=None,
        apply=lambda connection, tables, entries: given.extend(e.body for e in entries),
    )
    with opened_log(database_url, tmp_path / "key") as log:
        log.inline = (beside,)  # type: ignore[assignment]
        append(log, said(), said(BINH))
    assert given == [BODY, BODY]


def test_without_a_sealing_key_what_is_sealed_is_locked_and_the_rest_is_read(
    log: LogRecorder, database_url: str
) -> None:
    append(log, said(b"", b"{}"), said())
    log.storage.close()
    storage = open_storage(database_url)
    log = open_log(storage)
    try:
        assert log.read(0, 1)[0].body == b"{}"
        with pytest.raises(InvalidSettings, match="LRS_SEALING_KEY_FILE"):
            log.read()
        with storage.read() as connection:
            opened = log.open_rows(connection, log.rows(connection))
        assert [one.content for one in opened] == [Content.PLAIN, Content.LOCKED]
    finally:
        storage.close()


def test_an_append_may_be_part_of_a_larger_transaction(log: LogRecorder) -> None:
    append(log, said(ANH, content_hash=b"a" * 32))
    woken: list[int] = []
    log.on_append(lambda: woken.append(1))
    with log.storage.erase() as connection:
        keys = destroy_of(log.keys, connection, ANH)
        names = b",".join(key.hex().encode() for key in keys)
        appended = log.append_in(connection, [said(b"", names), said(BINH)])
    log.wake()
    assert (list(appended.positions), woken) == ([2, 3], [1])
    assert [entry.body for entry in log.read()] == [b"", names, BODY]


def test_a_larger_transaction_that_comes_to_nothing_destroys_nothing(log: LogRecorder) -> None:
    stream = uuid4().bytes
    append(log, said(ANH), said(b"", stream=stream))

    def forget() -> None:
        with log.storage.erase() as connection:
            destroy_of(log.keys, connection, ANH)
            log.append_in(connection, [said(BINH), said(b"", stream=stream)])

    with pytest.raises(StreamConflict):
        forget()
    append(log, said(ANH), said(BINH))
    assert [entry.body for entry in log.read()] == [BODY] * 4
    with log.storage.read() as connection:
        rows = log.rows(connection)
    assert rows[0].key_id == rows[2].key_id


def test_a_key_made_in_vain_is_not_remembered(log: LogRecorder) -> None:
    """An append that fails after its key was made leaves no key, in memory either."""
    stream = uuid4().bytes
    append(log, said(b"", stream=stream, content_hash=b"a" * 32))
    refused, _ = log.append(
        [Append([said(ANH), said(b"", stream=stream, content_hash=b"b" * 32)]), Append([said(b"")])]
    )
    assert isinstance(refused, StreamConflict)
    assert count(log, "data_key") == 0
    append(log, said(ANH))
    assert log.read(2)[0].body == BODY
    assert count(log, "data_key") == 1


def test_no_plain_content_reaches_the_file(sqlite_url: str, tmp_path: Path) -> None:
    with opened_log(sqlite_url, tmp_path / "key") as log:
        append_with(log, [Attachment("5e1", b"certificate of Anh", [ANH])], said())
    content = (tmp_path / "hocba.db").read_bytes()
    assert BODY not in content
    assert b"certificate of" not in content


PLACE = place_of(7, 2, b"s" * 16, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda sealed: sealed[:-1],
        lambda sealed: sealed[:20],
        lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
        lambda sealed: sealed[:16] + bytes(12) + sealed[28:],
    ],
    ids=["cut", "short", "tag", "nonce"],
)
def test_any_change_of_what_is_sealed_is_noticed(change) -> None:
    key = DataKey(b"k" * 16, bytes(range(64)))
    sealed = key.seal(b"n" * 12, b"plain", PLACE)
    assert key.open(sealed, PLACE) == b"plain"
    with pytest.raises(SealBroken):
        key.open(change(sealed), PLACE)


@pytest.mark.parametrize(
    "place",
    [
        place_of(8, 2, b"s" * 16, 1),
        place_of(7, 3, b"s" * 16, 1),
        place_of(7, 2, b"t" * 16, 1),
        place_of(7, 2, b"s" * 16, 2),
    ],
    ids=["position", "kind", "stream", "version"],
)
def test_a_seal_holds_in_its_place_alone(place: bytes) -> None:
    key = DataKey(b"k" * 16, bytes(range(64)))
    with pytest.raises(SealBroken):
        key.open(key.seal(b"n" * 12, b"plain", PLACE), place)
