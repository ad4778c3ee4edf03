"""lrs results, lrs explain"""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from lrs.commands.deciding import accountable, ask
from lrs.commands.output import console

Period = Annotated[str, typer.Option(help="The id of the period.")]
ResultSet = Annotated[
    str | None,
    typer.Option(help="open, frozen or corrected. [default: frozen once the period is]"),
]
AsOf = Annotated[
    str | None,
    typer.Option(help="As of a position of the log or a time. [default: its end]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


@accountable
def results(
    period: Period,
    result_set: ResultSet = None,
    as_of: AsOf = None,
    facts: Annotated[
        bool, typer.Option("--facts", help="With what the scores were computed from (JSON only).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the scores of every person and every unit of a period."""
    text = ask("results", period=period, result_set=result_set, as_of=as_of, facts=facts)
    if as_json:
        typer.echo(text.decode())
        return
    show_results(orjson.loads(text))


def show_results(document: Mapping[str, Any]) -> None:
    out = console()
    _heading(out, document)
    for title, lines in (("people", document["people"]), ("units", document["units"])):
        out.print(_scores(title, lines))


@accountable
def explain(
    period: Period,
    person: Annotated[str | None, typer.Option(help="Only this person.")] = None,
    unit: Annotated[str | None, typer.Option(help="This unit instead.")] = None,
    criterion: Annotated[str | None, typer.Option(help="Only this criterion.")] = None,
    result_set: ResultSet = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show what each point rests on, down to the statements that count and those that do not."""
    from lrs.asked import CommandRefused

    if unit is not None and person is not None:
        raise CommandRefused("--person and --unit: one of them is meant")
    asked = {"period": period, "result_set": result_set, "as_of": as_of}
    if as_json and unit is None:
        text = ask("explanations", **asked, person=person, criterion=criterion)
        typer.echo(text.decode())
        return
    if person is None and unit is None:
        raise CommandRefused("--person or --unit is needed, or --json for everybody")
    detail = orjson.loads(ask("explained", **asked, person=person, unit=unit))
    if criterion is not None and "criteria" in detail:  # who is not scored has none
        if criterion not in detail["criteria"]:
            known = ", ".join(detail["criteria"])
            raise CommandRefused(f"--criterion {criterion}: there are {known}")
        detail["criteria"] = {criterion: detail["criteria"][criterion]}
        detail["rules"] = []
    if as_json:
        typer.echo(orjson.dumps(detail).decode())
    else:
        show_explained(detail)


def _heading(out: Console, document: Mapping[str, Any]) -> None:
    out.print(
        f"{document['period']}, {document['result_set']}, as of position {document['position']}",
        highlight=False,
    )


def _scores(title: str, lines: Mapping[str, Mapping[str, str]]) -> Table:
    columns = dict.fromkeys(name for line in lines.values() for name in line)
    table = Table(title, *columns, box=None)
    for name, line in lines.items():
        table.add_row(name, *(line.get(column, "") for column in columns))
    return table


def show_explained(detail: Mapping[str, Any]) -> None:
    """One person's or one unit's scores in full."""
    out = console()
    _heading(out, detail)
    line = ", ".join(f"{name} {value}" for name, value in detail["line"].items())
    out.print(line, highlight=False)
    for id_, criterion in detail.get("criteria", {}).items():
        out.print(
            f"\n{id_}  {criterion['vi']}: {criterion['points']} / {criterion['max']}"
            f"  [{criterion['kind']}{' ' + criterion['rule'] if criterion['rule'] else ''}]",
            highlight=False,
        )
        for name, value in criterion["inputs"].items():
            out.print(f"    {name}: {value}", highlight=False)
        for item in criterion["items"]:
            out.print(f"    {item['id']} {item['date']} {item['title']}: {_why(item)}")
        for said in criterion.get("statements", ()):
            out.print(
                f"    {said['id']} at {said['position']}, {said['timestamp']},"
                f" {said['platform'] or '?'}: {_why(said)}",
                highlight=False,
            )
    for rule in detail.get("rules", ()):
        out.print(
            f"\n{rule['id']}  {rule['vi']}: {rule['count']} x {rule['per_item']}"
            f" (up to {rule['cap']}) = {rule['points']}, {rule['block']}",
            highlight=False,
        )


def _why(listed: Mapping[str, Any]) -> str:
    return "counts" if listed.get("counted") else str(listed.get("reason"))
