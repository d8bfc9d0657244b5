"""`captiond overlay` at a real daemon, whose Genesys is the simulator: as it is used, and as it is drawn."""

import asyncio
import contextlib
import json
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor

from captiond.clock import SystemClock
from captiond.core.screen import screen_of
from captiond.overlay.desktop import Asked, Overlay
from captiond.overlay.runs import row_of
from captiond.simulator.server import Simulator
from captiond.watch.follow import stream_address
from tests.harness import ROOT, DaemonProcess, Viewer, account, daemon_process, eventually, start
from tests.overlay.conftest import Desktop

SESSION = "call-1"


@contextlib.asynccontextmanager
async def calling(folder: Path) -> AsyncIterator[tuple[Simulator, DaemonProcess]]:
    """A daemon with one session, and the Genesys that says what the test wants it to."""
    folder.mkdir()
    async with Simulator(unknown="silent") as upstream, daemon_process(folder, **account(upstream)) as daemon:
        await start(daemon, SESSION)
        await eventually(lambda: upstream.ledger.subscriptions_now[SESSION] == 1)
        yield upstream, daemon


async def say(upstream: Simulator, sequence: int, text: str, *, final: bool = True, **more: Any) -> None:
    await upstream.emit(SESSION, {"eventSequence": sequence, "transcript": text, "isPartial": not final, **more})


async def seen_by_another(daemon: DaemonProcess, captions: int) -> list[str]:
    """What a viewer that comes now is shown, as the overlay would draw it."""
    viewer = Viewer(daemon.url, SESSION)
    await viewer.watch(until=lambda message: message["type"] == "snapshot")
    screen = screen_of(viewer.messages)
    assert len(screen.lines()) == captions
    return [row_of(item).text for item in screen.items()]


@contextlib.asynccontextmanager
async def opened(desktop: Desktop, url: str, folder: Path) -> AsyncIterator[Overlay]:
    """Window and link in this process, so that what is drawn can be asked for."""
    asked = Asked(
        address=stream_address(url, SESSION),
        session=SESSION,
        token=None,
        lines=None,
        announce="off",
        given={"font": "DejaVu Sans"},
        settings_file=folder / "overlay.json",
    )
    overlay = Overlay(asked, clock=SystemClock())
    overlay.open()
    try:
        yield overlay
    finally:
        overlay.window.close()
        await asyncio.to_thread(overlay.end)
        overlay.window.deleteLater()
        desktop.turn(0.05)


async def test_what_is_drawn_is_what_others_see_before_and_after_the_daemon_was_killed(
    desktop: Desktop, tmp_path: Path
) -> None:
    async with calling(tmp_path / "d") as (upstream, daemon), opened(desktop, daemon.url, tmp_path) as overlay:
        view, head = overlay.window.view, overlay.window.head
        await desktop.until_async(lambda: head.text == "Live", "the connection")
        assert view.texts() == ["Waiting for the first words…"]
        await say(upstream, 1, "Good morning, <b>Ann</b> &amp; Sons.")
        await say(upstream, 2, "My card number is four one one one one one one one", final=False)
        await desktop.until_async(lambda: len(view.texts()) == 2 and "private" in view.texts()[1], "an open mask")
        assert "<b>Ann</b> &amp; Sons." in view.texts()[0]
        desktop.grab("masked")
        await say(upstream, 3, "My card number is four one one one one one one one one one one one one one one one.")
        await say(upstream, 4, "Thank you.")
        await desktop.until_async(lambda: len(view.texts()) == 3 and "card\u00a0number" in view.texts()[1], "its name")
        assert view.texts() == await seen_by_another(daemon, 3)

        daemon.environ["CAPTIOND_SERVER__PORT"] = str(urlsplit(daemon.url).port)
        daemon.signal(signal.SIGKILL)
        await daemon.exit_status(within_s=10)
        await desktop.until_async(
            lambda: "trying again" in head.text or "econnecting" in head.text, "the loss in words"
        )
        assert len(view.texts()) == 3
        desktop.grab("connection-lost")
        await daemon.start()
        await desktop.until_async(lambda: head.text.startswith("Live"), "the connection, again")
        await eventually(lambda: upstream.ledger.subscriptions_now[SESSION] == 1)
        await say(upstream, 5, "I am back.")
        await desktop.until_async(lambda: any("I am back." in one for one in view.texts()), "what is said now")
        assert view.texts() == await seen_by_another(daemon, 4)
        assert head.text == "Live · words may be missing"  # the gap of a daemon that was killed
        assert overlay.link.failure is None


async def test_lost_updates_are_told_where_they_are_and_in_the_first_line(desktop: Desktop, tmp_path: Path) -> None:
    async with calling(tmp_path / "d") as (upstream, daemon), opened(desktop, daemon.url, tmp_path) as overlay:
        head, view = overlay.window.head, overlay.window.view
        await desktop.until_async(lambda: head.text == "Live", "the connection")
        await say(upstream, 1, "Before.")
        await say(upstream, 5, "After.")
        await desktop.until_async(lambda: head.text == "Live · 3 updates missed", "the count")
        assert [text.strip() for text in view.texts()] == ["Before.", "3 updates missed here.", "After."]


class Running:
    """The command as its user runs it."""

    def __init__(self, desktop: Desktop, process: asyncio.subprocess.Process) -> None:
        self.desktop, self.process = desktop, process

    async def window(self) -> str:
        """Its window, as the window manager knows it."""
        async with asyncio.timeout(20):
            while True:
                assert self.process.returncode is None
                finder = await asyncio.create_subprocess_exec(
                    *("xdotool", "search", "--onlyvisible", "--name", f"Captions of {SESSION}"),
                    env=self.desktop.environ,
                    stdout=asyncio.subprocess.PIPE,
                )
                found, _ = await finder.communicate()
                if found:
                    return found.decode().split()[0]
                await asyncio.sleep(0.05)

    async def ended(self) -> tuple[int | None, str, str]:
        async with asyncio.timeout(20):
            out, err = await self.process.communicate()
        return self.process.returncode, out.decode(), err.decode()


@contextlib.asynccontextmanager
async def running(desktop: Desktop, *arguments: str, **environ: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "captiond", "overlay", *arguments),
        cwd=ROOT,
        env=desktop.environ | environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Running(desktop, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_as_a_user_runs_it(desktop: Desktop, tmp_path: Path) -> None:
    """On top, see-through, drawn; what was set is kept for the next time; Ctrl-C ends it at once."""
    config = tmp_path / "config"
    async with calling(tmp_path / "d") as (upstream, daemon):
        await say(upstream, 1, "Good morning, what can I do for you?")
        asked = (daemon.url, SESSION, "--theme", "light", "--opacity", "1", "--font", "DejaVu Sans", "--lines", "3")
        async with running(desktop, *asked, XDG_CONFIG_HOME=str(config)) as overlay:
            window = await overlay.window()
            said = desktop.ask("xprop", "-id", window)
            assert "_NET_WM_STATE_ABOVE" in said
            assert f'WM_NAME(STRING) = "Captions of {SESSION}"' in said
            await eventually(lambda: dark_in(desktop, window) > 200)
            desktop.grab("as-a-user-runs-it")
            desktop.ask("xdotool", "windowactivate", "--sync", window, "key", "ctrl+plus")
            kept = config / "captiond" / "overlay.json"
            await eventually(kept.exists)
            overlay.process.send_signal(signal.SIGINT)
            assert await overlay.ended() == (0, "", "")
        # Only what was set in the window is kept; nothing of the call is.
        assert json.loads(kept.read_text()) == {"font": "", "opacity": 0.85, "size_pt": 19.8, "theme": "dark"}
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600

        kept.write_text("{")
        async with running(desktop, daemon.url, SESSION, XDG_CONFIG_HOME=str(config)) as overlay:
            window = await overlay.window()
            desktop.ask("xdotool", "windowactivate", "--sync", window, "key", "ctrl+q")
            status, out, err = await overlay.ended()
            assert (status, out) == (0, "")
            assert (
                err == f"captiond overlay: the settings that were kept are not used (not what captiond wrote): {kept}\n"
            )


def dark_in(desktop: Desktop, window: str) -> int:
    """How many pixels of a light window are letters."""
    said = dict(line.split("=") for line in desktop.ask("xdotool", "getwindowgeometry", "--shell", window).splitlines())
    place = QRect(*(int(said[name]) for name in ("X", "Y", "WIDTH", "HEIGHT")))
    image = desktop.application.primaryScreen().grabWindow(0).toImage().copy(place)
    dark = QColor(0x16, 0x18, 0x1D).rgb()
    return sum(image.pixel(x, y) == dark for y in range(image.height()) for x in range(image.width()))


async def test_the_end_of_a_call_and_a_refusal_stand_there_until_the_window_is_closed(
    desktop: Desktop, station: Any, messages: Any
) -> None:
    station.scripts = [
        [messages.welcome(), messages.snapshot(), messages.state("ended"), messages.bye(4510), 4510],
        404,
    ]
    for status, said in ((0, ""), (1, "captiond overlay: 404: there is no such session\n")):
        async with running(desktop, station.url, SESSION) as overlay:
            window = await overlay.window()
            await asyncio.sleep(0.3)  # it would have gone by now
            assert overlay.process.returncode is None
            desktop.ask("xdotool", "windowactivate", "--sync", window)
            overlay.process.send_signal(signal.SIGTERM)
            assert await overlay.ended() == (status, "", said)
    assert len(station.paths) == 2
