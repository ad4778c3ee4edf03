"""lrs import case"""

import time
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from lrs.commands.deciding import accountable, asking
from lrs.commands.statements import AsJson, language_of_user

LOOK_SECONDS = 0.2
SHOWN = 200  # problems that are printed; all are counted


@accountable
def import_case(
    folder: Annotated[Path, typer.Argument(help="The folder of an evaluation case.")],
    check: Annotated[
        bool, typer.Option("--check", help="Read and check its files; take in nothing.")
    ] = False,
    no_freeze: Annotated[
        bool, typer.Option("--no-freeze", help="Leave its period open, whatever it says.")
    ] = False,
    language: Annotated[
        str, typer.Option(help="vi or en, for what is wrong. [default: LANG]")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Take in an evaluation case: organisation, catalogue, score sheets, period, declarations and
    statements.

    Every problem of all its files is told at once, and then nothing is taken in. Importing the
    same case again adds nothing. docs/case-format.md describes the files.
    """
    from lrs.asked import CommandRefused
    from lrs.cases import read_case
    from lrs.cases.problems import CaseRefused

    spoken = language_of_user(language)
    try:
        case = read_case(folder)
    except CaseRefused as refused:
        for problem in refused.problems[:SHOWN]:
            typer.echo(problem.text(spoken), err=True)
        count = len(refused.problems)
        raise CommandRefused(f"{folder}: {count} problems; nothing was taken in") from None
    lines = sum(len(batch.lines) for batch in case.batches)
    if check:
        typer.echo(f"{folder}: no problem; {lines} statements in {len(case.batches)} requests")
        return
    with asking() as ask:
        ask(
            "start_case_import",
            folder=str(folder.resolve()),
            freeze=not no_freeze,
            language=spoken,
        )
        with _bar(as_json) as bar:
            task = bar.add_task(case.period.id, total=lines)
            while True:
                state = ask("case_import_progress")
                bar.update(task, completed=state["position"])
                if state["failure"] or state["done"]:
                    break
                time.sleep(LOOK_SECONDS)
    if state["failure"]:
        raise CommandRefused(state["failure"])
    done = state["done"]
    if as_json:
        typer.echo(orjson.dumps(done).decode())
        return
    typer.echo(
        f"{case.period.id}: {done['recorded']} facts recorded; statements: {done['stored']} stored,"
        f" {done['present']} there already, {done['refused']} refused"
    )
    if done["thawed"]:
        typer.echo(
            f"{case.period.id} was frozen before and thawed since; it was left open."
            f" `lrs period freeze {case.period.id}` freezes it where the log ends then",
            err=True,
        )
    if done["credentials"]:
        typer.echo(
            f"{done['credentials']} credentials made for platforms;"
            " `lrs credentials rotate NAME` shows a secret for one",
            err=True,
        )


def _bar(quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=quiet,
        transient=True,
    )
