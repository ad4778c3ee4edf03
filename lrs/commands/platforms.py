"""lrs platforms list|recognise|suspend|revoke"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lrs.commands.deciding import (
    AsJson,
    To,
    accountable,
    ask,
    day,
    maybe_day,
    record,
    show_json,
    show_table,
    span,
)

if TYPE_CHECKING:
    from schemas.register import Recognised

app = typer.Typer(
    help="Platforms that send statements, and when they are recognised.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Platform = Annotated[str, typer.Argument(help="The id of the platform.")]
FromDay = Annotated[str, typer.Option("--from", help="The first day, as 2026-04-30.")]
Decision = Annotated[str, typer.Option(help="The number of the decision document.")]
Dated = Annotated[str, typer.Option(help="The date of the decision document, as 2026-04-25.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show all platforms, their status today and every decision on it."""
    rows = ask("platforms")
    if as_json:
        show_json(rows)
        return
    show_table(
        ("id", "name", "credential", "today", "decisions"),
        (
            (
                row["id"],
                row["vi"],
                row["credential"],
                row["status"] or "not recognised",
                "; ".join(_shown(one) for one in row["recognitions"]),
            )
            for row in rows
        ),
    )


@app.command()
@accountable
def recognise(
    platform: Platform,
    from_: FromDay,
    decision: Decision,
    dated: Dated,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Recognise a platform from a day on; what it sent of those days counts at once.

    A suspension or a revocation ends with the day before.
    """
    _decide(platform, "recognised", from_, to, decision, dated, as_json)


@app.command()
@accountable
def suspend(
    platform: Platform,
    from_: FromDay,
    decision: Decision,
    dated: Dated,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Suspend the recognition of a platform from a day on, or on some days."""
    _decide(platform, "suspended", from_, to, decision, dated, as_json)


@app.command()
@accountable
def revoke(
    platform: Platform, from_: FromDay, decision: Decision, dated: Dated, as_json: AsJson = False
) -> None:
    """Revoke the recognition of a platform from a day on."""
    _decide(platform, "revoked", from_, None, decision, dated, as_json)


def _decide(
    platform: str,
    status: "Recognised",
    from_: str,
    to: str | None,
    number: str,
    dated: str,
    as_json: bool,
) -> None:
    from lrs.decisions.messages import DecideRecognition
    from schemas.register import Document

    decision = DecideRecognition(
        platform=platform,
        status=status,
        from_=day(from_, "--from"),
        to=maybe_day(to, "--to"),
        document=Document(number, day(dated, "--dated")),
    )
    until = "" if to is None else f" to {to}"
    record(decision, f"{platform}: {status} from {from_}{until}", as_json)


def _shown(recognition: dict[str, Any]) -> str:
    document = recognition.get("decision")
    days = span({"from": recognition.get("from"), "to": recognition.get("to")})
    number = "" if document is None else f" ({document['number']})"
    return f"{recognition.get('status', 'recognised')} {days}{number}"
