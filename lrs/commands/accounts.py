"""lrs accounts create|list|change|password|close"""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from lrs.auth.roles import PERMISSIONS, ROLES
from lrs.commands.deciding import accountable, ask

app = typer.Typer(help="The people who sign in.", no_args_is_help=True, rich_markup_mode="markdown")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
Named = Annotated[str, typer.Argument(help="The name to sign in with.")]
Title = Annotated[str | None, typer.Option(help="The name of the person, or of the desk.")]
Role = Annotated[
    list[str] | None,
    typer.Option(
        help="What it may ask; give it several times for several. "
        + " ".join(f"{name}: {text['en'].partition(': ')[2]}" for name, text in ROLES.items())
    ),
]
Unit = Annotated[
    list[str] | None,
    typer.Option(help="A unit it may see, with all units below; several times for several."),
]
Everything = Annotated[bool, typer.Option("--everything", help="It may see all units.")]
Person = Annotated[str | None, typer.Option(help="The id of the person it belongs to.")]
Permission = Annotated[
    list[str] | None,
    typer.Option(
        help="What it may beyond its roles. "
        + " ".join(f"{name}: {text['en']}" for name, text in PERMISSIONS.items())
    ),
]
PasswordFile = Annotated[
    Path | None, typer.Option(help="The file whose first line is the password; - is stdin.")
]
Generate = Annotated[
    bool, typer.Option("--generate", help="Make the password up and show it this once.")
]


@app.command()
@accountable
def create(
    name: Named,
    role: Role = None,
    title: Title = None,
    unit: Unit = None,
    everything: Everything = False,
    person: Person = None,
    permission: Permission = None,
    password_file: PasswordFile = None,
    generate: Generate = False,
    as_json: AsJson = False,
) -> None:
    """Open an account. The password is asked for, twice, unless it comes from elsewhere."""
    from lrs.commands.serve import read

    read()  # what is wrong with the settings is said before a password is asked for
    units = _units(unit, everything, none=False)
    password = _password(password_file, generate)
    opened = ask(
        "open_account",
        name=name,
        password=password,
        title=title or "",
        roles=role or [],
        permissions=permission or [],
        units=units.get("units", []),
        person=person,
    )
    _show(opened, as_json, password if generate else None)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show all accounts there ever were."""
    rows = ask("list_accounts")
    if as_json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table(box=None, pad_edge=False)
    for column in ("name", "opened", "state"):
        table.add_column(column, no_wrap=True)
    for column in ("title", "roles", "units", "person"):
        table.add_column(column)
    for row in rows:
        table.add_row(
            row["name"],
            row["opened"][:10],
            "closed" if row["closed"] else "open",
            row["title"],
            " ".join([*row["roles"], *(f"+{name}" for name in row["permissions"])]),
            _shown_units(row),
            row["person"] or "",
        )
    width = None if sys.stdout.isatty() else 200
    Console(markup=False, emoji=False, width=width).print(table)


@app.command()
@accountable
def change(
    name: Named,
    role: Role = None,
    title: Title = None,
    unit: Unit = None,
    everything: Everything = False,
    no_units: Annotated[bool, typer.Option("--no-units", help="It may see no unit.")] = False,
    person: Person = None,
    no_person: Annotated[bool, typer.Option("--no-person", help="It is nobody's.")] = False,
    permission: Permission = None,
    no_permissions: Annotated[
        bool, typer.Option("--no-permissions", help="Take all permissions back.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Change what is given of an account; it holds at its next request."""
    from lrs.asked import CommandRefused

    given = {
        "title": title,
        "roles": role,
        "person": person,
        "permissions": [] if no_permissions else permission,
    }
    changed: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    changed |= _units(unit, everything, none=no_units)
    if no_person:
        changed["person"] = None
    if not changed:
        raise CommandRefused("say what is to change: --role, --unit, … (see --help)")
    _show(ask("change_account", name=name, **changed), as_json)


@app.command()
@accountable
def password(
    name: Named,
    password_file: PasswordFile = None,
    generate: Generate = False,
    as_json: AsJson = False,
) -> None:
    """Give an account another password. Its sessions end."""
    from lrs.commands.serve import read

    read()  # as for a new account
    new = _password(password_file, generate)
    changed = ask("set_account_password", name=name, password=new)
    _show(changed, as_json, new if generate else None)


@app.command()
@accountable
def close(name: Named, as_json: AsJson = False) -> None:
    """End an account for ever, at once. Its name is not given again."""
    row = ask("close_account", name=name)
    if as_json:
        typer.echo(orjson.dumps(row).decode())
    else:
        typer.echo(f"closed: {row['name']}")


def _units(unit: list[str] | None, everything: bool, none: bool) -> dict[str, Any]:
    """The units that were given, if any were."""
    from lrs.asked import CommandRefused

    if (unit is not None) + everything + none > 1:
        raise CommandRefused("give either units or --everything")
    if everything:
        return {"units": None}
    return {"units": unit or []} if unit is not None or none else {}


def _password(file: Path | None, generated: bool) -> str:
    from lrs.asked import CommandRefused
    from lrs.auth.passwords import generate

    if file is not None and generated:
        raise CommandRefused("give either --password-file or --generate")
    if generated:
        return generate()
    if file is not None:
        return password_in(file)
    if not sys.stdin.isatty():
        raise CommandRefused("nobody can be asked for a password: --password-file or --generate")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def password_in(file: Path) -> str:
    """The first line of a file, or of what comes in where it is called ``-``."""
    from lrs.asked import CommandRefused

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandRefused(f"--password-file {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandRefused(f"--password-file {file}: not UTF-8 text") from None
    return text.split("\n", 1)[0].rstrip("\r")


def _show(row: dict[str, Any], as_json: bool, generated: str | None = None) -> None:
    if as_json:
        shown = row if generated is None else {**row, "password": generated}
        typer.echo(orjson.dumps(shown).decode())
        return
    typer.echo(f"name:   {row['name']}  {row['title']}".rstrip())
    typer.echo(f"roles:  {' '.join([*row['roles'], *(f'+{name}' for name in row['permissions'])])}")
    typer.echo(f"units:  {_shown_units(row) or 'none'}")
    if row["person"]:
        typer.echo(f"person: {row['person']}")
    if generated is not None:
        typer.echo(f"password: {generated}")
        typer.echo("The password is kept nowhere: note it now.", err=True)


def _shown_units(row: dict[str, Any]) -> str:
    return "everything" if row["units"] is None else " ".join(row["units"])
