"""Every way the store refuses a request, and the one table that turns a refusal into a status.

A refusal carries problems: what is wrong, where, under which rule, and how to mend it. The text of
the rules is in ``schemas.rules`` (what a body may say) and ``lrs.rules`` (what a request may do).
"""

from collections.abc import Mapping

from schemas.problems import Problem


class Refusal(Exception):
    """A request that is not carried out; nothing was changed."""

    def __init__(self, *problems: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(*problems)
        self.problems = problems
        self.headers = headers or {}


class InvalidRequest(Refusal):
    """Its form or its content breaks rules."""


class NotAuthenticated(Refusal):
    """No credential, or one that does not hold."""


class NotPermitted(Refusal):
    """The credential is good, its scopes do not cover this."""


class NotFound(Refusal):
    """There is no such thing, or not for this credential."""


class MethodNotAllowed(Refusal):
    """The resource exists and does not answer this method."""


class Conflict(Refusal):
    """What is stored already contradicts the request."""


class PreconditionFailed(Refusal):
    """If-Match or If-None-Match does not hold."""


class BodyTooLarge(Refusal):
    """The body, or the batch in it, exceeds a limit."""


class UnsupportedMediaType(Refusal):
    """The body is in a coding the store does not read."""


class TooManyRequests(Refusal):
    """The credential asks faster than its rate."""


class Unavailable(Refusal):
    """The store cannot do this now; the same request may succeed later."""


RESPONSES: Mapping[type[Refusal], int] = {
    InvalidRequest: 400,
    NotAuthenticated: 401,
    NotPermitted: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    PreconditionFailed: 412,
    BodyTooLarge: 413,
    UnsupportedMediaType: 415,
    TooManyRequests: 429,
    Unavailable: 503,
}
