"""One <live-captions> on a page of its own, as tests of what readers do need it: shown, pressed, asked."""

import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

Json = dict[str, Any]
ELEMENT = 'document.querySelector("live-captions")'
ROOT = f"{ELEMENT}.shadowRoot"
VIEW = f'{ROOT}.querySelector(".viewport")'
ALL = "[...document.querySelectorAll('live-captions')]"
TEXTS = f'[...{ROOT}.querySelectorAll(".line .text, .gap")].map(node => node.textContent)'


def shows(*texts: str) -> str:
    """A condition: exactly these lines are shown."""
    return f"JSON.stringify({TEXTS}) === JSON.stringify({json.dumps(texts)})"


def part(name: str) -> str:
    return f'{ROOT}.querySelector(".{name}")'


@contextlib.asynccontextmanager
async def somebodys_server(**pages: Any) -> AsyncIterator[str]:
    """The URL, without a slash at its end, of a server of another origin, which answers `index` at its root."""
    app = web.Application()
    for name, answer in pages.items():
        app.router.add_get("/" if name == "index" else f"/{name.replace('_', '-')}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def embed(page: Any, station: Any, attributes: str = "", *, width: int = 700, height: int = 360) -> None:
    """A page with nothing but one element."""
    given = re.findall(r'([a-z-]+)(?:="([^"]*)")?', attributes)
    joined = len(station.joined)
    await page.size(width, height)
    await page.go(f"{station.url}/")
    await page.until("document.readyState === 'complete'")
    await page.run(
        f"""(async () => {{
          await import("/static/live-captions.mjs");
          document.body.className = "";
          const one = document.createElement("live-captions");
          one.setAttribute("session", "call-1");
          for (const [name, value] of {json.dumps(given)}) one.setAttribute(name, value);
          document.body.replaceChildren(one);
          document.body.style.cssText = "margin: 0; max-width: none; padding: 0; display: block";
          {ELEMENT}.style.height = {ELEMENT}.hasAttribute("lines") ? "auto" : "100vh";
        }})()"""
    )
    await station.until_joined(joined + 1)
    await page.until(f'{ELEMENT}.state === "live"')


async def key(page: Any, text: str, *, modifiers: int = 0) -> None:
    """A key press as a person makes it: it goes where the focus is."""
    named = {"Enter": "\r", "Escape": "", "Tab": "", "ArrowDown": "", "Space": " "}
    shown = {"Space": " "}.get(text, text)
    typed = named.get(text, text)
    extra: Json = {"text": typed} if typed else {}
    codes = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "Space": 32}
    code = codes.get(text) or ord(text.upper())
    for kind in ("keyDown", "keyUp"):
        await page._call(
            "Input.dispatchKeyEvent",
            type=kind,
            key=shown,
            modifiers=modifiers,
            windowsVirtualKeyCode=code,
            **(extra if kind == "keyDown" else {}),
        )


async def focus(page: Any) -> str:
    """Where the focus is, in the element: the class of the node."""
    return str(await page.run(f"{ROOT}.activeElement?.className ?? ''"))
