"""The description is of the server that runs: every route is in it, and it is a document others can read."""

import re

import pytest

from captiond.serve.openapi import describe, plain_path
from tests.serve.serving import Json, Served


@pytest.fixture
async def document(served: Served) -> Json:
    async with served.http.get(f"{served.url}/openapi.json") as answer:
        assert answer.content_type == "application/json"
        body: Json = await answer.json()
        return body


async def test_every_route_is_described_and_nothing_else(served: Served, document: Json) -> None:
    routed = {
        (route.resource.canonical, route.method)
        for route in served.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert routed == described
    assert len(routed) > 25


def test_the_document_stands_on_its_own(document: Json) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["info"].keys() >= {"title", "version"}
    schemas = document["components"]["schemas"]
    assert not set(_refs(document)) - {f"#/components/schemas/{name}" for name in schemas}
    assert {"SessionList", "Token", "MediaBody", "CaptionMessage", "ProblemAnswer"} <= set(schemas)
    ids = [operation["operationId"] for _, operation in _operations(document)]
    assert len(set(ids)) == len(ids)
    schemes = document["components"]["securitySchemes"]
    for path, operation in _operations(document):
        assert operation["summary"]
        assert operation["responses"]
        assert all(re.fullmatch(r"[1-5]\d\d", status) for status in operation["responses"])
        assert all(response["description"] for response in operation["responses"].values())
        assert {name for entry in operation["security"] for name in entry} <= set(schemes)
        declared = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_wire_keys_are_camel_case_as_they_are_sent(document: Json) -> None:
    keys = {key for schema in document["components"]["schemas"].values() for key in schema.get("properties", {})}
    assert {"mediaSessionId", "ttlS", "p99LatencyMs", "stableLength", "pingS", "retryMs", "createdAt"} <= keys
    assert not [key for key in keys if "_" in key]


def test_patterns_leave_the_paths() -> None:
    assert plain_path("/v1/{id:[A-Z]{1,128}}/t.{form:json|txt}") == "/v1/{id}/t.{form}"
    assert describe([])["paths"] == {}


def _refs(node: object) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [ref for value in node.values() for ref in _refs(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in _refs(value)]
    return []


def _operations(document: Json) -> list[tuple[str, Json]]:
    return [(path, operation) for path, methods in document["paths"].items() for operation in methods.values()]
