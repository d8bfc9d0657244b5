"""Calling back: to addresses of this machine only, each callback until it is answered with 2xx."""

import asyncio
import hmac
import logging
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from captiond.simulator.identifiers import LOOPBACK
from captiond.simulator.world import World

log = logging.getLogger(__name__)

TRIES: Final = 30  # of one callback: a daemon that restarts is back long before
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
PATIENCE_S: Final = 5.0  # for one answer; captiond promises 2 s


class Calling:
    """All callbacks of one simulator."""

    def __init__(self, world: World) -> None:
        self._world = world
        # Of callbacks under way. A group would have to be left by the task that entered it; `stop` may be another's.
        self._work: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None

    def begin(self, uri: str, body: bytes, *, about: str, delay_s: float) -> None:
        """Calls later; see `call`."""
        work = self.call(uri, body, about=about, delay_s=delay_s)
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def call(self, uri: str, body: bytes, *, about: str, delay_s: float) -> None:
        """One callback, sent until it is taken. `about`: the transcription, for the ledger."""
        if urlsplit(uri).hostname not in LOOPBACK:
            log.warning("a callback to another machine is not sent")
            return
        pace, ledger = self._world.pace, self._world.ledger
        await pace.wait(self._world.stopping, delay_s)
        pause_s = FIRST_PAUSE_S
        for _ in range(TRIES):
            if self._world.stopping.is_set():
                return
            ledger.callbacks[about] += 1
            if await self._sent(uri, body):
                ledger.callbacks_taken[about] += 1
                return
            await pace.wait(self._world.stopping, pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def rest(self) -> None:
        """Ends every callback that is under way."""
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _sent(self, uri: str, body: bytes) -> bool:
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
            self._http = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=50))
        headers = {"Content-Type": "application/json"}
        if self._world.webhook_secret:
            stamp = str(int(self._world.pace.now_s()))
            signed = hmac.new(self._world.webhook_secret.encode(), stamp.encode() + b"." + body, sha256)
            headers |= {"X-Captiond-Timestamp": stamp, "X-Captiond-Signature": f"sha256={signed.hexdigest()}"}
        try:
            async with self._http.post(uri, data=body, headers=headers, allow_redirects=False) as response:
                return 200 <= response.status < 300
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
