"""lrs audit checkpoint"""

from pathlib import Path
from typing import Annotated

import orjson
import typer


def checkpoint(
    vkey: Annotated[
        bool, typer.Option("--vkey", help="Print the key that verifies it, instead.")
    ] = False,
    policy: Annotated[
        Path | None,
        typer.Option(
            help="The last one that this policy (c2sp.org/tlog-policy) believes; with --note,"
            " whether it believes that note."
        ),
    ] = None,
    note_file: Annotated[
        Path | None, typer.Option("--note", help="Judge this note by --policy; no store is needed.")
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("--print", help="Write a page to print, sign and keep: an HTML file."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a program to read.")
    ] = False,
) -> None:
    """Print the last signed checkpoint, with the cosignatures held for it.

    Keep it where nobody who runs the store can change it: `lrs audit verify --since` compares the
    log with it at any later time. The text is a C2SP checkpoint, made for witnesses too.
    """
    from lrs.asked import CommandRefused
    from lrs.audit.checkpoints import cosigned, epochs, latest
    from lrs.audit.quorums import last_quorum
    from lrs.audit.second_key import second_vkey
    from lrs.commands.audit.judging import judge_file, read_policy, write_page
    from lrs.commands.serve import read
    from lrs.reading import open_for_reading
    from lrs.store_time import iso_time

    believed = read_policy(policy)
    if note_file is not None:
        judge_file(note_file, believed, as_json=as_json)
        return
    with open_for_reading(read()) as log, log.storage.read() as connection:
        begun, signed = epochs(connection), latest(connection)
        if believed is not None and signed is not None:
            signed = last_quorum(connection, believed).signed
            if signed is None:
                raise CommandRefused(f"{policy} believes no checkpoint of this log yet")
        note = str(cosigned(connection, signed)) if signed else ""
    if signed is None:
        raise CommandRefused("no checkpoint was signed yet: start the store once")
    epoch = next(epoch for epoch in begun if epoch.epoch == signed.epoch)
    if page is not None:
        write_page(page, signed, note, epoch.vkey, believed)
        return
    if as_json:
        said = {
            "epoch": epoch.epoch,
            "origin": epoch.origin,
            "size": signed.size,
            "root": signed.checkpoint.root.hex(),
            "signed": iso_time(signed.signed),
            "vkey": epoch.vkey,
            "note": note,
        }
        typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
    else:
        second = second_vkey(read()) if vkey else None
        typer.echo("\n".join(filter(None, (epoch.vkey, second))) if vkey else note, nl=vkey)
