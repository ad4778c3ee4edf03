"""lrs import statements, lrs export statements"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from lrs.commands.writing import STANDARD_OUTPUT, stop_asked, writing
from schemas.rules import Language

imports = typer.Typer(
    help="Take in what other systems have.", no_args_is_help=True, rich_markup_mode="markdown"
)
exports = typer.Typer(
    help="Give out what the store has.", no_args_is_help=True, rich_markup_mode="markdown"
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
LANGUAGES: dict[str, Language] = {"vi": "vi", "en": "en"}
SHOWN = 20  # refused lines that are printed; all are counted


@imports.callback()
def _imports() -> None:
    pass


@exports.callback()
def _exports() -> None:
    pass


@imports.command("statements")
def import_statements(
    file: Annotated[
        Path,
        typer.Argument(
            help="One JSON statement a line, or one JSON array; .gz is unpacked,"
            " - is standard input."
        ),
    ],
    xapi_version: Annotated[
        str, typer.Option(help="The rules for statements that do not name 2.0 themselves.")
    ] = "1.0.3",
    credential: Annotated[
        str | None,
        typer.Option(
            help="Import as this credential (id, key or name). [default: the store itself]"
        ),
    ] = None,
    attachments: Annotated[
        Path | None,
        typer.Option(help="A directory of attachment data, files named by their SHA-2."),
    ] = None,
    after_line: Annotated[int, typer.Option(help="Begin after this line.")] = 0,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Stop at a line that is refused, storing none after it: line by line, which takes"
            " longer.",
        ),
    ] = False,
    language: Annotated[
        str, typer.Option(help="vi or en, for what is wrong. [default: LANG]")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Take in statements, each checked as if it were posted; importing twice adds nothing.

    Whoever sent them elsewhere, here they are the store's own or the credential's: one that voids
    another sender's statement, which may have had no effect there, has it here.

    Exit code: 0 when every line was taken, 1 when some were refused.
    """
    from lrs.asked import CommandRefused
    from lrs.commands.serve import read
    from lrs.control import reach
    from lrs.imports import FileUnreadable, batches, open_statements, read_lines

    if xapi_version not in ("1.0.3", "2.0.0"):
        raise CommandRefused(f"--xapi-version {xapi_version}: 1.0.3 or 2.0.0 is meant")
    settings = read()
    stored = present = refused = 0
    last = after_line
    try:
        with reach(settings) as ask, open_statements(file) as (text, raw), _bar(as_json) as bar:
            is_pipe = not raw.seekable()  # nobody knows how much will come
            total = None if is_pipe else os.fstat(raw.fileno()).st_size
            task = bar.add_task(file.name, total=total, note="")
            lines = read_lines(text, longest=settings.max_body_bytes, attachments=attachments)
            for batch in batches(lines, after=after_line):
                done = ask(
                    "import_lines",
                    lines=[list(line) for line in batch],
                    version=xapi_version[:3],
                    language=language_of_user(language),
                    credential=credential,
                    strict=strict,
                )
                stored, present = stored + done["stored"], present + done["present"]
                last = batch[-1].number
                for number, problems in done["refused"]:
                    refused += 1
                    if refused <= SHOWN:
                        _show_refused(bar.console, file, number, problems)
                note = f"{stored} stored, {present} there already, {refused} refused"
                bar.update(task, completed=None if is_pipe else raw.tell(), note=note)
                if refused and strict:
                    last = number
                    break
    except CommandRefused as refusal:
        raise CommandRefused(
            f"{str(refusal).rstrip('.')}.{_going_on('--after-line', last)}"
        ) from None
    except OSError as error:
        raise CommandRefused(f"{file}: {error.strerror or error}") from None
    except FileUnreadable as error:
        raise CommandRefused(f"{file}: {error}. Stored up to line {last}.") from None
    except KeyboardInterrupt:
        raise CommandRefused(
            f"stopped.{_going_on('--after-line', last) or ' Begin again.'}"
        ) from None
    if as_json:
        outcome = {"stored": stored, "present": present, "refused": refused, "lastLine": last}
        typer.echo(orjson.dumps(outcome).decode())
    else:
        typer.echo(f"{stored} stored, {present} there already, {refused} refused")
        if refused and strict:
            typer.echo(f"stopped at line {last}; nothing after it was stored")
    if refused:
        raise typer.Exit(1)


@exports.command("statements")
def export_statements(
    file: Annotated[
        Path, typer.Argument(help="Where to; .gz is packed, - is standard output.")
    ] = STANDARD_OUTPUT,
    after: Annotated[int, typer.Option(help="Go on after this position, appending to FILE.")] = 0,
    xapi_version: Annotated[str, typer.Option(help="As GET answers under it.")] = "1.0.3",
    as_received: Annotated[
        bool, typer.Option("--as-received", help="The text as it was sent, nothing added.")
    ] = False,
    attachments: Annotated[
        Path | None, typer.Option(help="Write attachment data into this directory.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write all statements, in the order of the log, one a line.

    The position to go on after later is printed at the end, or where it is stopped: by Ctrl-C it
    is between two batches. The server may run meanwhile.
    """
    from lrs.asked import CommandRefused
    from lrs.commands.deciding import noted
    from lrs.commands.serve import read
    from lrs.exports import export_statements as export
    from lrs.exports import write_attachments
    from lrs.reading import open_for_reading

    if xapi_version not in ("1.0.3", "2.0.0"):
        raise CommandRefused(f"--xapi-version {xapi_version}: 1.0.3 or 2.0.0 is meant")
    settings = read()
    noted("lrs export statements", None, after=after or None)
    position, count = after, 0
    try:
        with (
            stop_asked() as is_stop_asked,
            open_for_reading(settings) as log,
            writing(file, going_on=after > 0) as write,
            _bar(as_json) as bar,
        ):
            head = log.head().position
            task = bar.add_task(file.name, total=head, completed=after, note="")
            for batch in export(
                log.storage,
                log,
                base_url=settings.base_url,
                after=after,
                stop=head,
                as_received=as_received,
                in_utc=xapi_version == "2.0.0",
            ):
                if attachments is not None:
                    write_attachments(log, batch.lines, attachments)
                write(b"".join(line + b"\n" for line in batch.lines))
                position = batch.position
                count += len(batch.lines)
                bar.update(task, completed=position, note=f"{count} statements")
                if is_stop_asked():
                    break
    except OSError as error:
        where = error.filename or ("output" if file == STANDARD_OUTPUT else file)
        said = f"{where}: {error.strerror or error}."
        raise CommandRefused(f"{said}{_going_on('--after', position)}") from None
    except KeyboardInterrupt:
        raise CommandRefused(f"stopped.{_going_on('--after', position)}") from None
    if position < head:
        raise CommandRefused(f"stopped.{_going_on('--after', position)}")
    if as_json:
        said_in_json = {"statements": count, "position": head}
        typer.echo(orjson.dumps(said_in_json).decode(), err=file == STANDARD_OUTPUT)
    else:
        typer.echo(
            f"{count} statements; the log ends at {head}: go on later with --after {head}", err=True
        )


def _going_on(option: str, last: int) -> str:
    return f" Go on with {option} {last}." if last else ""


def _bar(quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=quiet or not sys.stderr.isatty(),
    )


def _show_refused(
    console: Console, file: Path, number: int, problems: list[dict[str, Any]]
) -> None:
    for problem in problems:
        console.print(
            f"{file.name}:{number}: {problem['pointer']} {problem['message']} {problem['mend']}"
            f" [{problem['rule']}, {problem['section']}]",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def language_of_user(chosen: str = "") -> Language:
    """``chosen`` on the command line, else what the user's environment says."""
    from lrs.asked import CommandRefused

    if chosen in LANGUAGES:
        return LANGUAGES[chosen]
    if chosen:
        raise CommandRefused(f"--language {chosen}: vi or en is meant")
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "vi" if spoken.startswith("vi") else "en"
