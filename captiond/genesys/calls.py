"""Calls of the workflows to Genesys' REST API: one try each, at the account's pace, one new token where one is refused.

When to try again is not decided here: a workflow's tries outlive the process (`jobs.runner`).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from captiond.base.errors import RateLimited, Unauthorised, UpstreamInvalid, UpstreamRefused, UpstreamUnavailable
from captiond.genesys.exchange import MAX_ANSWER_BYTES, Exchange, Stream
from captiond.genesys.oauth import Token, Tokens
from captiond.genesys.regions import is_loopback
from captiond.genesys.throttle import Throttle

UNNAMED_PAUSE_S: Final = 2.0  # after a 429 that names no time: the shortest wait of the workflows at the common pace


class Calls:
    """The REST API of one account, as workflows use it.

    Args:
        unnamed_pause_s: nobody asks for so long after a 429 that names no time.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        api_url: str,
        tokens: Tokens,
        throttle: Throttle,
        unnamed_pause_s: float = UNNAMED_PAUSE_S,
    ) -> None:
        self._exchange, self._api_url, self._tokens = exchange, api_url, tokens
        self._unnamed_pause_s = unnamed_pause_s
        self.throttle = throttle

    async def get(self, path: str, *, operation: str) -> Mapping[str, Any]:
        """One GET; the answer's JSON object. Raises as `ask`."""
        return await self.ask("GET", path, operation=operation)

    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        operation: str,
        key: str | None = None,
        most_bytes: int = MAX_ANSWER_BYTES,
    ) -> Mapping[str, Any]:
        """One POST; the answer's JSON object. Raises as `ask`.

        Args:
            key: goes along as `Idempotency-Key`, so that a server that knows it starts nothing twice.
        """
        content = orjson.dumps(body)
        return await self.ask("POST", path, operation=operation, body=content, key=key, most_bytes=most_bytes)

    async def fetch(self, path: str, *, operation: str, most_bytes: int, body: bytes = b"") -> bytes:
        """One GET, or with a body one POST; the answer as it came. Raises as `ask`, and AnswerTooLong where it has
        more than that."""
        return await self._asked("POST" if body else "GET", path, operation=operation, body=body, most_bytes=most_bytes)

    @property
    def is_local(self) -> bool:
        """Whether the API is this machine itself: then what it names may be, too."""
        return is_loopback(urlsplit(self._api_url).hostname or "")

    async def signed(self, url: str, *, operation: str, most_bytes: int) -> bytes:
        """One GET of what stands at a signed address: without a token, which is not that server's business, and beside
        the account's pace.

        Args:
            url: a secret, in itself the permission; for a few minutes.
        Raises:
            AnswerTooLong, UpstreamUnavailable. A refusal is the latter: the address has expired, a new one may do.
        """
        try:
            answer = await self._exchange.send(
                "GET", url, operation=operation, headers={"Accept": "*/*"}, secret=url, most_bytes=most_bytes
            )
        except (UpstreamRefused, RateLimited) as refused:
            status = refused.status if isinstance(refused, UpstreamRefused) else 429
        else:
            return answer.body
        raise UpstreamUnavailable(operation=operation, why=f"was refused at its signed address ({status})")

    def signed_stream(self, url: str, *, operation: str) -> AbstractAsyncContextManager[Stream]:
        """The same, of an answer that may be larger than memory. Raises as `Exchange.stream`."""
        return self._exchange.stream(url, operation=operation, headers={"Accept": "*/*"}, secret=url)

    async def delete(self, path: str, *, operation: str) -> None:
        """One DELETE; whatever the answer of success holds. Raises as `ask`."""
        await self.ask("DELETE", path, operation=operation, empty=True)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        body: bytes = b"",
        key: str | None = None,
        empty: bool = False,
        most_bytes: int = MAX_ANSWER_BYTES,
    ) -> Mapping[str, Any]:
        """One call, made again once with a new token where the first is refused.

        Args:
            path: below the API's address, quoted.
            empty: an answer of success holds nothing.
            most_bytes: of the answer.
        Raises:
            UpstreamInvalid: an answer of success that is no JSON object, or longer than that.
            UpstreamUnavailable, RateLimited, Unauthorised, MissingPermission, UpstreamRefused: as upstream says. After
                a 429 nobody else asks, either, before its time has passed.
        """
        answer = await self._asked(method, path, operation=operation, body=body, key=key, most_bytes=most_bytes)
        return {} if empty else object_of(answer, operation=operation)

    async def _asked(
        self, method: str, path: str, *, operation: str, body: bytes = b"", key: str | None = None, most_bytes: int
    ) -> bytes:
        token = await self._tokens.token()
        try:
            return await self._once(token, method, path, operation=operation, body=body, key=key, most_bytes=most_bytes)
        except Unauthorised:
            self._tokens.drop(token)
        token = await self._tokens.token()
        return await self._once(token, method, path, operation=operation, body=body, key=key, most_bytes=most_bytes)

    @asynccontextmanager
    async def stream(
        self, path: str, *, operation: str, headers: Mapping[str, str], also: frozenset[int] = frozenset()
    ) -> AsyncIterator[Stream]:
        """One GET whose answer may be larger than memory, made again once with a new token where the first is refused.

        Args:
            also: statuses that are an answer here, beside those of success.
        Raises:
            UpstreamUnavailable, RateLimited, Unauthorised, MissingPermission, UpstreamRefused: as `ask`.
        """
        async with AsyncExitStack() as stack:
            token = await self._tokens.token()
            try:
                answer = await self._opened(stack, token, path, operation=operation, headers=headers, also=also)
            except Unauthorised:
                self._tokens.drop(token)
                token = await self._tokens.token()
                answer = await self._opened(stack, token, path, operation=operation, headers=headers, also=also)
            yield answer

    async def _opened(
        self,
        stack: AsyncExitStack,
        token: Token,
        path: str,
        *,
        operation: str,
        headers: Mapping[str, str],
        also: frozenset[int],
    ) -> Stream:
        await self.throttle.turn()
        try:
            return await stack.enter_async_context(
                self._exchange.stream(
                    self._api_url + path,
                    operation=operation,
                    headers={**token.header, **headers},
                    secret=token.value,
                    also=also,
                )
            )
        except RateLimited as limited:
            self.throttle.pause(self._unnamed_pause_s if limited.retry_after_s is None else limited.retry_after_s)
            raise

    async def _once(
        self, token: Token, method: str, path: str, *, operation: str, body: bytes, key: str | None, most_bytes: int
    ) -> bytes:
        await self.throttle.turn()
        headers = {**token.header, "Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            answer = await self._exchange.send(
                method,
                self._api_url + path,
                operation=operation,
                headers=headers,
                body=body,
                secret=token.value,
                most_bytes=most_bytes,
            )
        except RateLimited as limited:
            self.throttle.pause(self._unnamed_pause_s if limited.retry_after_s is None else limited.retry_after_s)
            raise
        return answer.body


def object_of(body: bytes, *, operation: str) -> Mapping[str, Any]:
    """An answer's JSON object.

    Raises:
        UpstreamInvalid: it is none. Nothing of the answer is in it.
    """
    parsed: object = None
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        why = "it is not JSON"
    else:
        if isinstance(parsed, dict):
            return parsed
        why = "it is not a JSON object"
    raise UpstreamInvalid(operation=operation, why=f"sent an unusable answer: {why}")
