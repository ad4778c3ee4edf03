"""The documentation of the interfaces, at /docs, made from what the program itself goes by.

Methods, parameters and scopes come from the tables that decide about requests, /api/v1 from its
OpenAPI document: what is described is what there is. Only the explanations are written here.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response

from lrs import __version__
from lrs.web.html import HEADERS, Html, html, page
from lrs.web.texts import METHODS, PARAMETERS, RESOURCES, WORDS
from lrs.xapi.endpoint import language_of
from lrs.xapi.request import Operation, Resource
from schemas.rules import Language

STYLE: Final = "/static/hocba.css"


def routes(app: FastAPI, resources: Mapping[str, Resource]) -> None:
    """Add /docs, /openapi.json and the style sheet."""
    style = (files("lrs.web") / "static" / "hocba.css").read_bytes()

    async def show(request: Request) -> Response:
        language = _language(request)
        return page(documentation(resources, app.openapi(), language), language)

    async def show_style(_: Request) -> Response:
        headers = {**HEADERS, "Cache-Control": "max-age=3600"}
        return Response(style, headers=headers, media_type="text/css")

    app.add_route("/docs", show, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_route(STYLE, show_style, methods=["GET", "HEAD"], include_in_schema=False)
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]  # as FastAPI documents it


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of /api/v1."""
    if not app.openapi_schema:
        document = get_openapi(
            title="Học bạ", version=__version__, description=OPENAPI_TEXT, routes=app.routes
        )
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["basic"] = {"type": "http", "scheme": "basic"}
        app.openapi_schema = document
    return app.openapi_schema


OPENAPI_TEXT: Final = (
    "The store's own interface. Statements, documents, agents and activities are read and written"
    " by xAPI under /xapi, which /docs describes."
)


def _language(request: Request) -> Language:
    asked = request.query_params.get("lang")
    if asked in ("vi", "en"):
        return "en" if asked == "en" else "vi"
    return language_of(request.headers.get("accept-language"))


def documentation(
    resources: Mapping[str, Resource], api: Mapping[str, Any], language: Language
) -> Html:
    """The page, in one language."""
    word = {name: texts[language] for name, texts in WORDS.items()}
    other: Language = "en" if language == "vi" else "vi"
    return html(
        PAGE,
        language=language,
        style=STYLE,
        title=word["title"],
        intro=word["intro"],
        version=__version__,
        other=other,
        other_name={"vi": "Tiếng Việt", "en": "English"}[other],
        contents=[
            html('<li><a href="#{}">{}</a></li>', _anchor(path), path)
            for path in (*resources, *api.get("paths", {}))
        ],
        first_title=word["first"],
        first=word["first_text"],
        example=EXAMPLE,
        sign_in_title=word["sign_in"],
        sign_in=word["sign_in_text"],
        errors_title=word["errors"],
        errors=word["errors_text"],
        xapi_title=word["xapi"],
        xapi=word["xapi_text"],
        resources=[_resource(path, resource, language) for path, resource in resources.items()],
        api_title=word["api"],
        api=word["api_text"],
        operations=[
            _api_operation(path, method, operation, language)
            for path, methods in api.get("paths", {}).items()
            for method, operation in methods.items()
        ],
        operation_title=word["operation"],
        operation=word["operation_text"],
    )


def _resource(path: str, resource: Resource, language: Language) -> Html:
    return html(
        '<h3 id="{anchor}"><code>/xapi{path}</code></h3><p>{text}</p>{methods}',
        anchor=_anchor(path),
        path=path,
        text=RESOURCES[path][language],
        methods=[_method(path, name, operation, language) for name, operation in resource.items()],
    )


def _method(path: str, method: str, operation: Operation, language: Language) -> Html:
    word = {name: texts[language] for name, texts in WORDS.items()}
    scopes = ", ".join(sorted(operation.scopes)) or word["no_scope"]
    parameters: list[Html] = [
        _parameter(name, word["required"], language) for name in sorted(operation.required)
    ]
    parameters += [_parameter(name, "", language) for name in sorted(operation.optional)]
    table = html('<div class="wide"><table>{}</table></div>', parameters) if parameters else ""
    return html(
        '<p><span class="method {method}">{method}</span> {text}'
        '<br><span class="quiet">{scopes_word}: <code>{scopes}</code></span></p>{table}',
        method=method,
        text=METHODS[path, method][language],
        scopes_word=word["scopes"],
        scopes=scopes,
        table=table,
    )


def _parameter(name: str, required: str, language: Language) -> Html:
    return html(
        '<tr><td class="name"><code>{}</code></td><td>{}</td><td class="quiet">{}</td></tr>',
        name,
        PARAMETERS[name][language],
        required,
    )


def _api_operation(
    path: str, method: str, operation: Mapping[str, Any], language: Language
) -> Html:
    word = {name: texts[language] for name, texts in WORDS.items()}
    return html(
        '<h3 id="{anchor}"><span class="method {method}">{method}</span> <code>{path}</code></h3>'
        '<p lang="en">{summary}. {description}</p>{parameters}'
        '<p class="quiet">{answers_word}</p><div class="wide"><table>{answers}</table></div>',
        anchor=_anchor(path),
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=_api_parameters(operation.get("parameters", ()), word["required"]),
        answers_word=word["answers"],
        answers=[
            html(
                '<tr><td class="name"><code>{}</code></td><td lang="en">{}</td></tr>',
                status,
                answer["description"],
            )
            for status, answer in operation["responses"].items()
        ],
    )


def _api_parameters(parameters: Sequence[Mapping[str, Any]], required: str) -> Html:
    rows = [
        html(
            '<tr><td class="name"><code>{}</code></td><td lang="en">{}</td>'
            '<td class="quiet">{}</td></tr>',
            parameter["name"],
            parameter.get("description", ""),
            required if parameter.get("required") else "",
        )
        for parameter in parameters
    ]
    return html('<div class="wide"><table>{}</table></div>', rows) if rows else Html("")


def _anchor(path: str) -> str:
    return path.strip("/").replace("/", "-")


_STATEMENT: Final = {
    "actor": {"name": "Nguyễn Thị Lan", "mbox": "mailto:lan@hocba.example"},
    "verb": {
        "id": "http://adlnet.gov/expapi/verbs/completed",
        "display": {"vi": "đã hoàn thành"},
    },
    "object": {
        "id": "https://hoctap.hocba.example/khoa/1",
        "definition": {"name": {"vi": "Kỹ năng số cơ bản"}},
    },
}
EXAMPLE: Final = (
    "curl -u KEY:SECRET -H 'Content-Type: application/json' \\\n"
    "  -H 'X-Experience-API-Version: 1.0.3' \\\n"
    "  http://localhost:8080/xapi/statements -d '\n"
    + orjson.dumps(_STATEMENT, option=orjson.OPT_INDENT_2).decode()
    + "'"
)
PAGE: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Học bạ · {title}</title>
<link rel="stylesheet" href="{style}">
</head>
<body>
<header>
<h1>Học bạ · {title}</h1>
<p>{intro}</p>
<p class="quiet">{version} · <a href="/docs?lang={other}" hreflang="{other}" lang="{other}">\
{other_name}</a> · <a href="/openapi.json">OpenAPI</a></p>
<nav><ul>{contents}</ul></nav>
</header>
<main>
<h2>{first_title}</h2>
<p>{first}</p>
<pre><code>{example}</code></pre>
<h2>{sign_in_title}</h2>
<p>{sign_in}</p>
<h2>{errors_title}</h2>
<p>{errors}</p>
<h2>{xapi_title}</h2>
<p>{xapi}</p>
{resources}
<h2>{api_title}</h2>
<p>{api}</p>
{operations}
<h2>{operation_title}</h2>
<p>{operation}</p>
</main>
<footer>Học bạ {version}</footer>
</body>
</html>
"""
