"""lrs scheme check|publish|diff"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.table import Table

from lrs.commands.deciding import accountable, ask
from lrs.commands.output import console
from lrs.commands.statements import language_of_user

if TYPE_CHECKING:
    from schemas.register import Scheme

app = typer.Typer(
    help="Score sheets: data, in versions that never change once published.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
File = Annotated[Path, typer.Argument(help="A score sheet (docs/case-format.md).")]
Language = Annotated[str, typer.Option(help="vi or en, for what is wrong. [default: LANG]")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


@app.command()
def check(file: File, language: Language = "") -> None:
    """Say everything that is wrong in a score sheet, by line, and how to mend it."""
    scheme = _read(file, language)
    typer.echo(f"{file}: no problem; {scheme.key}, for a {scheme.subject}")


@app.command()
@accountable
def publish(file: File, language: Language = "") -> None:
    """Activate this version of a score sheet. It never changes afterwards."""
    from schemas.register import body_of

    scheme = _read(file, language)
    is_new = ask("publish_scheme", scheme=body_of(scheme))
    typer.echo(f"{scheme.key}: {'published' if is_new else 'published already, as it is'}")


@app.command()
@accountable
def diff(
    file: File,
    period: Annotated[str, typer.Option(help="The period whose evidence is scored.")],
    result_set: Annotated[
        str | None, typer.Option(help="open, frozen or corrected. [default: the period's own]")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="As of a position of the log or a time. [default: its end]"),
    ] = None,
    language: Language = "",
    as_json: AsJson = False,
) -> None:
    """Score a period by this sheet instead of its own and show who moves; record nothing."""
    from schemas.register import body_of

    scheme = _read(file, language)
    found = ask(
        "scheme_difference",
        scheme=body_of(scheme),
        period=period,
        result_set=result_set,
        as_of=as_of,
    )
    show_difference(found, as_json)


def show_difference(found: Mapping[str, Any], as_json: bool) -> None:
    """Who moves, by how much, and which band changes."""
    if as_json:
        typer.echo(orjson.dumps(found).decode())
        return
    out = console()
    table = Table("", "id", "before", "after", "difference", "band", box=None)
    for move in found["moves"]:
        bands = (move["band_before"], move["band_after"])
        band = bands[0] if bands[0] == bands[1] else " -> ".join(bands)
        difference = f"{'' if move['difference'].startswith('-') else '+'}{move['difference']}"
        table.add_row(move["subject"], move["id"], move["before"], move["after"], difference, band)
    out.print(table)
    for change in found["bands"]:
        out.print(f"{change['people']} people: {change['before']} -> {change['after']}")
    for group, quota in found["quotas"].items():
        out.print(f"{group}: {quota['before']} -> {quota['after']}", markup=False)
    out.print(
        f"{len(found['moves'])} move, {len(found['changes'])} values differ,"
        f" as of position {found['position']}"
    )


def _read(file: Path, language: str) -> "Scheme":
    from lrs.asked import CommandRefused
    from lrs.cases.problems import CaseRefused
    from lrs.cases.scheme_file import read_scheme_file

    spoken = language_of_user(language)
    try:
        return read_scheme_file(file)
    except CaseRefused as refused:
        for problem in refused.problems:
            typer.echo(problem.text(spoken), err=True)
        raise CommandRefused(f"{file}: {len(refused.problems)} problems") from None
