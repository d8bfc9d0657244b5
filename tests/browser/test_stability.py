"""The stability attribute in a real Chromium: what waits is not in the page, what is taken back is gone at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.embedding import ELEMENT, TEXTS, shows

pytestmark = pytest.mark.browser

Json = dict[str, Any]
SIGN = f"""[...{ELEMENT}.shadowRoot.querySelectorAll(".line .text")].map(
  node => getComputedStyle(node, "::after").content.replaceAll('"', "").split(" / ")[0])"""


async def test_words_wait_and_come_without_a_message_and_a_final_is_shown_at_once(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await page.until(f'{ELEMENT}.state === "live"')
    await page.run(f'{ELEMENT}.setAttribute("stability", "1500")')
    # All that ever stood on the screen, and since when: a word that waits must not be in the page at all.
    await page.run(
        f"""(() => {{
          window.seen = [];
          const look = () => {{
            const now = JSON.stringify({TEXTS});
            if (now !== window.seen.at(-1)?.[0]) window.seen.push([now, performance.now()]);
            requestAnimationFrame(look);
          }};
          look();
          {ELEMENT}.addEventListener("captions-caption", () => (window.cameMs ??= performance.now()));
        }})()"""
    )
    await station.say("call-1", caption("u1", "i want to"))
    await page.until(shows(""))
    assert await page.run(SIGN) == ["\u2026"]  # somebody speaks
    await page.until(shows("i want to"))
    assert await page.run(SIGN) == ["none"]
    await station.say("call-1", caption("u1", "i want two tickets"))
    await page.until(shows("i want"))  # "to" is gone at once, what stands there now waits
    await station.say("call-1", caption("u1", "I want two tickets, please.", final=True))
    await page.until("window.seen.at(-1)[0].includes('please')")
    seen = [(json.loads(texts), at_ms) for texts, at_ms in await page.run("window.seen")]
    assert [texts for texts, _ in seen] == [[], [""], ["i want to"], ["i want"], ["I want two tickets, please."]]
    assert seen[2][1] - await page.run("window.cameMs") >= 1500


async def test_a_mask_is_never_waited_for_and_a_profile_can_be_changed(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await station.say("call-1", caption("u1", "my number is four one one"))
    await page.until(shows("my number is four one one"))
    await page.run(f'{ELEMENT}.setAttribute("stability", "steady")')
    await station.say("call-1", caption("u1", "my number is [...] [...] and so on"))
    await page.until(shows("my number is \u2022\u2022\u2022 \u2022\u2022\u2022"))
    await page.run(f'{ELEMENT}.removeAttribute("stability")')
    await page.until(shows("my number is \u2022\u2022\u2022 \u2022\u2022\u2022 and so on"))
    await page.run(f'{ELEMENT}.setAttribute("stability", "balanced")')
    await station.say("call-1", {"type": "retraction", "utterance": "u1"})
    await page.until(shows())


async def test_what_was_learned_is_kept_by_the_browser(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    said = ["when", "we", "came", "home", "there", "was", "nobody", "in", "the", "house"]
    key = "captiond.captions.stability"
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await page.until(f'{ELEMENT}.state === "live"')
    await page.run(f'{ELEMENT}.setAttribute("stability", "balanced")')
    for number in range(20):
        for count in (3, 6, 10):
            await station.say("call-1", caption(f"u{number}", " ".join(said[:count])))
        await station.say("call-1", caption(f"u{number}", " ".join(said), final=True))
    await page.until(f'JSON.parse(localStorage.getItem("{key}"))?.[location.origin + "/"]?.words > 200')
    await page.go(f"{station.url}/display/call-2?stability=balanced")
    await station.until_joined(2)
    await page.run(f'{ELEMENT}.addEventListener("captions-caption", () => (window.cameMs ??= performance.now()))')
    await station.say("call-2", caption("u99", "nobody was there"))
    shown_ms = await page.until(f"{shows('nobody was there')} && performance.now()")
    assert await page.run(f'{ELEMENT}.getAttribute("stability")') == "balanced"
    assert shown_ms - await page.run("window.cameMs") < 7000  # so long they wait where nothing was learned
    assert "nobody" not in await page.run(f'localStorage.getItem("{key}")')
