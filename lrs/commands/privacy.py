"""lrs privacy export|forget|approve|withdraw|hold|release|retain|rotate-key|list"""

import os
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from lrs.commands.deciding import accountable, asking, show_json, show_table

if TYPE_CHECKING:
    from lrs.control import Ask

app = typer.Typer(
    help="What is kept about people: give it to them, keep it, destroy it.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Person = Annotated[str, typer.Argument(help="The id of the person in the register.")]
Proposal = Annotated[str, typer.Argument(help="The proposal; `lrs privacy list` shows them.")]
Reason = Annotated[str, typer.Option(help="Why, with the document it rests on; it is recorded.")]
Account = Annotated[
    str, typer.Option("--as", metavar="ACCOUNT", help="The account of whoever decides.")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(help="The file whose first line is that account's password; - is stdin."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
LOOK_SECONDS = 0.2


@app.command()
@accountable
def export(
    person: Person,
    to: Annotated[Path, typer.Option(help="A new directory, or a file that ends in .zip.")],
    as_json: AsJson = False,
) -> None:
    """Write down everything the store holds about a person.

    Statements by and about them, documents with attachments, what the register says, results with
    what explains them, who read their record.
    """
    from lrs.asked import CommandRefused

    if to.exists():
        raise CommandRefused(f"{to} is there already; name a new directory or file")
    with asking() as ask:
        exported = ask("person_export", person=person)
        files: dict[str, bytes] = exported["files"]
        try:
            with _writing(to) as write:
                for name, content in files.items():
                    write(name, content)
                for sha2 in exported["attachments"]:
                    if (content := ask("person_attachment", sha2=sha2)) is not None:
                        write(f"attachments/{sha2}", content)
        except OSError as error:
            raise CommandRefused(f"{to}: {error.strerror}") from None
    counts = orjson.loads(files["manifest.json"])["files"]
    if as_json:
        show_json({"person": person, "to": str(to), "files": counts})
        return
    for name, count in counts.items():
        typer.echo(f"{count:>8}  {name}")
    typer.echo(f"{person}: written to {to}")


@app.command()
def forget(
    person: Person,
    basis: Annotated[
        str, typer.Option(help="The legal basis, by its document; it stays for ever: no names.")
    ],
    account: Account,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Propose that a person be forgotten; somebody else then approves it.

    Shows what would go. Refused, and the refusal recorded, while the person is under a legal hold
    or a closed period keeps them.
    """
    password = _password(account, password_file)
    with asking() as ask:
        said = ask(
            "propose_forgetting", person=person, basis=basis, account=account, password=password
        )
    if as_json:
        show_json(said)
        return
    typer.echo(f"proposal {said['proposal']}: forget {said['person']} {said['name']}")
    for line in _extent(said):
        typer.echo(line)
    typer.echo(f"Somebody else approves it: lrs privacy approve {said['proposal']} --as …")


@app.command()
def approve(
    proposal: Proposal,
    account: Account,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Forget the person of a proposal, for ever; by a second account, of somebody else.

    The keys are destroyed at once. Then everything that was computed is computed anew; if that is
    cut off, the next `lrs serve`, or `lrs privacy finish`, goes on.
    """
    password = _password(account, password_file)
    with asking() as ask:
        done = ask("approve_forgetting", proposal=proposal, account=account, password=password)
        _show_forgotten(done, as_json)  # it is so, whatever becomes of the tables
        _finish(ask, as_json)


def _show_forgotten(done: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(done)
        return
    typer.echo(
        f"forgotten: {done['keys']} data keys destroyed, recorded at position {done['position']};"
        f" in what others said it is {done['pseudonym']}"
    )
    if done["unsealed"]:
        typer.echo(
            f"{done['unsealed']} events were recorded while nothing was sealed: they are hidden,"
            " and their text is still in the database file.",
            err=True,
        )
    typer.echo(
        "Backups from before still hold it: destroy them, or run `lrs privacy rotate-key` and"
        " destroy the key before.",
        err=True,
    )


@app.command()
def finish(as_json: AsJson = False) -> None:
    """Go on with a forgetting that was cut off; a server does so by itself."""
    with asking() as ask:
        ask("finish_forgetting")
        _finish(ask, as_json)
    if not as_json:
        typer.echo("Nothing is left of anybody who was forgotten.")


@app.command()
@accountable
def withdraw(proposal: Proposal, reason: Reason) -> None:
    """Take a proposal back."""
    with asking() as ask:
        ask("withdraw_forgetting", proposal=proposal, reason=reason)
    typer.echo(f"withdrawn: {proposal}")


@app.command()
@accountable
def hold(person: Person, reason: Reason) -> None:
    """Place a legal hold: the person cannot be forgotten, and nothing of theirs passes."""
    with asking() as ask:
        ask("hold_person", person=person, reason=reason)
    typer.echo(f"{person}: held")


@app.command()
@accountable
def release(person: Person, reason: Reason) -> None:
    """Lift the legal hold on a person."""
    with asking() as ask:
        ask("release_person", person=person, reason=reason)
    typer.echo(f"{person}: released")


@app.command()
@accountable
def retain(
    apply: Annotated[
        bool, typer.Option("--apply", help="Destroy what has passed; it cannot be undone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what need not be kept any longer, by LRS_RETAIN_…_YEARS; with --apply destroy it."""
    with asking() as ask:
        rows = ask("apply_retention" if apply else "retention")
        _show_passed(rows, apply, as_json)  # it is destroyed, whatever becomes of the tables
        if apply and rows:
            _finish(ask, as_json)


def _show_passed(rows: Sequence[Mapping[str, Any]], apply: bool, as_json: bool) -> None:
    if as_json:
        show_json(rows)
        return
    show_table(
        ("class", "of the year", "kept for", "data keys", "held", "people who left"),
        (
            (
                row["class"],
                row["year"],
                f"{row['kept_years']} years",
                row["keys"],
                row["held"] or "",
                " ".join(row["people"]),
            )
            for row in rows
        ),
    )
    keys = sum(row["keys"] for row in rows)
    typer.echo(f"{keys} data keys destroyed" if apply else f"{keys} data keys have passed")


@app.command("rotate-key")
def rotate_key(as_json: AsJson = False) -> None:
    """Replace the sealing key, so that backups from before open nothing once its file is gone.

    Appends wait meanwhile, about half a minute for a million data keys.
    """
    with asking() as ask:
        ask("start_key_rotation")
        done = _watched(lambda: ask("key_rotation"), "data keys", as_json)["done"]
    if as_json:
        show_json(done)
        return
    typer.echo(f"{done['keys']} data keys are wrapped under the key {done['after']} now")
    typer.echo(f"The key before is {done['kept']}: destroy it when no backup needs it.", err=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show proposals, holds, who was forgotten, and what passed."""
    with asking() as ask:
        found = ask("decisions_about_data")
    if as_json:
        show_json(found)
        return
    for title, columns in (
        ("proposals", ("proposal", "person", "state", "by", "at", "basis", "reason")),
        ("holds", ("person", "reason", "by", "at", "lifted", "lift_reason")),
        (
            "forgotten",
            ("position", "pseudonym", "at", "proposed_by", "approved_by", "keys", "basis"),
        ),
        ("retentions", ("position", "class", "year", "kept_years", "at", "keys")),
    ):
        typer.echo(f"{title}: {len(found[title]) or 'none'}")
        if found[title]:
            headings = [column.replace("_", " ") for column in columns]
            show_table(headings, ([row[column] for column in columns] for row in found[title]))
    if not found["finishing"]["done"]:
        typer.echo("Somebody forgotten is not gone from all tables yet: lrs privacy finish")


def _password(account: str, file: Path | None) -> str:
    from lrs.asked import CommandRefused
    from lrs.commands.accounts import password_in

    if file is not None:
        return password_in(file)
    if not sys.stdin.isatty():
        raise CommandRefused("nobody can be asked for a password: --password-file")
    return str(typer.prompt(f"Password of {account}", hide_input=True))


def _extent(said: Mapping[str, Any]) -> Iterator[str]:
    """What a forgetting takes, a line each."""
    if len(said["people"]) > 1:
        yield f"  with {', '.join(said['people'][1:])}, the same human being"
    for one in said["identifiers"]:
        yield f"  identifier {one['text']}{' (others had it too)' if one['shared'] else ''}"
    yield f"  goes: {said['statements']} statements, {said['documents']} documents,"
    yield f"        {said['register']} records of the register, by {said['keys']} data keys"
    if said["accounts"]:
        yield f"        accounts {', '.join(said['accounts'])}"
    yield f"  stays, with a pseudonym: {said['mentions']} statements of others"
    if said["periods"]:
        yield (
            f"  closed periods that cannot be computed again: {', '.join(said['periods'])};"
            " `lrs audit verify --period` will name the forgetting as the reason"
        )
    if said["unsealed"]:
        yield f"  recorded while nothing was sealed, so only hidden: {said['unsealed']} events"
    if said["credentials"]:
        yield f"  credentials in the person's name: {', '.join(said['credentials'])}"


def _finish(ask: "Ask", quiet: bool) -> None:
    from lrs.asked import CommandRefused

    try:
        _watched(lambda: ask("finishing"), "making tables anew", quiet)
    except CommandRefused as refused:
        raise CommandRefused(
            f"the keys are destroyed, and the tables not made anew yet: {refused}. A server tries"
            " again by itself; without one, `lrs privacy finish` goes on."
        ) from None


def _watched(look: Callable[[], dict[str, Any]], what: str, quiet: bool) -> dict[str, Any]:
    """Show how far long work is until it is done. Raises CommandRefused when it fails."""
    from lrs.asked import CommandRefused
    from lrs.commands.projections import progress_bar

    with progress_bar(quiet) as progress:
        task = progress.add_task(what, total=None, rate="")
        while True:
            state = look()
            progress.update(task, completed=state["position"], total=state["head"] or None)
            if state["failure"]:
                raise CommandRefused(state["failure"])
            if state["done"]:
                return state
            time.sleep(LOOK_SECONDS)


@contextmanager
def _writing(to: Path) -> Iterator[Callable[[str, bytes], None]]:
    """Write files below a new directory, or into a new archive, for the eyes of this user."""
    if to.suffix == ".zip":
        descriptor = os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with (
            open(descriptor, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            yield archive.writestr
        return
    to.mkdir(mode=0o700)

    def write(name: str, content: bytes) -> None:
        path = to / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    yield write
