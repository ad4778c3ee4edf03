"""HTML put together from text that is escaped."""

from html import escape

from starlette.responses import HTMLResponse

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def html(template: str, /, *values: object, **named: object) -> Html:
    """``template`` with its fields filled; whatever is not Html is escaped. Lists are joined."""
    return Html(
        template.format(
            *(_safe(value) for value in values),
            **{name: _safe(value) for name, value in named.items()},
        )
    )


def _safe(value: object) -> str:
    if isinstance(value, Html):
        return value
    if isinstance(value, list):
        return "".join(_safe(item) for item in value)
    return escape(str(value))


def page(content: Html, language: str) -> HTMLResponse:
    """A page as it is sent."""
    return HTMLResponse(
        content, headers={**HEADERS, "Content-Language": language, "Vary": "Accept-Language"}
    )
