"""`captiond search QUERY`: looks through what was said, at a running daemon: its own transcripts, or Genesys'."""

import argparse
import asyncio
import sys
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import orjson

from captiond.base.errors import CaptiondError
from captiond.cli_config import add_config_argument, configured
from captiond.cli_follow import daemon_url, plain_key, refusal
from captiond.watch.show import BOLD, RESET, printable

TIMEOUT_S: Final = 30.0  # Genesys gets 20 of them
FILTERS: Final = ("session", "job", "conversation", "kind", "channel", "language", "order")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "query",
        metavar="QUERY",
        nargs="+",
        help='words, "phrases", -without, begin* (behind -- where one begins with -)',
    )
    parser.add_argument("--source", choices=("local", "genesys"), default="local", help="whose transcripts")
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many (default: 20, of Genesys 10)")
    parser.add_argument("--offset", type=int, metavar="N", help="leave out the first N")
    parser.add_argument("--from", dest="since", metavar="TIME", help="said from then on (ISO 8601)")
    parser.add_argument("--to", dest="until", metavar="TIME", help="said before then")
    parser.add_argument("--session", metavar="ID", help="in this session only")
    parser.add_argument("--job", metavar="ID", help="in what this job came to only")
    parser.add_argument("--conversation", metavar="ID", help="in this conversation only")
    parser.add_argument("--kind", metavar="KIND", help="live, or a kind of jobs")
    parser.add_argument("--channel", metavar="NAME", help="who spoke, such as external")
    parser.add_argument("--language", metavar="TAG", help="in this language only")
    parser.add_argument("--order", choices=("relevance", "newest"), help="what comes first")
    parser.add_argument("--json", action="store_true", help="the daemon's answer, as JSON")
    parser.add_argument("--url", help="of the daemon (default: where the configuration says that it listens)")
    parser.add_argument("--key", help="an API key (default: the first plain one of auth.api_keys)")
    add_config_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 where something was found, 1 where nothing was."""
    config = configured(args)
    body: dict[str, Any] = {"query": " ".join(args.query), "source": args.source}
    given = {name: getattr(args, name) for name in ("limit", "offset", *FILTERS)}
    given |= {"from": args.since, "to": args.until}
    body |= {name: value for name, value in given.items() if value is not None}
    url = (args.url or daemon_url(config)).rstrip("/")
    answer = asyncio.run(_ask(f"{url}/v1/transcripts/search", args.key or plain_key(config), body))
    if args.json:
        print(orjson.dumps(answer).decode())
    else:
        for line in _lines(answer, bold=sys.stdout.isatty()):
            print(line)
        if not answer["hits"]:
            print("captiond: nothing was found", file=sys.stderr)
    return 0 if answer["hits"] else 1


async def _ask(address: str, key: str | None, body: Mapping[str, Any]) -> Mapping[str, Any]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as http,
            http.post(address, data=orjson.dumps(body)) as response,
        ):
            answer: Mapping[str, Any] = orjson.loads(await response.read())
    except (aiohttp.ClientError, OSError, TimeoutError) as fault:
        raise CaptiondError(f"the daemon cannot be asked ({type(fault).__name__}); does it run?") from None
    except orjson.JSONDecodeError:
        raise CaptiondError("what answers there is no captiond") from None
    if response.status != HTTPStatus.OK:
        raise refusal(response.status, answer, keyed=key is not None)
    return answer


def _lines(answer: Mapping[str, Any], *, bold: bool) -> Iterable[str]:
    for hit in answer["hits"]:
        if answer["source"] == "genesys":
            yield printable(f"{hit['at'] or '-'}  recording {hit['recording'] or '-'}")
            yield from (f"    {printable(text)}" for text in hit["texts"])
            continue
        where = f"session {hit['session']}" if hit["session"] else f"job {hit['job']}"
        who = f"  {hit['channel']}" if hit["channel"] else ""
        yield printable(f"{hit['at'] or '-'}  {where}{who}")
        yield f"    {_marked(hit['snippet'], bold=bold)}"
    shown, total = len(answer["hits"]), answer["total"]
    if answer["more"]:
        yield f"{shown} of {'' if answer['totalIsExact'] else 'more than '}{total}; --offset shows others"


def _marked(snippet: Mapping[str, Any], *, bold: bool) -> str:
    """The part of a text, its matches bold on a terminal."""
    text, pieces, at = snippet["text"], [], 0
    for one in snippet["highlights"] if bold else ():
        pieces += [printable(text[at : one["start"]]), BOLD, printable(text[one["start"] : one["end"]]), RESET]
        at = one["end"]
    return "".join([*pieces, printable(text[at:])])
