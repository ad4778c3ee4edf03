"""lrs audit export"""

from pathlib import Path
from typing import Annotated

import typer

from lrs.commands.audit.reading import progress, show_json


def export(
    directory: Annotated[Path, typer.Argument(help="Where to; made if it does not exist.")],
    bodies: Annotated[
        str,
        typer.Option(
            help="all, or none: a bundle that proves the same and holds no personal content."
        ),
    ] = "all",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a program to read.")
    ] = False,
) -> None:
    """Write the whole log, up to its last checkpoint, as a bundle for an auditor.

    `lrs audit verify-bundle` verifies it, and so does `tools/verify_log.py`, which needs nothing
    but Python. The server may run meanwhile. A bundle with bodies holds all that the store has
    about people: hand it over as you would the database.
    """
    from lrs import __version__
    from lrs.asked import CommandRefused
    from lrs.audit import bundle
    from lrs.audit.cosigning import read_policy
    from lrs.audit.openings import ContentDamaged, ContentLocked
    from lrs.audit.second_key import second_vkey
    from lrs.audit.tiles import TileMissing
    from lrs.commands.deciding import noted
    from lrs.commands.serve import read
    from lrs.log.recorder import wall_clock
    from lrs.reading import open_for_reading
    from lrs.store_time import iso_time

    if bodies not in ("all", "none"):
        raise CommandRefused(f"--bodies {bodies}: all or none is meant")
    settings = read()
    if bodies == "all":
        noted("lrs audit export", None)
    policy = read_policy(settings)
    witnesses = [] if policy is None else [known.verifier.vkey for known in policy.witnesses]
    if (second := second_vkey(settings)) is not None:
        witnesses.insert(0, second)
    about = {"program": f"hocba {__version__}", "exported": iso_time(wall_clock())}
    try:
        with open_for_reading(settings) as log, progress(as_json, "export") as moved:
            done = bundle.export(
                log,
                directory,
                bodies=bodies == "all",
                about=about,
                witnesses=witnesses,
                progress=moved,
            )
    except TileMissing as missing:
        raise CommandRefused(f"{missing}; `lrs audit verify` says what is missing") from None
    except (
        bundle.DirectoryTaken,
        bundle.NothingSigned,
        bundle.ForgottenMeanwhile,
        ContentDamaged,
        ContentLocked,
    ) as refusal:
        raise CommandRefused(str(refusal)) from None
    except OSError as error:
        raise CommandRefused(f"{error.filename or directory}: {error.strerror}") from None
    checkpoint = done.signed.checkpoint
    if as_json:
        show_json(
            {
                "directory": str(directory),
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
                "bodies": bodies,
                "withoutContent": done.gone,
                "closings": done.closings,
                "results": done.documents,
            }
        )
        return
    typer.echo(
        f"{directory}: {checkpoint.size} events of {checkpoint.origin}, {done.closings} closings"
        f" with {done.documents} results"
        + (f"; the content of {done.gone} events is gone" if done.gone else "")
    )
    typer.echo(f"Verify it: lrs audit verify-bundle {directory}")
