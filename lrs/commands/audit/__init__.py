"""The commands ``lrs audit …``: one module each."""

import typer

app = typer.Typer(
    name="audit",
    help="Check that nothing recorded was changed, prove one event, replay the past.",
    no_args_is_help=True,
)
