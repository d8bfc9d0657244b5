"""`/openapi.json`, version 3.1, generated from the table of routes and the models. Pure."""

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from captiond import __version__
from captiond.serve import answers
from captiond.serve.problems import PROBLEM_TYPE
from captiond.serve.routes import Route

REF: Final = "#/components/schemas/{model}"
PARAMETER: Final = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}")
ALWAYS: Final = {"key": {401: "unauthorized", 403: "local_only, foreign_origin, untrusted_host"}}


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole document."""
    routes = tuple(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(plain_path(route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "captiond",
            "version": __version__,
            "description": "Live captions: start sessions, watch them over WebSocket or server-sent events.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "one of auth.api_keys"},
                "viewerToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "viewerTokenInQuery": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def plain_path(path: str) -> str:
    """A route's path as OpenAPI writes it: parameters without their patterns."""
    return PARAMETER.sub(r"{\1}", path)


def _operation(route: Route) -> dict[str, Any]:
    refusals = {**ALWAYS.get(route.guard, {}), **route.refusals}
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "responses": {str(status): _problem(codes) for status, codes in sorted(refusals.items())},
    }
    if route.status < 400:
        operation["responses"][str(route.status)] = _success(route)
    security: dict[str, list[dict[str, list[str]]]] = {
        "key": [{"apiKey": []}],
        "viewer": [{"viewerToken": []}, {"viewerTokenInQuery": []}],
        "none": [],
    }
    operation["security"] = security[route.guard]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^(?:{pattern})$"}}
        for name, pattern in PARAMETER.findall(route.path)
    ] + [
        {"name": name, "in": "query", "required": False, "description": meaning, "schema": {"type": "string"}}
        for name, meaning in route.query.items()
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _any(route.body)}}}
    return operation


def _success(route: Route) -> dict[str, Any]:
    response: dict[str, Any] = {"description": route.summary}
    if route.answer == "text/event-stream":
        response["content"] = {route.answer: {"schema": {"oneOf": [_ref(model) for model in answers.STREAM]}}}
    elif isinstance(route.answer, str):
        response["content"] = {route.answer: {"schema": {}}}
    elif route.answer is not None:
        response["content"] = {"application/json": {"schema": _ref(route.answer)}}
    return response


def _problem(codes: str) -> dict[str, Any]:
    return {"description": f"code: {codes}", "content": {PROBLEM_TYPE: {"schema": _ref(answers.ProblemAnswer)}}}


def _any(models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    return _ref(models[0]) if len(models) == 1 else {"anyOf": [_ref(model) for model in models]}


def _ref(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": REF.format(model=model.__name__)}


def _schemas(routes: tuple[Route, ...]) -> dict[str, Any]:
    taken = [model for route in routes for model in route.body]
    given = [route.answer for route in routes if isinstance(route.answer, type)]
    wanted: dict[type[BaseModel], None] = dict.fromkeys([*taken, *given, *answers.STREAM, answers.ProblemAnswer])
    _, definitions = models_json_schema([(model, "validation") for model in wanted], ref_template=REF)
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _operation_id(route: Route) -> str:
    words = re.findall(r"\w+", plain_path(route.path)) or ["index"]
    return "_".join([route.method.lower(), *words])
