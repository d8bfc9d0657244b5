"""What <live-captions> tells beside the words, in a real Chromium: delay, losses, silence, braille, own language."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.embedding import ELEMENT, ROOT, embed, focus, key, part, shows

pytestmark = pytest.mark.browser

Json = dict[str, Any]


async def test_how_far_captions_are_behind_is_told_where_it_is_known(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, 'delay="always"')
    await page.until(f"{part('delay')}.textContent === 'How far the captions are behind is not known.'")
    now = "2024-06-15T10:00:00.000Z"  # what the station's clock says: years behind the browser's
    await station.say("call-1", caption("u1", "prompt", emittedAt=now, sentAt=now))
    await page.until(f"/^[01][.]\\d s behind$/.test({part('delay')}.textContent)")
    await page.run(f"{ELEMENT}.setAttribute('delay', 'late')")
    await page.until(f"{part('delay')}.hidden && !{ELEMENT}.matches(':state(stale)')")
    await station.say("call-1", caption("u1", "prompt but late", emittedAt="2024-06-15T09:59:55.000Z", sentAt=now))
    await page.until(f"/^Captions are [56] seconds behind[.]$/.test({part('delay')}.textContent)")
    assert await page.run(f"{ELEMENT}.matches(':state(stale):state(live)') && {ELEMENT}.delayMs >= 5000")
    await page.screenshot("behind")


async def test_lines_that_never_came_are_counted_after_a_break(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station)
    await page.run("window.missed = []; document.addEventListener('captions-missed', e => missed.push(e.detail.lines))")
    await station.say("call-1", caption("u1", "one", final=True), caption("u2", "two", final=True))
    await page.until(shows("one", "two"))
    station.resumable, station.earlier_finals = False, 6
    station.logs["call-1"] = [caption("u9", "nine", final=True) | {"index": 9}]
    await station.cut("call-1")
    await page.until(shows("nine"))
    await page.until(f"{part('status')}.textContent === '4 lines missed.'")
    assert await page.run("missed") == [4]
    await page.screenshot("missed")
    await page.click(part("show-earlier"))
    await page.until(shows("one", "two", "4 lines missed.", "nine"))


async def test_lines_go_after_silence_and_come_back_with_words(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, 'lines="2" clear-after="2"')
    await station.say("call-1", caption("u1", "one", final=True), caption("u2", "and"))
    await page.until(shows("one", "and"))
    await asyncio.sleep(1.2)  # the silence itself is what is tried
    assert await page.run(shows("one", "and"))
    await page.until(shows())
    await station.say("call-1", caption("u2", "and on"))
    await page.until(shows("and on"))


async def test_braille_gets_whole_lines_at_the_readers_pace(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, 'braille="20" braille-pace="0" announce="finals"', height=600)
    await station.say("call-1", caption("u1", "I would like", stable=3))
    await station.say(
        "call-1",
        caption("u1", "I would like to change my card [CC] now.", final=True, channel="external"),
        caption("u2", "One moment.", final=True, channel="internal"),
    )
    await page.until(f"{part('braille-next')}.textContent === 'Next line (5 waiting)'")
    assert await page.run(f"{part('braille-lines')}.textContent") == ""
    await page.run(f"{part('braille-lines')}.focus()")
    for press in ("Enter", "ArrowDown", "Space"):
        await key(page, press)
    braille = f"[...{ROOT}.querySelectorAll('.braille-line')].map(node => node.textContent)"
    assert await page.run(braille) == ["Customer: I would", "like to change my", "card card number,"]
    await page.screenshot("braille")
    await page.run(f"{ELEMENT}.setAttribute('braille-pace', '1')")
    await page.until(f"{braille}.length === 5")
    assert await page.run(f"{braille}.slice(-2)") == ["not shown now.", "Agent: One moment."]
    await page.run("new Promise(go => setTimeout(go, 1000))")  # by now it would have been announced
    assert await page.run(f"{part('log')}.textContent") == ""  # not twice
    assert await page.run(f"{part('braille-lines')}.getAttribute('role')") == "log"


async def test_it_speaks_the_language_of_the_page_and_of_the_attribute(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, 'ui-lang="de-AT" controls')
    await station.say(
        "call-1", caption("u1", "Meine Karte ist [CC].", final=True, channel="external", language="de-DE")
    )
    await page.until(f'{ROOT}.querySelector(".mask")?.textContent === "Kartennummer"')
    assert await page.run(f"{part('speaker')}.textContent") == "Kunde"
    assert await page.run(f"{part('control-pause')}.getAttribute('aria-label')") == "Anhalten"
    assert await page.run(f"[{part('base')}.lang, {part('text')}.lang]") == ["de", "de-DE"]
    await page.run(f"{ELEMENT}.removeAttribute('ui-lang'); document.documentElement.lang = 'fr'; {ELEMENT}.clear()")
    await page.until(f"{part('control-search')}.getAttribute('aria-label') === 'Rechercher'")


async def test_closed_is_closed_until_it_is_opened(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    await embed(page, station, 'controls="pause close"')
    await station.say("call-1", caption("u1", "stays readable", final=True))
    await page.until(shows("stays readable"))
    await page.click(part("control-close"))
    await page.until(f'{ELEMENT}.state === "closed" && {part("status")}.textContent === "The captions are closed."')
    await page.run("dispatchEvent(new Event('online')); document.dispatchEvent(new Event('visibilitychange'))")
    await page.run(f"{ELEMENT}.token = 'another'")
    await page.run("new Promise(go => setTimeout(go, 300))")
    assert len(station.joined) == 1
    assert await page.run(shows("stays readable"))
    await page.run(f"{ELEMENT}.open()")
    await station.until_joined(2)
    await page.until(f'{ELEMENT}.state === "live"')


async def test_what_is_kept_is_copied_and_saved(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    await embed(page, station, "controls")
    await station.say("call-1", caption("u1", "one", final=True, channel="external"), caption("u2", "tw"))
    await page.until(shows("one", "tw"))
    segments = await page.run(f"{ELEMENT}.segments")
    assert [(one["text"], one["final"]) for one in segments] == [("one", True), ("tw", False)]
    await page.run(f"{ELEMENT}.segments[0].text = 'forged'")
    assert await page.run(f"{ELEMENT}.segments[0].text") == "one"
    assert await page.run(f"{ELEMENT}.export('txt').includes('Customer: one')")
    await page.click(part("control-export"))
    await page.until(f"!{part('save-menu')}.hidden")
    assert await page.run(f"[...{ROOT}.querySelectorAll('.save-as')].map(n => n.textContent)") == [
        "TXT",
        "VTT",
        "SRT",
        "JSON",
    ]
    await page.run(
        """window.saved = []; URL.createObjectURL = (blob) => { saved.push(blob); return "data:text/plain,x"; };
        HTMLAnchorElement.prototype.click = function () { saved.push(this.download); }"""
    )
    await page.click(f"[...{ROOT}.querySelectorAll('.save-as')][0]")
    assert await page.run("saved[1]") == "captions-call-1.txt"
    assert await page.run("saved[0].text()") == await page.run(f"{ELEMENT}.export('txt')")
    assert await page.run(f"{part('save-menu')}.hidden") and "control-export" in await focus(page)
