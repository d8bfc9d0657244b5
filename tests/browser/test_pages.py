"""The daemon's pages in a real Chromium: demo, overlay, display, index. Screenshots are kept for people to look at."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

Json = dict[str, Any]


def session(name: str, language: str = "en-US", **extra: Any) -> Json:
    return {
        "id": name,
        "source": "media",
        "state": "live",
        "reason": None,
        "language": language,
        "createdAt": "2024-06-15T10:00:00.000Z",
        "position": "aaaaaaaa.3",
        "viewers": 1,
        "gaps": 0,
        "lostEvents": 0,
        "duplicates": 0,
        "avgLatencyMs": 3.2,
        "p99LatencyMs": 9.1,
        "tokensPerSecond": 2.4,
        "auditRecords": 12,
        "links": {},
    } | extra


async def fill(station: Any, caption: Callable[..., Json]) -> None:
    station.sessions = [
        session("en-US-card-customer", createdAt="2024-06-15T10:00:00.400Z"),
        session("en-US-card-agent", avgLatencyMs=None, p99LatencyMs=None),
        session("fr-FR-commande", "fr-FR", createdAt="2024-06-15T10:00:05.000Z"),
        session("es-ES-cita", "es-ES", gaps=1, lostEvents=3, createdAt="2024-06-15T10:00:00.200Z"),
    ]
    customer = "en-US-card-customer"
    await station.say(
        customer,
        caption("a1", "Hi, I lost my wallet yesterday and I would like a new card, please.", final=True),
        caption("a2", "My card is [CC] and it expires in May 2027.", final=True, redactions={"CC": 1}),
        caption("a3", "You can reach me at [EMAIL] or [PHONE].", final=True, redactions={"EMAIL": 1, "PHONE": 1}),
        caption("a4", "My social is [...] [...]", stable=13),
    )
    await station.say(
        "en-US-card-agent",
        caption("b1", "Thank you for calling, how can I help you today?", final=True),
        caption("b2", "Of course, that will be $12.50 for order 48213907. What is your social secure", stable=58),
    )
    await station.say(
        "es-ES-cita",
        caption("c1", "Buenos d\u00edas, quer\u00eda cambiar mi cita del martes.", final=True, language="es-ES"),
        {"type": "gap", "lost": 3, "cause": "sequence"},
        caption("c2", "Mi tel\u00e9fono es el [PHONE].", final=True, language="es-ES", redactions={"PHONE": 1}),
        caption("c3", "A las diez y media est\u00e1 b", stable=18, language="es-ES"),
    )


@pytest.mark.parametrize(
    ("scheme", "width", "height"), [("light", 1440, 1000), ("dark", 1440, 1000), ("dark", 390, 844)]
)
async def test_the_demo_shows_every_session_live(
    page: Any, station: Any, caption: Callable[..., Json], *, scheme: str, width: int, height: int
) -> None:
    await fill(station, caption)
    await page.size(width, height)
    await page.media(prefers_color_scheme=scheme)
    await page.go(f"{station.url}/demo")
    await station.until_joined(4)
    cards = "[...document.querySelectorAll('.card')].sort((one, other) => one.style.order - other.style.order)"
    await page.until(
        f"{cards}.length === 4 && {cards}.every(card => card.querySelector('.state').textContent === 'live')"
    )
    await page.until(f"{cards}[1].querySelector('live-captions').shadowRoot.querySelectorAll('.line').length === 4")
    assert await page.run(f"{cards}.map(card => card.querySelector('h2').textContent)") == [
        "Card",
        "Card",
        "Cita",
        "Commande",
    ]
    assert await page.run(f"{cards}.map(card => card.querySelector('.language').textContent)") == [
        "agent, English (US)",
        "customer, English (US)",
        "Spanish (Spain)",
        "French (France)",
    ]
    figures = f"[...{cards}[1].querySelectorAll('[data-figure]')].map(node => [node.dataset.figure, node.textContent])"
    assert dict(await page.run(figures)) == {
        "latency": "3.2 ms",
        "words": "2.4",
        "redactions": "3",
        "gaps": "0",
        "viewers": "1",
    }
    latency = f"{cards}[0].querySelector('[data-figure=latency]').textContent"
    assert await page.run(latency) == "\u2013"  # nothing measured is not 0
    await page.screenshot(f"demo-{scheme}-{width}")
    assert await page.run("document.documentElement.scrollWidth <= innerWidth")  # nothing is cut off at the side
    assert {url.split("/")[2] for url in page.requests if "://" in url} == {station.url.split("/")[2]}

    await station.say("fr-FR-commande", caption("d1", "Bonjour, un instant.", final=True, language="fr-FR"))
    await page.until(f"{cards}[3].querySelector('live-captions').shadowRoot.querySelectorAll('.line').length === 1")
    station.sessions = [one for one in station.sessions if one["id"] != "fr-FR-commande"]
    await page.until(f"{cards}.length === 3")


async def test_a_call_goes_to_the_end_when_both_its_sides_are_over(page: Any, station: Any) -> None:
    ids = ["en-US-one-agent", "en-US-one-customer", "en-US-two-agent", "en-US-two-customer"]
    station.sessions = [session(name, createdAt=f"2024-06-15T10:00:0{at}.000Z") for at, name in enumerate(ids)]
    await page.go(f"{station.url}/demo")
    await station.until_joined(4)
    shown = """[...document.querySelectorAll('.card')].sort((one, other) => one.style.order - other.style.order)
        .map(card => card.querySelector('live-captions').session)"""
    await page.until(f"{shown}.length === 4")
    assert await page.run(shown) == ids
    state = "document.querySelector('live-captions[session={}]').state"
    await station.say(ids[0], {"type": "session", "state": "ended", "reason": "upstream_closed"})
    await page.until(f"{state.format(ids[0])} === 'ended'")
    assert await page.run(shown) == ids
    await station.say(ids[1], {"type": "session", "state": "ended", "reason": "upstream_closed"})
    await page.until(f"{state.format(ids[1])} === 'ended'")
    assert await page.run(shown) == ids[2:] + ids[:2]


async def test_the_demo_says_what_is_wrong(page: Any, station: Any) -> None:
    await page.go(f"{station.url}/demo")
    await page.until("document.querySelector('#note').textContent.startsWith('No session is running.')")
    await page.until("document.querySelector('#summary').textContent === '0 live, 0 in all'")


async def test_the_overlay_is_transparent_and_rolls_up(page: Any, station: Any, caption: Callable[..., Json]) -> None:
    await page.size(1280, 400)
    await page.go(f"{station.url}/overlay/call-1?lines=2&label-external=Ana")
    await station.until_joined(1)
    said = [caption(f"u{n}", f"This is line number {n} of the talk.", final=True, channel="external") for n in range(6)]
    await station.say("call-1", *said, caption("u6", "And [...]", stable=4, channel="internal"))
    root = "document.querySelector('live-captions').shadowRoot"
    await page.until(f"{root}.querySelectorAll('.line').length === 7")
    assert await page.run("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
    await page.screenshot("overlay")
    seen = await page.run(
        f"""(() => {{
          const view = {root}.querySelector('.viewport').getBoundingClientRect();
          return [...{root}.querySelectorAll('.line')].filter(line => {{
            const box = line.getBoundingClientRect();
            return box.bottom > view.top + 1 && box.top < view.bottom - 1;
          }}).map(line => line.querySelector('.text').textContent);
        }})()"""
    )
    assert seen == ["This is line number 5 of the talk.", "And \u2022\u2022\u2022"]
    assert await page.run(f"{root}.querySelector('.speaker').textContent") == "Ana"


async def test_the_index_leads_on(page: Any, station: Any) -> None:
    await page.size(1000, 800)
    await page.go(f"{station.url}/")
    await page.until("document.querySelector('h1')?.textContent === 'captiond'")
    await page.screenshot("index")
    assert await page.run("document.querySelector('a[href=\"/demo\"]') !== null")
