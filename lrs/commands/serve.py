"""lrs serve"""

from typing import Annotated, Any

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Its port; 0 takes a free one.")] = None,
    database_url: Annotated[
        str | None, typer.Option(help="An SQLite file or a PostgreSQL database.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; more than one needs PostgreSQL.")
    ] = None,
) -> None:
    """Run the store's server until SIGTERM or Ctrl-C.

    An option comes before its environment variable (LRS_HTTP_HOST, LRS_HTTP_PORT, LRS_DATABASE_URL,
    LRS_WORKERS).
    """
    from lrs.serve import serve as run

    chosen: dict[str, Any] = {
        "http_host": host,
        "http_port": port,
        "database_url": database_url,
        "workers": workers,
    }
    raise typer.Exit(run(read(**chosen), typer.echo))


def read(**chosen: Any) -> Any:
    """The settings of a command: its options where given, the environment for the rest."""
    from lrs.settings import read_settings

    return read_settings(**{name: value for name, value in chosen.items() if value is not None})
