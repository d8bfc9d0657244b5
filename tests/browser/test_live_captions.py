"""<live-captions> in a real Chromium: what a reader sees, what a line break does, what is never left in the page."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.embedding import ELEMENT, ROOT, shows

pytestmark = pytest.mark.browser

Json = dict[str, Any]


async def test_settled_tentative_masks_gaps_and_speakers(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await page.until(f'{ROOT}.querySelector(".empty").hidden === false')
    await station.say("call-1", caption("u1", "I would like to chance", stable=13, channel="external"))
    await page.until(shows("I would like to chance"))
    spans = f'[...{ROOT}.querySelectorAll(".text > *")].map(n => [n.className, n.textContent])'
    assert await page.run(spans) == [["settled", "I would like "], ["tentative", "to chance"]]

    await station.say(
        "call-1",
        caption("u1", "I would like to change my card.", final=True, channel="external"),
        {"type": "gap", "lost": 3, "cause": "sequence"},
        caption("u2", "The number is [...]", stable=14, channel="external"),
        caption("u3", "One moment, please.", final=True, channel="internal"),
    )
    await page.until(
        shows(
            "I would like to change my card.",
            "3 updates missed here.",
            "The number is \u2022\u2022\u2022",
            "One moment, please.",
        )
    )
    mask = f'{ROOT}.querySelector(".mask")'
    assert await page.run(f'{mask}.getAttribute("aria-label")') == "private, not shown"
    await station.say(
        "call-1", caption("u2", "The number is [CC]", final=True, channel="external", redactions={"CC": 1})
    )
    await page.until(f'{mask}.textContent === "card number"')
    assert await page.run(f'{mask}.getAttribute("aria-label")') == "card number, not shown"
    assert await page.run(f"{ELEMENT}.figures") == {"finals": 3, "gaps": 1, "lost": 3, "redactions": {"CC": 1}}
    assert await page.run(f'[...{ROOT}.querySelectorAll(".speaker")].map(n => n.textContent)') == [
        "Customer",
        "Customer",
        "Agent",
    ]
    await page.size(900, 500)
    await page.screenshot("display")


async def test_a_full_stop_stays_with_its_mask_however_narrow(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await page.go(f"{station.url}/display/call-1?size=1")
    await station.until_joined(1)
    await station.say("call-1", caption("u1", "You can reach me at [EMAIL].", final=True))
    await page.until(shows("You can reach me at e-mail address."))
    apart = await page.run(
        f"""(() => {{
          const mask = {ROOT}.querySelector(".mask");
          const stop = document.createRange();
          stop.selectNodeContents(mask.nextSibling);
          {ELEMENT}.style.setProperty("--captions-padding", "0");
          const widths = [], lines = new Set();
          for (let width = 180; width <= 480; width += 1) {{
            {ELEMENT}.style.width = `${{width}}px`;
            const [at, after] = [mask.getBoundingClientRect(), stop.getBoundingClientRect()];
            if (after.top >= at.bottom - 2) widths.push(width);
            lines.add(Math.round(at.top - {ROOT}.querySelector(".line").getBoundingClientRect().top));
          }}
          return [widths, lines.size];
        }})()"""
    )
    assert apart[1] > 1  # the widths tried do break the line before the mask
    assert apart[0] == []


async def test_a_broken_line_resumes_without_loss_or_repeat(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await page.run(
        f"window.states = []; {ELEMENT}.addEventListener('captions-state', e => states.push(e.detail.state))"
    )
    await station.say("call-1", caption("u1", "one", final=True))
    await page.until(shows("one"))
    await station.cut("call-1")
    await page.until("states.includes('reconnecting')")
    await station.say("call-1", caption("u2", "two", final=True))
    await station.until_joined(2)
    await page.until(shows("one", "two"))
    assert [(transport, query.get("position")) for _, transport, query in station.joined] == [
        ("ws", None),
        ("ws", "aaaaaaaa.1"),
    ]
    await page.until(f'states.at(-1) === "live" && {ROOT}.querySelector(".status").textContent === ""')


async def test_a_lost_position_replaces_the_screen(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await station.say("call-1", caption("u1", "one", final=True), caption("u2", "tw"))
    await page.until(shows("one", "tw"))
    station.resumable = False
    station.logs["call-1"] = [caption("v1", "other", final=True) | {"index": 9}]
    await station.cut("call-1")
    await page.until(shows("other"))


async def test_without_websockets_the_event_stream_carries_on(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    station.websockets = False
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(4)
    assert [transport for _, transport, _ in station.joined] == ["refused"] * 3 + ["sse"]
    await station.say("call-1", caption("u1", "over events \u00e9\U0001f600", final=True))
    await page.until(shows("over events \u00e9\U0001f600"))
    assert await page.run(f"{ELEMENT}.transport") == "sse"
    await station.cut("call-1")
    await station.until_joined(5)
    assert station.joined[-1][1:] == ("sse", {"position": "aaaaaaaa.1"})
    await station.say("call-1", caption("u2", "and on", final=True))
    await page.until(shows("over events \u00e9\U0001f600", "and on"))


async def test_the_end_is_said_and_nothing_comes_back(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await station.say("call-1", caption("u1", "goodbye", final=True))
    await station.say("call-1", {"type": "bye", "code": 4510, "reason": "", "resume": False, "retryMs": None})
    await page.until(f'{ELEMENT}.state === "ended"')
    await page.until(f'{ROOT}.querySelector(".status").textContent === "The captions have ended."')
    assert await page.run(f'{ROOT}.querySelector(".line .text").textContent') == "goodbye"
    assert len(station.joined) == 1


async def test_a_failed_session_is_not_called_ended(page: Any, station: Any) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await station.say("call-1", {"type": "session", "state": "reconnecting", "reason": "stream lost"})
    await page.until(f'{ELEMENT}.state === "reconnecting"')  # the line is fine, the call behind it is not
    await station.say("call-1", {"type": "session", "state": "failed", "reason": "missing permission"})
    await station.say("call-1", {"type": "bye", "code": 4510, "reason": "", "resume": False, "retryMs": None})
    await page.until(f'{ROOT}.querySelector(".status").textContent === "missing permission"')
    assert await page.run(f"{ELEMENT}.state") == "failed"


@pytest.mark.parametrize("where", ["?token=s3cret-token&lines=2", "?lines=2#token=s3cret-token"])
async def test_a_token_in_the_address_is_used_and_gone(page: Any, station: Any, where: str) -> None:
    await page.go(f"{station.url}/display/call-1{where}")
    await station.until_joined(1)
    assert station.joined[0][2]["token"] == "s3cret-token"
    everything = f"location.href + document.documentElement.outerHTML + {ROOT}.innerHTML + String({ELEMENT}.token)"
    assert "s3cret" not in await page.run(everything)
    assert await page.run("location.search") == "?lines=2"


async def test_a_token_attribute_or_property_is_taken_and_gone(page: Any, station: Any) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await page.run(
        """(() => {
          const one = document.createElement("live-captions");
          one.setAttribute("token", "s3cret-attribute");
          one.setAttribute("session", "call-2");
          document.body.append(one);
          const two = document.createElement("live-captions");
          two.tokenProvider = async () => "s3cret-provided";
          two.setAttribute("session", "call-3");
          document.body.append(two);
        })()"""
    )
    await station.until_joined(3)
    assert {query.get("token") for _, _, query in station.joined} == {None, "s3cret-attribute", "s3cret-provided"}
    assert "s3cret" not in await page.run("document.documentElement.outerHTML")
    assert "s3cret" not in await page.run("JSON.stringify([...document.querySelectorAll('live-captions')])")


async def test_markup_in_a_caption_is_text(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    hostile = "<img src=x onerror=alert(1)> <script>alert(2)</script> &amp; [CC]"
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await station.say("call-1", caption("<b>u</b>", hostile, final=True, channel="<i>", language='"><u>'))
    await page.until(shows(hostile.replace("[CC]", "card number")))
    assert await page.run(f'{ROOT}.querySelectorAll("img, script, b, i, u").length') == 0


async def test_what_still_changes_is_never_announced(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    """Screen readers are given whole finals in a log of their own, and only if asked for."""
    await page.go(f"{station.url}/display/call-1?announce=finals")
    await station.until_joined(1)
    await page.until(f'{ROOT}.querySelector(".empty").hidden === false')  # drawn as live: the status says no more
    await page.run(
        f"""(() => {{
          window.announced = [];
          const regions = [...{ROOT}.querySelectorAll('[role=log], [role=status], [aria-live]')];
          window.regions = regions.map(n => n.className);
          for (const region of regions) new MutationObserver(() => announced.push(region.textContent))
            .observe(region, {{subtree: true, childList: true, characterData: true}});
        }})()"""
    )
    assert await page.run("regions") == ["search-count", "status unseen", "log unseen"]
    await station.say("call-1", caption("u1", "my ca", stable=0), caption("u1", "my car is [...]", stable=3))
    await page.until(shows("my car is \u2022\u2022\u2022"))
    await station.say("call-1", caption("u1", "my card is [CC]", final=True))
    await page.until("announced.length > 0")
    assert await page.run("announced") == ["my card is card number, not shown"]


async def test_who_reads_back_is_not_pulled_to_the_end(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    await page.size(800, 400)
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await station.say("call-1", *[caption(f"u{n}", f"line number {n}", final=True) for n in range(30)])
    view = f'{ROOT}.querySelector(".viewport")'
    await page.until(f"{ROOT}.querySelectorAll('.line').length === 30")
    await page.until(f"{view}.scrollTop > 0 && {view}.scrollHeight - {view}.scrollTop - {view}.clientHeight < 2")
    await page.run(f"{view}.scrollTop = 0")
    await page.until(f'{ROOT}.querySelector(".back").hidden === false')
    await station.say("call-1", caption("u30", "new", final=True), caption("u31", "newer", final=True))
    await page.until(f'{ROOT}.querySelector(".back").textContent === "2 new lines"')
    assert await page.run(f"{view}.scrollTop") == 0
    await page.click(f'{ROOT}.querySelector(".back")')
    await page.until(f"{view}.scrollHeight - {view}.scrollTop - {view}.clientHeight < 2")


async def test_a_line_that_did_not_change_keeps_its_nodes(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await station.say("call-1", caption("u1", "stays", final=True), caption("u2", "gro"))
    await page.until(shows("stays", "gro"))
    await page.run(
        f"window.nodes = [...{ROOT}.querySelectorAll('.line')]; window.words = nodes[1].querySelector('.tentative')"
    )
    await station.say("call-1", caption("u2", "growing"), caption("u3", "third", final=True))
    await page.until(shows("stays", "growing", "third"))
    assert await page.run(f"[...{ROOT}.querySelectorAll('.line')].slice(0, 2).every((node, at) => node === nodes[at])")
    assert await page.run(f"words === {ROOT}.querySelectorAll('.line')[1].querySelector('.tentative')")


async def test_moved_in_the_page_it_stays_connected_and_removed_it_hangs_up(page: Any, station: Any) -> None:
    await page.go(f"{station.url}/display/call-1")
    await station.until_joined(1)
    await page.until(f'{ELEMENT}.state === "live"')
    await page.run(f"window.one = {ELEMENT}; document.body.append(one)")
    await page.until('one.state === "live"')
    assert len(station.joined) == 1
    await page.run("one.setAttribute('session', 'call-2')")
    await station.until_joined(2)
    assert station.joined[-1] == ("call-2", "ws", {})
    await page.run("one.remove()")
    await page.run("document.body.append(one)")  # back after it had left: a new connection
    await station.until_joined(3)


async def test_attributes_properties_and_events_of_an_embedded_element(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await page.go(f"{station.url}/")
    await page.until("document.readyState === 'complete'")
    await page.run(
        """(async () => {
          const one = document.createElement("live-captions");
          one.labels = {external: "Ana"};  // before the class is known
          one.session = "call-1";
          one.setAttribute("finals-only", "");
          document.body.append(one);
          window.heard = [];
          for (const type of ["captions-state", "captions-caption", "captions-gap", "captions-reset"]) {
            document.addEventListener(type, (event) => heard.push([type, event.target === one]));
          }
          const module = await import("/static/live-captions.mjs");
          Object.assign(module.LiveCaptions.words, {gap: (lost) => `Es fehlen ${lost}.`});
        })()"""
    )
    await station.until_joined(1)
    assert station.joined == [("call-1", "ws", {"partials": "0"})]
    await station.say("call-1", {"type": "gap", "lost": 2, "cause": "sequence"})
    await station.say("call-1", caption("u1", "Hi.", final=True, channel="external"))
    await page.until(shows("Es fehlen 2.", "Hi."))
    assert await page.run(f'{ROOT}.querySelector(".speaker").textContent') == "Ana"
    connecting_then_live = ["captions-state", "captions-state"]
    kinds = [*connecting_then_live, "captions-reset", "captions-gap", "captions-caption"]
    assert await page.run("heard") == [[kind, True] for kind in kinds]
    await page.media(prefers_contrast="more", prefers_color_scheme="dark")
    await page.until(
        f"""(() => {{
          const colour = (name) => getComputedStyle({ROOT}.querySelector(name)).color;
          return colour(".gap") === colour(".text");
        }})()"""
    )
