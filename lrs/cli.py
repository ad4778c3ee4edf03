"""The command ``lrs``. What a command does is in a module of its own, loaded when the command is
run.
"""

import logging
import sys
from collections.abc import Sequence
from typing import Annotated

import structlog
import typer

from lrs import __version__
from lrs.commands import (
    accounts,
    audit,
    awards,
    cases,
    courses,
    credentials,
    demo,
    directory,
    doctor,
    evaluation,
    items,
    people,
    periods,
    platforms,
    posts,
    privacy,
    projections,
    queue,
    readings,
    schemes,
    serve,
    statements,
    units,
    witness,
)
from lrs.commands.audit import (
    checkpoint,
    cosigned,
    diff,
    digest,
    export,
    prove,
    recover,
    replay,
    results,
    timestamp,
    verify,
    verify_bundle,
)

app = typer.Typer(
    name="lrs",
    help="Học bạ: a learning-record store (xAPI 1.0.3 and 2.0) on an append-only event log."
    " LRS_* environment variables configure it.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("results")(evaluation.results)
app.command("explain")(evaluation.explain)
app.add_typer(credentials.app, name="credentials")
app.add_typer(accounts.app, name="accounts")
app.add_typer(periods.app, name="period")
app.add_typer(awards.app, name="award")
app.add_typer(schemes.app, name="scheme")
people.app.command("transfer")(posts.transfer)
people.app.command("leave")(posts.leave)
people.app.command("absence")(posts.absence)
app.add_typer(people.app, name="people")
app.add_typer(units.app, name="units")
app.add_typer(platforms.app, name="platforms")
app.add_typer(courses.app, name="courses")
app.add_typer(items.app, name="items")
app.add_typer(queue.app, name="queue")
app.add_typer(projections.app, name="projections")
statements.imports.command("case")(cases.import_case)
statements.imports.command("directory")(directory.import_directory)
statements.exports.command("directory-template")(directory.export_directory_template)
audit.app.command("checkpoint")(checkpoint.checkpoint)
audit.app.command("recover")(recover.recover)
audit.app.command("cosigned")(cosigned.cosigned)
audit.app.command("timestamp")(timestamp.timestamp)
audit.app.command("verify")(verify.verify)
audit.app.command("replay")(replay.replay)
audit.app.command("results")(results.results)
audit.app.command("digest")(digest.digest)
audit.app.command("diff")(diff.diff)
audit.app.command("prove")(prove.prove)
audit.app.command("export")(export.export)
audit.app.command("verify-bundle")(verify_bundle.verify_bundle)
app.add_typer(audit.app, name="audit")
app.add_typer(witness.app, name="witness")
privacy.app.command("readings")(readings.readings)
app.add_typer(privacy.app, name="privacy")
app.add_typer(statements.imports, name="import")
app.add_typer(statements.exports, name="export")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"hocba {__version__}")
        raise typer.Exit


@app.callback()
def lrs(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command. What a person can mend is said in a line; anything else is a defect and shows
    where.
    """
    from lrs.asked import CommandRefused
    from lrs.logs import console_renderer
    from lrs.settings import InvalidSettings

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.set_exc_info,
            console_renderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        app(arguments)
    except CommandRefused as refusal:
        sys.exit(f"lrs: {refusal}")
    except InvalidSettings as invalid:
        sys.exit("\n".join(f"lrs: {problem}" for problem in invalid.problems))
    except KeyboardInterrupt:
        sys.exit(130)
