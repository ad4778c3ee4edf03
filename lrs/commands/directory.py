"""lrs import directory, lrs export directory-template"""

import time
from pathlib import Path
from typing import Annotated

import orjson
import typer

from lrs.commands.cases import LOOK_SECONDS, SHOWN
from lrs.commands.deciding import AsJson, accountable, ask, asking, pairs
from lrs.commands.statements import language_of_user


@accountable
def import_directory(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE_OR_FOLDER",
            help="An Excel workbook, or a folder or zip file of OneRoster 1.2 CSV.",
        ),
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Read and check it; take in nothing.")
    ] = False,
    home_page: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TYPE=ADDRESS",
            help="OneRoster: the home page of the accounts that userIds of this type name; several"
            " times for several types.",
        ),
    ] = None,
    category: Annotated[
        str | None,
        typer.Option(
            help="OneRoster: everybody's category where no role says another. [default: vien_chuc]"
        ),
    ] = None,
    head_role: Annotated[
        list[str] | None,
        typer.Option(
            help="OneRoster: a role that heads its unit; several times for several."
            " [default: principal]"
        ),
    ] = None,
    language: Annotated[
        str, typer.Option(help="vi or en, for what is wrong. [default: LANG]")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Take in an organisation: units, people, identifiers, posts, absences.

    Every problem of all its files is told at once, and then nothing is taken in. Taking in the same
    again adds nothing. `lrs export directory-template` writes the workbook to fill in.
    """
    from lrs.asked import CommandRefused
    from lrs.cases.problems import CaseRefused
    from lrs.directory_import import read_directory

    spoken = language_of_user(language)
    options = _options(home_page, category, head_role)
    try:
        found = read_directory(path, options)
    except CaseRefused as refused:
        for problem in refused.problems[:SHOWN]:
            typer.echo(problem.text(spoken), err=True)
        count = len(refused.problems)
        raise CommandRefused(f"{path}: {count} problems; nothing was taken in") from None
    count = sum(len(records) for records in found.described.records.values())
    if check:
        typer.echo(f"{path}: no problem in itself; {count} facts")
        return
    with asking() as ask_store:
        ask_store(
            "start_directory_import", path=str(path.resolve()), options=options, language=spoken
        )
        while not ((state := ask_store("case_import_progress"))["failure"] or state["done"]):
            time.sleep(LOOK_SECONDS)
    if state["failure"]:
        raise CommandRefused(state["failure"])
    recorded = state["done"]["recorded"]
    said = {"facts": count, "recorded": recorded}
    text = f"{path}: {count} facts, {recorded} changes recorded"
    typer.echo(orjson.dumps(said).decode() if as_json else text)


def _options(
    home_page: list[str] | None, category: str | None, head_role: list[str] | None
) -> dict[str, object]:
    """Those that were given."""
    from lrs.asked import CommandRefused
    from lrs.cases.organisation import CATEGORIES

    if category is not None and category not in CATEGORIES:
        raise CommandRefused(f"--category {category}: one of {', '.join(CATEGORIES)} is meant")
    given = {
        "home_pages": pairs(home_page, "--home-page") or None,
        "category": category,
        "heads": head_role,
    }
    return {name: value for name, value in given.items() if value is not None}


@accountable
def export_directory_template(
    file: Annotated[Path, typer.Argument(help="The workbook to write, such as don-vi.xlsx.")],
    filled: Annotated[
        bool, typer.Option("--filled", help="With what is recorded in its rows.")
    ] = False,
    party: Annotated[
        bool, typer.Option("--party", help="Party membership as well; it is protected.")
    ] = False,
) -> None:
    """Write the Excel workbook that `lrs import directory` reads."""
    from lrs.asked import CommandRefused
    from lrs.cases.workbook_template import write_template
    from lrs.directory_import import records_of

    if file.suffix.lower() != ".xlsx":
        raise CommandRefused(f"{file}: give a name that ends in .xlsx")
    if file.exists():
        raise CommandRefused(f"{file} exists already; give another name")
    if party and not filled:
        raise CommandRefused("--party says what to fill in: give --filled, too")
    records = records_of(ask("listed_organisation", party=party)) if filled else None
    try:
        write_template(file, records)
    except OSError as error:
        raise CommandRefused(f"{file}: {error.strerror or error}") from None
    typer.echo(f"{file}: written")
