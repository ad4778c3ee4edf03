"""What commands share that list the register and decide about it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer
from rich.table import Table

from lrs.commands.output import console

if TYPE_CHECKING:
    from lrs.control import Ask
    from lrs.decisions import AnyMessage

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
From = Annotated[str | None, typer.Option("--from", help="The first day. [default: open]")]
To = Annotated[str | None, typer.Option("--to", help="The last day. [default: open]")]
On = Annotated[str, typer.Option(help="The first day on which it is so, as 2026-04-30.")]
Reason = Annotated[str | None, typer.Option(help="Why; it is recorded.")]
AsAccount = Annotated[
    str | None,
    typer.Option(
        "--as",
        envvar="LRS_ACCOUNT",
        metavar="ACCOUNT",
        help="In whose name it is recorded. [default: the user of this machine]",
    ),
]
_ACCOUNT: Final[ContextVar[str | None]] = ContextVar("account", default=None)


def accountable(command: Callable[..., None]) -> Callable[..., None]:
    """A command that decides something or shows people, which is recorded as somebody's: it takes
    ``--as``.
    """

    @wraps(command)
    def run(*arguments: Any, as_account: str | None = None, **options: Any) -> None:
        token = _ACCOUNT.set(as_account)
        try:
            command(*arguments, **options)
        finally:
            _ACCOUNT.reset(token)

    said = signature(command)
    named = Parameter("as_account", Parameter.KEYWORD_ONLY, default=None, annotation=AsAccount)
    with_account = said.replace(parameters=[*said.parameters.values(), named])
    run.__signature__ = with_account  # type: ignore[attr-defined]  # what typer goes by
    return run


@contextmanager
def asking() -> Iterator["Ask"]:
    """A way to ask the store, in the name of the account that the command was given."""
    from lrs.commands.serve import read
    from lrs.control import reach

    with reach(read(), _ACCOUNT.get()) as ask_store:
        yield ask_store


def ask(asked: str, /, **arguments: Any) -> Any:
    with asking() as ask_store:
        return ask_store(asked, **arguments)


def noted(command: str, people: Iterable[str] | None, **asked: object) -> None:
    """Have it recorded that a command which reads the log itself gives out these people's records,
    or with None everybody's. Raises CommandRefused where it cannot be.
    """
    from lrs.readings import given

    if not is_copy():
        named = None if people is None else list(people)
        ask("record_reading", command=command, parameters=given(**asked), people=named)


def is_copy() -> bool:
    """Whether the database is a copy, as an auditor has it: without the store's signing key. What
    is read of it is recorded nowhere, and it stays as it is.
    """
    from lrs.commands.serve import read

    return not read().signing_key_path.exists()


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
