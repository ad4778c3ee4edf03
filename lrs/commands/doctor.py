"""lrs doctor"""

from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.text import Text

COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a program to read.")
    ] = False,
) -> None:
    """Check what the store stands on and whether its log holds together; changes nothing.

    Exit code 1 when something fails.
    """
    from lrs.commands.serve import read
    from lrs.doctor import examine

    settings = read()
    console = Console(soft_wrap=True, highlight=False)
    findings = []
    for finding in examine(settings):
        findings.append(finding)
        if not as_json:
            line = Text(f"{finding.state:5}", style=COLOURS[finding.state])
            line.append(f"{finding.what}: {finding.seen}", style="default")
            console.print(line)
            if finding.mend:
                console.print(Text(f"     {finding.mend}", style="dim"))
    if as_json:
        rows = [finding._asdict() for finding in findings]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    if any(finding.state == "fail" for finding in findings):
        raise typer.Exit(1)
