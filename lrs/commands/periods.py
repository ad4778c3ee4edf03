"""lrs period list|open|freeze|thaw|close|reopen|corrections"""

from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from lrs.commands.deciding import accountable, ask, day, record
from lrs.commands.output import console
from lrs.commands.schemes import show_difference

app = typer.Typer(
    help="Evaluation periods. A case (`lrs import case`) opens its own.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Period = Annotated[str, typer.Argument(help="The id of the period.")]
Reason = Annotated[str, typer.Option(help="Why; it is recorded.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show all periods, and whether they are open, frozen or closed."""
    rows = ask("periods")
    if as_json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    columns = ("id", "", "from", "to", "state", "by", "frozen at", "score sheets")
    table = Table(*columns, box=None)
    for row in rows:
        at = "" if row["position"] is None else str(row["position"])
        by = row["closedBy"] or row["frozenBy"] or row["openedBy"] or ""
        sheets = f"{row['personScheme']} {row['unitScheme']}"
        days = row["start"], row["end"]
        table.add_row(row["id"], row["vi"], *days, row["state"], by, at, sheets)
    console().print(table)


@app.command("open")
@accountable
def open_(
    period: Period,
    name: Annotated[str, typer.Option(help="Its whole name.")],
    start: Annotated[str, typer.Option(help="The first day, the first of a month.")],
    end: Annotated[str, typer.Option(help="The last day, the last of a month.")],
    person_scheme: Annotated[
        str, typer.Option(help="The published score sheet of people, as HTS-CN/1.")
    ],
    unit_scheme: Annotated[str, typer.Option(help="That of units, as HTS-DV/1.")],
    deadline: Annotated[
        str | None,
        typer.Option(help="The last day for required courses. [default: the end]"),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="In which its days are. [default: Asia/Ho_Chi_Minh]")
    ] = None,
    holiday: Annotated[
        list[str] | None, typer.Option(help="A day off; several times for several.")
    ] = None,
    working_day: Annotated[
        list[str] | None, typer.Option(help="A day of a weekend that is worked; several times.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open a period, scored by score sheets that are published."""
    from lrs.decisions.messages import OpenPeriod
    from schemas.register import Period as RegisterPeriod

    last = day(end, "--end")
    given = {} if timezone is None else {"timezone": timezone}
    opened = RegisterPeriod(
        id=period,
        vi=name,
        start=day(start, "--start"),
        end=last,
        person_scheme=person_scheme,
        unit_scheme=unit_scheme,
        required_course_deadline=last if deadline is None else day(deadline, "--deadline"),
        holidays=tuple(day(one, "--holiday") for one in holiday or ()),
        working_days=tuple(day(one, "--working-day") for one in working_day or ()),
        **given,
    )
    record(OpenPeriod(period=opened), f"{period}: open from {start} to {end}", as_json)


@app.command()
@accountable
def freeze(period: Period, as_json: AsJson = False) -> None:
    """What is stored from now on does not count in the period any more."""
    position = ask("freeze_period", period=period)
    _say({"period": period, "position": position}, f"{period}: frozen at {position}", as_json)


@app.command()
@accountable
def thaw(period: Period, reason: Reason, as_json: AsJson = False) -> None:
    """Take a freeze back."""
    ask("thaw_period", period=period, reason=reason)
    _say({"period": period}, f"{period}: open again", as_json)


@app.command()
@accountable
def close(period: Period, as_json: AsJson = False) -> None:
    """Make the results final: their digest and the position they were computed at are recorded."""
    closed = ask("close_period", period=period)
    said = f"{period}: closed, {closed['result_set']} results as of position {closed['position']}"
    _say(closed, f"{said}, SHA-256 {closed['results']}", as_json)


@app.command()
@accountable
def reopen(period: Period, reason: Reason, as_json: AsJson = False) -> None:
    """Take a closing back, for an appeal that was decided afterwards."""
    ask("reopen_period", period=period, reason=reason)
    _say({"period": period}, f"{period}: reopened", as_json)


@app.command()
@accountable
def corrections(period: Period, as_json: AsJson = False) -> None:
    """Show what the corrections of decided appeals changed, for whomever."""
    show_difference(ask("ripple", period=period), as_json)


def _say(said: dict[str, Any], text: str, as_json: bool) -> None:
    typer.echo(orjson.dumps(said).decode() if as_json else text)
