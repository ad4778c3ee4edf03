"""A store whose checkpoints are cosigned by witnesses in processes of their own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from lrs.app import create_app
from lrs.audit import checkpoints
from lrs.audit.checkpoints import SignedCheckpoint
from lrs.audit.cosignatures import Cosigner
from lrs.audit.cosigning import (
    Asked,
    Submitter,
    WitnessAhead,
    WitnessDisagrees,
    WitnessFailed,
    WitnessUnreached,
    cosigned_size,
    reachable,
    submit,
)
from lrs.audit.notes import ML_DSA_44, Note, Signer
from lrs.audit.policy import Policy, judge, satisfied
from lrs.audit.quorums import last_quorum
from lrs.doctor import examine
from lrs.operation import positions
from lrs.settings import InvalidSettings
from lrs.store import Store
from lrs.witness.server import answer
from lrs.witness.submission import Submission
from lrs.witness.witness import Witness
from schemas.events import Kind, NewEvent
from tests.lrs.conftest import OpenStore
from tests.lrs.witness.growing import GrowingLog

Answering = Callable[[bytes], tuple[int, bytes]]


class WitnessHere:
    """A witness behind a small HTTP server of this process; ``answering`` may be replaced."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self.asked: list[Submission] = []
        self.answering: Answering = self.answer
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                here.asked.append(Submission.parse(body))
                status, content = here.answering(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/w"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def answer(self, body: bytes) -> tuple[int, bytes]:
        answered = answer(self.witness, body)
        return answered.status_code, bytes(answered.body)

    def answers(self, status: int, body: bytes) -> None:
        """From now on, whatever it is asked."""
        self.answering = lambda _: (status, body)

    @property
    def asking(self) -> Asked:
        verifiers = tuple(it.verifier for it in self.witness.cosigners)
        return Asked(self.witness.name, self.url, verifiers)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def witness_of(tmp_path: Path) -> Iterator[Callable[..., WitnessHere]]:
    """Make a witness that watches a log, by its vkey."""
    with ExitStack() as stack:

        def make(vkey: str, name: str = "w1.example", *algorithms: int) -> WitnessHere:
            keys = [Cosigner.generate(name, *it) for it in ((), *((it,) for it in algorithms))]
            here = WitnessHere(Witness.create(tmp_path / name, keys, [vkey]))
            stack.callback(here.close)
            return here

        yield make


def vkey_of(store: Store) -> str:
    return store.sealer.signing.signer.vkey


def append(store: Store, events: int) -> SignedCheckpoint:
    """Append events and wait for a checkpoint that has them."""
    new = [NewEvent(Kind.LOG_OPENED, number.to_bytes(16), b"x") for number in range(events)]
    new = [event._replace(stream_id=unused()) for event in new]
    position = store.writer.append(new).result().positions[-1]
    signed: SignedCheckpoint = wait_for(lambda: (it := latest(store)).size >= position and it)
    return signed


_unused = iter(range(1, 1_000_000))


def unused() -> bytes:
    return next(_unused).to_bytes(16)


def latest(store: Store) -> SignedCheckpoint:
    """The newest checkpoint; a store that was just opened has its first one soon."""

    def found() -> SignedCheckpoint | None:
        with store.storage.read() as connection:
            return checkpoints.latest(connection)

    signed: SignedCheckpoint = wait_for(found)
    return signed


def cosigned(store: Store, signed: SignedCheckpoint) -> Note:
    with store.storage.read() as connection:
        return checkpoints.cosigned(connection, signed)


def is_cosigned(store: Store, signed: SignedCheckpoint) -> bool:
    return len(cosigned(store, signed).signatures) > 1


def wait_for(condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (held := condition()):
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.02)
    return held


def policy_of(store: Store, *witnesses: WitnessHere, quorum: str = "all") -> str:
    lines = [f"log {vkey_of(store)}"]
    names = []
    for number, here in enumerate(witnesses):
        for cosigner in here.witness.cosigners:
            names.append(f"w{number}-{cosigner.verifier.algorithm}")
            lines.append(f"witness {names[-1]} {cosigner.vkey} {here.url}")
    return "\n".join((*lines, f"group g {quorum} {' '.join(names)}", "quorum g", ""))


def test_a_checkpoint_is_cosigned_and_the_next_one_proved_from_there(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here = witness_of(vkey_of(store))
    first = append(store, 3)
    assert submit(store.log, here.asking) == first
    second = append(store, 300)
    assert submit(store.log, here.asking) == second
    assert [it.old for it in here.asked] == [0, first.size]
    assert here.witness.last_of(second.checkpoint.origin).size == second.size
    for signed in (first, second):
        note = cosigned(store, signed)
        assert note.verified_by(here.asking.verifiers) == [*here.asking.verifiers]
        assert satisfied(note, Policy.parse(policy_of(store, here)))
    submit(store.log, here.asking)  # the same again: a first cosignature of a key stands
    assert len(cosigned(store, second).signatures) == 2


def test_a_witness_of_two_keys_gives_two_lines(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here = witness_of(vkey_of(store), "w.example", ML_DSA_44)
    policy = Policy.parse(policy_of(store, here))
    [asked] = reachable(policy)
    assert len(asked.verifiers) == 2
    append(store, 2)
    signed = submit(store.log, asked)
    assert judge(cosigned(store, signed), policy).satisfied


def test_a_witness_that_is_elsewhere_is_proved_to_from_where_it_is(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here = witness_of(vkey_of(store))
    first = append(store, 5)
    here.witness.cosign(Submission(0, (), first.note))  # another way than through the store
    append(store, 5)
    submit(store.log, here.asking)
    assert [it.old for it in here.asked] == [0, first.size]


def test_a_witness_that_forgot_is_shown_everything_and_it_is_said(
    store: Store, witness_of: Callable[..., WitnessHere], tmp_path: Path
):
    here = witness_of(vkey_of(store))
    size = append(store, 2).size
    submit(store.log, here.asking)
    append(store, 5)
    key = (here.witness.folder / "signing-key").read_text()
    here.witness = Witness.create(tmp_path / "again", [Cosigner.parse(key)], [vkey_of(store)])
    with capture_logs() as said:
        submit(store.log, here.asking)
    forgot = {"event": "a witness forgot what it cosigned", "size": 0, "log_level": "error"}
    assert {**forgot, "witness": here.witness.name} in said
    assert [it.old for it in here.asked] == [0, size, 0]


def test_a_database_that_was_set_back_is_told_so_by_a_witness(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here = witness_of(vkey_of(store))
    signed = append(store, 5)
    signer = store.sealer.signing.signer
    other = GrowingLog(signed.size + 50, signed.checkpoint.origin, signer)
    here.witness.cosign(other.submission(0, signed.size + 50))
    with pytest.raises(WitnessAhead, match=f"size {signed.size + 50} of this log.*set back"):
        submit(store.log, here.asking)
    assert len(cosigned(store, signed).signatures) == 1


def test_a_witness_that_saw_another_history_refuses_and_it_is_said(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here = witness_of(vkey_of(store))
    signed = append(store, 5)
    other = GrowingLog(4, signed.checkpoint.origin, store.sealer.signing.signer)
    here.witness.cosign(other.submission(0, 4))
    with pytest.raises(WitnessDisagrees, match="does not continue what it saw"):
        submit(store.log, here.asking)


ANSWERS: list[tuple[int, bytes, type[Exception], str]] = [
    (200, b"", WitnessFailed, "no cosignature"),
    (200, b"nonsense\n", WitnessFailed, "not a signature line"),
    (200, b"\xff\n", WitnessFailed, "no cosignature"),
    (200, b"x" * 100_000, WitnessUnreached, "longer than"),
    (403, b"no\n", WitnessFailed, "does not take this log's signature"),
    (404, b"", WitnessFailed, "lrs audit checkpoint --vkey"),
    (409, b"many\n", WitnessFailed, "names no size"),
    (409, b"0\n", WitnessFailed, "another size each time"),
    (500, b"broken\n", WitnessUnreached, "answers 500: broken"),
    (302, b"", WitnessUnreached, "answers 302"),
]


def test_what_a_witness_answers_instead_is_said(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here = witness_of(vkey_of(store))
    signed = append(store, 2)
    for status, body, error, said in ANSWERS:
        here.answers(status, body)
        with pytest.raises(error, match=said):
            submit(store.log, here.asking)
    assert len(cosigned(store, signed).signatures) == 1


def test_a_cosignature_that_does_not_hold_is_not_kept(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here, other = witness_of(vkey_of(store)), witness_of(vkey_of(store), "w2.example")
    signed = append(store, 4)
    [cosigner] = here.witness.cosigners
    for line, said in (
        (cosigner.sign(GrowingLog(4).checkpoint(4).text, 1_700_000_000), "does not hold"),
        (other.witness.cosigners[0].sign(signed.checkpoint.text, 1_700_000_000), "known key"),
        (cosigner.sign(signed.checkpoint.text, 0), "when it was made"),
    ):
        here.answers(200, f"{line}\n".encode())
        with pytest.raises(WitnessFailed, match=said):
            submit(store.log, here.asking)
    assert len(cosigned(store, signed).signatures) == 1


@contextmanager
def submitting(store: Store, *witnesses: Asked, interval: float = 0.05) -> Iterator[Submitter]:
    submitter = Submitter(store.log, witnesses, interval)
    try:
        yield submitter
    finally:
        submitter.close()


def test_a_witness_that_is_away_holds_up_neither_the_others_nor_the_log(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here = witness_of(vkey_of(store))
    nobody = Asked("nobody", "http://127.0.0.1:9", here.asking.verifiers)
    slow = witness_of(vkey_of(store), "slow.example")
    released = threading.Event()
    slow.answering = lambda body: slow.answer(body) if released.wait(10) else (500, b"")
    with submitting(store, nobody, here.asking) as quick, submitting(store, slow.asking):
        for _ in range(2):
            signed = append(store, 2)
            wait_for(partial(is_cosigned, store, signed))
        assert "refused" in quick.failures["nobody"]
        assert here.witness.name not in quick.failures
        released.set()
        wait_for(lambda: len(cosigned(store, latest(store)).signatures) == 3)


def test_after_failures_a_witness_is_asked_less_and_less(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here = witness_of(vkey_of(store))
    asked: list[float] = []

    def away(_: bytes) -> tuple[int, bytes]:
        asked.append(time.monotonic())
        return 500, b""

    here.answering = away
    with submitting(store, here.asking, interval=0.05) as submitter:
        wait_for(lambda: len(asked) == 4)  # after 0.05, 0.15, 0.35, 0.75 seconds
        pauses = [later - before for before, later in pairwise(asked)]
        assert all(pause >= least for pause, least in zip(pauses, (0.1, 0.2, 0.4), strict=True))
        here.answering = here.answer
        wait_for(lambda: not submitter.failures)


def test_processes_take_turns_at_a_witness(store: Store, witness_of: Callable[..., WitnessHere]):
    here = witness_of(vkey_of(store))
    rounds = 2
    with ExitStack() as stack:
        for _ in range(4):  # each stands for a process
            stack.enter_context(submitting(store, here.asking, interval=0.3))
        for _ in range(rounds):
            signed = append(store, 1)
            wait_for(partial(is_cosigned, store, signed))
    assert len({it.note for it in here.asked}) == len(here.asked)  # nothing was sent twice


async def test_no_checkpoint_is_witnessed_where_there_is_no_policy(store: Store):
    append(store, 1)
    transport = httpx.ASGITransport(create_app(store.settings, store))
    async with httpx.AsyncClient(transport=transport, base_url="https://lrs.example") as http:
        answer = await http.get("/log/checkpoint/witnessed")
    assert (answer.status_code, "LRS_WITNESS_POLICY_FILE" in answer.text) == (404, True)


async def test_a_store_with_a_policy_has_its_checkpoints_cosigned_by_k_of_n(
    open_store: OpenStore, witness_of: Callable[..., WitnessHere], tmp_path: Path, database_url: str
):
    files = {"signing_key_file": tmp_path / "key", "checkpoints_file": tmp_path / "notes"}
    signer = Signer.generate("lrs.example/log")
    (tmp_path / "key").write_text(signer.text())
    (tmp_path / "key").chmod(0o600)
    witnesses = [witness_of(signer.vkey, f"w{number}.example") for number in range(3)]
    witnesses[1].answers(500, b"away\n")
    policy_file = tmp_path / "policy"
    lines = [f"log {signer.vkey}"]
    lines += [
        f"witness w{number} {here.witness.cosigners[0].vkey} {here.url}"
        for number, here in enumerate(witnesses)
    ]
    policy_file.write_text("\n".join((*lines, "group g 2 w0 w1 w2", "quorum g", "")))
    store = open_store(witness_policy_file=policy_file, witness_interval=0.2, **files)
    policy = store.policy
    assert policy is not None
    signed = append(store, 3)

    def reached() -> bool:
        with store.storage.read() as connection:
            return last_quorum(connection, policy).size >= signed.size

    wait_for(reached)
    judged = judge(cosigned(store, signed), policy)
    assert (sorted(judged.witnesses), judged.satisfied) == (["w0", "w2"], True)
    assert not satisfied(signed.note, policy)
    transport = httpx.ASGITransport(create_app(store.settings, store))
    async with httpx.AsyncClient(transport=transport, base_url="https://lrs.example") as http:
        answer = await http.get("/log/checkpoint/witnessed")
    assert answer.text == str(cosigned(store, signed))
    assert store.submitter is not None
    assert "away" in store.submitter.failures["w1"]
    with store.storage.read() as connection:
        numbers = positions(connection, store)
        assert numbers["lrs_quorum_size",] == signed.size
        assert numbers["lrs_quorum_wait_seconds",] == 0
        failed = {url: numbers["lrs_witness_failed", url] for url in ("w0", "w1", "w2")}
        assert failed == {"w0": 0, "w1": 1, "w2": 0}
    [finding] = [it for it in examine(store.settings) if it.what == "witnesses"]
    assert (finding.state, f"size {signed.size}" in finding.seen) == ("ok", True)
    with store.storage.read() as connection:
        assert last_quorum(connection, policy).waits_since is None
        everybody = Policy.parse(policy_file.read_text().replace("g 2 ", "g all "))
        waiting = last_quorum(connection, everybody)
    assert waiting.signed is None
    assert waiting.waits_since is not None
    assert 0 < waiting.waited(store.log.clock()) < 60


def test_a_policy_that_is_none_keeps_the_store_closed(open_store: OpenStore, tmp_path: Path):
    policy_file = tmp_path / "policy"
    for content, said in (("quorum w1\n", "line 1: w1: no witness"), (None, "No such file")):
        if content is None:
            policy_file.unlink()
        else:
            policy_file.write_text(content)
        with pytest.raises(InvalidSettings, match=f"LRS_WITNESS_POLICY_FILE=.*policy.*{said}"):
            open_store(witness_policy_file=policy_file)
    open_store()


def test_how_far_a_witness_is_known_to_be_is_the_least_of_its_keys(
    store: Store, witness_of: Callable[..., WitnessHere]
):
    here = witness_of(vkey_of(store), "w.example", ML_DSA_44)
    signed = append(store, 2)
    line = here.witness.cosigners[0].sign(signed.checkpoint.text, 1_700_000_000)
    with store.storage.write() as connection:
        checkpoints.add_cosignature(connection, signed.epoch, signed.size, line)
    with store.storage.read() as connection:
        assert cosigned_size(connection, signed.epoch, here.asking) == 0
    submit(store.log, here.asking)
    with store.storage.read() as connection:
        assert cosigned_size(connection, signed.epoch, here.asking) == signed.size
