"""What every request below /log goes through, and the table of what there is.

All of it is open to everybody but openings: a checkpoint, a tile and an entry hold no personal
content. What is served is the tree of the last signed checkpoint and never anything beyond it, so
nobody sees of the log what it could still deny.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from lrs.api.route import refusal_of
from lrs.errors import InvalidRequest
from lrs.store import Store
from lrs.transparency import openings, proofs, tiles
from lrs.xapi.endpoint import language_of, refusal_response
from lrs.xapi.request import read_parameters
from schemas.problems import Problem

Answer = Callable[[Store, Request, Mapping[str, str]], Awaitable[Response]]

ROOT: Final = "/log"
EVENT: Final = frozenset(("statementId", "position"))
ROUTES: Final[Mapping[str, tuple[Answer, frozenset[str]]]] = {
    "/checkpoint": (tiles.checkpoint, frozenset()),
    "/checkpoint/witnessed": (tiles.witnessed, frozenset()),
    "/vkeys": (tiles.vkeys, frozenset()),
    "/tile/{path:path}": (tiles.tile, frozenset()),
    "/proof/inclusion": (proofs.inclusion, EVENT),
    "/proof/consistency": (proofs.consistency, frozenset(("from", "to"))),
    "/opening": (openings.opening, EVENT | {"purpose"}),
}
"""Path below ``ROOT``: what answers it, and the parameters it takes."""


def routes(app: FastAPI, store: Store) -> None:
    """Add what is below /log."""
    for path, (answer, known) in ROUTES.items():
        endpoint = _guarded(store, answer, known)
        app.add_route(ROOT + path, endpoint, methods=["GET", "HEAD"], include_in_schema=False)


def _guarded(
    store: Store, answer: Answer, known: frozenset[str]
) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        try:
            return await answer(store, request, _parameters(request, known))
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            refusal = refusal_of(store, error)
            if refusal is None:
                raise
            language = language_of(request.headers.get("accept-language"))
            response = refusal_response(refusal, language, "1.0")
            response.headers["Cache-Control"] = "no-store"  # what is not there yet may come
            return response

    return guarded


def _parameters(request: Request, known: frozenset[str]) -> Mapping[str, str]:
    given = read_parameters(request.scope["query_string"])
    if unknown := sorted(given.keys() - known):
        listed = ", ".join(sorted(known)) or "-"
        raise InvalidRequest(
            *(
                Problem("", "parameter-unknown", name, {"parameter": name, "known": listed})
                for name in unknown
            )
        )
    return given
