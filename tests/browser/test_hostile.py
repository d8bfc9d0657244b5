"""<live-captions> on pages that are not kind to it, and given texts that are not."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from tests.browser.embedding import ALL, ELEMENT, ROOT, TEXTS, VIEW, embed, part, shows, somebodys_server

pytestmark = pytest.mark.browser

Json = dict[str, Any]
STRICT = (
    "default-src 'none'; script-src {station}; connect-src {station} {streams}; style-src 'none'; img-src 'none'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
SECRET = "s3cret-of-a-viewer"


class Site:
    """Somebody's page, of another origin: its head and body, and its policy."""

    def __init__(self) -> None:
        self.url = ""
        self.head = ""
        self.body = '<live-captions src="{station}/" session="call-1"></live-captions>'
        self.policy = ""

    async def show(self, page: Any, station: Any, *, root: str = 'lang="en"') -> None:
        names = {"station": station.url, "streams": station.url.replace("http", "ws", 1)}
        self._html = (
            f"<!doctype html><html {root}><head><title>Theirs</title>{self.head}"
            f'<script src="{station.url}/static/live-captions.js" defer></script></head>'
            f"<body>{self.body.format(**names)}</body></html>"
        )
        self._policy = self.policy.format(**names)
        joined = len(station.joined)
        await page.go(self.url)
        await station.until_joined(joined + 1)
        await page.until(f"{ELEMENT}.state === 'live'")

    async def page(self, _: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": self._policy} if self._policy else {}
        return web.Response(text=self._html, content_type="text/html", headers=headers)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    one = Site()
    async with somebodys_server(index=one.page) as one.url:
        yield one


async def test_under_the_strictest_policy_it_has_its_look_its_panel_and_its_exports(
    page: Any, station: Any, site: Site, caption: Callable[..., Json]
) -> None:
    site.policy = STRICT
    site.body = '<live-captions src="{station}/" session="call-1" controls></live-captions>'
    await site.show(page, station)
    await station.say("call-1", caption("a", "my card is [CC]", final=True), caption("b", "and [...]"))
    await page.until(f"{TEXTS}.length === 2")
    look = f"(name => getComputedStyle({ROOT}.querySelector(name)))"
    assert await page.run(f"{look}('.base').display") == "flex"
    await page.run(f"{ELEMENT}.openSettings()")
    await page.until(f"{part('panel')}.open")
    await page.run(f"{ELEMENT}.settings = {{size: 200, textColor: 'yellow'}}")
    await page.until(f"{look}('.text').color === 'color(srgb 1 1 0)'")
    await page.run(f"{ELEMENT}.settings = {{}}; {part('panel')}.close(); {ELEMENT}.openSearch(); {ELEMENT}.mark()")
    assert "my card is" in await page.run(f"{ELEMENT}.export('txt')")  # and the fixture: the policy refused nothing


INHERITED = """
  body { font: italic 900 0/0 fantasy; color: transparent; -webkit-text-fill-color: transparent; text-indent: -9999px;
    text-transform: uppercase; letter-spacing: 3em; word-spacing: 9em; white-space: nowrap; text-align: right;
    visibility: visible; cursor: none; writing-mode: horizontal-tb; text-shadow: 0 0 9px red; quotes: none; tab-size: 0;
    hyphens: none; word-break: break-all; line-break: anywhere; text-decoration: line-through; font-variant: small-caps;
    list-style: square; border-collapse: collapse; direction: ltr; user-select: none; text-align-last: right }"""
STYLES = {
    "everything unset": "* { all: unset }",
    "divisions hidden": "div, p, ul, li, span, dialog, button { display: none !important }",
    "all inherited badly": INHERITED,
    "boxes": "* { box-sizing: content-box !important; position: static !important; float: left; margin: 3px; zoom: 1 }",
}


@pytest.mark.parametrize("name", STYLES)
async def test_a_pages_style_does_not_take_the_words(
    page: Any, station: Any, site: Site, caption: Callable[..., Json], name: str
) -> None:
    await page.size(800, 400)
    site.head = f"<style>{STYLES[name]}</style>"
    site.body = '<live-captions src="{station}/" session="call-1" controls></live-captions>'
    await site.show(page, station)
    said = "Hello, I would like to change my card. " * 8
    await station.say("call-1", caption("a", f"{said}[CC]", final=True, channel="external"), caption("b", "and so"))
    await page.until(f"{TEXTS}.length === 2")
    await page.screenshot(f"hostile-{name.replace(' ', '-')}")
    seen = await page.run(
        f"""(() => {{
          const text = {ROOT}.querySelector(".text");
          const [style, box] = [getComputedStyle(text), text.getBoundingClientRect()];
          const range = document.createRange();
          range.selectNodeContents(text);
          const inside = [...range.getClientRects()].every(one => one.left >= 0 && one.right <= innerWidth);
          const row = {ROOT}.querySelector(".line").getBoundingClientRect();
          const at = document.elementFromPoint(box.left + 30, row.top + 10);
          return {{inside, size: parseFloat(style.fontSize), wraps: box.height > 40, seen: at === {ELEMENT},
            fill: style.webkitTextFillColor === style.color, upper: style.textTransform,
            spaced: style.letterSpacing, indent: style.textIndent, space: style.whiteSpaceCollapse, struck:
            style.textDecorationLine, selects: style.userSelect, clear: style.color !== "rgba(0, 0, 0, 0)",
            line: !(parseFloat(style.lineHeight) < parseFloat(style.fontSize)) }};  // "normal" will do
        }})()"""
    )
    assert seen["inside"], seen
    assert seen["size"] >= 16, seen
    assert seen["wraps"], seen
    assert seen["seen"], seen
    assert seen["fill"], seen
    assert seen["clear"], seen
    assert seen["line"], seen
    assert (seen["upper"], seen["indent"], seen["struck"]) == ("none", "0px", "none"), seen
    assert seen["spaced"] in ("normal", "0px"), seen


async def test_on_a_page_from_right_to_left_each_line_has_its_own_direction(
    page: Any, station: Any, site: Site, caption: Callable[..., Json]
) -> None:
    await page.size(700, 300)
    site.body = '<live-captions src="{station}/" session="call-1" controls></live-captions>'
    await site.show(page, station, root='lang="he" dir="rtl"')
    await station.say(
        "call-1",
        caption("a", "Hello, 12-34 (yes).", final=True, channel="external"),
        caption("b", "\u05e9\u05dc\u05d5\u05dd, 12-34.", final=True, channel="internal", language="he-IL"),
    )
    await page.until(f"{TEXTS}.length === 2")
    await page.screenshot("hostile-rtl")
    assert await page.run(f"[...{ROOT}.querySelectorAll('.line')].map(one => getComputedStyle(one).direction)") == [
        "ltr",
        "rtl",
    ]
    assert await page.run("document.documentElement.scrollWidth <= innerWidth")
    assert await page.run(f"{VIEW}.scrollWidth <= {VIEW}.clientWidth")


async def test_direction_overrides_of_one_caption_turn_nothing_of_another(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, width=500)
    hostile = "abc \u202e\u2066\u2067\u202b def"
    await station.say(
        "call-1",
        caption("a", hostile, final=True, channel="external"),
        caption("b", "plain words", final=True, channel="external"),
        caption("c", f"{hostile} and", stable=6, channel="internal"),
    )
    await page.until(f"{TEXTS}.length === 3")
    assert await page.run(f"{TEXTS}[0]") == hostile  # nothing is taken away
    order = f"""(() => {{
      const words = {ROOT}.querySelectorAll(".text")[1].querySelector(".settled").firstChild;
      const at = (index) => {{
        const range = document.createRange();
        range.setStart(words, index); range.setEnd(words, index + 1);
        return range.getBoundingClientRect().left;
      }};
      return at(0) < at(4) && at(4) < at(10);
    }})()"""
    assert await page.run(order)
    speakers = f"[...{ROOT}.querySelectorAll('.line')].map(one => getComputedStyle(one).direction)"
    assert await page.run(speakers) == ["ltr", "ltr", "ltr"]


async def test_texts_of_every_kind_are_text(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    await embed(page, station, width=500)
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    texts = [
        "<img src=x onerror=alert(1)><svg onload=alert(2)>",
        f"{family} {family}{family}\U0001f3f4\U000e0067\U000e0062\U000e007f",
        "z\u0351\u0363\u0363\u0368" * 200,
        "w" * 8000,
        "lone \ud800 surrogate \udfff",
        "nul \x00 bell \x07 escape \x1b[31m line\u2028feed",
        "${alert(3)} {{alert(4)}} javascript:alert(5) &lt;b&gt; [CC][X][...]",
        " ".join("word" for _ in range(1600)),
    ]
    for number, text in enumerate(texts):
        # As the daemon settles it: by code points, in the middle of everything.
        await station.say("call-1", caption(f"u{number}", text, stable=len(text) // 2))
        await station.say("call-1", caption(f"u{number}", text, stable=3))
    await page.until(f"{TEXTS}.length === {len(texts)}")
    shown = await page.run(f"{TEXTS}.map(one => one.length)")
    assert min(shown) > 5
    assert shown[3] == 8000
    assert await page.run(f"{ROOT}.querySelectorAll('img, svg:not(.icon), script, b').length") == 0
    split = f"""[...{ROOT}.querySelectorAll('.settled, .tentative')].some(one =>
      /^[\\uDC00-\\uDFFF]/.test(one.textContent) && /[\\uD800-\\uDBFF]$/.test(one.previousSibling?.textContent))"""
    assert not await page.run(split)  # no character is cut in two
    assert await page.run(f"{VIEW}.scrollWidth <= {VIEW}.clientWidth")
    await page.screenshot("hostile-texts")


async def test_ten_thousand_quick_partials_end_as_they_should(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, 'announce="finals" stability="steady"')
    await page.run("window.frames_ = 0; (function count() { frames_ += 1; requestAnimationFrame(count) })()")
    words = [f"w{at % 97}" for at in range(300)]
    for number in range(10):
        for revision in range(1000):
            await station.say("call-1", caption(f"u{number}", " ".join(words[: 1 + revision % 300]), stable=2))
        await station.say("call-1", caption(f"u{number}", f"final {number}", final=True))
    await page.until(shows(*[f"final {number}" for number in range(10)]))
    assert await page.run("frames_") > 10  # it drew meanwhile


async def test_attributes_that_change_while_it_is_live_lose_nothing(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station)
    churn = {
        "lines": ["2", "0", "-1", "1e9", "", None], "max-ch": ["10", "x", None], "clear-after": ["600", "x", None],
        "stability": ["steady", "balanced", "finals", "700", "-5", "nonsense", None], "theme": ["dark", "x", None],
        "announce": ["finals", "off", None], "braille": ["", "0", "20", None], "braille-pace": ["0", "x", None],
        "controls": ["", "close", None], "hotkeys": ["off", None], "ui-lang": ["de", "x-", "\u0000", None],
        "label-internal": ["", "<b>", None], "delay": ["always", None], "position": ["top", None],
        "paused": ["", None], "label-region": ["a", None], "history": ["", None],
    }  # fmt: skip
    await page.run(
        f"""(async () => {{
          const churn = Object.entries({json.dumps(churn)});
          for (let turn = 0; turn < 300; turn += 1) {{
            const [name, values] = churn[turn % churn.length];
            const value = values[Math.floor(turn / churn.length) % values.length];
            if (value === null) {ELEMENT}.removeAttribute(name); else {ELEMENT}.setAttribute(name, value);
            if (turn % 7 === 0) await new Promise(requestAnimationFrame);
            if (turn % 11 === 0) {ELEMENT}.parentElement.append({ELEMENT});
          }}
          for (const [name] of churn) {ELEMENT}.removeAttribute(name);
        }})()"""
    )
    said = [caption(f"u{n}", f"line {n}", final=True) for n in range(40)]
    await station.say("call-1", *said)
    await page.until(shows(*[f"line {n}" for n in range(40)]))
    assert len(station.joined) == 1  # none of them is a reason to connect again
    await page.run(f"for (const id of ['call-2', 'call-3', 'call-1']) {ELEMENT}.session = id")
    await station.until_joined(2)
    await page.until(shows(*[f"line {n}" for n in range(40)]))
    assert [session for session, _, _ in station.joined] == ["call-1", "call-1"]


async def test_two_on_a_page_are_two(page: Any, station: Any, site: Site, caption: Callable[..., Json]) -> None:
    one = '<live-captions src="{station}/" session="call-%d" controls></live-captions>'
    site.body = (one % 1) + (one % 2)
    await page.size(700, 700)
    await site.show(page, station)
    await station.until_joined(2)
    await station.say("call-1", caption("a", "one", final=True))
    await station.say("call-2", caption("other", "two", final=True))
    texts = (
        f"{ALL}.map(one => [...one.shadowRoot.querySelectorAll('.line .text')].map(text => text.textContent).join())"
    )
    await page.until(f"JSON.stringify({texts}) === JSON.stringify(['one', 'two'])")
    await page.run(f"{ALL}[0].pause(); {ALL}[1].openSearch()")
    await station.say("call-2", caption("b", "more", final=True))
    await page.until(f"{texts}[1] === 'two,more'")
    assert await page.run(f"{ALL}.map(one => one.paused)") == [True, False]
    assert await page.run(f"{ALL}.map(one => one.shadowRoot.querySelector('.search').hidden)") == [True, False]
    await page.run(f"{ALL}[0].remove()")
    await station.say("call-2", caption("c", "still", final=True))
    await page.until(f"{texts}[0] === 'two,more,still'")


@pytest.mark.parametrize("refusal", [0, 401])
async def test_a_token_is_nowhere_a_page_can_look(
    page: Any, station: Any, caption: Callable[..., Json], refusal: int
) -> None:
    await page.before_each_page(
        """window.heard = [];
        const tell = (...what) => heard.push(what.map(one => one?.stack ?? one?.message ?? String(one)).join(" "));
        for (const name of ["log", "info", "warn", "error", "debug", "trace"]) console[name] = tell;
        addEventListener("error", tell, true);
        addEventListener("unhandledrejection", (event) => tell(event.reason));
        addEventListener("securitypolicyviolation", (event) => tell(event.blockedURI));
        for (const type of ["state", "caption", "final", "gap", "reset", "missed"]) {
          addEventListener(`captions-${type}`, (event) => tell(JSON.stringify(event.detail)));
        }
        const later = setTimeout; globalThis.setTimeout = (then, ms, ...more) => later(then, ms / 20, ...more);"""
    )
    station.refusal = refusal
    await page.go(f"{station.url}/")
    await page.until("document.readyState === 'complete'")
    await page.run(
        f"""(() => {{
          const one = document.createElement("live-captions");
          for (const [name, value] of [["session", "call-1"], ["controls", ""], ["token", "{SECRET}"]]) {{
            one.setAttribute(name, value);
          }}
          document.body.replaceChildren(one);
          return import("/static/live-captions.mjs");
        }})()"""
    )
    await station.until_joined(1)
    assert station.joined[0][2]["token"] == SECRET
    if refusal:
        await page.until(f"{ELEMENT}.state === 'failed'")
    else:
        await station.say("call-1", caption("a", "one", final=True))
        await page.until(shows("one"))
        await station.cut("call-1")
        await station.until_joined(2)
    await page.run(f"{ELEMENT}.tokenProvider = async () => {{ throw new Error('no token: {SECRET}') }}")
    await page.until(f"{ELEMENT}.state !== 'live'")
    await page.until(f"{ELEMENT}.reason === 'No access token could be had.' || {ELEMENT}.state === 'failed'")
    seen = await page.run(
        f"""[document.documentElement.outerHTML, {ROOT}.innerHTML, location.href, document.cookie, history.state, heard,
        JSON.stringify([{{...localStorage}}, {{...sessionStorage}}, {ELEMENT}, Object.getOwnPropertyNames({ELEMENT})]),
        {ELEMENT}.token, {ELEMENT}.reason, {ELEMENT}.export("json"), JSON.stringify({ELEMENT}.segments),
        {ELEMENT}.cloneNode(true).outerHTML].join("\\n")"""
    )
    assert '"state":' in seen  # events were heard
    assert SECRET not in seen
    page.faults.clear()  # the browser itself notes what it was refused
