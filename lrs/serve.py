"""Runs the server: one process on SQLite, one or several on PostgreSQL.

Stopping (SIGTERM, SIGINT) takes no new connections, answers the requests that are under way,
commits what is queued and closes the store. What was acknowledged is in the log before the
acknowledgement, so a process that is killed loses none of it either.
"""

import gc
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType
from typing import Any, Final

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from lrs import __version__
from lrs.app import create_app
from lrs.asked import CommandRefused
from lrs.audit.start import StartRefused
from lrs.connections import Connection
from lrs.control import DATABASE_ERRORS, callable_at, cannot_open, shown_url
from lrs.log.storage import StoreInUse
from lrs.logs import configure_logs
from lrs.operation import METRICS_DIRECTORY
from lrs.settings import FROM_FILES, SECRETS, Settings, read_settings, variable
from lrs.store import Store

IDLE_SECONDS: Final = 75  # a connection may idle; longer than proxies keep theirs
STOP_SECONDS: Final = 70  # for requests under way; a body may take 60
WORKER_SECONDS: Final = 30  # for a worker to give a sign of life
YOUNG_OBJECTS: Final = 50_000
"""New objects after which Python looks for cycles among them, in place of 700. A statement comes to
some hundred, and none is in a cycle."""

Announce = Callable[[str], None]
logger = structlog.get_logger(__name__)


def serve(
    settings: Settings,
    say: Announce,
    *,
    prepare: Callable[[Store], None] = lambda store: None,
    welcome: Callable[[str], None] = lambda url: None,
) -> int:
    """Serve until told to stop; return the exit code. Raises CommandRefused when it cannot begin.

    ``prepare`` gets the store before the first request, ``welcome`` the address. The code is 1 when
    the log failed.
    """
    configure_logs(settings.log_level)
    with _listening(settings) as listener:
        url = _url_of(listener)
        if settings.workers > 1:
            with _opened(settings) as store:
                listener.listen()
                _announce(say, settings, store, url)
            return _serve_with_workers(settings, listener)
        with _opened(settings) as store, callable_at(settings, _local(url)) as token:
            prepare(store)
            app = create_app(settings, store, token)
            listener.listen()  # who reads the address may ask at once, and waits a moment
            _announce(say, settings, store, url)
            welcome(_local(url))
            return _serve_alone(app, store, listener)


def _serve_alone(app: FastAPI, store: Store, listener: socket.socket) -> int:
    _tune_python()
    server = uvicorn.Server(_config(app))
    with _stop_signals_end_quietly(server):
        server.run(sockets=[listener])
    return 0 if server.started and store.writer.failure is None else 1


def _tune_python() -> None:
    """For many short requests; once everything is loaded."""
    gc.collect()
    gc.freeze()  # what was loaded stays
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


@contextmanager
def _stop_signals_end_quietly(server: uvicorn.Server) -> Iterator[None]:
    """uvicorn raises the signal that stopped it once more at its end; that must not be ours."""

    def stop(number: int, _: FrameType | None) -> None:
        if not server.started:
            sys.exit(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _serve_with_workers(settings: Settings, listener: socket.socket) -> int:
    """uvicorn's supervisor starts the workers again when they die; each makes its own store."""
    for name, value in settings.model_dump(exclude_defaults=True).items():
        _hand_on(name, value)
    directory = tempfile.mkdtemp(prefix="hocba-metrics-")
    os.environ[METRICS_DIRECTORY] = directory
    try:
        supervisor = Multiprocess(
            _config("lrs.serve:worker", workers=settings.workers, factory=True), [listener]
        )
        supervisor.run()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    failed = any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes)
    return 1 if failed else 0


def _hand_on(name: str, value: Any) -> None:
    """Give a setting to the workers by their environment, in place of a file that named it."""
    if name in SECRETS and not isinstance(value, str):
        value = value.get_secret_value()
    elif isinstance(value, tuple):
        value = ",".join(value)
    if name in FROM_FILES:
        os.environ.pop(variable(f"{name}_file"), None)
    os.environ[variable(name)] = str(value)


def worker() -> FastAPI:
    """The application of one of several processes, by the settings in its environment."""
    settings = read_settings()
    configure_logs(settings.log_level)
    _tune_python()
    Thread(target=_end_with_supervisor, daemon=True).start()
    try:
        return create_app(settings, Store(settings))
    except (*DATABASE_ERRORS, StartRefused) as error:
        refused = isinstance(error, StartRefused)
        reason = str(error) if refused else cannot_open(settings, error)
        logger.error("a worker cannot begin, trying again", reason=reason)
        time.sleep(1)
        sys.exit(1)


def _end_with_supervisor() -> None:
    """Nobody would stop a worker whose supervisor was killed."""
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _config(app: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Connection,
        ws="none",
        interface="asgi3",
        lifespan="on",
        log_config=None,
        access_log=False,  # RequestLog writes what is to be written
        proxy_headers=False,  # nothing depends on where a request comes from
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_worker_healthcheck=WORKER_SECONDS,
        **more,
    )


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The listening socket. Raises CommandRefused when the address cannot be had."""
    host, port = settings.http_host, settings.http_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise CommandRefused(
                f"cannot listen on {host}:{port}: {error.strerror}."
                " Choose another address with --host and --port (LRS_HTTP_HOST, LRS_HTTP_PORT)."
            ) from None
        listener.set_inheritable(True)
        yield listener


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    try:
        store = Store(settings)
    except (StoreInUse, StartRefused) as refused:
        raise CommandRefused(str(refused)) from None
    except DATABASE_ERRORS as error:
        raise CommandRefused(cannot_open(settings, error)) from None
    try:
        yield store
    finally:
        store.close()


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _local(url: str) -> str:
    """The address at which this machine reaches a server that listens on all of its addresses."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _announce(say: Announce, settings: Settings, store: Store, url: str) -> None:
    local = _local(url)
    say(f"Học bạ {__version__} at {url} - xAPI at {local}/xapi, documentation at {local}/docs")
    say(f"Database: {shown_url(settings)}, {store.log.head().position} events")
    usable = [row for row in store.credentials.issued() if not row.revoked]
    if settings.api_key_default is not None:
        say(f"Default credential: {settings.api_key_default} (LRS_API_KEY_DEFAULT), all scopes")
    elif usable:
        say(f"Default credential: none; {len(usable)} others can sign in")
    else:
        say("Credentials: none yet. Make one: lrs credentials create --name NAME --scope all")
    if settings.workers > 1:
        say(f"Workers: {settings.workers}")
