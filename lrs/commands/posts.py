"""lrs people transfer|leave|absence"""

from typing import Annotated

import typer

from lrs.commands.deciding import AsJson, From, On, To, accountable, day, maybe_day, record
from lrs.commands.people import Person


@accountable
def transfer(
    person: Person,
    unit: Annotated[str, typer.Option(help="The unit of the new post.")],
    position: Annotated[str, typer.Option(help="Its job position.")],
    on: On,
    to: To = None,
    category: Annotated[
        str | None,
        typer.Option(help="can_bo, cong_chuc, vien_chuc or nguoi_lao_dong. [default: as it was]"),
    ] = None,
    head: Annotated[bool, typer.Option("--head", help="The person heads the unit.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a person another primary post; the one before ends on the day before."""
    from lrs.asked import CommandRefused
    from lrs.cases.organisation import CATEGORIES
    from lrs.decisions.messages import Transfer

    if category is not None and category not in CATEGORIES:
        raise CommandRefused(f"--category {category}: one of {', '.join(CATEGORIES)} is meant")
    decision = Transfer(
        person=person,
        unit=unit,
        position=position,
        on=day(on, "--on"),
        to=maybe_day(to, "--to"),
        category=category,  # type: ignore[arg-type]  # one of them
        head=head,
    )
    record(decision, f"{person}: in {unit} as {position} from {on}", as_json)


@accountable
def leave(
    person: Person,
    last_day: Annotated[str, typer.Option(help="The last day of all posts, as 2026-04-30.")],
    as_json: AsJson = False,
) -> None:
    """End a person's posts."""
    from lrs.decisions.messages import Leave

    decision = Leave(person=person, last_day=day(last_day, "--last-day"))
    record(decision, f"{person}: no post after {last_day}", as_json)


@accountable
def absence(
    person: Person,
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="Why, such as thai_san.")],
    from_: From = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Record an absence that shortens the evaluated time."""
    from lrs.decisions.messages import RecordAbsence
    from schemas.register import Absence

    first, last = maybe_day(from_, "--from"), maybe_day(to, "--to")
    decision = RecordAbsence(absence=Absence(person=person, type=type_, from_=first, to=last))
    record(decision, f"{person}: absent, {type_}", as_json)
