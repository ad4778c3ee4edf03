"""lrs audit recover"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

if TYPE_CHECKING:
    from lrs.audit.recovery import Recovered
    from lrs.audit.start import Loss
    from lrs.log.recorder import LogRecorder
    from lrs.settings import Settings


def recover(
    acknowledge_loss: Annotated[
        bool, typer.Option("--acknowledge-loss", help="Yes: what is missing is lost for good.")
    ] = False,
    tiles: Annotated[
        bool, typer.Option("--tiles", help="Only build the tiles of the tree again that differ.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a program to read.")
    ] = False,
) -> None:
    """Go on with a log that is shorter than, or differs from, what it signed.

    Begins a new epoch whose first event names the loss: the last checkpoint that was signed, and
    where the database ends. Whoever knows that checkpoint will see it. Restore the newest backup
    instead, if there is any way to, and keep a copy of this database. Stop the server first.

    `--tiles` is for a tree that is damaged over leaves that are right: no epoch begins.
    """
    from lrs.asked import CommandRefused
    from lrs.audit.recovery import mend_tiles
    from lrs.audit.recovery import recover as run
    from lrs.audit.start import find_loss
    from lrs.commands.audit.reading import progress
    from lrs.commands.serve import read

    settings = read()
    with _opened(settings) as log:
        if not (acknowledge_loss or tiles):
            raise CommandRefused(_said(find_loss(log, settings)))
        with progress(as_json, "tree") as moved:
            done = run(log, settings, moved) if acknowledge_loss else mend_tiles(log, moved)
    if done is None:
        raise CommandRefused(_said(None))
    if isinstance(done, int):
        said = f"The tree is what the leaves make; {done} of its tiles were not."
        typer.echo(orjson.dumps({"mended": done}).decode() if as_json else said)
    else:
        _show(done, as_json)


@contextmanager
def _opened(settings: "Settings") -> Iterator["LogRecorder"]:
    """The log for writing, whatever its checkpoints say."""
    from lrs.asked import CommandRefused
    from lrs.audit.checkpoints import CheckpointFileDamaged
    from lrs.audit.sealer import EventsMissing
    from lrs.audit.start import StartRefused
    from lrs.control import DATABASE_ERRORS, cannot_open
    from lrs.log.opening import open_log
    from lrs.log.storage import StoreInUse, open_storage

    try:
        storage = open_storage(settings.database_url)
    except StoreInUse as in_use:
        raise CommandRefused(str(in_use)) from None
    except DATABASE_ERRORS as error:
        raise CommandRefused(cannot_open(settings, error)) from None
    try:
        yield open_log(storage)
    except EventsMissing as missing:
        raise CommandRefused(f"{missing}: there is no tree over a gap") from None
    except (StartRefused, CheckpointFileDamaged) as refused:
        raise CommandRefused(str(refused)) from None
    finally:
        storage.close()


def _said(loss: "Loss | None") -> str:
    from lrs.audit.start import MENDS

    if loss is None:
        return "nothing is lost: the log agrees with its last checkpoints"
    return f"{loss}. {MENDS[loss.kind]}"


def _show(recovered: "Recovered", as_json: bool) -> None:
    epoch, position, signed, loss = recovered
    if as_json:
        said = {
            "epoch": epoch.epoch,
            "origin": epoch.origin,
            "position": position,
            "note": signed.note if signed else None,
            "loss": loss.kind,
        }
        typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
    elif signed is None:
        typer.echo("Nothing is lost: the tree was damaged, and was built again from the log.")
    else:
        typer.echo(f"Acknowledged: {loss}.")
        typer.echo(f"Epoch {epoch.epoch} begins at position {position}, as {epoch.origin}:\n")
        typer.echo(signed.note, nl=False)
