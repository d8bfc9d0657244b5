"""Pages: only those of the list, with a policy that lets nothing in."""

import gzip
import re
from importlib.resources import files

import pytest

from captiond.serve.access import Rules
from captiond.serve.pages import JOINED, PAGES, SCRIPT, STATIC
from captiond.widget.bundle import bundle, read_sources
from tests.serve.serving import RawAnswer, Served, raw, serving


@pytest.mark.parametrize("path", ["/", "/demo", "/overlay/s1", "/display/s1"])
async def test_pages_have_a_strict_policy(served: Served, path: str) -> None:
    async with served.http.get(served.url + path) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert policy.endswith("frame-ancestors 'self'")


async def test_who_may_frame_is_configured() -> None:
    async with serving(rules=Rules(allowed_origins=("https://good.example",))) as served:
        answer = await raw(served, "/overlay/s1")
        assert answer.headers["content-security-policy"].endswith("frame-ancestors 'self' https://good.example")


def expected(name: str) -> tuple[bytes, str]:
    if name in JOINED:
        return bundle(read_sources())[name].encode(), SCRIPT
    path, content_type = STATIC[name]
    return files("captiond.widget").joinpath(*path.split("/")).read_bytes(), content_type


@pytest.mark.parametrize("name", [*STATIC, *JOINED])
async def test_scripts_and_styles_are_served_with_their_types(served: Served, name: str) -> None:
    async with served.http.get(f"{served.url}/static/{name}") as answer:
        assert answer.status == 200
        assert (await answer.read(), answer.headers["Content-Type"]) == expected(name)
        etag = answer.headers["ETag"]
    async with served.http.get(f"{served.url}/static/{name}", headers={"If-None-Match": etag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")


async def test_a_script_comes_packed_to_whom_takes_that(served: Served) -> None:
    """A quarter of a megabyte of commented source is some fifty kilobytes on the line."""
    path, whole = "/static/live-captions.js", expected("live-captions.js")[0]

    async def ask(accepted: str, *more: str) -> tuple[RawAnswer, bytes]:
        answer = await raw(served, path, f"Accept-Encoding: {accepted}", *more)
        size = 0 if answer.status == 304 else int(answer.headers["content-length"])
        return answer, await answer.reader.readexactly(size)

    packed, body = await ask("br, gzip;q=0.5")
    assert packed.headers["content-encoding"] == "gzip"
    assert (gzip.decompress(body), len(body) < len(whole) / 3) == (whole, True)
    for accepted in ("identity", "gzip;q=0", "gzip; q=0.0", "br"):
        plain, body = await ask(accepted)
        assert body == whole
        assert "content-encoding" not in plain.headers
        assert plain.headers["etag"] != packed.headers["etag"]
        assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    again, _ = await ask("gzip", f"If-None-Match: {packed.headers['etag']}")
    assert again.status == 304


@pytest.mark.parametrize(
    "path", ["/static/", "/static/..%2fbundle.py", "/static/bundle.py", "/static/../pages.py", "/static/.", "/pages/x"]
)
async def test_nothing_else_is(served: Served, path: str) -> None:
    answer = await raw(served, path)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


def test_all_that_a_page_asks_for_is_on_the_list_and_nothing_is_inline() -> None:
    """A page whose script is not served, or is refused by its own policy, is a page that does nothing."""
    for name in PAGES.values():
        page = files("captiond.widget").joinpath(*name.split("/")).read_text()
        asked = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
        assert asked
        assert set(asked) <= {*STATIC, *JOINED}, name
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page), name
