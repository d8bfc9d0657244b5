"""The whole path: simulator, daemon, sockets, Chromium. What the browser shows is what a strict viewer says it must."""

import asyncio
import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from captiond.core.screen import Screen
from captiond.demo import demonstrating

pytestmark = pytest.mark.browser

SPEED = 12.0  # two minutes of talk in ten seconds; every event is still drawn
BOTH_TRANSCRIPTS = """(async () => {
  const captions = [...document.querySelectorAll("live-captions")].find((one) => one.session === %s);
  captions.labels = {internal: "Agent", external: "Customer"};  // the cards leave them out
  const answer = await fetch(`/v1/sessions/${captions.session}/transcript.%s`);
  return [captions.export("%s"), await answer.text()];
})()"""
CARDS = "[...document.querySelectorAll('.card')]"


async def watch(url: str, session: str) -> Screen:
    """A strict viewer, until the session ends: raises where the stream breaks a promise."""
    screen = Screen()
    address = f"{url.replace('http', 'ws', 1)}/v1/sessions/{session}/ws"
    async with connect(address, compression=None, proxy=None) as socket:
        with contextlib.suppress(ConnectionClosedError):  # 4510 is not 1000
            async for frame in socket:
                screen.apply(json.loads(frame))
    assert screen.bye == 4510
    return screen


async def test_the_demo_captions_live_and_the_browser_shows_what_was_sent(page: Any, tmp_path: Path) -> None:
    (tmp_path / "demo.toml").touch()
    async with demonstrating(tmp_path, port=0, speed=SPEED) as daemon:
        await page.size(1440, 1300)
        await page.go(f"{daemon.url}/demo")
        await page.until(f"{CARDS}.length >= 4")
        await page.run(
            """(() => {
              window.ended = {};
              document.addEventListener("captions-state", ({target, detail}) => {
                if (detail.state !== "ended") return;
                const lines = target.feed.items.filter((item) => item.kind === "caption");
                ended[target.session] = lines.map((line) => [line.utterance, line.text, line.final, line.held]);
              });
            })()"""
        )
        first = await page.run(f"{CARDS}.slice(0, 2).map(card => card.querySelector('live-captions').session)")
        async with asyncio.timeout(60), asyncio.TaskGroup() as viewers:
            watching = [viewers.create_task(watch(daemon.url, session)) for session in first]
            masked = (
                f"{CARDS}.some(card => card.querySelector('live-captions').shadowRoot.querySelector('.mask.closed'))"
            )
            await page.until(masked)
            await page.until(
                f"{CARDS}.every(card => /ms$/.test(card.querySelector('[data-figure=latency]').textContent))"
            )
            tiles = """Object.fromEntries([...document.querySelectorAll('[data-tile]')]
                .map(one => [one.dataset.tile, one.textContent]))"""
            await page.until(
                f"Number({tiles}.covered) >= 1 && /ms$/.test({tiles}.latency) && Number({tiles}.viewers) >= 4"
            )
            figures = await page.run(tiles)
            assert re.fullmatch(r"[1-9][\d,]*, [1-9][\d,]* final", figures["captions"])
            assert figures["faults"] == "0, 0"
            await page.screenshot("demo-live")
        for session, viewer in zip(first, watching, strict=True):
            await page.until(f"ended[{json.dumps(session)}] !== undefined")
            shown = await page.run(f"ended[{json.dumps(session)}]")
            assert [tuple(line) for line in shown] == viewer.result().lines()
            assert len(shown) >= 3
            assert all(final and not held for _, _, final, held in shown)
            for form in ("txt", "vtt", "srt", "json"):  # who was there all along saves what the daemon has
                saved, kept = await page.run(BOTH_TRANSCRIPTS % (json.dumps(session), form, form))
                assert json.loads(saved) == json.loads(kept) if form == "json" else saved == kept
                assert len(kept) > 100
