"""lrs audit replay"""

from pathlib import Path
from typing import Annotated

import typer

from lrs.commands.audit.digest import AsJson, show
from lrs.commands.audit.reading import position_asked, progress, reading


def replay(
    as_of: Annotated[
        str,
        typer.Option(help="A position of the log or a time, as 2026-11-30T23:59+07:00."),
    ],
    into: Annotated[
        Path | None,
        typer.Option(help="Keep the replayed database in this new file (SQLite)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute every projection anew from the log, as it was at a position, and print its digest.

    The store may be in use meanwhile; it is only read. A file that is kept holds what the store
    holds about people, and can be asked: `lrs audit results FILE --period ID`.
    """
    from lrs.audit.alone import alone
    from lrs.audit.replay import replaying
    from lrs.commands.deciding import noted

    with reading() as log:
        with log.storage.read() as connection:
            position = position_asked(log, connection, as_of)
        if into is not None:
            noted("lrs audit replay", None, as_of=as_of)
        with replaying(alone(log), into=into) as replayed:
            with progress(as_json) as moved:
                replayed.to(position, moved)
            show(replayed.digests(), as_json)
    if into is not None and not as_json:
        typer.echo(f"kept in {into}: only you can read it; remove it when you are done")
