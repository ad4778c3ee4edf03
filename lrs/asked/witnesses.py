"""What witnesses signed without a network."""

from typing import Any

from lrs.asked import CommandRefused
from lrs.audit import checkpoints
from lrs.audit.checkpoints import Checkpoint
from lrs.audit.notes import Note, NoteInvalid
from lrs.store import Store


class Witnesses:
    def __init__(self, store: Store) -> None:
        self._store = store

    def keep_cosignatures(self, note: str) -> dict[str, Any]:
        """Keep the cosignatures in a note of this log by witnesses of its policy; the first one of
        a key stands.
        """
        store = self._store
        if store.policy is None:
            raise CommandRefused(
                "LRS_WITNESS_POLICY_FILE is not set: it says whose cosignatures count"
            )
        try:
            brought = Note.parse(note)
            checkpoint = Checkpoint.parse(brought.text)
            known = {known.verifier: known.name for known in store.policy.witnesses}
            signed_by = brought.verified_by(known)
        except NoteInvalid as wrong:
            raise CommandRefused(f"not a cosigned checkpoint: {wrong}") from None
        if not signed_by:
            raise CommandRefused("no witness of the policy has cosigned this note")
        keys = {verifier[:2] for verifier in signed_by}
        lines = [it.line for it in brought.signatures if (it.name, it.key_id) in keys]
        with store.storage.write() as connection:
            epochs = {epoch.origin: epoch.epoch for epoch in checkpoints.epochs(connection)}
            epoch = epochs.get(checkpoint.origin, 0)
            signed = checkpoints.note_at(connection, epoch, checkpoint.size)
            if signed is None or signed.checkpoint != checkpoint:
                raise CommandRefused(
                    f"this log never signed that checkpoint: {checkpoint.origin}, size"
                    f" {checkpoint.size}. Keep the file: it is of another log, or shows a fork."
                )
            for line in lines:
                checkpoints.add_cosignature(connection, epoch, checkpoint.size, line)
        return {"size": checkpoint.size, "witnesses": [known[it] for it in signed_by]}
