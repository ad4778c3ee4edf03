"""lrs demo"""

import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

if TYPE_CHECKING:
    from lrs.case_import import CaseImported
    from lrs.store import Store

ACCOUNTS = {"thamdinh": "evaluator", "hoidong": "council", "kiemtoan": "auditor"}
TITLES = {"evaluator": "Người thẩm định", "council": "Hội đồng", "auditor": "Kiểm toán"}


def demo(
    directory: Annotated[
        Path, typer.Option("--dir", help="Where its database and its case are kept.")
    ] = Path("demo"),
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    people: Annotated[int, typer.Option(min=1, help="How many people, in a new directory.")] = 300,
    statements: Annotated[
        int, typer.Option(min=0, help="About how many statements, in a new directory.")
    ] = 12_000,
    seed: Annotated[
        int | None, typer.Option(help="Another seed, other people, in a new directory.")
    ] = None,
) -> None:
    """Start a store that holds a made-up ministry: a year of its learning, in an open period."""
    from lrs.asked import CommandRefused
    from lrs.commands.serve import read
    from lrs.ministry import SEED
    from lrs.serve import serve

    try:
        directory.mkdir(parents=True, exist_ok=True)
        key, secret = _sign_in(directory / "credential.json")
    except OSError as error:
        raise CommandRefused(f"--dir {directory}: {error.strerror}") from None
    settings = read(
        database_url=f"sqlite:///{directory / 'hocba.db'}",
        http_host="127.0.0.1",
        http_port=port,
        workers=1,
        pepper_file=directory / "hocba.pepper",
        api_key_default=key,
        api_secret_default=secret,
    )
    folder = directory / "case"

    def prepare(store: "Store") -> None:
        write_once(
            folder, seed=SEED if seed is None else seed, people=people, statements=statements
        )
        load_case(store, folder)
        open_accounts(store, secret)

    def welcome(url: str) -> None:
        names = ", ".join(f"{name} ({role})" for name, role in ACCOUNTS.items())
        typer.echo(f"Open:       {url}/docs")
        typer.echo(f"Platforms:  key {key}, secret {secret}")
        typer.echo(f"People:     {names}; password {secret}")
        typer.echo(
            f"Try:        curl -u {key}:{secret} -H 'X-Experience-API-Version: 1.0.3'"
            f" '{url}/xapi/statements?limit=3'"
        )
        typer.echo(
            f"            curl -c jar -H 'Content-Type: application/json' {url}/api/v1/session"
            f' -d \'{{"name": "thamdinh", "password": "{secret}"}}\''
        )
        typer.echo(f"            curl -b jar '{url}/api/v1/periods'")

    raise typer.Exit(serve(settings, typer.echo, prepare=prepare, welcome=welcome))


def open_accounts(store: "Store", password: str) -> None:
    """One account of each kind that sees everything, unless it is there."""
    for name, role in ACCOUNTS.items():
        if store.accounts.find(name) is None:
            store.accounts.open(name, password, title=TITLES[role], roles=[role], units=None)


def write_once(folder: Path, *, seed: int, people: int, statements: int) -> None:
    """Write the ministry's case unless it is there: a demo keeps its people and its year."""
    from lrs.ministry import write_ministry

    if folder.exists():
        return
    unfinished = folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    write_ministry(unfinished, seed=seed, people=people, statements=statements)
    unfinished.rename(folder)


def load_case(store: "Store", folder: Path) -> "CaseImported":
    """Take the case in and leave its period open. What the store has is not stored again."""
    from rich.console import Console
    from rich.progress import Progress

    from lrs.case_import import import_case
    from lrs.cases import read_case

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Loading", total=None)
        return import_case(
            store,
            read_case(folder),
            freeze=False,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _sign_in(file: Path) -> tuple[str, str]:
    """A key and secret of this demo alone, the same whenever it is started."""
    if not file.exists():
        with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            out.write(orjson.dumps({"key": "demo", "secret": secrets.token_urlsafe(18)}))
    said = orjson.loads(file.read_bytes())
    return said["key"], said["secret"]
