"""lrs credentials create|list|rotate|revoke"""

import re
import sys
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Who may use the store.", no_args_is_help=True, rich_markup_mode="markdown")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
Named = Annotated[
    str, typer.Argument(help="Its id, key or name, or the beginning of its id or key.")
]


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What it is for, as people call it.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it may do; give it several times for several. all, all/read,"
            " statements/write, statements/read, statements/read/mine, state, profile, define."
            " [default: statements/write and statements/read/mine]"
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="Its last day, or its last moment as 2027-01-31T17:00+07:00."
        ),
    ] = None,
    authority: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help="The Agent that is the authority of what it sends. [default: its own]",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a credential and print its key and its secret, which is shown this once."""
    from lrs.auth.credentials import DEFAULT_SCOPES
    from lrs.commands.serve import read
    from lrs.control import reach

    settings = read()
    until = None if expires is None else moment(expires, ZoneInfo(settings.tz)).isoformat()
    agent = None if authority is None else json_object(authority, "--authority")
    with reach(settings) as ask:
        issued = ask(
            "issue_credential",
            name=name,
            scopes=scope or sorted(DEFAULT_SCOPES),
            expires=until,
            authority=agent,
        )
    _show_secret(issued, as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show all credentials, without their secrets."""
    from lrs.commands.serve import read
    from lrs.control import reach

    with reach(read()) as ask:
        rows = ask("list_credentials")
    if as_json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table(box=None, pad_edge=False)
    for name in ("id", "key", "issued", "state"):
        table.add_column(name, no_wrap=True)
    table.add_column("name")
    table.add_column("scopes")
    for row in rows:
        table.add_row(
            row["id"][:8],
            row["key"],
            row["issued"][:10],
            _state(row),
            row["name"],
            " ".join(row["scopes"]),
        )
    width = None if sys.stdout.isatty() else 200
    Console(markup=False, emoji=False, width=width).print(table)


@app.command()
def rotate(
    credential: Named,
    overlap: Annotated[
        str, typer.Option(help="How long the old secret still opens it: 30m, 12h, 7d or 0.")
    ] = "0",
    as_json: AsJson = False,
) -> None:
    """Give a credential a new secret, which is shown this once."""
    from lrs.commands.serve import read
    from lrs.control import reach

    seconds = length(overlap).total_seconds()
    with reach(read()) as ask:
        _show_secret(ask("rotate_credential", credential=credential, overlap=seconds), as_json)


@app.command()
def revoke(credential: Named, as_json: AsJson = False) -> None:
    """End a credential for ever, everywhere, within a second."""
    from lrs.commands.serve import read
    from lrs.control import reach

    with reach(read()) as ask:
        row = ask("revoke_credential", credential=credential)
    if as_json:
        typer.echo(orjson.dumps(row).decode())
    else:
        typer.echo(f"revoked: {row['name']} ({row['id']})")


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A moment to come, or the end of a day; without an offset, in the store's time zone."""
    from lrs.asked import CommandRefused

    try:
        found = datetime.fromisoformat(text)
        if re.fullmatch(r"\d{4}-?\d\d-?\d\d", text):
            found = datetime.combine(found.date() + timedelta(1), time())
        found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandRefused(
            f"--expires {text}: not a date, or beyond the year 9999. Write 2027-01-31, or"
            " 2027-01-31T17:00+07:00."
        ) from None
    if found <= datetime.now(UTC):
        raise CommandRefused(f"--expires {text}: it is past.")
    return found


def length(text: str) -> timedelta:
    """A length of time: 7d, 12h, 30m, 90s or 0, in six digits at most."""
    from lrs.asked import CommandRefused

    match = re.fullmatch(r"(\d{1,6})([dhms]?)", text)
    if match is None or (not match[2] and match[1] != "0"):
        raise CommandRefused(
            f"--overlap {text}: not a length of time of at most six digits. Write 7d, 12h, 30m"
            " or 0."
        )
    seconds = {"d": 86_400, "h": 3_600, "m": 60, "s": 1, "": 0}[match[2]]
    return timedelta(seconds=int(match[1]) * seconds)


def json_object(text: str, option: str) -> dict[str, Any]:
    from lrs.asked import CommandRefused

    try:
        value = orjson.loads(text)
    except ValueError as error:
        raise CommandRefused(f"{option}: not JSON ({error})") from None
    if not isinstance(value, dict):
        raise CommandRefused(f"{option}: a JSON object is meant")
    return value


def _show_secret(issued: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(issued).decode())
        return
    typer.echo(f"id:     {issued['id']}  ({issued['name']})")
    typer.echo(f"scopes: {' '.join(issued['scopes'])}")
    if issued["expires"]:
        typer.echo(f"until:  {issued['expires']}")
    typer.echo(f"key:    {issued['key']}")
    typer.echo(f"secret: {issued['secret']}")
    typer.echo("The secret is kept nowhere: note it now.", err=True)


def _state(row: dict[str, Any]) -> str:
    now = datetime.now(UTC).isoformat()
    if row["revoked"]:
        return "revoked"
    if row["expires"] and row["expires"] < now:
        return f"expired {row['expires'][:10]}"
    if row["previousUntil"] and row["previousUntil"] > now:
        return f"two secrets until {row['previousUntil'][:16]}"
    return f"until {row['expires'][:10]}" if row["expires"] else "open"
