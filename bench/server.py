"""The store's own server, with one route more: it reads the body and answers forty bytes.

That is the bound of whatever the store does with a request: the same program, the same settings,
the same layers around the route. It is the first to be looked at, so nothing is ahead of it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from bench.databases import Database
from bench.traffic import EMPTY
from lrs.app import create_app
from lrs.audit.sealer import Sealer, Signing
from lrs.log.recorder import LogRecorder
from lrs.serve import serve
from lrs.settings import read_settings
from tests.servers import ROOT, Server

WITHOUT_SEALER: Final = {"BENCH_SEALER": "off"}
"""In the environment of a server that does not follow its log with a tree."""

ANSWER = b'["00000000-0000-0000-0000-000000000000"]'


class ServerWithEmptyRoute(Server):
    """Run as a process of its own."""

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "bench.server"],
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


@contextmanager
def serving(database: Database, **environment: str) -> Iterator[Server]:
    """A server on a database."""
    with ServerWithEmptyRoute(database.url, database.directory, **environment) as server:
        yield server


async def empty(request: Request) -> Response:
    await request.body()
    return Response(ANSWER, media_type="application/json")


def create_app_with_empty_route(*arguments: Any) -> FastAPI:
    app = create_app(*arguments)
    app.add_route(EMPTY, empty, methods=["POST"], include_in_schema=False)
    app.router.routes.insert(0, app.router.routes.pop())
    return app


def sealer_at_the_end(log: LogRecorder, signing: Signing, **_: bool) -> Sealer:
    """One that seals when the store closes, and not before."""
    return Sealer(log, signing, follow=False)


if __name__ == "__main__":
    with ExitStack() as patched:
        patched.enter_context(patch("lrs.serve.create_app", create_app_with_empty_route))
        if WITHOUT_SEALER.items() <= os.environ.items():
            patched.enter_context(patch("lrs.store.Sealer", sealer_at_the_end))
        sys.exit(serve(read_settings(), print))
