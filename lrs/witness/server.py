"""The witness behind HTTP: ``add-checkpoint`` for logs, the last checkpoints for monitors.

Source: c2sp.org/tlog-witness. Nothing but a log's signature lets anybody in; what is sent is
bounded in size and in time.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lrs.connections import Connection
from lrs.witness.memory import MemoryDamaged
from lrs.witness.submission import MOST_BYTES, SIZE_TYPE, Submission, SubmissionInvalid
from lrs.witness.witness import (
    NoCheckpoint,
    NotConsistent,
    NotTheLogs,
    OtherSize,
    UnknownOrigin,
    Witness,
    WitnessFolderInvalid,
)

BODY_SECONDS: Final = 10.0
AT_ONCE: Final = 8  # submissions being checked; the others wait
CONNECTIONS: Final = 100
STOP_SECONDS: Final = 10
STATUSES: Final[Mapping[type[Exception], int]] = {
    SubmissionInvalid: 400,
    NoCheckpoint: 400,
    NotTheLogs: 403,
    UnknownOrigin: 404,
    OtherSize: 409,
    NotConsistent: 422,
}

logger = structlog.get_logger(__name__)


def create_app(witness: Witness) -> Starlette:
    """The application of a witness."""
    limiter = CapacityLimiter(AT_ONCE)

    async def add_checkpoint(request: Request) -> Response:
        body = await _body(request)
        if isinstance(body, Response):
            return body
        return await to_thread.run_sync(answer, witness, body, limiter=limiter)

    async def checkpoint(request: Request) -> Response:
        name = request.path_params["origin"]
        note = await to_thread.run_sync(witness.memories.note_of, name, limiter=limiter)
        if note is None:
            return PlainTextResponse("nothing was cosigned of that origin\n", 404)
        return PlainTextResponse(note)

    async def about(_: Request) -> Response:
        vkeys = "".join(f"{cosigner.vkey}\n" for cosigner in witness.cosigners)
        return PlainTextResponse(vkeys)

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin}/checkpoint", checkpoint, methods=["GET"]),
            Route("/vkeys", about, methods=["GET"]),
        ]
    )


def answer(witness: Witness, body: bytes) -> Response:
    """What the witness says to the body of an add-checkpoint."""
    try:
        cosigned = witness.cosign(Submission.parse(body))
    except tuple(STATUSES) as refusal:
        kept = getattr(refusal, "kept", None)
        logger.warning(
            "refused",
            status=STATUSES[type(refusal)],
            reason=str(refusal),
            **({"kept": str(kept)} if kept else {}),
        )
        if isinstance(refusal, OtherSize):
            return Response(f"{refusal.size}\n", 409, {"Content-Type": SIZE_TYPE})
        return PlainTextResponse(f"{refusal}\n", STATUSES[type(refusal)])
    except (OSError, MemoryDamaged, WitnessFolderInvalid) as broken:
        logger.critical("this witness cannot sign", reason=str(broken))
        return PlainTextResponse("this witness cannot sign now\n", 500)
    logger.info("cosigned", origin=cosigned.checkpoint.origin, size=cosigned.checkpoint.size)
    return PlainTextResponse("".join(f"{line}\n" for line in cosigned.lines))


async def _body(request: Request) -> bytes | Response:
    """The body of a request, or what to answer when it is too long or too slow."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    return _closing(413, f"longer than {MOST_BYTES} bytes")
    except TimeoutError:
        return _closing(408, f"the body took longer than {BODY_SECONDS:g} s")
    except ClientDisconnect:
        return _closing(400, "the body ended early")
    return bytes(body)


def _closing(status: int, reason: str) -> Response:
    return PlainTextResponse(f"{reason}\n", status, {"Connection": "close"})


def serve(folder: Path, host: str, port: int, say: Callable[[str], None]) -> int:
    """Serve the witness of a folder until SIGTERM or Ctrl-C; return the exit code.

    Raises WitnessFolderInvalid or MemoryDamaged when it must not sign, OSError when the address
    cannot be had.
    """
    witness = Witness(folder)
    witness.check()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        shown = f"[{host}]" if ":" in host else host
        say(f"Witness {witness.name} at http://{shown}:{listener.getsockname()[1]}")
        say(f"Logs watched: {', '.join(log.verifier.name for log in witness.logs()) or 'none yet'}")
        server = uvicorn.Server(_config(witness))

        def stop(number: int, _: object) -> None:
            if not server.started:
                sys.exit(128 + number)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            server.run(sockets=[listener])
        finally:  # uvicorn raises the signal that stopped it once more at its end
            for number, handler in before.items():
                signal.signal(number, handler)
    return 0 if server.started else 1


def _config(witness: Witness) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(witness),
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
