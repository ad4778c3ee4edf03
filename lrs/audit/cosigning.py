"""Asks witnesses to cosign the log's checkpoints, and keeps what they sign.

It follows the signed checkpoints from afar: neither the sealer nor anybody who appends waits for
it, and a witness that is slow, away or wrong holds up none of the others. Only the newest
checkpoint is sent; a witness that missed some is shown that it continues what it saw last.

Source: c2sp.org/tlog-witness.
"""

from collections import defaultdict
from collections.abc import Sequence
from threading import Event, Thread
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection, bindparam, func, select, text

from lrs.audit import checkpoints
from lrs.audit.checkpoints import SignedCheckpoint
from lrs.audit.merkle import consistency_proof
from lrs.audit.notes import Note, NoteInvalid, Signature, Verifier
from lrs.audit.policy import Policy, PolicyInvalid
from lrs.audit.sending import SECONDS, NotReached, post
from lrs.audit.tiles import Tiles
from lrs.log.recorder import LogRecorder
from lrs.log.tables import COSIGNATURE
from lrs.settings import InvalidSettings, Settings
from lrs.witness.submission import Submission

LOOK: Final = 2.0  # seconds between looks at the newest checkpoint, at most
TURN: Final = 4 * SECONDS  # a process that asks is done by then, or dead
LONGEST_PAUSE: Final = 3600.0  # after failures
TRIES: Final = 3  # in a turn: a witness may be at another size than was thought, and move on
MICROSECONDS: Final = 1_000_000

_COSIGNED = select(func.max(COSIGNATURE.c.size)).where(
    COSIGNATURE.c.epoch == bindparam("epoch"),
    COSIGNATURE.c.name == bindparam("name"),
    COSIGNATURE.c.key_id == bindparam("key_id"),
)
_TAKE_TURN = text(
    "INSERT INTO witness_turn (url, not_before) VALUES (:url, :until)"
    " ON CONFLICT (url) DO UPDATE SET not_before = excluded.not_before"
    " WHERE witness_turn.not_before <= :now OR witness_turn.not_before > :latest"
    " RETURNING url"
)
_END_TURN = text("UPDATE witness_turn SET not_before = :until WHERE url = :url")

logger = structlog.get_logger(__name__)


class WitnessFailed(Exception):
    """A witness did not cosign; says why."""


class WitnessUnreached(WitnessFailed):
    """A witness gave no answer, or said that it cannot sign now."""


class WitnessAhead(WitnessFailed):
    """A witness cosigned more of this log than this database holds: it was set back, or copied."""


class WitnessDisagrees(WitnessFailed):
    """A witness does not find that this log continues what it cosigned before."""


class Asked(NamedTuple):
    """A witness that can be asked: one address, the keys it signs with."""

    name: str
    url: str
    verifiers: tuple[Verifier, ...]


def reachable(policy: Policy) -> list[Asked]:
    """The witnesses of a policy that have an address; keys of one address are one witness's."""
    by_url = defaultdict(list)
    for known in policy.witnesses:
        if known.url is not None:
            by_url[known.url].append(known)
    return [
        Asked(those[0].name, url, tuple(known.verifier for known in those))
        for url, those in by_url.items()
    ]


def read_policy(settings: Settings) -> Policy | None:
    """The policy of the store's witnesses, if it has one. Raises InvalidSettings."""
    if settings.witness_policy_file is None:
        return None
    try:
        return Policy.read(settings.witness_policy_file)
    except PolicyInvalid as invalid:
        raise InvalidSettings(f"LRS_WITNESS_POLICY_FILE={invalid}") from None


class Submitter:
    """A thread that has the newest checkpoint cosigned, by each witness at most once an interval.

    ``failures`` names the witnesses that did not, and why. Several processes of a store take
    turns at each witness.
    """

    def __init__(self, log: LogRecorder, witnesses: Sequence[Asked], interval: float) -> None:
        self._log = log
        self._witnesses = witnesses
        self._interval = interval
        self._pauses: dict[str, float] = {}
        self._closing = Event()
        self.failures: dict[str, str] = {}
        self._thread = Thread(target=self._run, name="submitter", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread; one that waits for a witness's answer first takes it, or gives up."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(min(LOOK, self._interval)):
            for witness in self._witnesses:
                if self._closing.is_set():
                    return
                try:
                    self._follow(witness)
                except Exception as error:
                    self._failed(witness, f"{type(error).__name__}: {error}")

    def _follow(self, witness: Asked) -> None:
        with self._log.storage.read() as connection:
            signed = checkpoints.latest(connection)
            if signed is None or cosigned_size(connection, signed.epoch, witness) >= signed.size:
                return
        if not self._take_turn(witness):
            return
        pause = self._interval
        try:
            submit(self._log, witness)
            self.failures.pop(witness.name, None)
            self._pauses.pop(witness.name, None)
        except WitnessFailed as failed:
            pause = self._pauses.get(witness.name, self._interval) * 2
            pause = self._pauses[witness.name] = min(pause, max(LONGEST_PAUSE, self._interval))
            self._failed(witness, str(failed), urgent=not isinstance(failed, WitnessUnreached))
        finally:
            self._end_turn(witness, pause)

    def _failed(self, witness: Asked, why: str, *, urgent: bool = False) -> None:
        if self.failures.get(witness.name) != why:
            say = logger.error if urgent else logger.warning
            say("a witness did not cosign", witness=witness.name, url=witness.url, reason=why)
        self.failures[witness.name] = why

    def _take_turn(self, witness: Asked) -> bool:
        now = self._log.clock()
        values = {
            "url": witness.url,
            "now": now,
            "until": now + int(TURN * MICROSECONDS),
            "latest": now + int((max(LONGEST_PAUSE, self._interval) + TURN) * MICROSECONDS),
        }  # a turn later than the latest was taken before the clock was set back
        with self._log.storage.write() as connection:
            return connection.execute(_TAKE_TURN, values).first() is not None

    def _end_turn(self, witness: Asked, pause: float) -> None:
        until = self._log.clock() + int(pause * MICROSECONDS)
        with self._log.storage.write() as connection:
            connection.execute(_END_TURN, {"url": witness.url, "until": until})


def submit(log: LogRecorder, witness: Asked) -> SignedCheckpoint:
    """Have the witness cosign the newest checkpoint; it is durable when this returns.

    Raises WitnessFailed.
    """
    with log.storage.read() as connection:
        signed = checkpoints.latest(connection)
        if signed is None:
            raise WitnessFailed("there is no checkpoint yet")
        old = known = cosigned_size(connection, signed.epoch, witness)
    for _ in range(TRIES):
        with log.storage.read() as connection:
            proof = consistency_proof(old, signed.size, Tiles(log, connection).node)
        submission = Submission(old, tuple(proof), signed.note)
        try:
            answer = post(f"{witness.url}/add-checkpoint", bytes(submission))
        except NotReached as why:
            raise WitnessUnreached(f"{witness.url}: {why}") from None
        if answer.status == 200:
            keep(log, signed, witness, _lines(signed, witness, answer.body))
            return signed
        if answer.status != 409:
            raise _failure(answer.status, answer.body)
        old = _size(answer.body)
        if old < known:
            logger.error("a witness forgot what it cosigned", witness=witness.name, size=old)
        if old > signed.size:
            signed = _newer(log, signed, old)
    raise WitnessFailed("the witness names another size each time")


def cosigned_size(connection: Connection, epoch: int, witness: Asked) -> int:
    """The largest tree of an epoch that all of a witness's keys have cosigned, as far as is kept;
    0 when there is none.
    """
    sizes = [
        connection.scalar(_COSIGNED, {"epoch": epoch, "name": it.name, "key_id": it.key_id})
        for it in witness.verifiers
    ]
    return min(size or 0 for size in sizes)


def keep(
    log: LogRecorder, signed: SignedCheckpoint, witness: Asked, lines: Sequence[Signature]
) -> None:
    with log.storage.write() as connection:
        for line in lines:
            checkpoints.add_cosignature(connection, signed.epoch, signed.size, line.line)
    logger.info("cosigned", witness=witness.name, size=signed.size)


def _lines(signed: SignedCheckpoint, witness: Asked, body: bytes) -> list[Signature]:
    """The cosignatures of a witness in its answer. Raises WitnessFailed when they do not hold."""
    known = {(verifier.name, verifier.key_id) for verifier in witness.verifiers}
    try:
        said = body.decode().removesuffix("\n").split("\n")
        lines = [it for it in map(Signature.parse, said) if (it.name, it.key_id) in known]
        note = Note(Note.parse(signed.note).text, tuple(lines))
        verified = note.verified_by(witness.verifiers)
    except (NoteInvalid, UnicodeDecodeError) as wrong:
        raise WitnessFailed(f"the answer is no cosignature of the checkpoint: {wrong}") from None
    if missing := [it.name for it in witness.verifiers if it not in verified]:
        raise WitnessFailed(f"the answer holds no cosignature by the known key of {missing[0]}")
    if any(int.from_bytes(it.signature[:8]) == 0 for it in lines):
        raise WitnessFailed("the cosignature does not say when it was made")
    return lines


def _newer(log: LogRecorder, signed: SignedCheckpoint, size: int) -> SignedCheckpoint:
    """The newest checkpoint, now that a witness has seen one past ``signed``: another process may
    have sent it.
    """
    with log.storage.read() as connection:
        newest = checkpoints.latest(connection)
    if newest is None or newest.epoch != signed.epoch or newest.size < size:
        raise WitnessAhead(
            f"the witness has cosigned size {size} of this log, which has {signed.size} here. This"
            " database was set back, or is a copy beside the real one: do not go on with it before"
            " you know which (lrs audit verify)."
        )
    return newest


def _failure(status: int, body: bytes) -> WitnessFailed:
    said = body[:300].decode(errors="replace").strip()
    match status:
        case 403:
            return WitnessFailed(f"the witness does not take this log's signature (403): {said}")
        case 404:
            return WitnessFailed(
                "the witness does not watch this log (404): give its operator the vkey that"
                " lrs audit checkpoint --vkey prints"
            )
        case 422:
            return WitnessDisagrees(
                f"the witness finds that this log does not continue what it saw (422): {said}"
            )
    return WitnessUnreached(f"the witness answers {status}: {said}")


def _size(body: bytes) -> int:
    digits = body.removesuffix(b"\n")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
        raise WitnessFailed(f"the witness names no size: {body[:40]!r}")
    return int(digits)
