"""lrs people list|show|register|link|unlink|merge|part"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lrs.commands.deciding import (
    AsJson,
    From,
    Reason,
    To,
    accountable,
    ask,
    maybe_day,
    record,
    show_json,
    show_table,
    span,
)

if TYPE_CHECKING:
    from schemas.register import Identifier

app = typer.Typer(
    help="The people of the register, and which identifiers are theirs.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Person = Annotated[str, typer.Argument(help="The id of the person.")]
Account = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="HOMEPAGE NAME", help="An account: its home page and its name."),
]
Mbox = Annotated[str | None, typer.Option(help="A mail address, with or without mailto:.")]
Sha1 = Annotated[str | None, typer.Option(help="The SHA-1 of a mailto: address.")]
OpenId = Annotated[str | None, typer.Option("--openid", help="An OpenID.")]
KINDS = ("account", "mbox", "mbox_sha1sum", "openid")


@app.command("list")
@accountable
def list_(
    unit: Annotated[str | None, typer.Option(help="Only who is in this unit today.")] = None,
    search: Annotated[
        str | None, typer.Option(help="Beginnings of words of the name; diacritics do not matter.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show people by given name, with today's post."""
    rows = ask("people", unit=unit, search=search)
    if as_json:
        show_json(rows)
        return
    show_table(
        ("id", "name", "unit", "position", "head", "identifiers", "counted as"),
        (
            (
                row["id"],
                row["name"],
                row["unit"],
                row["position"],
                "head" if row["head"] else "",
                row["identifiers"],
                row["counted_as"],
            )
            for row in rows
        ),
    )


@app.command()
@accountable
def show(person: Person, as_json: AsJson = False) -> None:
    """Show one person's identifiers, posts, absences, competences and declared items."""
    found = ask("person", person=person)
    if as_json:
        show_json(found)
        return
    typer.echo(f"{found['id']}  {found['name']}")
    if found["counted_as"]:
        typer.echo(f"counted as {found['counted_as']}")
    if found["counted_with"]:
        typer.echo(f"counted with {', '.join(found['counted_with'])}")
    for one in found["identifiers"]:
        typer.echo(f"identifier  {written(one)}  {span(one)}")
    for one in found["memberships"]:
        kind = ", ".join(["head"] * one["head"] + ["second post"] * (not one["primary"]))
        typer.echo(f"post        {one['unit']} {one['position']}  {span(one)}  {kind}".rstrip())
    for one in found["absences"]:
        typer.echo(f"absence     {one['type']}  {span(one)}")
    for one in found["competences"]:
        typer.echo(f"competence  {one['framework']} {one['level']}  {one['date']}")
    for one in found["items"]:
        typer.echo(f"item        {one['id']} {one['kind']}  {one['date']}  {one['decision']}")


@app.command()
@accountable
def register(
    person: Person,
    name: Annotated[str, typer.Argument(help="The whole name.")],
    as_json: AsJson = False,
) -> None:
    """Add a person; identifiers and a post come afterwards."""
    from lrs.decisions.messages import RegisterPerson

    record(RegisterPerson(id=person, name=name), f"{person}: {name}", as_json)


@app.command()
@accountable
def link(
    person: Person,
    account: Account = None,
    mbox: Mbox = None,
    sha1: Sha1 = None,
    openid: OpenId = None,
    from_: From = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Say that an identifier is the person's, on these days.

    What statements with it held back counts at once. Linked again, it has the days given now.
    """
    from lrs.decisions.messages import LinkIdentifier

    identifier = _identifier(person, account, mbox, sha1, openid, from_, to)
    record(LinkIdentifier(identifier=identifier), f"{person}: linked", as_json)


@app.command()
@accountable
def unlink(
    person: Person,
    account: Account = None,
    mbox: Mbox = None,
    sha1: Sha1 = None,
    openid: OpenId = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Say that an identifier is not the person's; what it had brought does not count any more.

    To end one with a day, link it with --to that day.
    """
    from lrs.decisions.messages import UnlinkIdentifier

    identifier = _identifier(person, account, mbox, sha1, openid)
    decision = UnlinkIdentifier(identifier=identifier, reason=reason)
    record(decision, f"{person}: unlinked", as_json)


@app.command()
@accountable
def merge(
    person: Person,
    into: Annotated[str, typer.Option(help="Whom they are counted as.")],
    as_json: AsJson = False,
) -> None:
    """Say that two people are one: the first one's identifiers count for the other."""
    from lrs.decisions.messages import MergePeople

    record(MergePeople(person=person, into=into), f"{person}: counted as {into}", as_json)


@app.command()
@accountable
def part(person: Person, reason: Reason = None, as_json: AsJson = False) -> None:
    """Take a merger back: the person is counted alone again."""
    from lrs.decisions.messages import PartPeople

    record(PartPeople(person=person, reason=reason), f"{person}: counted alone", as_json)


def _identifier(
    person: str,
    account: tuple[str, str] | None,
    mbox: str | None,
    sha1: str | None,
    openid: str | None,
    from_: str | None = None,
    to: str | None = None,
) -> "Identifier":
    from schemas.register import Account as XapiAccount
    from schemas.register import Identifier

    return Identifier(
        person=person,
        account=None if account is None else XapiAccount(*account),
        mbox=mbox,
        mbox_sha1sum=sha1,
        openid=openid,
        from_=maybe_day(from_, "--from"),
        to=maybe_day(to, "--to"),
    )


def written(identifier: dict[str, Any]) -> str:
    """An identifier as a person would write it, and as ``lrs people link`` takes it."""
    account = identifier.get("account")
    if account:
        return f"account {account['homePage']} {account['name']}"
    return next(f"{kind} {identifier[kind]}" for kind in KINDS if identifier.get(kind))
