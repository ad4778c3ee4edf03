"""lrs privacy readings"""

from typing import Annotated, Any

import typer

from lrs.commands.deciding import AsJson, accountable, ask, show_json, show_table

SHOWN = 50


@accountable
def readings(
    person: Annotated[str, typer.Argument(help="The id of the person.")],
    limit: Annotated[
        int, typer.Option(min=1, help="Show so many, the latest first; the last line counts all.")
    ] = SHOWN,
    as_json: AsJson = False,
) -> None:
    """Show who read a person's record, when, what and what for. Asking is recorded as well."""
    found = ask("readings_of_person", person=person, limit=limit)
    if as_json:
        show_json(found)
        return
    show_table(
        ("position", "time (UTC)", "by", "as", "what", "with", "purpose", "people"),
        (
            (
                row["position"],
                row["stored"][:19],
                _reader(row),
                " ".join(row["roles"]),
                row["route"],
                " ".join(f"{name}={value}" for name, value in row["asked"].items()),
                row["purpose"],
                row["count"],
            )
            for row in found["rows"]
        ),
    )
    typer.echo(f"{person}: read {found['total']} times by others up to {found['position']}")


def _reader(row: dict[str, Any]) -> str:
    """An account; the user of the machine; or both."""
    user = f"{row['user']} (machine)" if row["user"] else None
    return ", ".join(name for name in (row["account"], user) if name)
