"""lrs audit digest"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from lrs.commands.audit.reading import position_asked, progress, reading, show_json
from lrs.commands.output import console

if TYPE_CHECKING:
    from lrs.audit.digests import Difference, ProjectionDigest

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


def digest(
    as_of: Annotated[
        str | None,
        typer.Option(help="As of a position of the log or a time, replayed. [default: live]"),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Replay the log too and name the first row that differs."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the digest of the tables computed from the log; equal wherever they were computed.

    With `--check` it ends with 1 if the live tables are not what the log gives.
    """
    from lrs.asked import CommandRefused
    from lrs.audit.alone import alone
    from lrs.audit.digests import live_digests
    from lrs.audit.replay import ALL, first_wrong_row, replaying

    with reading() as log:
        if check and as_of is not None:
            raise CommandRefused("--check is of the live tables, --as-of is not: give one of them")
        if as_of is not None:
            with log.storage.read() as connection:
                position = position_asked(log, connection, as_of)
            with replaying(alone(log)) as replayed:
                with progress(as_json) as moved:
                    replayed.to(position, moved)
                show(replayed.digests(), as_json)
            return
        with log.storage.read() as connection:
            digests = live_digests(log, connection, ALL)
        wrong: list[Difference] = []
        if check:
            log_alone = alone(log)
            for projection in ALL:
                with progress(as_json, projection.NAME) as moved:
                    differs = first_wrong_row(log_alone, projection, moved)
                if differs is not None:
                    wrong.append(differs)
        show(digests, as_json, wrong if check else None)
    if wrong:
        raise typer.Exit(1)


def show(
    digests: Sequence["ProjectionDigest"],
    as_json: bool,
    wrong: Sequence["Difference"] | None = None,
) -> None:
    """``wrong`` is what a check found, None where none was asked for."""
    from lrs.audit.digests import left_out

    if as_json:
        said = {
            "projections": [
                one._asdict() | {"tables": [table._asdict() for table in one.tables]}
                for one in digests
            ],
            "left_out": left_out(),
        }
        if wrong is not None:
            said["wrong"] = [
                one._asdict() | {"live": _text(one.live), "replayed": _text(one.replayed)}
                for one in wrong
            ]
        show_json(said)
        return
    table = Table("projection", "position", "rows", "SHA-256", box=None)
    for one in digests:
        rows = sum(each.rows for each in one.tables)
        table.add_row(one.name, str(one.position), f"{rows:,}", one.digest)
    out = console()
    out.print(table)
    out.print(f"not in the log, so left out: {', '.join(left_out())}")
    for differs in wrong or ():
        out.print(
            f"{differs.table}: the live table has {_text(differs.live)}, the log gives"
            f" {_text(differs.replayed)}. `lrs projections rebuild {differs.projection}` mends it."
        )
    if wrong is not None and not wrong:
        out.print("the live tables are what the log gives")


def _text(row: Sequence[object] | None) -> str:
    return "no such row" if row is None else repr(row)
