"""Our WebVTT, read by a browser's own parser: each line is one cue, with its times, its speaker and its very words."""

import random
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.core.messages import Caption, Gap
from captiond.db.records import Missed
from captiond.serve.transcripts import FORMS, Hole, Transcript, entries

pytestmark = pytest.mark.browser

STARTED = "2024-06-15T10:30:00.000Z"
NASTY = (
    "a --> b",
    "00:00:01.000 --> 00:00:02.000",
    "<b>bold</b> <v Other>not him</v> <00:00:01.000>",
    "&amp; &lt; &nbsp; & < >",
    "WEBVTT",
    "NOTE this is said",
    "STYLE",
    "REGION",
    "-->",
    "</v>",
    "{\\an8}<i>",
    "\u05e9\u05dc\u05d5\u05dd, abc (12).",
    "\u200eleft \u2067right\u2069",
    "caf\u00e9 \U0001f600 e\u0301",
    " ",
    "My card is [CC] and [...]",
    "1",
)
PIECES = (
    "<",
    ">",
    "&",
    "--",
    "-->",
    "-",
    ";",
    "v ",
    "c.",
    "/",
    "\u05d0",
    "\n",
    "\r\n",
    "word",
    "12",
    ":",
    "  ",
    "\u2028",
    "\u00a0",
)
SPEAKERS = ("", "internal", "external", "<b> & \u05d0 -->")
READ = """new Promise((done, failed) => {
  const video = document.createElement("video");
  const track = document.createElement("track");
  Object.assign(track, {kind: "captions", src: "/t.vtt", default: true});
  track.onload = () => done([...track.track.cues].map((cue) => {
    const html = cue.getCueAsHTML();
    const voice = html.firstElementChild;
    const times = [cue.startTime, cue.endTime].map((seconds) => Math.round(seconds * 1000));
    return [cue.id, ...times, voice?.title ?? "", html.textContent, html.querySelectorAll("*").length];
  }));
  track.onerror = () => failed(new Error("not WebVTT"));
  video.append(track);
  document.body.append(video);
  track.track.mode = "hidden";
})"""


def a_long_talk() -> Transcript:
    chance = random.Random(20240615)
    texts = [*NASTY, *("".join(chance.choices(PIECES, k=chance.randint(1, 12))) for _ in range(300))]
    finals = []
    for number, text in enumerate(texts):
        start_ms = chance.choice((None, chance.randint(0, 8_000_000)))
        long_ms = chance.choice((0, 1, 700, 400_000))  # none, too short, usual, over many others
        finals.append(
            Caption(
                UtteranceId(chance.choice(("u", "-->", "NOTE")) + str(number)),
                1,
                True,
                SafeText(text),
                0,
                False,
                chance.choice(SPEAKERS),
                "en-US",
                chance.choice((STARTED, "2024-06-15T11:30:00.000Z", "")),
                start_ms,
                chance.choice((None, (start_ms or 0) + long_ms)),
            )
        )
    gaps = [Missed(chance.randint(0, len(finals)), Gap(chance.choice((None, 1, 7)), "sequence")) for _ in range(20)]
    return Transcript(SessionId("s1"), "en-US", "live", STARTED, finals, gaps)


@pytest.fixture
async def site() -> AsyncIterator[str]:
    transcript = a_long_talk()

    async def vtt(_: web.Request) -> web.Response:
        content_type, write = FORMS["vtt"]
        return web.Response(body=write(transcript), headers={"Content-Type": content_type})

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Track</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/t.vtt", vtt)
    app.router.add_get("/", page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_browser_reads_each_line_as_one_cue(page: Any, site: str) -> None:
    await page.go(site)
    await page.until("document.readyState === 'complete' && document.title === 'Track'")
    cues = {cue[0]: cue[1:] for cue in await page.run(READ)}  # browsers order cues that begin together by themselves
    talk = a_long_talk()
    gaps = 0
    for one in entries(talk):
        if isinstance(one, Hole):
            gaps += 1
            name, speaker, words = f"gap {gaps}", "", one.words
        else:
            name, speaker, words = one.caption.utterance.replace("-->", "->"), one.speaker, plain(one.caption.text)
        start_ms, end_ms, voice, text, elements = cues.pop(name)
        assert (start_ms, end_ms, voice, text) == (one.start_ms, one.end_ms, speaker, words)
        assert elements == int(bool(speaker))  # the voice is the only element: no word became markup
    assert cues == {}
    assert gaps == len(talk.missed) == 20
    assert len(entries(talk)) > 300


def plain(text: str) -> str:
    """As it must stand in a cue: line breaks are a space."""
    return re.sub("[\n\r\u2028]+", " ", text)
