"""lrs audit diff"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lrs.commands.audit.reading import position_asked, progress, reading, show_json
from lrs.commands.output import console

if TYPE_CHECKING:
    from lrs.audit.differences import Compared
    from lrs.audit.replay import Progress
    from lrs.log.recorder import LogRecorder


def diff(
    period: Annotated[str, typer.Option(help="The id of the period.")],
    first: Annotated[
        str | None,
        typer.Option("--from", help="The results at this position or time, and at --to."),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", help="A position of the log or a time. [default: its end]"),
    ] = None,
    scheme: Annotated[
        str | None,
        typer.Option(help="The results by this published version of a score sheet, as HTS-CN/2."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="With --scheme: this version. [default: the period's own]"),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            help="Results that another version of the program computed: a file that"
            " `lrs results --json` printed, or a folder that `lrs audit export` wrote."
        ),
    ] = None,
    result_set: Annotated[
        str | None, typer.Option(help="open, frozen or corrected. [default: the period's own]")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a program to read.")
    ] = False,
) -> None:
    """Name the people and units whose results differ, and the first row that does.

    Both sides are computed from the log alone: at two positions (`--from`, `--to`), by two score
    sheets (`--scheme`, `--against`) or, with `--results`, one by whoever made the file. Ends with 0
    if all is the same, 1 if something differs, 2 if it could not be compared.
    """
    from lrs.asked import CommandRefused
    from lrs.audit.alone import alone

    with reading() as log:
        if sum(one is not None for one in (first, scheme, results)) != 1:
            raise CommandRefused("--from, --scheme or --results: one of them says what to compare")
        if against is not None and scheme is None:
            raise CommandRefused("--against goes with --scheme")
        log = alone(log)
        with progress(as_json) as moved:
            if results is not None:
                found = _with_results(log, results, period, result_set, moved)
            else:
                found = _computed(log, period, first, last, scheme, against, result_set, moved)
    _show(found, as_json)
    if found.rows:
        raise typer.Exit(1)


def _computed(
    log: "LogRecorder",
    period: str,
    first: str | None,
    last: str | None,
    scheme: str | None,
    against: str | None,
    result_set: str | None,
    moved: "Progress",
) -> "Compared":
    from lrs.audit.differences import between_positions, between_schemes

    with log.storage.read() as connection:
        end = position_asked(log, connection, last)
        begin = position_asked(log, connection, first)
    if scheme is None:
        return between_positions(log, period, begin, end, result_set=result_set, progress=moved)
    return between_schemes(log, period, scheme, against, end, result_set=result_set, progress=moved)


def _with_results(
    log: "LogRecorder", path: Path, period: str, result_set: str | None, moved: "Progress"
) -> "Compared":
    from lrs.audit.differences import with_results
    from lrs.audit.result_files import read_results

    document, position = read_results(path, period, result_set)
    head = log.head().position
    if position > head:
        from lrs.asked import CommandRefused

        raise CommandRefused(f"{path}: of position {position}; this log ends at {head}")
    return with_results(log, document, position, str(path), progress=moved)


def _show(found: "Compared", as_json: bool) -> None:
    named = {
        part: [row.id for row in found.rows if row.subject == subject]
        for subject, part in (("person", "people"), ("unit", "units"))
    }
    if as_json:
        show_json(found._asdict() | named | {"rows": [_row(row) for row in found.rows]})
        return
    out = console()
    out.print(f"{found.period}\n  before: {found.before}\n  after:  {found.after}")
    if not found.rows:
        out.print("nothing differs")
        return
    for part, ids in named.items():
        out.print(f"{part} that differ: {', '.join(ids) or 'none'}", highlight=False)
    row = found.rows[0]
    out.print(f"the first row that differs, {row.subject} {row.id}:")
    for value in row.values:
        out.print(f"  {value.field}: {_said(value.before)} -> {_said(value.after)}")


def _row(row: Any) -> dict[str, Any]:
    return {
        "subject": row.subject,
        "id": row.id,
        "values": [value._asdict() for value in row.values],
    }


def _said(value: Any) -> str:
    return "none" if value is None else str(value)
