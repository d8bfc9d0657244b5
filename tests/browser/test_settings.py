"""The viewer's settings in a real Chromium: every one of them, by keyboard, kept, told to other tabs, readable."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.browser.embedding import ELEMENT, ROOT, VIEW, embed, focus, key, part

pytestmark = pytest.mark.browser

Json = dict[str, Any]
LABELS = f"[...{ROOT}.querySelectorAll('.panel-field')].filter(one => !one.hidden)"


async def choose(page: Any, field: int, value: str) -> None:
    """Chooses in the list of that number, as its change event tells it."""
    await page.run(
        f"""(() => {{
          const list = {LABELS}[{field}].querySelector("select");
          list.value = {json.dumps(value)};
          list.dispatchEvent(new Event("change", {{bubbles: true}}));
          return list.value;
        }})()"""
    )


def drawn(selector: str, name: str) -> str:
    return f"getComputedStyle({part(selector)})[{json.dumps(name)}]"


FONT, SIZE, EDGE, TEXT, TEXT_OPACITY, BACK, BACK_OPACITY, WINDOW, WINDOW_OPACITY = range(9)


async def open_panel(page: Any, station: Any, caption: Callable[..., Json], attributes: str = "controls") -> None:
    await embed(page, station, attributes, width=900, height=760)
    await station.say(
        "call-1",
        caption("u1", "Hello, I would like to change my card [CC].", final=True, channel="external"),
        caption("u2", "One moment, please. Could you te", stable=20, channel="internal"),
    )
    await page.until(f"{ROOT}.querySelectorAll('.line').length === 2")
    await page.run(f"{VIEW}.focus()")
    await key(page, "s")
    await page.until(f"{part('panel')}?.open")


async def test_all_settings_hold_at_once_in_the_preview_and_in_the_captions_and_are_kept(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await open_panel(page, station, caption)
    assert await page.run(f"{LABELS}.length") == 9  # the language is chosen where there are several
    await page.run(
        "window.heard = []; document.addEventListener('captions-settings-change', e => heard.push(e.detail))"
    )
    size = float((await page.run(drawn("line", "fontSize")))[:-2])
    for field, value in (
        (FONT, "serif"), (SIZE, "200"), (EDGE, "shadow"), (TEXT, "yellow"), (TEXT_OPACITY, "75"),
        (BACK, "black"), (BACK_OPACITY, "50"), (WINDOW, "blue"), (WINDOW_OPACITY, "25"),
    ):  # fmt: skip
        await choose(page, field, value)
    assert len(await page.run("heard")) == 9
    assert (await page.run("heard"))[-1]["settings"]["windowOpacity"] == 25
    for line, text, window in (("line", "text", "base"), ("sample", "sample-text", "panel-window")):
        assert float((await page.run(drawn(line, "fontSize")))[:-2]) == 2 * size
        assert (await page.run(drawn(text, "fontFamily"))).startswith("Georgia")
        assert await page.run(drawn(text, "color")) == "color(srgb 1 1 0 / 0.75)"
        assert await page.run(drawn(text, "backgroundColor")) == "color(srgb 0 0 0 / 0.5)"
        assert await page.run(drawn(window, "backgroundColor")) == "color(srgb 0 0 1 / 0.25)"
        assert "rgb(0, 0, 0)" in await page.run(drawn(line, "textShadow"))
    await page.screenshot("settings-chosen")
    kept = await page.run(f"{ELEMENT}.settings")
    await page.run("document.querySelector('live-captions').remove()")
    await embed(page, station, "", width=900)  # the page is opened anew
    assert await page.run(f"{ELEMENT}.settings") == kept
    await page.until(f"{drawn('base', 'backgroundColor')} === 'color(srgb 0 0 1 / 0.25)'")


async def test_it_is_all_done_by_keyboard_and_the_focus_comes_back(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await open_panel(page, station, caption)
    assert "panel-select" in await focus(page)
    await key(page, "s")  # in a list letters choose, they are no hotkeys
    await page.until(f"{ELEMENT}.settings.font === 'serif'")
    for _ in range(9):
        await key(page, "Tab")
    assert "panel-reset" in await focus(page)
    await key(page, "Enter")
    await page.until(f"{ELEMENT}.settings.font === ''")
    await key(page, "Escape")
    await page.until(f"!{part('panel')}.open")
    assert "viewport" in await focus(page)
    await key(page, "+")
    await page.until(f"{ELEMENT}.settings.size === 125")


async def test_another_tab_follows(page: Any, station: Any, caption: Callable[..., Json], chromium: str) -> None:
    await open_panel(page, station, caption)
    stored = json.dumps(json.dumps({"size": 300, "font": "no such"}))
    async with connect(chromium, max_size=1 << 26, compression=None, proxy=None) as socket:
        other = type(page)(socket)
        await other.open()
        await other.go(f"{station.url}/")
        await other.until("document.readyState === 'complete'")
        await other.run(f"localStorage.setItem('captiond.captions.settings', {stored})")
    await page.until(f"{ELEMENT}.settings.size === 300 && {ELEMENT}.settings.font === ''")
    await page.until(f"{LABELS}[1].querySelector('select').value === '300'")


async def test_what_is_hard_to_read_is_said_in_words(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    await open_panel(page, station, caption)
    assert await page.run(f"{part('panel-warning')}.textContent") == ""
    await choose(page, TEXT, "yellow")
    await choose(page, WINDOW, "white")
    await page.until(f"{part('panel-warning')}.textContent.includes('contrast of these colors is 1.0 to 1')")
    await page.screenshot("settings-warning")
    await choose(page, WINDOW, "black")
    await page.until(f"{part('panel-warning')}.textContent === ''")
    await choose(page, WINDOW_OPACITY, "25")
    await page.until(f"{part('panel-warning')}.textContent.startsWith('What is behind the captions shows through.')")
    await page.click(part("panel-reset"))
    await page.until(f"{part('panel-warning')}.textContent === ''")


async def test_of_several_languages_one_can_be_chosen_and_it_is_told_what_is_hidden(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await open_panel(page, station, caption)
    await station.say("call-1", caption("u3", "Buenos d\u00edas.", final=True, language="es-ES"))
    await page.until(f"{ROOT}.querySelectorAll('.line').length === 3")
    await page.run(f"{part('panel')}.close(); {ELEMENT}.openSettings()")
    assert await page.run(f"[...{LABELS}[3].querySelectorAll('option')].map(one => one.textContent)") == [
        "All languages", "English", "Spanish",
    ]  # fmt: skip
    await choose(page, 3, "es")
    await page.until(f"{part('notice')}.textContent === '2 lines in other languages are hidden.'")
    assert await page.run(f"[...{ROOT}.querySelectorAll('.text')].map(one => one.textContent)") == ["Buenos d\u00edas."]


async def test_the_dyslexia_friendly_face_is_ours_and_is_loaded_only_then(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await open_panel(page, station, caption)
    assert not any("opendyslexic" in url for url in page.requests)
    await choose(page, FONT, "dyslexia")
    await page.until(
        "document.fonts.check('16px \"Captions OpenDyslexic\"') && [...document.fonts].some(f => f.status === 'loaded')"
    )
    await page.screenshot("dyslexia")
    assert [url.rsplit("/", 1)[1] for url in page.requests if "opendyslexic" in url] == ["opendyslexic-regular.woff2"]


LOOKS: dict[str, tuple[Json, tuple[int, int], str]] = {
    "light": ({"prefers_color_scheme": "light"}, (900, 760), "controls"),
    "dark": ({"prefers_color_scheme": "dark"}, (900, 760), "controls"),
    "forced": ({"forced_colors": "active", "prefers_color_scheme": "dark"}, (900, 760), "controls"),
    "narrow": ({"prefers_color_scheme": "light"}, (320, 480), "controls"),
    "contrast": ({"prefers_contrast": "more"}, (900, 760), 'controls theme="contrast"'),
}


@pytest.mark.parametrize("name", LOOKS)
async def test_nothing_is_cut_off_and_every_target_is_large_enough(
    page: Any, station: Any, caption: Callable[..., Json], name: str
) -> None:
    media, size, attributes = LOOKS[name]
    await page.media(**media)
    await open_panel(page, station, caption, attributes)
    await page.size(*size)
    await page.screenshot(f"panel-{name}")
    inside = f"""(() => {{
        const panel = {part("panel")}, box = panel.getBoundingClientRect();
        return [box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight,
                panel.scrollWidth <= panel.clientWidth, document.documentElement.scrollWidth <= innerWidth]; }})()"""
    assert await page.run(inside) == [True, True, True]
    small = f"""[...{ROOT}.querySelectorAll("button, select, input")].filter(one => {{
        const box = one.getBoundingClientRect();
        return box.width > 0 && (box.width < 24 || box.height < 24); }}).map(one => one.className)"""
    assert await page.run(small) == []
    await page.run(f"{part('panel')}.close(); {ELEMENT}.mark(); {ELEMENT}.openSearch()")
    await page.until(f"!{part('search')}.hidden")
    assert await page.run(small) == []
    assert await page.run(f"{VIEW}.scrollWidth <= {VIEW}.clientWidth")
    await page.screenshot(f"look-{name}")
