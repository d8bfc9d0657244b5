"""Reading live captions in a real Chromium: pause, earlier lines, search, marks, lines that stay, both directions."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.browser.embedding import ELEMENT, ROOT, TEXTS, VIEW, embed, focus, key, part, shows

pytestmark = pytest.mark.browser

Json = dict[str, Any]


async def test_a_pause_keeps_what_comes_and_goes_on_from_there_or_live(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, "controls")
    await page.run("window.heard = []; for (const type of ['captions-pause', 'captions-resume'])"
                   " document.addEventListener(type, (event) => heard.push([type, event.detail]))")  # fmt: skip
    await station.say(
        "call-1", *[caption(f"u{n}", f"line {n}", final=True) for n in range(30)], caption("open", "and th")
    )
    await page.until(f"{TEXTS}.at(-1) === 'and th'")
    await page.run(f"{VIEW}.focus()")
    await key(page, "p")
    await page.until(f"!{part('pause-bar')}.hidden")
    before = await page.run(f"[{VIEW}.scrollTop, {TEXTS}]")
    assert await page.run(f"{ELEMENT}.matches(':state(paused)') && !{ELEMENT}.matches(':state(live)')")
    await station.say("call-1", caption("open", "And then.", final=True), caption("v1", "new", final=True))
    await page.until(f"{part('pause-told')}.textContent === 'Paused. 2 new lines are kept.'")
    assert await page.run(f"[{VIEW}.scrollTop, {TEXTS}]") == before
    assert await page.run(f"{part('status')}.textContent") == "Paused. New lines are kept."  # said once, without counts
    await page.screenshot("paused")

    await page.run(f"{part('go-on')}.focus()")
    await key(page, "Enter")
    await page.until(f"{TEXTS}.at(-1) === 'new'")
    assert await page.run(f"{VIEW}.scrollTop") == before[0]
    assert "viewport" in await focus(page)  # the button went, the focus did not
    await page.until(f"{part('back')}.textContent === '2 new lines' && !{part('back')}.hidden")
    await page.run(f"{ELEMENT}.pause()")
    await station.say("call-1", caption("v2", "newer", final=True))
    await page.until(f"{part('pause-told')}.textContent.includes('3')")
    await page.click(part("to-live"))
    await page.until(f"{VIEW}.scrollHeight - {VIEW}.scrollTop - {VIEW}.clientHeight < 2 && {TEXTS}.at(-1) === 'newer'")
    assert await page.run("heard") == [
        ["captions-pause", {}],
        ["captions-resume", {"where": "here", "lines": 2}],
        ["captions-pause", {}],
        ["captions-resume", {"where": "live", "lines": 3}],
    ]


async def test_earlier_lines_come_when_the_reader_is_at_the_beginning_and_move_nothing(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    station.earlier_finals = 5
    station.transcript = [{"utterance": f"old{n}", "text": f"old line {n}"} for n in range(5)]
    await station.say("call-1", *[caption(f"u{n}", f"line {n}", final=True) for n in range(40)])
    await embed(page, station, "history")
    await page.until(f"{TEXTS}.length === 40")
    await page.until(f"{part('earlier')}.textContent.startsWith('5 earlier lines are not shown.')")
    top = f"{ROOT}.querySelector('[data-utterance=u0]').getBoundingClientRect().top"
    await page.run(f"{VIEW}.scrollTop = 3; window.was = {top}")
    await page.until(f"{TEXTS}.length === 45")
    assert await page.run(f"{TEXTS}.slice(0, 6)") == [f"old line {n}" for n in range(5)] + ["line 0"]
    assert await page.run(f"Math.abs({top} - was) < 1")
    assert await page.run(f"{part('earlier')}.hidden")
    await page.run(f"{ELEMENT}.backToLive()")
    await page.until(f"{TEXTS}.length === 40")


async def test_who_may_not_read_the_transcript_is_told_so(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    station.earlier_finals = 5
    await station.say("call-1", caption("u1", "one", final=True))
    await embed(page, station, "history")
    await page.until(f"{TEXTS}.length === 1 && !{part('show-earlier')}.hidden")
    await page.click(part("show-earlier"))
    await page.until(f"{part('earlier')}.textContent.startsWith('Earlier lines are not open to this viewer.')")
    assert await page.run(f"{part('show-earlier')}.hidden")
    page.faults.clear()  # the browser's console notes the 401 that this is about


async def test_search_finds_counts_and_steps_without_moving_a_word(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, "controls")
    said = [
        caption(f"u{n}", f"Line {n}: a crème brûlée of [CC]." if n % 10 == 0 else f"line {n}", final=True)
        for n in range(40)
    ]
    await station.say("call-1", *said)
    await page.until(f"{TEXTS}.length === 40")
    boxes = f"JSON.stringify([...{ROOT}.querySelectorAll('.text')].map(n => [n.offsetWidth, n.offsetTop]))"
    await page.run(f"{VIEW}.focus()")
    await page.run(f"window.was = {boxes}")
    await key(page, "f")
    await page.until(f"!{part('search')}.hidden")
    assert await focus(page) == "search-field"
    for letter in "creme brulee of card":
        await key(page, "Space" if letter == " " else letter)
    await page.until(f"{part('search-count')}.textContent === '4 of 4'")  # begins with the newest
    assert await page.run(
        "[CSS.highlights.get('captions-found').size, CSS.highlights.get('captions-current').size]"
    ) == [3, 1]
    assert await page.run("[...CSS.highlights.get('captions-current')][0].toString()") == "crème brûlée of card"
    await key(page, "Enter")
    await page.until(f"{part('search-count')}.textContent === '1 of 4'")
    assert await page.run(f"{VIEW}.scrollTop < 60 && {boxes} === was")
    await page.screenshot("search")
    await station.say("call-1", caption("v", "another crème brûlée of [CC]", final=True))
    await page.until(f"{part('search-count')}.textContent === '1 of 5'")
    assert await page.run(f"{VIEW}.scrollTop < 60")
    await key(page, "Escape")
    await page.until(f"{part('search')}.hidden && !CSS.highlights.has('captions-found')")
    assert "control-search" in await focus(page)
    assert await page.run("window.find('line 17')")  # the browser's own search reads the lines, too


async def test_a_mark_stays_at_its_word_and_is_found_again(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station)
    await station.say("call-1", caption("m", "here I was", final=True))
    await page.until(shows("here I was"))
    await page.run(f"{VIEW}.focus()")
    await key(page, "m")
    await page.until("CSS.highlights.has('captions-mark')")
    light = "[...CSS.highlights.get('captions-mark')].map(String).join()"
    assert await page.run(light) == "was"
    assert await page.run(f"{part('my-mark')}.getAttribute('aria-label')") == "my mark"
    await station.say("call-1", *[caption(f"u{n}", f"line {n}", final=True) for n in range(230)])
    await page.until(f"{TEXTS}.at(-1) === 'line 229' && !{TEXTS}.includes('here I was')")  # left the screen long ago
    await key(page, "b")
    await page.until(f"{TEXTS}.includes('here I was')")
    inside = f"""(() => {{
        const [mark, view] = [{part("my-mark")}, {VIEW}].map(node => node.getBoundingClientRect());
        return mark.top > view.top && mark.bottom < view.bottom; }})()"""
    await page.until(inside)
    assert await page.run(light) == "was"
    await key(page, "l")
    await page.until(f"{TEXTS}.length === 200")
    await page.run(f"{ELEMENT}.setAttribute('hotkeys', 'nom')")
    await key(page, "m")
    assert await page.run(f"{ROOT}.querySelectorAll('.my-mark').length") == 0


# Where each word of the first line stands: its text, its row, its distance from the side.
WORDS = f"""(() => {{
  const text = {ROOT}.querySelector(".line .text");
  const base = {ROOT}.querySelector(".line").getBoundingClientRect();
  const found = [];
  for (const node of text.querySelectorAll(".settled, .tentative")) {{
    for (const word of node.textContent.matchAll(/\\S+/g)) {{
      const range = document.createRange();
      range.setStart(node.firstChild, word.index);
      range.setEnd(node.firstChild, word.index + word[0].length);
      const box = range.getBoundingClientRect();
      found.push([word[0], Math.round((box.top - base.top) / 10), Math.round(box.left - base.left)]);
    }}
  }}
  return found;
}})()"""


async def test_a_line_that_is_laid_out_is_not_laid_out_anew_while_its_utterance_grows(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    """A word is revised in the middle, becomes shorter or longer, words settle: those of the other rows stay."""
    await embed(page, station, width=420)
    text = (
        "we would like to have the forecast of the whole region before the planes take off tomorrow because it is "
        "known that the wind will turn and the runway must be changed in time for everybody who is on board"
    )
    words = text.split()
    shown: list[list[Any]] = []
    for count in range(3, len(words) + 1, 2):
        said = words[:count]
        if count % 3 == 0 and count > 12:
            said[1] = "d"  # words of the first row are shorter while the third grows: there is room for the next
            said[6] = "x"
        if count > 20:
            said[16] = "be"  # for "tomorrow", in the second
        stable = len(" ".join(said[: count - 3]))
        await station.say("call-1", caption("u1", " ".join(said), stable=stable))
        await page.until(shows(" ".join(said)))
        shown.append(await page.run(WORDS))
    moved = []
    for before, after in pairwise(shown):
        last_row = before[-1][1]
        changed_rows = {one[1] for one, other in zip(before, after, strict=False) if one[0] != other[0]}
        for one, other in zip(before, after, strict=False):
            if one[1] not in changed_rows and one[1] < last_row and one != other:
                moved.append((one, other))
        for one, other in zip(before, after, strict=False):
            if one[1] < last_row and one[1] != other[1]:
                moved.append((one, other))
    assert len({row for _, row, _ in shown[-1]}) >= 5
    assert moved == []
    # Where a word no longer fits, everything from its line on is laid out as if it had come now.
    said = words[:]
    said[1] = "wouldwouldwouldwould"
    await station.say("call-1", caption("u1", " ".join(said), stable=10))
    await page.until(shows(" ".join(said)))
    overflown = await page.run(WORDS)
    await page.size(600, 360)
    await page.until(f"{ROOT}.querySelectorAll('.break').length === 0")
    await page.size(420, 360)
    await page.until(f"{VIEW}.clientWidth === 420")
    assert await page.run(WORDS) == overflown
    # At another width everything is laid out anew, and nothing is left of the old breaks.
    await page.size(900, 360)
    await page.until(f"{ROOT}.querySelectorAll('.break').length === 0")
    await page.until(f"new Set({WORDS}.map(([, row]) => row)).size <= 3")


async def test_hebrew_and_arabic_run_from_the_right_and_turn_nothing_else(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station, 'label-internal="\u05d3\u05e0\u05d4" label-external="Ana!"', width=420)
    hebrew = "\u05e9\u05dc\u05d5\u05dd Anna, \u05d4\u05de\u05e1\u05e4\u05e8 [CC] \u05d5\u05dc\u05d0 12-34."
    await station.say(
        "call-1",
        caption("u1", f"{hebrew} {hebrew}", final=True, channel="external", language="he-IL"),
        caption("u2", "Thank you, one moment please.", final=True, channel="internal"),
        caption(
            "u3",
            "\u0645\u0631\u062d\u0628\u0627\u060c \u0643\u064a\u0641 \u062d\u0627\u0644\u0643\u061f",
            final=True,
            channel="external",
            language="ar-EG",
        ),
    )
    await page.until(f"{TEXTS}.length === 3")
    directions = f"[...{ROOT}.querySelectorAll('.line')].map(node => getComputedStyle(node).direction)"
    assert await page.run(directions) == ["rtl", "ltr", "rtl"]
    side = f"""[...{ROOT}.querySelectorAll('.line')].map(line => {{
        const [row, name] = [line, line.querySelector('.speaker')].map(node => node.getBoundingClientRect());
        return name.left - row.left < 2 ? "left" : row.right - name.right < 2 ? "right" : "middle"; }})"""
    assert await page.run(side) == ["right", "left", "right"]  # an Arabic line begins with its speaker, at the right
    # An English line keeps its full stop at its end, although its speaker's name is Hebrew.
    assert await page.run(
        f"""(() => {{
          const text = {ROOT}.querySelectorAll('.text')[1].querySelector('.settled').firstChild;
          const range = document.createRange();
          range.setStart(text, text.length - 1); range.setEnd(text, text.length);
          const stop = range.getBoundingClientRect();
          range.setStart(text, 0); range.setEnd(text, 1);
          return stop.left > range.getBoundingClientRect().left; }})()"""
    )
    # "Ana!" stays "Ana!" at the beginning of a Hebrew line.
    assert await page.run(
        f"""(() => {{
          const name = {ROOT}.querySelector('.speaker bdi')?.firstChild ?? {ROOT}.querySelector('.speaker').firstChild;
          const letter = (at) => {{
            const range = document.createRange();
            range.setStart(name, at); range.setEnd(name, at + 1);
            return range.getBoundingClientRect().left;
          }};
          return letter(3) > letter(0); }})()"""
    )
    await page.screenshot("bidi")


async def test_who_follows_still_follows_when_the_letters_become_larger_or_other_ones_come(
    page: Any, station: Any, caption: Callable[..., Json]
) -> None:
    await embed(page, station)
    await station.say("call-1", *[caption(f"u{n}", f"line {n} of a call", final=True) for n in range(60)])
    await page.until(f"{TEXTS}.length === 60")
    at_end = f"{VIEW}.scrollHeight - {VIEW}.scrollTop - {VIEW}.clientHeight < 2 && {VIEW}.scrollTop > 0"
    await page.until(at_end)
    # The list grows behind its back, in the frame in which the event of its own scrolling comes.
    await page.run(
        f"""new Promise(go => {{
          {ELEMENT}.backToLive();
          {VIEW}.scrollTop -= 1; {VIEW}.scrollTop += 1;
          {ELEMENT}.style.setProperty("--captions-line-gap", "3em");
          {VIEW}.addEventListener("scroll", () => setTimeout(go, 50), {{once: true}});
        }})"""
    )
    await page.until(f"{part('back')}.hidden && {at_end}")
    await page.run(f"{ELEMENT}.settings = {{size: 300, font: 'dyslexia'}}")
    await page.until("[...document.fonts].some(one => one.status === 'loaded')")
    await page.until(f"{part('back')}.hidden && {at_end}")
    await page.run(f"{VIEW}.scrollTop -= 100")
    await page.until(f"!{part('back')}.hidden")
