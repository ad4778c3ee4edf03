"""lrs courses list|map|unmap"""

from typing import Annotated

import typer

from lrs.commands.deciding import AsJson, accountable, ask, record, show_json, show_table

app = typer.Typer(
    help="Courses, and the activities of platforms that are one of them.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Platform = Annotated[str, typer.Argument(help="The id of the platform that reports it.")]
Activity = Annotated[str, typer.Argument(help="The activity's IRI, character by character.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show all courses and the activities that are each of them."""
    rows = ask("courses")
    if as_json:
        show_json(rows)
        return
    show_table(
        ("id", "name", "minutes", "exam", "complete when", "activities"),
        (
            (
                row["id"],
                row["vi"],
                row["nominal_minutes"],
                "exam" if row["exam"] else "",
                row["move_on"],
                "; ".join(
                    f"{platform} {activity}"
                    for platform, activities in row["activities"].items()
                    for activity in activities
                ),
            )
            for row in rows
        ),
    )


@app.command("map")
@accountable
def map_(
    platform: Platform,
    activity: Activity,
    course: Annotated[str, typer.Argument(help="The id of the course it is.")],
    as_json: AsJson = False,
) -> None:
    """Say which course an activity is; what statements about it held back counts at once."""
    from lrs.decisions.messages import MapActivity

    decision = MapActivity(platform=platform, activity=activity, course=course)
    record(decision, f"{activity}: {course}", as_json)


@app.command()
@accountable
def unmap(platform: Platform, activity: Activity, as_json: AsJson = False) -> None:
    """Say that an activity is no course; what it had brought does not count any more."""
    from lrs.decisions.messages import UnmapActivity

    decision = UnmapActivity(platform=platform, activity=activity)
    record(decision, f"{activity}: no course", as_json)
