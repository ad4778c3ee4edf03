"""lrs audit verify-bundle"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lrs.commands.audit.reading import CANNOT_TELL, progress, read_note, show_json

if TYPE_CHECKING:
    from lrs.audit.bundle_checks import Verified

SHOWN = 50  # faults that are printed; all are counted


def verify_bundle(
    directory: Annotated[Path, typer.Argument(help="What `lrs audit export` wrote.")],
    vkey: Annotated[
        str | None,
        typer.Option(
            help="The log's public key, as published or printed. [default: the bundle's own]"
        ),
    ] = None,
    since: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint you kept: the bundle must be of the same log, gone on."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a program to read.")
    ] = False,
) -> None:
    """Verify a bundle offline: every entry, tile, checkpoint, signature, body and closed result.

    Exit code 0 when all of it holds, 1 when something does not, 2 when it cannot be read.
    """
    from lrs.audit.bundle_checks import verify
    from lrs.audit.bundle_files import BundleUnreadable
    from lrs.audit.notes import NoteInvalid

    try:
        remembered = {str(path): read_note(path) for path in since or ()}
        with progress(as_json, "verify") as moved:
            found = verify(directory, vkey=vkey, since=remembered, progress=moved)
    except (BundleUnreadable, NoteInvalid) as refusal:
        typer.echo(f"lrs: {refusal}", err=True)
        raise typer.Exit(CANNOT_TELL) from None
    except OSError as error:
        typer.echo(f"lrs: {error.filename}: {error.strerror}", err=True)
        raise typer.Exit(CANNOT_TELL) from None
    _show(found, as_json, own_key=vkey is None)
    if found.faults:
        raise typer.Exit(1)


def _show(found: "Verified", as_json: bool, *, own_key: bool) -> None:
    if as_json:
        said = found._asdict() | {"root": found.root.hex(), "valid": not found.faults}
        show_json(said | {"faults": [fault._asdict() for fault in found.faults]})
        return
    for fault in found.faults[:SHOWN]:
        typer.echo(f"WRONG  {fault}")
    if len(found.faults) > SHOWN:
        typer.echo(f"WRONG  {len(found.faults) - SHOWN} more are not listed")
    typer.echo(
        f"{found.origin}: {found.size} events, {found.checkpoints} checkpoints,"
        f" {found.cosignatures} cosignatures, {found.bodies} bodies ({found.gone} are gone),"
        f" {found.closings} closings with {found.documents} results"
    )
    typer.echo(f"root {found.root.hex()}")
    typer.echo(f"key {found.vkey}" + (", the bundle's own: compare it" if own_key else ""))
    typer.echo("INVALID" if found.faults else "VALID")
