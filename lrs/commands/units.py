"""lrs units list|rename|merge|split"""

from typing import Annotated

import typer

from lrs.commands.deciding import (
    AsJson,
    On,
    accountable,
    ask,
    day,
    pairs,
    record,
    show_json,
    show_table,
    span,
)

app = typer.Typer(
    help="The units of the register.", no_args_is_help=True, rich_markup_mode="markdown"
)
Unit = Annotated[str, typer.Argument(help="The id of the unit.")]
Type = Annotated[str | None, typer.Option("--type", help="Its type. [default: as the others']")]
Parent = Annotated[
    str | None, typer.Option(help="The unit it is below. [default: the one the others are below]")
]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show all units, each below the one it belongs to, with how many people are in it today."""
    rows = ask("units")
    if as_json:
        show_json(rows)
        return
    show_table(
        ("id", "name", "type", "days", "people", "continues"),
        (
            (
                "  " * row["depth"] + row["id"],
                row["vi"],
                row["type"],
                span(row),
                row["people"],
                " ".join(row["predecessors"]),
            )
            for row in rows
        ),
    )


@app.command()
@accountable
def rename(
    unit: Unit,
    name: Annotated[str, typer.Argument(help="The whole new name.")],
    as_json: AsJson = False,
) -> None:
    """Give a unit another name; it stays the same unit."""
    from lrs.decisions.messages import RenameUnit

    record(RenameUnit(unit=unit, vi=name), f"{unit}: {name}", as_json)


@app.command()
@accountable
def merge(
    units: Annotated[list[str], typer.Argument(help="The units that end.")],
    into: Annotated[str, typer.Option(help="The unit that continues them, new or not.")],
    on: On,
    name: Annotated[str | None, typer.Option(help="Its name, if it is new.")] = None,
    type_: Type = None,
    parent: Parent = None,
    head: Annotated[
        str | None, typer.Option(help="Who heads it, if several of its people headed units.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make several units one from a day on; whoever is in them goes with them."""
    from lrs.decisions.messages import MergeUnits, Successor

    successor = Successor(id=into, vi=name, type=type_, parent=parent)
    decision = MergeUnits(units=tuple(units), into=successor, on=day(on, "--on"), head=head)
    record(decision, f"{', '.join(units)}: {into} from {on}", as_json)


@app.command()
@accountable
def split(
    unit: Unit,
    into: Annotated[
        list[str],
        typer.Option(
            metavar="ID=NAME",
            help="A unit it becomes; several times for several. Only ID for one that exists, such"
            " as the unit itself where it goes on.",
        ),
    ],
    on: On,
    person: Annotated[
        list[str] | None, typer.Option(metavar="PERSON=ID", help="Who goes where.")
    ] = None,
    below: Annotated[
        list[str] | None, typer.Option(metavar="UNIT=ID", help="Where a unit below it goes.")
    ] = None,
    rest: Annotated[str | None, typer.Option(help="Where all others go.")] = None,
    type_: Type = None,
    parent: Parent = None,
    as_json: AsJson = False,
) -> None:
    """Make several units of one from a day on."""
    from lrs.decisions.messages import SplitUnit, Successor

    successors = tuple(
        Successor(id=id_, vi=name, type=type_, parent=parent) if mark else Successor(id=id_)
        for id_, mark, name in (one.partition("=") for one in into)
    )
    decision = SplitUnit(
        unit=unit,
        into=successors,
        on=day(on, "--on"),
        people=pairs(person, "--person"),
        units=pairs(below, "--below"),
        rest=rest,
    )
    names = ", ".join(one.id for one in successors)
    record(decision, f"{unit}: {names} from {on}", as_json)
