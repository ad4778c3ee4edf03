"""lrs audit results"""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from lrs.commands.audit.reading import refusing
from lrs.commands.evaluation import AsJson, Period, ResultSet, show_explained, show_results


def results(
    file: Annotated[Path, typer.Argument(help="What `lrs audit replay --into` kept.")],
    period: Period,
    person: Annotated[
        str | None, typer.Option(help="What this person's points rest on, instead.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Or this unit's.")] = None,
    result_set: ResultSet = None,
    as_of: Annotated[
        str | None, typer.Option(help="As of a position. [default: that of the replay]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the results of a period as a replay that was kept has them; no store is needed."""
    from lrs import evaluation
    from lrs.asked import CommandRefused
    from lrs.audit.replay import open_kept
    from lrs.commands.serve import read

    with refusing(), open_kept(file, read()) as kept:
        if person is not None and unit is not None:
            raise CommandRefused("--person and --unit: one of them is meant")
        if as_of is not None and not evaluation.POSITION.fullmatch(as_of):
            raise CommandRefused(f"--as-of {as_of}: a replay has no times, it takes a position")
        asked = evaluation.Asked(period, result_set, as_of)
        found: dict[str, Any]
        if person is not None:
            found = evaluation.explained_person(kept, asked, person)
        elif unit is not None:
            found, _ = evaluation.explained_unit(kept, asked, unit)
        else:
            found = evaluation.results(kept, asked)
    if as_json:
        typer.echo(orjson.dumps(found).decode())
    elif person is None and unit is None:
        show_results(found)
    else:
        show_explained(found)
