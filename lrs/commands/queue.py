"""lrs queue actors|courses"""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from lrs.commands.deciding import AsJson, ask, show_json, show_table
from lrs.commands.people import written

app = typer.Typer(
    help="What holds statements back until somebody decides; most first.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Limit = Annotated[int, typer.Option(min=1, help="Show so many; the last line counts all.")]
SHOWN = 50


@app.command()
def actors(limit: Limit = SHOWN, as_json: AsJson = False) -> None:
    """Show identifiers that are nobody's; `lrs people link` makes one somebody's."""
    rows = ask("unresolved_actors")
    if as_json:
        show_json(rows)
        return
    show_table(
        ("identifier", "name in statements", "statements", "first", "last", "latest position"),
        ((written(row["identifier"]), row["name"], *_held(row)) for row in rows[:limit]),
    )
    _count(rows, limit, "identifiers")


@app.command()
def courses(
    platform: Annotated[str | None, typer.Option(help="Only of this platform.")] = None,
    limit: Limit = SHOWN,
    as_json: AsJson = False,
) -> None:
    """Show activities that are no course; `lrs courses map` makes one a course."""
    rows = ask("unmapped_courses", platform=platform)
    if as_json:
        show_json(rows)
        return
    show_table(
        (
            "platform",
            "activity",
            "name in statements",
            "statements",
            "first",
            "last",
            "latest position",
        ),
        (
            (row["platform"], row["activity"], _in_a_language(row["name"]), *_held(row))
            for row in rows[:limit]
        ),
    )
    _count(rows, limit, "activities")


def _held(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["statements"], row["first"][:10], row["last"][:10], row["latest"]


def _in_a_language(names: dict[str, str] | None) -> str | None:
    """The Vietnamese name if there is one, else any."""
    if not names:
        return None
    vietnamese = (name for tag, name in names.items() if tag.lower().startswith("vi"))
    return next(vietnamese, next(iter(names.values())))


def _count(rows: Sequence[dict[str, Any]], limit: int, what: str) -> None:
    statements = sum(row["statements"] for row in rows)
    typer.echo(f"{len(rows)} {what} hold back {statements} statements")
    if len(rows) > limit:
        typer.echo(f"{limit} are shown; --limit {len(rows)} shows all", err=True)
