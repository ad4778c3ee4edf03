"""lrs audit timestamp"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def timestamp(
    tsa: Annotated[
        str | None, typer.Option(help="The URL of a time-stamping authority (RFC 3161).")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(help="Check this token, instead of asking for one.")
    ] = None,
    roots: Annotated[
        Path | None, typer.Option(help="The authority's root certificates, in PEM.")
    ] = None,
    note: Annotated[
        Path | None,
        typer.Option(help="The note: by default the last one signed, or the one beside the token."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the token and its note are written.")] = Path(),
) -> None:
    """Have a time-stamping authority say when the last checkpoint existed, or check what it said.

    Writes checkpoint-SIZE.tsr, and checkpoint-SIZE.note, of which it is. A token is checked with
    --check and --roots alone: no store is needed. Exit code 1 when it does not hold.
    """
    from lrs.asked import CommandRefused
    from lrs.audit.timestamps import TimestampInvalid, check_token, read_roots, request_token

    try:
        trusted = read_roots(roots.read_bytes()) if roots is not None else []
        match tsa, check:
            case str(url), None:
                size, text = _signed(note)
                token = request_token(text, url, trusted)
                written = out / f"checkpoint-{size}"
                written.with_suffix(".note").write_bytes(text)
                written.with_suffix(".tsr").write_bytes(token.response)
                typer.echo(f"{written}.tsr: {_shown(token.time)}")
                if not trusted:
                    typer.echo("The authority's signature was not checked: give its --roots.")
            case None, Path() as path if trusted:
                text = (path.with_suffix(".note") if note is None else note).read_bytes()
                time = check_token(path.read_bytes(), text, trusted)
                typer.echo(f"{path}: valid. The checkpoint existed at {_shown(time)}")
            case None, Path():
                raise CommandRefused("--check needs --roots: whom to believe")
            case _:
                raise CommandRefused("give --tsa URL to get a token, or --check TOKEN --roots PEM")
    except TimestampInvalid as invalid:
        raise CommandRefused(str(invalid)) from None
    except OSError as error:
        raise CommandRefused(f"{error.filename}: {error.strerror}") from None


def _signed(path: Path | None) -> tuple[int, bytes]:
    """The size and the text of a note, of a file or of the store: as the log signed it."""
    from lrs.asked import CommandRefused
    from lrs.audit.checkpoints import Checkpoint, latest
    from lrs.audit.notes import NoteInvalid
    from lrs.commands.serve import read
    from lrs.reading import open_for_reading

    if path is not None:
        content = path.read_bytes()
        try:
            return Checkpoint.parse(content.decode()).size, content
        except (NoteInvalid, UnicodeDecodeError) as wrong:
            raise CommandRefused(f"{path}: {wrong}") from None
    with open_for_reading(read()) as log, log.storage.read() as connection:
        signed = latest(connection)
    if signed is None:
        raise CommandRefused("no checkpoint was signed yet: start the store once")
    return signed.size, signed.note.encode()


def _shown(time: datetime) -> str:
    from zoneinfo import ZoneInfo

    from lrs.commands.serve import read

    return f"{time.astimezone(ZoneInfo(read().tz)):%d/%m/%Y %H:%M:%S %z}"
