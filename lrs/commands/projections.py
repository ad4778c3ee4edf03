"""lrs projections status|rebuild"""

import time
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

app = typer.Typer(
    help="The tables computed from the log.", no_args_is_help=True, rich_markup_mode="markdown"
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
LOOK_SECONDS = 0.2
RATE_SECONDS = 1.0  # between two looks, to tell how fast a projection follows


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show how far each projection is, and what stopped it."""
    from lrs.commands.serve import read
    from lrs.control import reach

    with reach(read()) as ask:
        rows = ask("projections")
        if any(row["lag"] or row["rebuild"] for row in rows):
            time.sleep(RATE_SECONDS)
            rows = [
                after
                | {
                    "rate": round((after["position"] - before["position"]) / RATE_SECONDS),
                    "rebuildMoves": after["rebuild"] != before["rebuild"],
                }
                for before, after in zip(rows, ask("projections"), strict=True)
            ]
    if as_json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    else:
        table = Table("projection", "applied", "position", "lag", "events/s", "", box=None)
        for row in rows:
            rate, note = str(row.get("rate", 0)), row["failure"] or ""
            if row["rebuild"]:
                how = "rebuilding, at" if row["rebuildMoves"] else "a rebuild stands at"
                note = f"{note} {how} {row['rebuild']}".strip()
            table.add_row(
                row["name"], row["applied"], str(row["position"]), str(row["lag"]), rate, note
            )
        Console(soft_wrap=True, markup=False, emoji=False).print(table)
    if any(row["failure"] for row in rows):
        raise typer.Exit(1)


@app.command()
def rebuild(
    name: Annotated[str, typer.Argument(help="The projection; `status` lists them.")],
    check: Annotated[
        bool,
        typer.Option("--check", help="Compare with the live tables, row by row, before switching."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill new tables from the log while the store goes on, then switch to them at once."""
    from lrs.asked import CommandRefused
    from lrs.commands.serve import read
    from lrs.control import reach

    with reach(read()) as ask:
        ask("start_rebuild", name=name, check=check)
        with progress_bar(as_json) as progress:
            task = progress.add_task(name, total=None, rate="")
            began = time.monotonic()
            while True:
                state = ask("rebuild_progress")
                rate = state["position"] / max(time.monotonic() - began, 0.001)
                progress.update(
                    task,
                    completed=state["position"],
                    total=state["head"] or None,
                    rate=f"{rate:,.0f} events/s",
                )
                if state["failure"] or state["done"]:
                    break
                time.sleep(LOOK_SECONDS)
    if state["failure"]:
        raise CommandRefused(f"not switched: {state['failure']}")
    done: dict[str, Any] = {"name": name, **state["done"], "checked": check}
    done["rate"] = round(done["position"] / max(done["seconds"], 0.001))
    if as_json:
        typer.echo(orjson.dumps(done).decode())
        return
    typer.echo(
        f"{name}: rebuilt up to position {done['position']} in {done['seconds']:.1f} s"
        f" ({done['rate']:,} events/s)" + (", equal to the tables before" if check else "")
    )


def progress_bar(quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=quiet,
    )
