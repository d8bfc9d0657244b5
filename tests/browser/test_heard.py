"""Who cannot see or point: the accessibility tree, the way of the focus by Tab alone, the size of targets."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.embedding import TEXTS, VIEW, embed, focus, key, part

pytestmark = pytest.mark.browser

Json = dict[str, Any]
SHIFT = 8


async def tree(page: Any) -> list[Json]:
    """All nodes that a screen reader is given: role, name, what makes it live, the names of its ancestors' roles."""
    nodes = (await page._call("Accessibility.getFullAXTree"))["nodes"]
    by_id = {one["nodeId"]: one for one in nodes}
    told = []
    for one in nodes:
        if one.get("ignored"):
            continue
        properties = {each["name"]: each["value"].get("value") for each in one.get("properties", [])}
        above, at = [], one
        while (at := by_id.get(at.get("parentId"))) is not None:
            above.append(at)
        live = [
            value
            for each in [one, *above]
            for value in [p["value"].get("value") for p in each.get("properties", []) if p["name"] == "live"]
            if value != "off"
        ]
        told.append(
            {
                "role": one["role"]["value"],
                "name": one.get("name", {}).get("value", ""),
                "live": live,
                "modal": properties.get("modal", False),
                "above": [each["role"]["value"] for each in above if not each.get("ignored")],
            }
        )
    return told


def named(nodes: list[Json], role: str) -> list[str]:
    return [one["name"] for one in nodes if one["role"] == role]


@pytest.mark.parametrize("announce", ["status", "finals", "off"])
async def test_what_a_screen_reader_is_given(
    page: Any, station: Any, caption: Callable[..., Json], announce: str
) -> None:
    await embed(page, station, f'controls announce="{announce}"')
    await station.say(
        "call-1",
        caption("a", "My card is [CC].", final=True, channel="external"),
        {"type": "gap", "lost": 3, "cause": "sequence"},
        caption("b", "wavering words [...]", channel="internal"),
    )
    await page.until(f"{TEXTS}.length === 3")
    if announce == "finals":
        await page.until(f"{part('log')}.textContent.includes('My card is')")
    nodes = await tree(page)
    words = [one for one in nodes if "wavering" in one["name"]]
    assert words  # they can be read
    assert all(one["live"] == [] for one in words)  # and are never announced
    announced = [one["name"] for one in nodes if one["live"] and one["role"] == "StaticText"]
    spoken = "Customer: My card is card number, not shown."
    assert [one for one in announced if "card" in one] == ([spoken] if announce == "finals" else [])
    assert named(nodes, "image") == ["card number, not shown", "private, not shown"]
    assert "Live captions" in named(nodes, "region")
    assert len(named(nodes, "listitem")) == 3
    buttons = named(nodes, "button")
    assert buttons == ["Pause", "Search", "Mark my place", "Settings", "Save"]
    assert all(one["name"] for one in nodes if one["role"] in ("button", "combobox", "textbox", "searchbox", "dialog"))


# Where the focus is, deep: tag and class; its outline, its size, whether it is in view.
FOCUSED = """(() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  if (!one || one === document.body) return null;
  const [style, box] = [getComputedStyle(one), one.getBoundingClientRect()];
  window.focusIds ??= new WeakMap();
  if (!focusIds.has(one)) focusIds.set(one, window.lastFocusId = (window.lastFocusId ?? 0) + 1);
  return {id: focusIds.get(one), name: `${one.localName}.${one.className}#${one.id}`,
    outline: parseFloat(style.outlineWidth),
    drawn: style.outlineStyle !== "none", wide: box.width, high: box.height,
    inside: box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight + 0.5 && box.right <= innerWidth + 0.5};
})()"""


async def walk(page: Any, *, backwards: bool = False, most: int = 60) -> list[Json]:
    """Presses Tab until the focus has left the page, or is where it was first; answers where it went."""
    went: list[Json] = []
    for _ in range(most):
        await key(page, "Tab", modifiers=SHIFT if backwards else 0)
        at = await page.run(FOCUSED)
        if at is None or (went and at["id"] == went[0]["id"]):
            break
        went.append(at)
    else:
        raise AssertionError("Tab never comes out of it")
    for at in went:
        assert at["drawn"], at
        assert at["outline"] >= 2, at
        assert at["inside"], at
        assert at["high"] >= 24, at
        assert at["wide"] >= 24, at
    return went


def names(went: list[Json]) -> list[str]:
    return [one["name"].split(".", 1)[1].split(" ")[0].removesuffix("#") for one in went]


async def test_tab_goes_through_everything_in_order_and_out(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, "controls", width=900, height=500)
    await station.say("call-1", *[caption(f"u{n}", f"line {n}", final=True) for n in range(30)])
    await page.until(f"{TEXTS}.length === 30")
    bar = ["control-pause", "control-search", "control-mark", "control-settings", "control-export"]
    assert names(await walk(page)) == [*bar, "viewport"]
    await page.run("document.activeElement?.blur()")
    assert names(await walk(page, backwards=True)) == ["viewport", *reversed(bar)]

    await page.run(f"{part('control-search')}.focus()")
    await key(page, "Enter")
    await page.until(f"!{part('search')}.hidden")
    assert await focus(page) == "search-field"
    await key(page, "Escape")
    await page.until(f"{part('search')}.hidden")
    assert "control-search" in await focus(page)

    await page.run(f"{part('control-export')}.focus()")
    await key(page, "Enter")
    await page.until(f"!{part('save-menu')}.hidden")
    assert "save" in await focus(page)
    await key(page, "Escape")
    await page.until(f"{part('save-menu')}.hidden")
    assert "control-export" in await focus(page)
    await page.until(f"{part('control-export')}.getAttribute('aria-expanded') === 'false'")

    await page.run(f"{part('control-pause')}.focus()")
    await key(page, "Enter")
    await page.until(f"!{part('pause-bar')}.hidden")
    await page.run("document.activeElement.blur()")
    went = names(await walk(page))
    assert went[-3:] == ["viewport", "go-on", "to-live"]


async def test_the_settings_hold_the_focus_and_give_it_back(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, "controls", width=900, height=500)
    await station.say("call-1", caption("a", "hello", final=True))
    await page.until(f"{TEXTS}.length === 1")
    await page.run(f"{part('control-settings')}.focus()")
    await key(page, "Enter")
    await page.until(f"{part('panel')}?.open")
    nodes = await tree(page)
    assert [one["modal"] for one in nodes if one["role"] == "dialog"] == [True]
    assert named(nodes, "dialog") == ["Caption settings"]
    fields = [one for one in nodes if one["role"] == "combobox"]
    assert len(fields) == 9
    assert len({one["name"] for one in fields}) == 5  # each colour and each opacity stands in a group
    assert len(set(named(nodes, "group"))) == 3
    assert "Pause" not in named(nodes, "button")  # what is behind it is out of reach
    went = names(await walk(page))
    assert went == ["panel-select"] * 8 + ["panel-reset", "panel-done"]  # the first of nine had it
    await key(page, "Escape")
    await page.until(f"!{part('panel')}.open")
    assert "control-settings" in await focus(page)
    await page.run(f"{VIEW}.focus()")
    await key(page, "s")
    await page.until(f"{part('panel')}.open")
    await page.run(f"{part('panel-done')}.focus()")
    await key(page, "Enter")
    await page.until(f"!{part('panel')}.open")
    assert "viewport" in await focus(page)


@pytest.mark.parametrize("name", ["display", "overlay"])
async def test_the_pages_are_walked_by_tab_alone(
    page: Any, station: Any, caption: Callable[..., Json], name: str
) -> None:
    await page.size(1280, 900)
    await page.media(prefers_reduced_motion="reduce")
    await page.go(f"{station.url}/{name}/call-1")
    await station.until_joined(1)
    await station.say("call-1", caption("a", "hello", final=True))
    await page.until(f"{TEXTS}.length === 1")
    went = names(await walk(page))
    bar = {
        "overlay": ["grip#grip", "#smaller", "#larger"],
        "display": ["#smaller", "#larger", "#contrast", "#awake", "#screen"],
    }[name]
    assert went[: len(bar)] == bar
    assert went[-1] == "viewport"
