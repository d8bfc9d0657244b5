"""axe finds no violation on any page in any state, light and dark."""

import json
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.browser.axe import inspect
from tests.browser.embedding import ALL, ELEMENT, ROOT, TEXTS, VIEW, embed, part, shows
from tests.browser.test_pages import fill

pytestmark = pytest.mark.browser

Json = dict[str, Any]
# A page that is refused tries again; its delays are not what is tried here.
SOONER = "const later = setTimeout; globalThis.setTimeout = (then, ms, ...more) => later(then, ms / 20, ...more);"
BYE: Json = {"type": "bye", "code": 4510, "reason": "", "resume": False, "retryMs": None}
GAP: Json = {"type": "gap", "lost": 3, "cause": "sequence"}
STATUS = f"{part('status')}.textContent"
TELL_UNDECIDED = "CAPTIOND_AXE_UNDECIDED" in os.environ  # with pytest -s: what axe leaves to people to judge


class Tab:
    """A page that is looked at in many states; what axe found in any of them is told at the end, together."""

    def __init__(self, page: Any, scheme: str) -> None:
        self.page = page
        self.scheme = scheme
        self.looked = 0
        self.found: dict[str, list[Json]] = {}

    async def look(self, state: str) -> None:
        await self.page.run("new Promise(go => requestAnimationFrame(() => setTimeout(go)))")  # drawn as it is now
        await self.page.screenshot(f"axe-{state.replace(' ', '-')}-{self.scheme}")
        found = await inspect(self.page)
        assert "html-has-lang" in found["passed"]  # it did look
        self.looked += 1
        if found["violations"]:
            self.found[state] = found["violations"]
        if TELL_UNDECIDED and found["incomplete"]:
            print(f"{state}, {self.scheme}:", json.dumps(found["incomplete"], indent=1))  # noqa: T201


@pytest.fixture(params=["light", "dark"])
async def tab(page: Any, request: pytest.FixtureRequest) -> AsyncIterator[Tab]:
    """A page of that scheme."""
    # Without motion: what fades in or out has no colour to judge.
    await page.media(prefers_color_scheme=request.param, prefers_reduced_motion="reduce")
    one = Tab(page, request.param)
    yield one
    assert one.looked > 0
    assert one.found == {}, f"{one.scheme}: {json.dumps(one.found, indent=1)}"


def talk(caption: Callable[..., Json]) -> list[Json]:
    """A little of everything: both speakers, open and closed masks, settled and tentative, a gap, other languages."""
    return [
        caption("a", "Hello, how can I help you?", final=True, channel="internal"),
        caption("b", "I lost my card [CC], write to [EMAIL].", final=True, channel="external"),
        GAP,
        caption("c", "Buenos d\u00edas, un momento.", final=True, channel="internal", language="es-ES"),
        caption("d", "\u05e9\u05dc\u05d5\u05dd [PHONE].", final=True, channel="external", language="he-IL"),
        caption("e", "And my number is [...] so", stable=16, channel="external"),
    ]


async def test_pages(tab: Tab, station: Any, caption: Callable[..., Json]) -> None:
    page = tab.page
    await page.size(1280, 900)
    await page.go(f"{station.url}/")
    await page.until("document.readyState === 'complete'")
    await tab.look("index")
    await page.go(f"{station.url}/demo")
    await page.until("document.querySelector('#summary').textContent === '0 live, 0 in all'")
    await tab.look("demo without sessions")
    await fill(station, caption)
    await page.until(f"{ALL}.length === 4 && {ALL}.every(one => one.state === 'live')")
    await page.until(f"{ALL}.filter(one => one.feed.items.length).length === 3")
    await tab.look("demo")
    await station.say("es-ES-cita", BYE)
    await station.say("fr-FR-commande", {"type": "session", "state": "failed", "reason": "missing permission"})
    await station.say("en-US-card-agent", {"type": "session", "state": "reconnecting", "reason": "stream lost"})
    await page.until(f"new Set({ALL}.map(one => one.state)).size === 4")
    await tab.look("demo with troubles")


async def test_the_display(tab: Tab, station: Any, caption: Callable[..., Json]) -> None:
    page = tab.page
    await page.size(1280, 720)
    await page.before_each_page(SOONER)
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await page.until(f"{ELEMENT}.state === 'live'")
    await tab.look("display without words")
    await station.say("call-1", *talk(caption))
    await page.until(f"{TEXTS}.length === 6")
    await page.run("document.getElementById('smaller').focus()")
    await tab.look("display")
    await page.click("document.getElementById('contrast')")
    await tab.look("display with high contrast")
    station.refusal = 503
    await station.cut("call-1")
    await page.until(f"{ELEMENT}.state === 'reconnecting' && {STATUS} !== ''")
    await tab.look("display cut off")
    station.refusal = 404
    await page.go(f"{station.url}/display/nowhere")
    await page.until(f"{STATUS} === 'There are no captions under this name.'")
    await tab.look("display of no session")
    station.refusal = 401
    await page.go(f"{station.url}/display/call-1?announce=finals")
    await page.until(f"{STATUS} === 'The access token is missing or not valid.'")
    await tab.look("display without a token")
    station.refusal = 0
    await page.go(f"{station.url}/display/call-1?braille=40&history&delay=always&theme=light")
    await page.until(f"{TEXTS}.length === 6")
    await station.say("call-1", BYE)
    await page.until(f"{STATUS} === 'The captions have ended.'")
    await tab.look("display that has ended")
    page.faults.clear()  # the browser's console says what was refused


async def test_the_overlay(tab: Tab, station: Any, caption: Callable[..., Json]) -> None:
    page = tab.page
    await page.size(1280, 720)
    await page.go(f"{station.url}/overlay/call-1?lines=4")
    await station.until_joined(1)
    await station.say("call-1", *talk(caption))
    await page.until(f"{TEXTS}.length === 6")
    await tab.look("overlay untouched")
    await page.run("document.getElementById('grip').focus()")
    await page.until("getComputedStyle(document.querySelector('.bar')).opacity === '1'")
    await tab.look("overlay")
    await page.go(f"{station.url}/overlay?conversationId=call-1")
    await page.until("document.getElementById('note').textContent.startsWith('This call is not captioned yet.')")
    await tab.look("overlay of a call that is not there yet")
    await page.go(f"{station.url}/overlay")
    await page.until("document.getElementById('note').textContent !== ''")
    await tab.look("overlay of nothing")


async def test_the_element_and_all_that_opens(tab: Tab, station: Any, caption: Callable[..., Json]) -> None:
    page = tab.page
    station.earlier_finals = 7
    await embed(page, station, 'controls="pause search mark to-mark settings export close" history delay="always"')
    await page.run("document.title = 'Somebody\\'s page'; document.body.prepend(document.createElement('main'));"
                  f"document.querySelector('main').append({ELEMENT}, document.createElement('h1'));"
                  "document.querySelector('h1').textContent = 'Call'")  # fmt: skip
    await page.until(f"{ELEMENT}.state === 'live'")
    await station.say("call-1", *talk(caption), *[caption(f"u{n}", f"line {n}", final=True) for n in range(30)])
    await page.until(f"{TEXTS}.length === 36")
    await page.run(f"{ELEMENT}.mark()")
    await tab.look("element")
    await page.run(f"{VIEW}.scrollTop = 0")
    await page.until(f"!{part('back')}.hidden")
    await tab.look("element scrolled back")
    await page.run(f"{ELEMENT}.openSettings()")
    await page.until(f"{part('panel')}.open")
    await tab.look("settings")
    await page.run(f"{ELEMENT}.settings = {{textColor: 'yellow', windowColor: 'white', language: 'es'}}")
    await page.until(f"{part('panel-warning')}.textContent !== ''")
    await page.run(f"{ELEMENT}.settings = {{language: 'es'}}; {part('panel')}.close()")
    await page.until(f"!{part('notice')}.hidden")
    await tab.look("one language of several")
    await page.run(f"{ELEMENT}.settings = {{}}; {ELEMENT}.openSearch()")
    await page.run(f"{part('search-field')}.value = 'line'; {part('search-field')}.dispatchEvent(new Event('input'))")
    await page.until(f"{part('search-count')}.textContent !== ''")
    await tab.look("search")
    await page.run(f"{ELEMENT}.pause()")
    await station.say("call-1", caption("late", "while it was paused", final=True))
    await page.until(f"{part('pause-told')}.textContent.includes('1')")
    await tab.look("paused while searching")
    await page.run(f"{ELEMENT}.resume('live'); {part('control-export')}.click()")
    await page.until(f"!{part('save-menu')}.hidden")
    await tab.look("saving")
    await page.run(f"{ELEMENT}.setAttribute('braille', '20'); {ELEMENT}.setAttribute('braille-pace', '0')")
    await station.say("call-1", caption("read", "in braille this is more than a line", final=True))
    await page.until(f"{part('braille-next')}.textContent.includes('2')")
    await tab.look("braille")
    await page.run(f"{ELEMENT}.setAttribute('theme', 'contrast'); {ELEMENT}.removeAttribute('braille')")
    await tab.look("theme contrast")
    await page.run(f"{ELEMENT}.setAttribute('lines', '3'); {ELEMENT}.setAttribute('position', 'bottom')")
    await tab.look("rolling up at the bottom")
    await page.run(f"{ELEMENT}.close()")
    await page.until(f"{ELEMENT}.state === 'closed' && {STATUS} !== ''")
    await tab.look("closed")


async def test_each_of_several_elements_is_a_landmark_of_its_own(page: Any, station: Any) -> None:
    await embed(page, station)
    await page.run(f"document.body.append({ELEMENT}.cloneNode(), {ELEMENT}.cloneNode(), {ELEMENT}.cloneNode())")
    await page.run(f"{ALL}[2].setAttribute('label-region', 'Captions of the agent')")
    names = f"{ALL}.map(one => one.shadowRoot.querySelector('.viewport').getAttribute('aria-label')).join()"
    await page.until(f"{names} === 'Live captions,Live captions 2,Captions of the agent,Live captions 4'")
    await page.run(f"{ALL}[1].remove()")
    await page.run(f"document.body.append({ELEMENT}.cloneNode())")
    await page.until(f"{names} === 'Live captions,Captions of the agent,Live captions 4,Live captions 2'")


async def test_axe_would_find_something(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    """Inside the element, too: otherwise all of the above says nothing."""
    await embed(page, station, "controls")
    await station.say("call-1", caption("a", "hello", final=True))
    await page.until(shows("hello"))
    await page.run(
        f"""{part("controls")}.append(document.createElement("button"));
        {ROOT}.querySelector(".line .text").style.color = "#999"; {ELEMENT}.style.background = "#fff" """
    )
    found = {one["id"] for one in (await inspect(page))["violations"]}
    assert {"button-name", "color-contrast"} <= found
