"""lrs award decide|withdraw|list"""

from typing import Annotated, Any

import orjson
import typer

from lrs.commands.deciding import AsJson, accountable, ask, day, show_json, show_table

app = typer.Typer(
    help="Awards. The score sheet proposes, people decide; what they decided is recorded here.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Period = Annotated[str, typer.Option(help="The period on whose closed results it rests.")]
Award = Annotated[str, typer.Option(help="The award, by the id you give it, as BANG-KHEN-BO.")]


@app.command()
@accountable
def decide(
    period: Period,
    award: Award,
    number: Annotated[str, typer.Option(help="The number of the decision, as 1234/QĐ-BVHTTDL.")],
    date: Annotated[str, typer.Option(help="The day of the decision, as 2026-12-20.")],
    decided_by: Annotated[str, typer.Option(help="The authority that signed the decision.")],
    person: Annotated[
        list[str] | None, typer.Option(help="Awarded by it; may be given several times.")
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="Awarded by it; may be given several times.")
    ] = None,
    achievement: Annotated[
        str | None,
        typer.Option(help="What it is given for: nobody is proposed twice for the same."),
    ] = None,
    note: Annotated[str | None, typer.Option(help="Anything worth knowing; recorded.")] = None,
    as_json: AsJson = False,
) -> None:
    """Record a decision that awards people or units, with the closed results it rests on."""
    made = ask(
        "decide_awards",
        period=period,
        award=award,
        number=number,
        day=day(date, "--date").isoformat(),
        decided_by=decided_by,
        people=person or [],
        units=unit or [],
        achievement=achievement,
        note=note,
    )
    if as_json:
        show_json(made)
        return
    for one in made:
        said = "" if one["person"] is None else f" (proposal: {one['proposal'] or 'none'})"
        typer.echo(f"{one['person'] or one['unit']}: {award} by {number}{said}")


@app.command()
@accountable
def withdraw(
    period: Period,
    award: Award,
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")],
    person: Annotated[str | None, typer.Option(help="Whose award is taken back.")] = None,
    unit: Annotated[str | None, typer.Option(help="Or which unit's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take an award back."""
    from lrs.asked import CommandRefused

    if (person is None) == (unit is None):
        raise CommandRefused("--person or --unit: one of them is meant")
    ask("withdraw_award", period=period, award=award, person=person, unit=unit, reason=reason)
    said = {"period": period, "award": award, "person": person, "unit": unit}
    text = f"{person or unit}: {award} of {period} taken back"
    typer.echo(orjson.dumps(said).decode() if as_json else text)


@app.command("list")
@accountable
def list_(
    period: Annotated[str | None, typer.Option(help="Only those of this period.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show who was awarded what, by which decision, and what had been proposed."""
    rows: list[dict[str, Any]] = ask("awards", period=period)
    if as_json:
        show_json(rows)
        return
    show_table(
        ("period", "award", "", "id", "decision", "date", "decided by", "proposal", "rests on"),
        [
            (
                row["period"],
                row["award"],
                "unit" if row["person"] is None else "person",
                row["person"] or row["unit"],
                row["number"],
                row["date"],
                row["decided_by"],
                row["proposal"],
                f"results at {row['position']}"
                + ("" if row["stands"] else ", which the period is no longer closed with"),
            )
            for row in rows
        ],
    )
