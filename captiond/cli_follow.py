"""What the workflows' commands share: a job is started at a running daemon and followed to its end.

Progress goes to stderr: a bar on a terminal, else a line for each phase. The result is one JSON object on stdout.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, TextIO

import aiohttp
import orjson
from aiohttp import hdrs

from captiond.base.errors import CaptiondError
from captiond.cli_config import add_config_argument, configured
from captiond.config_keys import Config
from captiond.jobs.machine import State

START_TIMEOUT_S: Final = 30.0  # the daemon answers in 10
AGAIN_S: Final = 1.0  # a daemon that restarts is back soon, and the job goes on there
GONE_S: Final = 60.0  # away for so long, it is not coming back
BAR: Final = 24
MAX_EVENT_BYTES: Final = 64 * 1_048_576  # the last one holds the whole result


class JobEnded(CaptiondError):
    """The job did not succeed."""


def add_follow_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of every command that starts a job."""
    parser.add_argument("--no-wait", action="store_true", help="print the job's id and leave it to the daemon")
    parser.add_argument("--url", help="of the daemon (default: where the configuration says that it listens)")
    parser.add_argument("--key", help="an API key (default: the first plain one of auth.api_keys)")
    parser.add_argument("--idempotency-key", metavar="KEY", help="the same key gives the same job")
    add_config_argument(parser)


Write = Callable[[aiohttp.ClientSession, str, Mapping[str, Any], TextIO], Awaitable[None]]
"""Prints a result: to ask the daemon with, the daemon's address, the result, where to."""


def follow(args: argparse.Namespace, kind: str, body: Mapping[str, Any], *, write: Write | None = None) -> int:
    """Starts the job, waits for its end unless told otherwise, prints what it came to.

    Args:
        write: prints a result that is not all there is.
    Raises:
        JobEnded: it failed or was cancelled. CaptiondError: the daemon refused it or cannot be reached.
    """
    config = configured(args)
    url = (args.url or daemon_url(config)).rstrip("/")
    asyncio.run(_run(url, args.key or plain_key(config), kind, body, args, write or _write))
    return 0


def daemon_url(config: Config) -> str:
    """Where the daemon of this configuration can be asked from this machine."""
    host = config.server.host.strip("[]")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (asked, not bound)
    return f"http://[{host}]:{config.server.port}" if ":" in host else f"http://{host}:{config.server.port}"


def plain_key(config: Config) -> str | None:
    """The first API key of this configuration that can be sent."""
    keys = (key.get_secret_value() for key in config.auth.api_keys)
    return next((key for key in keys if not key.startswith("sha256:")), None)


def refusal(status: int, answer: Any, *, keyed: bool) -> CaptiondError:
    """What a daemon that says no is told to have said. `keyed`: whether it was shown a key."""
    if not isinstance(answer, Mapping):
        return CaptiondError("what answers there is no captiond")
    said = f"{answer.get('code', status)}: {answer.get('detail', 'refused')}"
    if status == HTTPStatus.UNAUTHORIZED and not keyed:
        said += " The configuration has none that can be sent, a digest is no key: give one by --key, or as"
        said += " CAPTIOND_AUTH__API_KEYS, which no list of processes shows."
    return CaptiondError(said)


async def _write(_http: aiohttp.ClientSession, _url: str, result: Mapping[str, Any], out: TextIO) -> None:
    out.write(orjson.dumps(result).decode() + "\n")


async def _run(  # noqa: PLR0917  (each is what its name says)
    url: str, key: str | None, kind: str, body: Mapping[str, Any], args: argparse.Namespace, write: Write
) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout, read_bufsize=MAX_EVENT_BYTES) as http:
        job = await _start(http, f"{url}/v1/jobs/{kind}", body, args.idempotency_key)
        if args.no_wait:
            sys.stdout.write(f"{job['id']}\n")
            return
        ended = await _follow(http, f"{url}{job['links']['events']}")
        if ended["state"] in (State.COMPLETED, State.COMPLETED_WITH_ERRORS):
            await write(http, url, ended["result"], sys.stdout)
            return
    error = ended["error"] or {"code": ended["state"], "message": f"the job {ended['id']} is {ended['state']}"}
    raise JobEnded(f"{error['code']}: {error['message']}")


async def _start(
    http: aiohttp.ClientSession, address: str, body: Mapping[str, Any], key: str | None
) -> Mapping[str, Any]:
    headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
    try:
        async with (
            asyncio.timeout(START_TIMEOUT_S),
            http.post(address, data=orjson.dumps(body), headers=headers) as response,
        ):
            answer = orjson.loads(await response.read())
    except (aiohttp.ClientError, OSError, TimeoutError) as fault:
        raise CaptiondError(f"the daemon cannot be asked ({type(fault).__name__}); does it run?") from None
    except orjson.JSONDecodeError:
        raise CaptiondError("what answers there is no captiond") from None
    if response.status != HTTPStatus.ACCEPTED:
        raise refusal(response.status, answer, keyed=hdrs.AUTHORIZATION in http.headers)
    found: Mapping[str, Any] = answer
    return found


async def _follow(http: aiohttp.ClientSession, address: str) -> Mapping[str, Any]:
    """The job at its end. A daemon that goes away is waited for: it goes on with the job when it is back."""
    shown, lost_s = _Progress(), 0.0
    while True:
        try:
            async with http.get(address) as response:
                if response.status not in (200, 503):
                    raise JobEnded(f"the daemon does not know the job any more ({response.status})")
                event = b""
                async for line in response.content:
                    lost_s = 0.0
                    event = line if line.startswith(b"event: ") else event
                    if line.startswith(b"data: ") and event == b"event: job\n":
                        job = orjson.loads(line[6:])
                        shown.tell(job)
                        if State(job["state"]).over:
                            return dict(job)
        except (aiohttp.ClientError, OSError):
            pass
        lost_s += AGAIN_S
        if lost_s > GONE_S:
            raise CaptiondError("the daemon is gone; the job goes on when it is back")
        await asyncio.sleep(AGAIN_S)


class _Progress:
    """What is said on stderr."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._said = ""

    def tell(self, job: Mapping[str, Any]) -> None:
        """A bar that is drawn over, or a line where something has changed."""
        done, of = job["progress"]["done"], job["progress"]["of"]
        full, over = BAR * done // of if of else 0, State(job["state"]).over
        said = f"{done}/{of} {job['phase']}" if not over else f"{done}/{of} {job['state']}"
        here, total = job["progress"].get("bytesDone"), job["progress"].get("bytesOf")
        if here is not None and total and not over:
            full = BAR * here // total
            # Where lines stay, one for each tenth is enough.
            said += f" {here / 1e6:.1f}/{total / 1e6:.1f} MB" if self._terminal else f" {10 * (10 * here // total)} %"
        if said == self._said:
            return
        self._said = said
        if not self._terminal:
            print(f"{job['id']}: {said}", file=sys.stderr, flush=True)
            return
        end = "\n" if over else ""
        print(f"\r\x1b[K[{'#' * full}{'.' * (BAR - full)}] {said}", end=end, file=sys.stderr, flush=True)
