"""lrs audit verify"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lrs.commands.audit.reading import CANNOT_TELL, read_note, reading, show_json

if TYPE_CHECKING:
    from lrs.audit.checks.findings import Finding
    from lrs.audit.verify import Outside, Progress, Verified
    from lrs.settings import Settings

SHOWN: Final = 20  # findings of a rule that are printed; all are counted


def verify(
    since: Annotated[
        Path | None,
        typer.Option(help="A checkpoint you kept: the log must still begin as it did then."),
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Also attachments, content hashes, and every table computed from the log, which is"
            " replayed for that.",
        ),
    ] = False,
    policy: Annotated[
        Path | None,
        typer.Option(help="The witnesses you believe. [default: LRS_WITNESS_POLICY_FILE]"),
    ] = None,
    vkey: Annotated[
        str | None,
        typer.Option(help="The log's public key as you know it. [default: of the signing key]"),
    ] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(help="The file of checkpoints. [default: LRS_CHECKPOINTS_FILE]"),
    ] = None,
    unopened: Annotated[
        bool,
        typer.Option("--unopened", help="Without the sealing key: leave what is sealed unread."),
    ] = False,
    period: Annotated[
        str | None,
        typer.Option(help="Instead: compute this period's results anew, from the log alone."),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(help="With --period: would somebody else get this person's numbers?"),
    ] = None,
    unit: Annotated[str | None, typer.Option(help="With --period: or this unit's?")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a program to read.")
    ] = False,
) -> None:
    """Check that nothing recorded was ever changed; the server may run meanwhile.

    Every body is hashed again, the tree is grown again from all events, and what is stored and
    signed is held against it. Whoever may write the database and has the signing key can make both
    agree: only what is kept elsewhere tells then. Keep checkpoints (`lrs audit checkpoint`) and
    name one by `--since`.

    With `--period` it is the results of a period, and the awards that rest on them, that are held
    against the log, row by row: what was closed, and what the store shows.

    Exit code: 0 when nothing was found, 1 when something was, 2 when it could not be read.
    """
    from lrs.audit.verify import verify as run
    from lrs.commands.audit.period import verify_period
    from lrs.commands.serve import read

    if period is not None or person is not None or unit is not None:
        of_the_log = full or unopened or any((since, policy, vkey, checkpoints))
        verify_period(period, person, unit, as_json=as_json, alone=not of_the_log)
        return
    with reading() as log:
        outside = _outside(read(), since, policy, vkey, checkpoints)
        shown = _Findings(quiet=as_json)
        began = time.monotonic()
        with _progress(as_json) as progress:
            verified = run(log, outside, shown.add, progress, full=full)
        seconds = time.monotonic() - began
    if as_json:
        show_json(_said(verified, shown, seconds))
    else:
        for line in _summary(verified, outside, shown, seconds):
            typer.echo(line)
    if shown.counts:
        raise typer.Exit(1)
    if verified.locked and not unopened:
        typer.echo(
            f"lrs: {verified.locked} sealed bodies could not be opened without the file of the"
            " sealing key, LRS_SEALING_KEY_FILE. Name it, or leave them unread with --unopened.",
            err=True,
        )
        raise typer.Exit(CANNOT_TELL)


class _Findings:
    """Prints findings as they come, so many of a rule, and counts them."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self.counts: Counter[str] = Counter()
        self.kept: list[Finding] = []

    def add(self, finding: "Finding") -> None:
        self.counts[finding.rule] += 1
        if self.counts[finding.rule] <= SHOWN:
            self.kept.append(finding)
            if not self._quiet:
                typer.echo(str(finding))


def _outside(
    settings: "Settings",
    since: Path | None,
    policy: Path | None,
    vkey: str | None,
    checkpoints: Path | None,
) -> "Outside":
    from lrs.asked import CommandRefused
    from lrs.audit.cosigning import read_policy
    from lrs.audit.key_files import read_key
    from lrs.audit.notes import NoteInvalid, Signer, log_verifier
    from lrs.audit.policy import Policy, PolicyInvalid
    from lrs.audit.start import SIGNING_KEY
    from lrs.audit.verify import Outside

    file = settings.checkpoints_path if checkpoints is None else checkpoints
    if checkpoints is not None and not file.exists():
        raise CommandRefused(f"--checkpoints {file}: there is no such file")
    key = settings.signing_key_path
    try:
        verifier = None
        if vkey is not None:
            verifier = log_verifier(vkey)
        elif key.exists():
            verifier = read_key(SIGNING_KEY, key, Signer.parse).verifier
        note = None if since is None else str(read_note(since))
        believed = read_policy(settings) if policy is None else Policy.read(policy)
    except (NoteInvalid, PolicyInvalid) as invalid:
        raise CommandRefused(str(invalid)) from None
    return Outside(verifier, file if file.exists() else None, note, believed)


@contextmanager
def _progress(quiet: bool) -> "Iterator[Progress]":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    err = Console(stderr=True)
    with Progress(
        *columns, console=err, transient=True, disable=quiet or not err.is_terminal
    ) as bar:
        task = bar.add_task("verify", total=None, rate="")
        began = time.monotonic()

        def moved(done: int, total: int) -> None:
            rate = done / max(time.monotonic() - began, 0.001)
            bar.update(task, completed=done, total=total, rate=f"{rate:,.0f} events/s")

        yield moved


def _summary(
    verified: "Verified", outside: "Outside", shown: _Findings, seconds: float
) -> Iterator[str]:
    for rule, number in shown.counts.items():
        if number > SHOWN:
            yield f"{rule}: {number - SHOWN} more"
    yield (
        f"{verified.events:,} events in {seconds:.1f} s"
        f" ({verified.events / max(seconds, 0.001):,.0f}/s), {verified.notes:,} checkpoints,"
        f" {verified.file_notes:,} of them in the file outside the database"
    )
    if verified.erased:
        yield f"{verified.erased:,} events were erased by decisions of the log; their records hold"
    if verified.signed < verified.events:
        yield f"signed up to position {verified.signed}; for what follows only the database vouches"
    if outside.policy is not None:
        yield f"cosigned as the policy asks up to position {verified.witnessed}"
    if outside.file is None:
        yield "no file of checkpoints was there to compare with"
    for begun in verified.epochs:
        yield (
            f"epoch {begun.epoch.epoch} began at position {begun.position}: somebody acknowledged a"
            f" loss ({begun.loss}), {begun.kept} events were there and {begun.signed} had been"
            f" signed; {verified.excused} checkpoints contradict what was kept"
        )
    if shown.counts:
        yield f"NOT verified: {shown.counts.total()} findings"
    elif outside.since is None:
        yield "Verified. A checkpoint you kept yourself says more: --since"
    else:
        yield "Verified, and it continues the checkpoint you kept."


def _said(verified: "Verified", shown: _Findings, seconds: float) -> dict[str, Any]:
    return {
        **verified._asdict(),
        "epochs": [begun._asdict() for begun in verified.epochs],
        "seconds": round(seconds, 3),
        "findings": [{**one._asdict(), "meaning": one.meaning} for one in shown.kept],
        "counts": shown.counts,
    }
