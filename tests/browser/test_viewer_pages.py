"""The overlay and the display as their owners use them, against the running daemon."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from captiond.demo import demonstrating

pytestmark = pytest.mark.browser

ELEMENT = "document.querySelector('live-captions')"
STAGE = "document.getElementById('stage').getBoundingClientRect()"
CALL = "en-US-benefits"
PLACE = f"""(({{left, top, right, bottom}}) =>
    [left, top, innerWidth - right, innerHeight - bottom].map(Math.round))({STAGE})"""
SHOWN = f"{ELEMENT}?.shadowRoot?.querySelectorAll('.line').length"


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Any]:
    (tmp_path / "demo.toml").touch()
    async with demonstrating(tmp_path, port=0, speed=6.0) as running:
        yield running


async def box(page: Any, selector: str) -> tuple[float, float]:
    """Its middle."""
    found = await page.run(
        f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])"
        f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
    )
    return found[0], found[1]


async def test_an_overlay_is_moved_and_stays_where_it_was_put(page: Any, daemon: Any) -> None:
    await page.size(1280, 720)
    await page.go(f"{daemon.url}/overlay/{CALL}-agent")
    await page.until(f"{SHOWN} >= 1")
    await page.screenshot("overlay-untouched")
    assert await page.run("getComputedStyle(document.querySelector('.bar')).opacity") == "0"
    assert await page.run("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    left, top, right, bottom = await page.run(PLACE)
    assert abs(left - right) <= 2  # in the middle, at the bottom
    assert (bottom < top, bottom >= 0) == (True, True)

    grip = await box(page, "#grip")
    await page.mouse("mouseMoved", *grip)
    await page.until("getComputedStyle(document.querySelector('.bar')).opacity === '1'")
    await page.screenshot("overlay-bar")
    grip = await box(page, "#grip")  # words may have come
    await page.mouse("mousePressed", *grip)
    for part in (0.5, 1.0):
        await page.mouse("mouseMoved", grip[0] - 100 * part, grip[1] - 150 * part)
    await page.mouse("mouseReleased", grip[0] - 100, grip[1] - 150)
    moved = await page.run(PLACE)
    assert abs(moved[0] - (left - 100)) <= 3
    assert abs(moved[1] - (top - 150)) <= 12  # words came meanwhile: a place is a share of the space that is free
    await page.mouse("mousePressed", *await box(page, "#grip"))
    await page.mouse("mouseMoved", -3000, -3000)
    await page.mouse("mouseReleased", -3000, -3000)
    corner = await page.run(PLACE)
    assert (corner[0] >= 0, corner[1] >= 0, corner[0] < 80, corner[1] < 80) == (True,) * 4  # not out of the window

    await page.go(f"{daemon.url}/overlay/{CALL}-customer")
    await page.until(f"{SHOWN} >= 1")
    again = await page.run(PLACE)
    assert abs(again[0] - corner[0]) <= 2
    await page.size(640, 360)
    small = await page.run(PLACE)
    assert min(small) >= 0
    await page.run("document.getElementById('grip').focus()")
    await page.key("Home")
    left, _, right, _ = await page.run(PLACE)
    assert abs(left - right) <= 2
    await page.key("ArrowLeft")
    assert (await page.run(PLACE))[0] < left

    before = await page.run(f"parseFloat(getComputedStyle({ELEMENT}.shadowRoot.querySelector('.text')).fontSize)")
    await page.click("document.getElementById('larger')")
    larger = f"parseFloat(getComputedStyle({ELEMENT}.shadowRoot.querySelector('.text')).fontSize)"
    await page.until(f"{larger} > {before}")


async def test_a_call_is_found_by_its_id_as_the_desktop_hands_it_over(page: Any, daemon: Any) -> None:
    """`/overlay?conversationId={{gcConversationId}}&langTag={{gcLangTag}}` in a panel of an agent's desktop."""
    await page.size(420, 700)
    await page.go(f"{daemon.url}/overlay?conversationId=not-yet&langTag=de&gcTargetEnv=mypurecloud.com")
    await page.until("document.getElementById('note').textContent.startsWith('This call is not captioned yet.')")
    assert await page.run("document.documentElement.lang") == "de"
    await page.screenshot("overlay-call-waiting")
    await page.go(f"{daemon.url}/overlay?conversationId={CALL}&langTag=en-us")
    await page.until("document.querySelectorAll('live-captions').length === 2")
    await page.until("[...document.querySelectorAll('live-captions')].every(one => one.feed.figures.finals >= 2)")
    assert await page.run("[...document.querySelectorAll('live-captions')].map(one => one.session).sort()") == [
        f"{CALL}-agent",
        f"{CALL}-customer",
    ]
    assert await page.run("document.getElementById('note').hidden")
    assert await page.run("document.documentElement.scrollHeight <= innerHeight")
    await page.screenshot("overlay-call")
    await page.go(f"{daemon.url}/overlay?pcConversationId=%7B%7BgcConversationId%7D%7D")
    await page.until("document.getElementById('note').textContent.includes('was not filled in')")
    await page.go(f"{daemon.url}/overlay")
    await page.until("document.getElementById('note').textContent.startsWith('This page shows one session')")


async def test_a_page_says_what_is_wrong(page: Any, daemon: Any) -> None:
    await page.before_each_page(SOONER)
    await page.size(900, 500)
    await page.go(f"{daemon.url}/display/no-such-session")
    await page.until(f"{ELEMENT}.state === 'failed'")
    assert await page.run(f"{ELEMENT}.reason") == "There are no captions under this name."
    status = f"{ELEMENT}.shadowRoot.querySelector('.status').textContent"
    await page.until(f"{status} === 'There are no captions under this name.'")
    await page.screenshot("display-no-session")
    await page.go(f"{daemon.url}/display/{CALL}-agent?token=not.a.token")
    await page.until("!location.href.includes('token') && location.href.endsWith('-agent')")
    await page.until(f"{status} === 'The access token is missing or not valid.'")


async def test_a_display_fills_the_screen_and_keeps_it_on(page: Any, daemon: Any) -> None:
    await page.size(1280, 720)
    await page.before_each_page(SOONER + "window.locks = [];" + LOCKS)
    await page.go(f"{daemon.url}/display/{CALL}-agent")
    await page.until(f"{SHOWN} >= 1")
    await page.until("document.getElementById('awake').getAttribute('aria-pressed') === 'true'")
    await page.screenshot("display-bar")
    await page.run("locks[0].release()")  # the browser takes it: the page was not seen
    await page.until("document.getElementById('awake').getAttribute('aria-pressed') === 'false'")
    await page.run("document.dispatchEvent(new Event('visibilitychange'))")
    await page.until("locks.length === 2 && document.getElementById('awake').getAttribute('aria-pressed') === 'true'")
    await page.click("document.getElementById('awake')")  # somebody does not want it: not taken again
    await page.run("document.dispatchEvent(new Event('visibilitychange'))")
    assert await page.run("locks.length") == 2

    await page.key("c")
    await page.until("getComputedStyle(document.body).backgroundColor === 'rgb(0, 0, 0)'")
    await page.screenshot("display-contrast")
    await page.key("c")
    assert await page.run(f"{ELEMENT}.getAttribute('theme')") is None
    await page.key("+")
    assert await page.run(f"{ELEMENT}.settings.size") == 125
    await page.key("-")
    assert await page.run(f"{ELEMENT}.settings.size") == 100
    await page.key("w")
    await page.until("document.fullscreenElement !== null")
    assert await page.run("document.getElementById('screen').getAttribute('aria-pressed')") == "true"
    await page.key("w")
    await page.until("document.fullscreenElement === null")
    await page.until("document.documentElement.classList.contains('idle')")
    await page.screenshot("display-idle")
    await page.run(f"{ELEMENT}.setAttribute('hotkeys', 'off')")
    await page.key("c")
    assert await page.run(f"{ELEMENT}.getAttribute('theme')") is None


SOONER = "const later = setTimeout; globalThis.setTimeout = (then, ms, ...more) => later(then, ms / 8, ...more);"
LOCKS = """
  navigator.wakeLock.request = async () => {
    const lock = new EventTarget();
    lock.release = async () => lock.dispatchEvent(new Event("release"));
    locks.push(lock);
    return lock;
  };
"""
