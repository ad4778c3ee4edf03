"""lrs period list|freeze|thaw|close|reopen|corrections"""

from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from lrs.commands.output import console
from lrs.commands.schemes import show_difference

app = typer.Typer(
    help="Evaluation periods. A case (`lrs import case`) opens one.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Period = Annotated[str, typer.Argument(help="The id of the period.")]
Reason = Annotated[str, typer.Option(help="Why; it is recorded.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show all periods, and whether they are open, frozen or closed."""
    rows = _ask("periods")
    if as_json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table("id", "", "from", "to", "state", "frozen at", "score sheets", box=None)
    for row in rows:
        at = "" if row["position"] is None else str(row["position"])
        sheets = f"{row['personScheme']} {row['unitScheme']}"
        table.add_row(row["id"], row["vi"], row["start"], row["end"], row["state"], at, sheets)
    console().print(table)


@app.command()
def freeze(period: Period, as_json: AsJson = False) -> None:
    """What is stored from now on does not count in the period any more."""
    position = _ask("freeze_period", period=period)
    _say({"period": period, "position": position}, f"{period}: frozen at {position}", as_json)


@app.command()
def thaw(period: Period, reason: Reason, as_json: AsJson = False) -> None:
    """Take a freeze back."""
    _ask("thaw_period", period=period, reason=reason)
    _say({"period": period}, f"{period}: open again", as_json)


@app.command()
def close(period: Period, as_json: AsJson = False) -> None:
    """Make the results final: their digest and the position they were computed at are recorded."""
    closed = _ask("close_period", period=period)
    said = f"{period}: closed, {closed['result_set']} results as of position {closed['position']}"
    _say(closed, f"{said}, SHA-256 {closed['results']}", as_json)


@app.command()
def reopen(period: Period, reason: Reason, as_json: AsJson = False) -> None:
    """Take a closing back, for an appeal that was decided afterwards."""
    _ask("reopen_period", period=period, reason=reason)
    _say({"period": period}, f"{period}: reopened", as_json)


@app.command()
def corrections(period: Period, as_json: AsJson = False) -> None:
    """Show what the corrections of decided appeals changed, for whomever."""
    show_difference(_ask("ripple", period=period), as_json)


def _ask(asked: str, **arguments: Any) -> Any:
    from lrs.commands.serve import read
    from lrs.control import reach

    with reach(read()) as ask:
        return ask(asked, **arguments)


def _say(said: dict[str, Any], text: str, as_json: bool) -> None:
    typer.echo(orjson.dumps(said).decode() if as_json else text)
