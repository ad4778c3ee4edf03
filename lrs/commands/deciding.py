"""What commands share that list the register and decide about it."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.table import Table

from lrs.commands.output import console

if TYPE_CHECKING:
    from lrs.decisions import AnyMessage

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
From = Annotated[str | None, typer.Option("--from", help="The first day. [default: open]")]
To = Annotated[str | None, typer.Option("--to", help="The last day. [default: open]")]
On = Annotated[str, typer.Option(help="The first day on which it is so, as 2026-04-30.")]
Reason = Annotated[str | None, typer.Option(help="Why; it is recorded.")]


def ask(asked: str, **arguments: Any) -> Any:
    from lrs.commands.serve import read
    from lrs.control import reach

    with reach(read()) as ask_store:
        return ask_store(asked, **arguments)


def record(decision: "AnyMessage", text: str, as_json: bool) -> None:
    """Have a decision recorded, and say in ``text`` what is so now."""
    from lrs.decisions import text_of

    recorded = ask("decide", decision=text_of(decision))
    if as_json:
        typer.echo(orjson.dumps({"recorded": recorded}).decode())
    elif recorded:
        typer.echo(f"{text} ({recorded} {'change' if recorded == 1 else 'changes'} recorded)")
    else:
        typer.echo(f"{text}, as it was already (nothing recorded)")


def day(text: str, option: str) -> date:
    from lrs.asked import CommandRefused

    try:
        if len(text) != len("2026-04-30"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise CommandRefused(f"{option} {text}: no such day. Write it as 2026-04-30.") from None


def maybe_day(text: str | None, option: str) -> date | None:
    return None if text is None else day(text, option)


def pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """What ``NAME=VALUE``, given several times, says of each name."""
    from lrs.asked import CommandRefused

    found: dict[str, str] = {}
    for text in texts or ():
        name, mark, value = text.partition("=")
        if not (name and mark and value):
            raise CommandRefused(f"{option} {text}: write two names with = between them")
        if found.setdefault(name, value) != value:
            raise CommandRefused(f"{option} {text}: {name} is given twice; keep one")
    return found


def show_json(said: Any) -> None:
    typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console().print(table, markup=False)


def span(row: dict[str, Any]) -> str:
    """The days of a row, both included."""
    return f"{row['from'] or '…'} – {row['to'] or '…'}"
