"""lrs items list|decide"""

from typing import Annotated

import typer

from lrs.commands.deciding import AsJson, accountable, ask, record, show_json, show_table

app = typer.Typer(
    help="What was declared of people and units, and whether it is accepted.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
DECISIONS = ("accepted", "rejected", "pending")


@app.command("list")
@accountable
def list_(
    decision: Annotated[
        str | None, typer.Option(help="Only accepted, rejected or pending ones.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="Only this person's.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show declared items, the latest first."""
    if decision is not None:
        _check(decision, f"--decision {decision}")
    rows = ask("items", decision=decision, person=person, unit=unit)
    if as_json:
        show_json(rows)
        return
    show_table(
        ("id", "kind", "of", "date", "title", "decision", "reason", "recorded by"),
        (
            (
                row["id"],
                row["kind"],
                row["person"] or row["unit"],
                row["date"],
                row["title"],
                row["decision"],
                row["reason"],
                row["recordedBy"],
            )
            for row in rows
        ),
    )


@app.command()
@accountable
def decide(
    item: Annotated[str, typer.Argument(help="The id of the item.")],
    decision: Annotated[str, typer.Argument(help="accepted, rejected or pending.")],
    reason: Annotated[str | None, typer.Option(help="Why; needed where it is rejected.")] = None,
    as_json: AsJson = False,
) -> None:
    """Accept or reject a declared item, or take the decision back."""
    from lrs.decisions.messages import DecideItem

    _check(decision, decision)
    message = DecideItem(
        item=item,
        decision=decision,  # type: ignore[arg-type]  # one of them
        reason=reason,
    )
    record(message, f"{item}: {decision}", as_json)


def _check(decision: str, said: str) -> None:
    from lrs.asked import CommandRefused

    if decision not in DECISIONS:
        raise CommandRefused(f"{said}: {', '.join(DECISIONS)} can be decided")
