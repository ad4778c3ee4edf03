"""What the commands share that only read: the log beside a server, notes, the progress bar."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import typer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lrs.audit.notes import Note
    from lrs.audit.replay import Progress
    from lrs.log.recorder import LogRecorder

CANNOT_TELL = 2
"""The exit code where nothing was compared: 0 says equal and 1 says different."""

CHANGED = 1


@contextmanager
def refusing() -> Iterator[None]:
    """What is not there or cannot be read is said, and ends with ``CANNOT_TELL``; an event that was
    changed so that nothing can be made of it ends with ``CHANGED``.
    """
    from lrs.asked import CommandRefused
    from lrs.audit.differences import NotThere
    from lrs.audit.period_findings import PeriodNotInLog
    from lrs.audit.replay import NoReplay, NotReplayable, ScratchExists
    from lrs.control import DATABASE_ERRORS
    from lrs.evaluation import EvaluationRefused
    from lrs.log.contents import ContentBroken
    from lrs.settings import InvalidSettings

    try:
        yield
    except (
        CommandRefused,
        EvaluationRefused,
        NoReplay,
        NotThere,
        PeriodNotInLog,
        ScratchExists,
    ) as refusal:
        typer.echo(f"lrs: {refusal}", err=True)
        raise typer.Exit(CANNOT_TELL) from None
    except InvalidSettings as invalid:
        typer.echo("\n".join(f"lrs: {problem}" for problem in invalid.problems), err=True)
        raise typer.Exit(CANNOT_TELL) from None
    except DATABASE_ERRORS as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()
        typer.echo(f"lrs: {said[0] if said else repr(error)}", err=True)
        raise typer.Exit(CANNOT_TELL) from None
    except (ContentBroken, NotReplayable) as changed:
        typer.echo(f"lrs: {changed}", err=True)
        raise typer.Exit(CHANGED) from None


@contextmanager
def reading() -> Iterator["LogRecorder"]:
    """The log, opened for reading; see ``refusing``."""
    from lrs.commands.serve import read
    from lrs.reading import open_for_reading

    with refusing(), open_for_reading(read()) as log:
        yield log


def position_asked(log: "LogRecorder", connection: "Connection", as_of: str | None) -> int:
    """The position an option names, by default the end of the log; refused beyond that."""
    from lrs.asked import CommandRefused
    from lrs.commands.serve import read
    from lrs.evaluation import position_of

    head = log.head_of(connection).position
    if as_of is None:
        return head
    position = position_of(log, connection, as_of, read().tz)
    if position > head:
        raise CommandRefused(f"{as_of}: the log ends at position {head}")
    return position


@contextmanager
def progress(quiet: bool, name: str = "replay") -> Iterator["Progress"]:
    """A bar of the events replayed, on standard error."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    err = Console(stderr=True)
    with Bar(console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def read_note(path: Path) -> "Note":
    """A checkpoint in a file. Raises NoteInvalid, naming the file, and OSError."""
    from lrs.audit.checkpoints import Checkpoint
    from lrs.audit.notes import Note, NoteInvalid

    try:
        note = Note.parse(path.read_text("utf-8"))
        Checkpoint.parse(note.text)
    except (NoteInvalid, UnicodeDecodeError) as invalid:
        raise NoteInvalid(f"{path}: {invalid}") from None
    return note


def show_json(said: Any) -> None:
    typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
