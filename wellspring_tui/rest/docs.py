"""The API's description as a page: made here, without a script, and without a word to the web."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from wellspring_tui.rest import examples, problems

router = APIRouter(include_in_schema=False)

_Json = dict[str, Any]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color-scheme: light dark; }
code, pre { font-family: ui-monospace, monospace; font-size: 13px; }
pre { padding: .6rem .8rem; overflow: auto; border: 1px solid #8886; border-radius: 4px; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886; }
h2 code { font-size: 1rem; } table { border-collapse: collapse; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_NEXT_LINE = " \\\n  "
_REFUSALS = (
    (400, "framing", "It is not clear where the request ends"),
    (400, "http", "This is no HTTP request"),
    (401, "token", "The token is missing or wrong"),
    (401, "signature", "The signature of a webhook does not hold"),
    (403, "origin", "Web pages of elsewhere are refused"),
    (403, "path-refused", "A path outside the roots, or with a link on its way"),
    (404, "not-found", "No such address"),
    (404, "no-webhooks", "The server takes no webhooks"),
    (405, "method-not-allowed", "No such method at this address"),
    (408, "too-slow", "The request came too slowly"),
    (409, "conflict", "The job is not in the state for that"),
    (413, "too-large", "The request is too large"),
    (415, "media-type", "The body is of another kind"),
    (421, "host", "The Host header names another server"),
    (422, "request", "The request does not fit the API"),
    (429, "too-often", "Too many requests in a short time"),
    (503, "too-many", "Too many requests are under way"),
)


def completed(description: _Json) -> _Json:
    """An OpenAPI description with the problems every address may answer with, and examples."""
    schemas = description["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in (problems.FieldProblem, problems.Problem):
        schemas[model.__name__] = model.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        schemas[model.__name__].pop("$defs", None)
    for _, _, operation in _operations(description):
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = {
            "description": "It was not done: a problem (RFC 9457) that says what to do.",
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        bodies = (operation.get("requestBody", {}), *operation["responses"].values())
        for body in bodies:
            for kind, content in body.get("content", {}).items():
                _show(kind, content)
    description["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    description["security"] = [{}, {"token": []}]
    return description


def _show(kind: str, content: _Json) -> None:
    """Put an example beside a schema, if there is one and none stands there."""
    name = content["schema"].get("$ref", "").rpartition("/")[2]
    example = examples.BY_MODEL.get(name, examples.BY_KIND.get(kind))
    if example is not None:
        content.setdefault("example", example)


@router.get("/docs")
def page(request: Request) -> HTMLResponse:
    """Every address with an example, and every kind of problem."""
    description = request.app.openapi()
    origin = f"http://{request.headers['host']}"
    parts = [_operation(description, origin, *found) for found in _operations(description)]
    info = description["info"]
    html = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{info["title"]} API'
        f"</title><style>{_STYLE}</style></head><body><h1>{info['title']} {info['version']}</h1>"
        f"<p>{escape(info['description'])} The same for programs: "
        f'<a href="/openapi.json">/openapi.json</a>. Where a token is wanted, send '
        f"<code>Authorization: Bearer …</code>.</p>{''.join(parts)}{_problem_table()}</body></html>"
    )
    return HTMLResponse(html, headers={"content-security-policy": _POLICY})


def _operations(description: _Json) -> list[tuple[str, str, _Json]]:
    return [
        (method.upper(), path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def _operation(description: _Json, origin: str, method: str, path: str, of: _Json) -> str:
    body = _body_example(of)
    call = [f"curl {'-X POST ' * (method == 'POST')}{origin}{_filled(path, of)}"]
    if body is not None:
        call += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body)}'"]
    answers = "".join(
        f"<h4>{status}: {escape(answer['description'])}</h4>{_fields(description, answer)}"
        for status, answer in of["responses"].items()
        if status != "default"
    )
    return (
        f"<h2 id='{of['operationId']}'><code>{method} {escape(path)}</code></h2>"
        f"{_paragraphs(of.get('description', ''))}<pre>{escape(_NEXT_LINE.join(call))}</pre>"
        f"{_parameters(of)}{_body_fields(description, of)}"
        f"<details><summary>Answers</summary>{answers}</details>"
    )


def _paragraphs(text: str) -> str:
    marked = re.sub(r"`(.*?)`", r"<code>\1</code>", escape(text))
    return "".join(f"<p>{part}</p>" for part in marked.split("\n\n") if part)


def _filled(path: str, of: _Json) -> str:
    for one in of.get("parameters", ()):
        example = (one["schema"].get("examples") or ["…"])[0]
        path = path.replace(f"{{{one['name']}}}", str(example))
    return path


def _parameters(of: _Json) -> str:
    rows = [
        (one["name"], f"{one['in']}: {one.get('description', '')}")
        for one in of.get("parameters", ())
        if one["in"] != "path"
    ]
    return _table(rows)


def _body_schema(description: _Json, of: _Json) -> _Json:
    content = of.get("requestBody", {}).get("content", {}).get("application/json", {})
    return _resolved(description, content.get("schema", {}))


def _body_fields(description: _Json, of: _Json) -> str:
    return _schema_table(_body_schema(description, of))


def _body_example(of: _Json) -> _Json | None:
    content = of.get("requestBody", {}).get("content", {}).get("application/json", {})
    example: _Json | None = content.get("example")
    return example


def _fields(description: _Json, answer: _Json) -> str:
    tables = []
    for kind, content in answer.get("content", {}).items():
        schema = _resolved(description, content.get("schema", {}))
        tables.append(f"<p><code>{escape(kind)}</code></p>{_schema_table(schema)}")
        if "example" in content:
            tables.append(f"<pre>{escape(_written(content['example']))}</pre>")
    return "".join(tables)


def _written(example: object) -> str:
    if isinstance(example, str):
        return example
    return json.dumps(example, indent=2, ensure_ascii=False)


def _schema_table(schema: _Json) -> str:
    rows = [
        (name, f"{_type(one)}{': ' * bool(one.get('description'))}{one.get('description', '')}")
        for name, one in schema.get("properties", {}).items()
    ]
    return _table(rows)


def _type(schema: _Json) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return " or ".join(map(repr, schema.get("enum", ()))) or str(schema.get("type", "anything"))


def _resolved(description: _Json, schema: _Json) -> _Json:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    found: _Json = description["components"]["schemas"][name]
    return found


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(what)}</td></tr>"
        for name, what in rows
    )
    return f"<table>{cells}</table>" if rows else ""


def _problem_table() -> str:
    kinds = [(kind.status, kind.slug, kind.title) for kind in problems.OF_ERRORS.values()]
    defect = (problems.DEFECT.status, problems.DEFECT.slug, problems.DEFECT.title)
    rows = "".join(
        f"<tr id='{slug}'><td>{status}</td><td><code>{slug}</code></td>"
        f"<td>{escape(title)}</td></tr>"
        for status, slug, title in sorted([*kinds, defect, *_REFUSALS])
    )
    return f"<h2>Problems</h2><table>{rows}</table>"
