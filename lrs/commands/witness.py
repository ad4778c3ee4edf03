"""lrs witness init|serve|cosign"""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Watch logs as a witness: a program of its own, with its own key. It needs no store.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Folder = Annotated[Path, typer.Option("--dir", help="Where the witness keeps its key and state.")]


@app.command()
def init(
    name: Annotated[
        str, typer.Option(help="Its name in signatures: a host and path of yours, without https://")
    ],
    log: Annotated[
        list[str] | None,
        typer.Option(help="The vkey of a log to watch; may be given more than once."),
    ] = None,
    ml_dsa: Annotated[
        bool,
        typer.Option("--ml-dsa", help="Sign with ML-DSA-44 as well, against quantum computers."),
    ] = False,
    folder: Folder = Path("witness"),
) -> None:
    """Make a new witness and print its vkeys, for the policies of those who trust it.

    Its private key stays in the folder; whoever has it can sign in its name.
    """
    from lrs.asked import CommandRefused
    from lrs.audit.cosignatures import Cosigner
    from lrs.audit.notes import COSIGNATURE, ML_DSA_44, NoteInvalid
    from lrs.witness.witness import Witness, WitnessFolderInvalid

    try:
        cosigners = [Cosigner.generate(name, COSIGNATURE)]
        if ml_dsa:
            cosigners.append(Cosigner.generate(name, ML_DSA_44))
        witness = Witness.create(folder, cosigners, log or ())
    except (NoteInvalid, WitnessFolderInvalid, OSError) as refusal:
        raise CommandRefused(str(refusal)) from None
    for cosigner in witness.cosigners:
        typer.echo(cosigner.vkey)


@app.command()
def serve(
    folder: Folder = Path("witness"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Its port; 0: a free one.")] = 8090,
) -> None:
    """Cosign what logs send (c2sp.org/tlog-witness) until SIGTERM or Ctrl-C.

    It listens on this machine alone unless told otherwise: put a proxy with TLS before it.
    """
    from lrs.asked import CommandRefused
    from lrs.logs import configure_logs
    from lrs.witness.memory import MemoryDamaged
    from lrs.witness.server import serve as run
    from lrs.witness.witness import WitnessFolderInvalid

    configure_logs("info")
    try:
        code = run(folder, host, port, typer.echo)
    except (WitnessFolderInvalid, MemoryDamaged) as refusal:
        raise CommandRefused(str(refusal)) from None
    except OSError as error:
        if error.filename is not None:  # of the folder, not of the address
            raise CommandRefused(f"{error.filename}: {error.strerror}") from None
        raise CommandRefused(
            f"cannot listen on {host}:{port}: {error.strerror}. Choose another --host or --port."
        ) from None
    raise typer.Exit(code)


@app.command()
def cosign(
    path: Annotated[
        Path, typer.Argument(help="A checkpoint's note, or a bundle: the folder that has one.")
    ],
    folder: Folder = Path("witness"),
    proof: Annotated[
        Path | None,
        typer.Option(help="The consistency proof from what this witness saw last, a hash a line."),
    ] = None,
    tiles: Annotated[
        Path | None, typer.Option(help="In place of a proof: a bundle, or a copy of the tiles.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the cosigned note; else it is printed.")
    ] = None,
) -> None:
    """Cosign a checkpoint that was brought as a file, as `serve` would.

    Exit code 1 when it is refused, and then nothing is written.
    """
    from lrs.asked import CommandRefused
    from lrs.witness.memory import MemoryDamaged, write_durably
    from lrs.witness.offline import FilesMissing, cosign_files
    from lrs.witness.submission import SubmissionInvalid
    from lrs.witness.witness import Witness, WitnessFolderInvalid, WitnessRefused

    try:
        witness = Witness(folder)
        witness.check()
        note = cosign_files(witness, path, proof=proof, tiles=tiles)
        if out is not None:
            write_durably(out, str(note))
    except WitnessRefused as refusal:
        kept = f". Both are kept in {refusal.kept}" if refusal.kept else ""
        raise CommandRefused(f"{refusal}{kept}") from None
    except (FilesMissing, SubmissionInvalid) as refusal:
        raise CommandRefused(str(refusal)) from None
    except (WitnessFolderInvalid, MemoryDamaged, OSError) as refusal:
        raise CommandRefused(str(refusal)) from None
    if out is None:
        typer.echo(str(note), nl=False)
    else:
        typer.echo(f"cosigned: {out}")
