"""lrs audit cosigned"""

from pathlib import Path
from typing import Annotated

import typer


def cosigned(
    files: Annotated[
        list[Path], typer.Argument(help="Notes that witnesses cosigned (lrs witness cosign).")
    ],
) -> None:
    """Keep the cosignatures in notes that were brought back from witnesses without a network.

    Those of witnesses of the store's policy are kept; the log's pages show them from then on.
    """
    from lrs.asked import CommandRefused
    from lrs.audit.notes import NoteInvalid
    from lrs.commands.audit.reading import read_note
    from lrs.commands.serve import read
    from lrs.control import reach

    try:
        notes = {file: str(read_note(file)) for file in files}
    except (NoteInvalid, OSError) as error:
        raise CommandRefused(str(error)) from None
    with reach(read()) as ask:
        for file, note in notes.items():
            kept = ask("keep_cosignatures", note=note)
            typer.echo(f"{file}: size {kept['size']}, cosigned by {', '.join(kept['witnesses'])}")
