"""As a newcomer does it: what the README says, on a page of another origin under a strict policy, with a token."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from captiond.demo import demonstrating
from tests.browser.embedding import ELEMENT, somebodys_server

pytestmark = pytest.mark.browser

README = Path(__file__).parents[2] / "README.md"
KEY = "the-key-of-the-owner-of-the-daemon"
SECRET = "a-secret-of-at-least-32-characters-for-tests"
SESSION = "en-US-benefits-agent"
SOONER = "const later = setTimeout; globalThis.setTimeout = (then, ms, ...more) => later(then, ms / 8, ...more);"


def snippet(daemon_url: str) -> str:
    """The README's own lines; only the names of host and session are those of this test."""
    [html] = re.findall(r"^```html\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert html.count("https://captions.example.com") == 2
    assert html.count("\n") == 2  # one script tag, one element
    page: str = html.replace("https://captions.example.com", daemon_url).replace("ms-42", SESSION)
    return page


class Site:
    """Somebody's own server: a page with the snippet, and tokens for whom it knows. Of another origin."""

    def __init__(self) -> None:
        self.url = ""
        self.daemon_url = ""
        self.tokens: list[str] = []  # given out
        self.known = True

    async def page(self, _: web.Request) -> web.Response:
        streams = self.daemon_url.replace("http", "ws", 1)
        policy = (
            f"default-src 'none'; script-src {self.daemon_url}; connect-src 'self' {self.daemon_url} {streams}; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )
        body = f'<!doctype html><html lang="en"><title>Intranet</title>\n<h1>Call</h1>\n{snippet(self.daemon_url)}'
        return web.Response(text=body, content_type="text/html", headers={"Content-Security-Policy": policy})

    async def token(self, _: web.Request) -> web.Response:
        if not self.known:
            return web.Response(status=403)
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as http,
            http.post(f"{self.daemon_url}/v1/tokens", json={"sessions": [SESSION], "ttlS": 300}) as answer,
        ):
            self.tokens.append((await answer.json())["token"])
            return web.Response(body=await answer.read(), status=answer.status, content_type="application/json")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    one = Site()
    async with somebodys_server(index=one.page, captions_token=one.token) as one.url:
        yield one


@contextlib.asynccontextmanager
async def daemon(folder: Path, site: Site, origins: str) -> AsyncIterator[Any]:
    """A daemon with keys and tokens, as in the README's configuration."""
    (folder / "demo.toml").write_text(
        f'[auth]\napi_keys = ["{KEY}"]\ntoken_secret = "{SECRET}"\nallowed_origins = [{origins}]\n', encoding="utf-8"
    )
    (folder / "demo.toml").chmod(0o600)
    async with demonstrating(folder, port=0, speed=6.0) as running:
        site.daemon_url = running.url
        yield running


async def test_the_lines_of_the_readme_show_captions(page: Any, site: Site, tmp_path: Path) -> None:
    async with daemon(tmp_path, site, f'"{site.url}"') as running:
        assert running.url != site.url
        await page.size(900, 560)
        await page.go(site.url)
        await page.until(f"{ELEMENT}?.feed?.figures.finals >= 2")
        assert await page.run(f"[{ELEMENT}.state, {ELEMENT}.transport]") == ["live", "ws"]
        assert len(site.tokens) == 1
        await page.screenshot("embedded")
        seen = await page.run("document.documentElement.outerHTML + location.href + JSON.stringify({...localStorage})")
        assert site.tokens[0] not in seen
        # Its transcript is what the daemon's own is, as far as this page was there.
        exported = await page.run(f"{ELEMENT}.export('vtt')")
        assert exported.startswith("WEBVTT\n\n")
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as http,
            http.get(f"{running.url}/v1/sessions/{SESSION}/transcript.vtt") as answer,
        ):
            assert (await answer.text()).startswith(exported)


async def test_who_gets_no_token_is_told_so(page: Any, site: Site, tmp_path: Path) -> None:
    site.known = False
    await page.before_each_page(SOONER)
    async with daemon(tmp_path, site, f'"{site.url}"'):
        await page.go(site.url)
        await page.until(f"{ELEMENT}?.reason === 'No access token could be had.'")
        site.known = True
        await page.until(f"{ELEMENT}.state === 'live'")  # and goes on by itself


async def test_a_page_of_a_site_that_is_not_allowed_gets_nothing(page: Any, site: Site, tmp_path: Path) -> None:
    await page.before_each_page(SOONER)
    async with daemon(tmp_path, site, '"https://elsewhere.example"'):
        await page.go(site.url)
        await page.until(f"{ELEMENT}?.reason?.startsWith('The captions cannot be reached from this page.')")
        assert await page.run(f"{ELEMENT}.feed.items.length") == 0
        page.faults.clear()  # the browser says in its console why: that is for the page's author
