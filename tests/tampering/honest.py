"""What happens to a log without anybody doing wrong: none of it may look like tampering."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from lrs.audit.recovery import recover
from lrs.log.opening import open_log
from lrs.log.recorder import Append
from lrs.log.storage import open_storage
from lrs.privacy.subjects import of_statement
from lrs.rebuild import rebuild
from lrs.store import INLINE
from projections import statement_index
from schemas.events import NewEvent
from schemas.privacy import KIND_OF, PersonForgotten, Subject, body_of
from tests.lrs.privacy.stores import destroy_of
from tests.tampering.logs import BATCH, Log, copied, learned


@dataclass(frozen=True)
class Course:
    """``how`` gives the log as it is afterwards; ``sealed``: it takes a log that seals. ``full``:
    what the tables hold is looked at too.
    """

    what: str
    how: Callable[[Log], Log]
    sealed: bool = False
    full: bool = False


def nothing(log: Log) -> Log:
    return log


def grown(log: Log) -> Log:
    """More events, and more checkpoints."""
    with log.opened() as store:
        for _ in range(3):
            store.log.append([Append([learned(number) for number in range(BATCH)])])
            store.sealer.seal(last=True)
    return log


def not_sealed_yet(log: Log) -> Log:
    """Events that no checkpoint covers."""
    events = [learned(number)._replace(subject=b"") for number in range(3)]
    storage = open_storage(log.url)
    try:
        open_log(storage, INLINE).append([Append(events)])
    finally:
        storage.close()
    return log


def opened_again(log: Log) -> Log:
    for _ in range(2):
        with log.opened():
            pass
    return log


def rebuilt(log: Log) -> Log:
    with log.opened() as store:
        rebuild(store.log, statement_index)
    return log


def forgotten(log: Log) -> Log:
    """One of the people: the event that says so and the end of the keys, in one transaction."""
    subject = of_statement(learned(1).value)
    with log.opened() as store:
        with store.storage.erase() as connection:
            position = store.log.head_of(connection).position
            token = store.data_keys.token_of(connection, subject)
            keys = destroy_of(store.data_keys, connection, subject)
            said = PersonForgotten(
                position=position,
                home_page="https://lrs.example/forgotten",
                pseudonym="a1",
                subjects=(Subject(token.hex()),),
                keys=tuple(key.hex() for key in keys),
                basis="12/QĐ",
                proposed_by=bytes(16).hex(),
                approved_by=bytes([1] * 16).hex(),
            )
            store.log.append_in(
                connection, [NewEvent(KIND_OF[PersonForgotten], bytes(16), body_of(said))]
            )
        store.log.wake()
        store.finisher.finish()
    return log


def key_lost(log: Log) -> Log:
    """The signing key is gone for good: another one begins an epoch."""
    log.settings.signing_key_path.unlink()
    return acknowledged(log)


def set_back(log: Log) -> Log:
    """An older copy had to do: what came after it is lost, and somebody said so. What is remembered
    is from before.
    """
    with copied(log) as later:
        grown(later)
        shutil.copy(later.settings.checkpoints_path, log.settings.checkpoints_path)
    return acknowledged(log)


def acknowledged(log: Log) -> Log:
    storage = open_storage(log.url)
    try:
        assert recover(open_log(storage), log.settings) is not None
    finally:
        storage.close()
    return grown(log)


COURSES: Final[Sequence[Course]] = (
    Course("nothing", nothing, full=True),
    Course("nothing, sealed", nothing, sealed=True, full=True),
    Course("opened and closed again", opened_again),
    Course("grown", grown),
    Course("grown, not signed yet", not_sealed_yet),
    Course("computed tables rebuilt", rebuilt, full=True),
    Course("a person forgotten", forgotten, sealed=True, full=True),
    Course("signing key lost, a new epoch", key_lost),
    Course("an older copy restored, a new epoch", set_back),
)
