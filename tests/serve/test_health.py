"""Alive, fit to serve, measured."""

from tests.serve.serving import Served, serving


async def test_alive(served: Served) -> None:
    async with served.http.get(f"{served.url}/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_ready_names_every_check_that_fails() -> None:
    reasons: dict[str, str | None] = {"audit": None, "event_loop": None}
    checks = {name: (lambda name=name: reasons[name]) for name in reasons}
    async with serving(checks=checks) as served:
        async with served.http.get(f"{served.url}/readyz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ready", "checks": ["audit", "event_loop"]})
        reasons["audit"] = "the disk is full"
        async with served.http.get(f"{served.url}/readyz") as answer:
            assert answer.content_type == "application/problem+json"
            problem = await answer.json(content_type=None)
        assert (answer.status, problem["code"]) == (503, "not_ready")
        assert problem["failing"] == [{"check": "audit", "why": "the disk is full"}]
        reasons["audit"] = None
        served.draining_ms = 1
        async with served.http.get(f"{served.url}/readyz") as answer:
            assert answer.status == 503
            assert (await answer.json(content_type=None))["failing"][0]["check"] == "draining"


async def test_metrics_are_what_the_registry_writes(served: Served) -> None:
    async with served.http.get(f"{served.url}/metrics") as answer:
        assert (answer.status, await answer.text()) == (200, "captiond_build_info 1\n")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
