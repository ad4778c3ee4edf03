"""What `lrs audit checkpoint` does with a policy, a note or a page."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import typer

from lrs.asked import CommandRefused
from lrs.audit import cosigning
from lrs.audit.checkpoints import Checkpoint, SignedCheckpoint
from lrs.audit.notes import Note, NoteInvalid
from lrs.audit.policy import Policy, PolicyInvalid, judge, printable
from lrs.audit.printed import printed
from lrs.commands.audit.reading import read_note
from lrs.commands.serve import read
from lrs.store_time import iso_time


def read_policy(path: Path | None) -> Policy | None:
    """The policy of an option, if it is given. Raises CommandRefused."""
    try:
        return None if path is None else Policy.read(path)
    except PolicyInvalid as invalid:
        raise CommandRefused(str(invalid)) from None


def judge_file(path: Path, policy: Policy | None, *, as_json: bool) -> None:
    """Say what a policy makes of a note; exit code 1 when it does not believe it."""
    if policy is None:
        raise CommandRefused("--note needs --policy: by what to judge it")
    try:
        note = read_note(path)
        checkpoint = Checkpoint.parse(note.text)
    except (NoteInvalid, OSError) as unreadable:
        raise CommandRefused(str(unreadable)) from None
    try:
        judged = judge(note, policy)
    except NoteInvalid as wrong:
        raise CommandRefused(f"{path}: {wrong}") from None
    times = {printable(name): iso_time(time * 1_000_000) for name, time in judged.witnesses.items()}
    if as_json:
        said = {"origin": checkpoint.origin, "size": checkpoint.size, **judged._asdict()}
        typer.echo(orjson.dumps(said | {"witnesses": times}, option=orjson.OPT_INDENT_2).decode())
    else:
        typer.echo(f"{checkpoint.origin}, size {checkpoint.size}")
        typer.echo(f"signed by the log: {', '.join(judged.logs) or 'no'}")
        for name, time in times.items():
            typer.echo(f"cosigned by {name} at {time}")
        verdict = "satisfied" if judged.satisfied else "NOT satisfied"
        typer.echo(f"policy, quorum {printable(policy.quorum)}: {verdict}")
    if not judged.satisfied:
        raise typer.Exit(1)


def write_page(
    path: Path, signed: SignedCheckpoint, note: str, vkey: str, policy: Policy | None
) -> None:
    """Write the page of a checkpoint; witnesses are named as the policy does, else the store's."""
    settings = read()
    policy = cosigning.read_policy(settings) if policy is None else policy
    witnesses = () if policy is None else policy.witnesses
    page = printed(
        signed,
        Note.parse(note),
        vkey,
        time_zone=settings.tz,
        now=datetime.now(UTC),
        witnesses=[(printable(known.name), known.verifier) for known in witnesses],
    )
    try:
        path.write_text(page.html, encoding="utf-8")
    except OSError as error:
        raise CommandRefused(f"{path}: {error.strerror}") from None
    typer.echo(f"{path}: size {signed.size}, signatures in it: {len(page.note.signatures)}")
