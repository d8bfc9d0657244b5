"""Who sees little: wide spacing, 400 % zoom, forced colours, more contrast, no motion. Nothing is cut off or lost."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.embedding import ELEMENT, ROOT, TEXTS, VIEW, embed, part
from tests.browser.test_pages import fill

pytestmark = pytest.mark.browser

Json = dict[str, Any]

# Every element of the page, those of shadow trees too.
DEEP = """function deep(root, found = []) {
  for (const one of root.querySelectorAll("*")) { found.push(one); if (one.shadowRoot) deep(one.shadowRoot, found); }
  return found;
}"""
# What is cut off: a box that hides what does not fit into it, a line that leaves the window, a button too small for its
# words. Not: what is there for screen readers only, and the older lines of captions that roll up.
CUT_OFF = f"""(() => {{
  {DEEP}
  const cut = [];
  const hides = (overflow) => overflow === "hidden" || overflow === "clip";
  const rolls = (one) => one.matches(".viewport") && one.getRootNode().host?.hasAttribute("lines");
  const scrolls = (one) => one && (getComputedStyle(one).overflowX === "auto" || scrolls(one.parentElement));
  for (const one of deep(document)) {{
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    if (!one.checkVisibility() || box.width < 2 || one.closest(".unseen, svg, select, input")) continue;
    const told = (what) => cut.push(`${{one.tagName}}.${{one.className}} ${{what}}`);
    const [wide, high] = [one.scrollWidth > one.clientWidth + 1, one.scrollHeight > one.clientHeight + 1];
    if (hides(style.overflowX) && wide) told("is cut off at its side");
    if (hides(style.overflowY) && high && !rolls(one)) told("is cut off below");
    if (one.matches("button, a") && style.display !== "inline" && wide) told("is too small for its words");
    if ((box.left < -1 || box.right > innerWidth + 1) && !scrolls(one.parentElement)) told("is outside");
  }}
  if (document.documentElement.scrollWidth > innerWidth) cut.push("the page is wider than the window");
  return cut;
}})()"""
# WCAG 2.2, 1.4.12, as a viewer's own style sheet would set it: in shadow trees, too.
SPACING = f"""(() => {{
  {DEEP}
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * {{ line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }}
    p {{ margin-block-end: 2em !important }}`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  for (const one of deep(document)) {{
    if (one.shadowRoot) one.shadowRoot.adoptedStyleSheets = [...one.shadowRoot.adoptedStyleSheets, sheet];
  }}
}})()"""
ZOOMED = (320, 256)  # 1280 by 1024 at 400 %


def talk(caption: Callable[..., Json]) -> list[Json]:
    return [
        caption("a", "Hello, how can I help you with your account today?", final=True, channel="internal"),
        caption("b", "I lost my card [CC], please write to [EMAIL] or call [PHONE].", final=True, channel="external"),
        {"type": "gap", "lost": 3, "cause": "sequence"},
        caption("c", "Donaudampfschifffahrtsgesellschaftskapit\u00e4nspatent " * 2, final=True, channel="internal"),
        caption("d", "And my number is [...] so", stable=16, channel="external"),
    ]


async def show(page: Any, station: Any, caption: Callable[..., Json], name: str) -> None:
    """One of the pages with captions on it, or an element with all that can be open at once."""
    station.logs.clear()
    if name == "demo":
        await fill(station, caption)
        station.sessions[2]["id"] = f"fr-FR-{'0123456789abcdef' * 4}"
        await page.go(f"{station.url}/demo")
        await page.until(
            "[...document.querySelectorAll('live-captions')].filter(one => one.feed.items.length).length === 3"
        )
        return
    await station.say("call-1", *talk(caption))
    if name == "index":
        await page.go(f"{station.url}/")
        await page.until("document.readyState === 'complete'")
        return
    if name == "element":
        await page.go(f"{station.url}/")
        await embed(page, station, 'controls delay="always"', width=(await page.run("innerWidth")), height=480)
        await page.until(f"{TEXTS}.length === 5")  # who pauses before that sees none of them
        await page.run(f"{ELEMENT}.mark(); {ELEMENT}.openSearch(); {ELEMENT}.pause(); {part('control-export')}.click()")
    else:
        await page.go(f"{station.url}/{name}/call-1")
    await page.until(f"{TEXTS}.length === 5")


@pytest.mark.parametrize("name", ["index", "demo", "display", "overlay", "element"])
async def test_wide_spacing_cuts_nothing_off(page: Any, station: Any, caption: Callable[..., Json], name: str) -> None:
    await page.size(1024, 700)
    await show(page, station, caption, name)
    await page.run(SPACING)
    await page.until(f"{CUT_OFF}.length === 0 || performance.now() > 4000")
    await page.screenshot(f"spacing-{name}")
    assert await page.run(CUT_OFF) == []


@pytest.mark.parametrize("name", ["index", "demo", "display", "overlay", "element"])
async def test_at_400_percent_everything_is_there_in_one_column(
    page: Any, station: Any, caption: Callable[..., Json], name: str
) -> None:
    await page.size(*ZOOMED)
    await show(page, station, caption, name)
    await page.size(*ZOOMED)
    await page.until(f"{CUT_OFF}.length === 0 || performance.now() > 4000")
    await page.screenshot(f"zoomed-{name}")
    assert await page.run(CUT_OFF) == []
    if name in ("display", "overlay"):  # room for captions is left beside all controls
        lines = f"{VIEW}.clientHeight / parseFloat(getComputedStyle({ROOT}.querySelector('.line')).lineHeight)"
        assert await page.run(lines) >= 2
    if name == "display":
        await page.run(f"{ELEMENT}.openSettings()")
        await page.until(f"{part('panel')}.open")
        await page.screenshot("zoomed-settings")
        assert await page.run(CUT_OFF) == []
        await page.run(f"{part('panel-done')}.focus()")
        box = await page.run(f"(b => [b.top, b.bottom])({part('panel-done')}.getBoundingClientRect())")
        assert box[0] >= 0
        assert box[1] <= ZOOMED[1]


@pytest.mark.parametrize("width", [1000, 1280, 1920])
async def test_the_displays_two_bars_never_cover_one_another(
    page: Any, station: Any, caption: Callable[..., Json], width: int
) -> None:
    await page.size(width, 700)
    await show(page, station, caption, "display")
    await page.run(f"{ELEMENT}.setAttribute('delay', 'always'); {ELEMENT}.openSearch()")
    await page.click(part("control-export"))
    await page.until(f"!{part('search')}.hidden && !{part('delay')}.hidden && !{part('save-menu')}.hidden")
    await page.screenshot(f"display-bars-{width}")
    covered = f"""(() => {{
      const boxes = (nodes) => [...nodes].filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect());
      const theirs = boxes(document.querySelectorAll("main > .bar button"));
      const ours = boxes({ROOT}.querySelectorAll(".bar button, .bar input, .bar .delay"));
      const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      return ours.flatMap(a => theirs.filter(b => meet(a, b))).length
        + (theirs.length === 0) + (ours.length < 10);
    }})()"""
    assert await page.run(covered) == 0


async def test_in_forced_colours_nothing_is_told_by_colour_alone(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await page.media(forced_colors="active", prefers_color_scheme="dark")
    for name in ("demo", "overlay", "display", "element"):
        await page.size(1024, 700)
        await show(page, station, caption, name)
        await page.screenshot(f"forced-{name}")
        if name == "demo":  # its legend, too
            legend = "[...document.querySelectorAll('.legend .mask')].map(one => getComputedStyle(one).borderTopStyle)"
            assert await page.run(legend) == ["solid", "solid"]
    drawn = f"""(selector, ...names) => {{
      const style = getComputedStyle({ROOT}.querySelector(selector));
      return names.map(name => style[name]); }}"""
    assert await page.run(f"({drawn})('.mask', 'borderTopStyle', 'borderTopWidth')") == ["solid", "1px"]
    assert await page.run(f"({drawn})('.tentative', 'textDecorationLine')") == ["underline"]
    assert await page.run(f"({drawn})('.gap', 'borderInlineStartStyle')") == ["solid"]
    assert await page.run(f"({drawn})('.text', 'color') + ''") == await page.run(
        f"({drawn})('.tentative', 'color') + ''"
    )
    edges = f"[...{ROOT}.querySelectorAll('button')].filter(one => one.checkVisibility())"
    assert await page.run(f"{edges}.every(one => getComputedStyle(one).borderTopStyle === 'solid')")
    await page.run(f"{part('control-pause')}.focus({{focusVisible: true}})")
    assert await page.run(f"({drawn})('.control-pause', 'outlineStyle')") == ["solid"]


async def test_who_wants_no_motion_gets_none(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    moving = """[document, ...[...document.querySelectorAll('live-captions')].map(one => one.shadowRoot)]
        .flatMap(root => root.getAnimations()).length"""
    smooth = f"""(() => {{ {DEEP}
      return deep(document).filter(one => getComputedStyle(one).scrollBehavior === "smooth"
        || getComputedStyle(one).transitionDuration.split(", ").some(time => parseFloat(time) > 0)).length; }})()"""
    for wanted in ("no-preference", "reduce"):
        await page.media(prefers_reduced_motion=wanted)
        for name in ("overlay", "display", "demo"):
            await show(page, station, caption, name)
            await page.run("document.querySelector('button, a').focus()")
            found = await page.run(f"{moving} + {smooth}")
            assert (found > 0) == (wanted == "no-preference"), name


async def test_more_contrast_is_more_contrast(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    """Tentative words, gaps and what the element says itself are as strong as settled words, in every theme."""
    await page.media(prefers_contrast="more", prefers_color_scheme="dark")
    await embed(page, station)
    await station.say("call-1", *talk(caption))
    await page.until(f"{TEXTS}.length === 5")
    colours = f"['.text', '.tentative', '.gap'].map(one => getComputedStyle({ROOT}.querySelector(one)).color)"
    for theme in ("light", "dark", "contrast"):
        await page.run(f"{ELEMENT}.setAttribute('theme', '{theme}')")
        assert len(set(await page.run(colours))) == 1
    await page.screenshot("more-contrast")
