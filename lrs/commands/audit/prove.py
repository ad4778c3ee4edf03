"""lrs audit prove"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from lrs.commands.audit.reading import CANNOT_TELL, show_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lrs.audit.proofs import Receipt
    from lrs.log.recorder import LogRecorder


def prove(
    event: Annotated[
        str | None, typer.Argument(help="The id of a statement, or a position of the log.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the receipt here. [default: standard output]")
    ] = None,
    opening: Annotated[
        Path | None,
        typer.Option(help="Also write what was recorded, with its salt; with --check, read it."),
    ] = None,
    check: Annotated[
        Path | None, typer.Option(help="Check this receipt instead; needs no store.")
    ] = None,
    vkey: Annotated[
        list[str] | None,
        typer.Option(help="With --check: the log's public key, then those of witnesses."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a program to read.")
    ] = False,
) -> None:
    """Prove that one event is in the log: a receipt (c2sp.org/tlog-proof) to be checked offline.

    The receipt names no content. Who has the opening besides can show what was recorded. With
    `--check`, exit code 1 means that the receipt or the opening does not hold, 2 that a file cannot
    be read.
    """
    from lrs.asked import CommandRefused
    from lrs.commands.deciding import ask, is_copy

    if check is not None:
        if event is not None or out is not None:
            raise CommandRefused("--check FILE stands alone, with --vkey and --opening")
        _check(check, opening, vkey or [], as_json)
        return
    if event is None or vkey:
        raise CommandRefused("name a statement or a position; --vkey goes with --check")
    receipt, opened = _prove(event)
    if opening is not None and not is_copy():
        ask("record_opening", position=receipt.position)
    try:
        if opening is not None:
            _write_privately(opening, orjson.dumps(opened, option=orjson.OPT_INDENT_2))
        if out is not None:
            out.write_text(str(receipt), encoding="utf-8")
    except OSError as error:
        raise CommandRefused(f"{error.filename}: {error.strerror}") from None
    said = {"position": receipt.position, "size": receipt.checkpoint.size}
    if as_json:
        show_json(said | {"receipt": str(receipt)})
    elif out is None:
        typer.echo(str(receipt), nl=False)
    else:
        typer.echo(f"{out}: event {said['position']}, in the signed tree of {said['size']} events")


def _prove(event: str) -> tuple["Receipt", Any]:
    from lrs.asked import CommandRefused
    from lrs.audit import proofs
    from lrs.audit.openings import ContentDamaged, ContentLocked, openings
    from lrs.audit.tiles import TileMissing
    from lrs.commands.serve import read
    from lrs.reading import open_for_reading

    try:
        with open_for_reading(read()) as log, log.storage.read() as connection:
            position = _position(log, connection, event)
            receipt = proofs.prove(log, connection, position)
            [(opened, _)] = openings(log, connection, position - 1, position)
    except proofs.NotSignedYet as later:
        hint = "a running server signs within two seconds; `lrs serve` signs what is left"
        raise CommandRefused(f"{later}; {hint}") from None
    except TileMissing as missing:
        raise CommandRefused(f"{missing}; `lrs audit verify` says what is missing") from None
    except (proofs.EventUnknown, ContentDamaged, ContentLocked) as refusal:
        raise CommandRefused(str(refusal)) from None
    return receipt, opened.plain()


def _position(log: "LogRecorder", connection: "Connection", event: str) -> int:
    from lrs.asked import CommandRefused
    from lrs.audit.proofs import position_of_statement
    from schemas.formats import is_uuid

    if event.isascii() and event.isdigit() and len(event) < 19:
        return int(event)
    if not is_uuid(event):
        raise CommandRefused(f"{event}: neither the id of a statement nor a position")
    position = position_of_statement(log, connection, bytes.fromhex(event.replace("-", "")))
    if position is None:
        raise CommandRefused(f"{event}: the log holds no such statement")
    return position


def _check(file: Path, opening: Path | None, vkeys: list[str], as_json: bool) -> None:
    from lrs.asked import CommandRefused
    from lrs.audit.notes import NoteInvalid, Verifier
    from lrs.audit.openings import Opening, OpeningInvalid
    from lrs.audit.proofs import Receipt, ReceiptInvalid

    if not vkeys:
        raise CommandRefused("--check needs --vkey, the log's public key as it was published")
    try:
        keys = [Verifier.parse(vkey) for vkey in vkeys]
        text = file.read_bytes()
        held = None if opening is None else opening.read_bytes()
    except (NoteInvalid, OSError) as error:
        typer.echo(f"lrs: {error}", err=True)
        raise typer.Exit(CANNOT_TELL) from None
    try:
        receipt = Receipt.parse(text.decode())
        entry = receipt.check(keys[0], keys[1:])
        cosigned = len(receipt.note.verified_by(keys[1:]))
        if held is not None:
            receipt.check_opening(Opening.read(orjson.loads(held)))
    except (ReceiptInvalid, OpeningInvalid, ValueError) as invalid:
        typer.echo(f"INVALID: {invalid}")
        raise typer.Exit(1) from None
    said = {**entry.plain(), "size": receipt.checkpoint.size, "cosignatures": cosigned}
    if as_json:
        show_json(said)
        return
    shown = "; the opening is what was recorded" if held is not None else ""
    typer.echo(
        f"VALID: event {entry.position}, {said['topic'] or entry.kind}, stored {said['stored']},"
        f" is in the signed tree of {said['size']} events with {cosigned} cosignatures{shown}"
    )


def _write_privately(path: Path, content: bytes) -> None:
    """It is about a person: for its owner alone."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)
