"""The witness over HTTP, status by status, as c2sp.org/tlog-witness has it."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from unittest.mock import patch

import httpx
import pytest

from lrs.audit.notes import Note, Signer
from lrs.witness import server
from lrs.witness.memory import name_of
from lrs.witness.server import create_app
from lrs.witness.submission import MOST_BYTES, Submission
from lrs.witness.witness import Witness
from tests.lrs.witness.growing import NAME, GrowingLog
from tests.lrs.witness.servers import serving


@pytest.fixture
async def http(witness: Witness) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(witness))
    async with httpx.AsyncClient(transport=transport, base_url="https://w.example") as client:
        yield client


async def test_a_checkpoint_is_answered_with_signature_lines_of_it(
    log: GrowingLog, witness: Witness, http: httpx.AsyncClient
):
    answer = await http.post("/add-checkpoint", content=bytes(log.submission(0, 6)))
    assert answer.status_code == 200
    assert answer.text.startswith(f"— {witness.name} ")
    assert answer.text.endswith("\n")
    note = Note.parse(log.note(6) + answer.text)
    assert note.verified_by([witness.cosigners[0].verifier])


async def test_another_size_is_409_with_the_size_in_its_own_media_type(
    log: GrowingLog, http: httpx.AsyncClient
):
    await http.post("/add-checkpoint", content=bytes(log.submission(0, 6)))
    for old, new in ((0, 8), (4, 5), (7, 9)):
        answer = await http.post("/add-checkpoint", content=bytes(log.submission(old, new)))
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "text/x.tlog.size"
        assert answer.content == b"6\n"


async def test_what_is_wrong_gets_the_status_of_the_specification(
    log: GrowingLog, witness: Witness, http: httpx.AsyncClient
):
    await http.post("/add-checkpoint", content=bytes(log.submission(0, 6)))
    good = log.submission(6, 9)
    stranger = Signer.generate(NAME)
    text = log.checkpoint(9).text
    wrong = {
        403: [
            good._replace(note=str(stranger.note(text))),
            good._replace(note=log.note(9).replace("\n9\n", "\n8\n")),
        ],
        404: [good._replace(note=GrowingLog(9, "unknown.example").note(9))],
        400: [
            Submission(9, (), log.note(8)),
            good._replace(note="no note at all\n"),
            good._replace(note=str(log.signer.note("one line\n"))),
            good._replace(note=log.note(9).replace("\n9\n", f"\n{'9' * 5000}\n")),
        ],
        422: [
            good._replace(proof=good.proof[1:]),
            good._replace(note=log.branched(4, 9).note(9)),
            Submission(6, (bytes(32),), log.note(6)),
        ],
    }
    for status, submissions in wrong.items():
        for submission in submissions:
            answer = await http.post("/add-checkpoint", content=bytes(submission))
            assert (answer.status_code, submission) == (status, submission)
            assert str(witness.folder) not in answer.text
    assert (await http.post("/add-checkpoint", content=bytes(good))).status_code == 200


MISSPELT: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda body: b"",
    "leading zero": lambda body: body.replace(b"old 0", b"old 00"),
    "negative": lambda body: body.replace(b"old 0", b"old -1"),
    "trailing space": lambda body: body.replace(b"old 0", b"old 0 "),
    "too large": lambda body: body.replace(b"old 0", b"old 99999999999999999999"),
    "other digits": lambda body: body.replace(b"old 0", "old ٣".encode()),
    "no size": lambda body: body.replace(b"old 0\n", b""),
    "short hash": lambda body: body.replace(b"old 0\n", b"old 0\nAAAA\n"),
    "64 hashes": lambda body: body.replace(b"old 0\n", b"old 0\n" + (b"A" * 43 + b"=\n") * 64),
    "no gap": lambda body: body.replace(b"\n\n", b"\n"),
    "other line ends": lambda body: body.replace(b"\n", b"\r\n"),
    "no last line end": lambda body: body.removesuffix(b"\n"),
    "not UTF-8": lambda body: body + b"\xff",
}


@pytest.mark.parametrize("change", MISSPELT.values(), ids=MISSPELT)
async def test_what_is_not_written_as_the_protocol_has_it_is_400(
    change: Callable[[bytes], bytes], log: GrowingLog, witness: Witness, http: httpx.AsyncClient
):
    body = bytes(log.submission(0, 6))
    changed = change(body)
    assert changed != body
    answer = await http.post("/add-checkpoint", content=changed)
    assert answer.status_code == 400, answer.text
    assert witness.last_of(NAME).size == 0


async def test_bodies_are_bounded_in_size_and_time(log: GrowingLog, http: httpx.AsyncClient):
    answer = await http.post("/add-checkpoint", content=bytes(MOST_BYTES + 1))
    assert answer.status_code == 413

    async def never() -> AsyncIterator[bytes]:
        yield b"old 0\n"
        await asyncio.sleep(5)
        yield b""

    with patch.object(server, "BODY_SECONDS", 0.05):
        answer = await http.post("/add-checkpoint", content=never())
    assert answer.status_code == 408
    assert (await http.get("/add-checkpoint")).status_code == 405


async def test_monitors_get_the_last_checkpoint_with_both_signatures(
    log: GrowingLog, witness: Witness, http: httpx.AsyncClient
):
    path = f"/{name_of(NAME)}/checkpoint"
    assert (await http.get(path)).status_code == 404
    for old, new in ((0, 6), (6, 9)):
        answer = await http.post("/add-checkpoint", content=bytes(log.submission(old, new)))
        note = (await http.get(path)).text
        assert note == log.note(new) + answer.text
    assert (await http.get("/..%2F/checkpoint")).status_code == 404
    assert (await http.get("/vkeys")).text == f"{witness.cosigners[0].vkey}\n"


async def test_a_disk_that_fails_is_500_and_nothing_is_signed(
    log: GrowingLog, http: httpx.AsyncClient
):
    await http.post("/add-checkpoint", content=bytes(log.submission(0, 6)))
    with patch("lrs.witness.memory.os.fsync", side_effect=OSError(28, "No space left on device")):
        answer = await http.post("/add-checkpoint", content=bytes(log.submission(6, 9)))
    assert (answer.status_code, "—" in answer.text) == (500, False)
    answer = await http.post("/add-checkpoint", content=bytes(log.submission(6, 9)))
    assert answer.status_code == 500


def test_killed_under_load_it_resumes_where_it_was_and_stops_when_told(
    log: GrowingLog, witness: Witness
):
    log.grow(400)
    cosigned = 0

    def keep_sending(url: str) -> None:
        nonlocal cosigned
        with httpx.Client(base_url=url) as client:
            while cosigned < 390:
                body = bytes(log.submission(cosigned, cosigned + 1))
                try:
                    if client.post("/add-checkpoint", content=body).status_code == 200:
                        cosigned += 1
                except httpx.HTTPError:
                    return

    for goal in (1, 20):
        with serving(witness.folder) as (url, process):
            sender = threading.Thread(target=keep_sending, args=(url,))
            sender.start()
            while sender.is_alive() and cosigned < goal:
                sender.join(0.001)
            process.kill()
            sender.join()
        witness.check()
        assert witness.last_of(NAME).size - cosigned in (0, 1)  # remembered before it was shown
        cosigned = witness.last_of(NAME).size
    assert cosigned >= 20
    forged = log.branched(cosigned - 1, cosigned + 5)
    with serving(witness.folder) as (url, process):
        for other, status in ((forged, 422), (log, 200)):
            body = bytes(other.submission(cosigned, cosigned + 5))
            assert httpx.post(f"{url}/add-checkpoint", content=body).status_code == status
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
