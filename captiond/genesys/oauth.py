"""Client credentials become a token; one token serves all sessions of an account, one request at a time gets it."""

import asyncio
import base64
import logging
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from captiond.base.backoff import Chance
from captiond.base.errors import Unauthorised, UpstreamError, UpstreamInvalid, UpstreamRefused
from captiond.base.observe import AuditSink, Clock
from captiond.genesys.exchange import Exchange
from captiond.genesys.patience import Patience
from captiond.genesys.payloads import Grant, MalformedAnswer, parse_grant
from captiond.genesys.recovery import CALL_TRIES, Recovery

log: Final = logging.getLogger(__name__)

RENEW_BEFORE_EXPIRY_S: Final = 60.0  # a request that starts now still ends with a valid token


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client of the account. The secret never shows in a repr."""

    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """A bearer token. Equal only to itself, and hidden in every text that is made of it."""

    value: str = field(repr=False)
    usable_until_s: float  # monotonic

    def __str__(self) -> str:
        return repr(self)

    @property
    def header(self) -> dict[str, str]:
        """What a request carries."""
        return {"Authorization": f"Bearer {self.value}"}


class Tokens:
    """The token of one account, kept until 60 s before its expiry.

    Callers that come while a token is being fetched share what comes out of that one request, be it an error.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        token_url: str,
        credentials: Credentials,
        clock: Clock,
        chance: Chance,
        patience: Patience,
        audit: AuditSink,
    ) -> None:
        self._exchange, self._token_url, self._credentials = exchange, token_url, credentials
        self._clock, self._chance, self._patience, self._audit = clock, chance, patience, audit
        self._token: Token | None = None
        self._failure: UpstreamError | None = None
        self._round = 0  # of requests that came to an end, good or bad
        self._one_at_a_time = asyncio.Lock()

    async def token(self) -> Token:
        """A token that is usable now.

        Raises:
            UpstreamRefused: the login server does not accept the client (its 401 and 403 too: a new token won't help).
            RateLimited, UpstreamUnavailable: it gave no usable answer, after all tries.
        """
        if (token := self._usable()) is not None:
            return token
        came_in = self._round
        async with self._one_at_a_time:
            if self._round != came_in:  # somebody else asked while this caller waited
                if self._failure is not None:
                    raise self._failure
                # Also one that lives under a minute: it is new, and asking for each caller would never end.
                if self._token is not None:
                    return self._token
            # A caller that is cancelled ends no round: the next one in line asks instead.
            try:
                token = await self._fetch()
            except UpstreamError as failure:
                self._token, self._failure = None, failure
                self._round += 1
                raise
            self._token, self._failure = token, None
            self._round += 1
            return token

    def drop(self, token: Token) -> None:
        """This token was refused: the next caller gets a new one. An older token than the current changes nothing."""
        if self._token is token:
            self._token = None

    def _usable(self) -> Token | None:
        if self._token is not None and self._clock.monotonic_s() < self._token.usable_until_s:
            return self._token
        return None

    async def _fetch(self) -> Token:
        recovery = Recovery(chance=self._chance, tries=CALL_TRIES)
        while True:
            asked_s = self._clock.monotonic_s()  # its life is counted from before the request: rather too short
            try:
                grant = await self._ask()
            except Unauthorised as refused:
                raise UpstreamRefused(operation="token", status=refused.status, message=refused.message) from None
            except UpstreamError as error:
                again = recovery.after(error)
                if again is None:
                    raise
            else:
                log.info("token obtained: lives_s=%g", grant.expires_in_s)
                self._audit.record("token_obtained", livesS=grant.expires_in_s)
                return Token(grant.access_token, asked_s + grant.expires_in_s - RENEW_BEFORE_EXPIRY_S)
            await self._patience.before_call(again, operation="token")

    async def _ask(self) -> Grant:
        pair = f"{self._credentials.client_id}:{self._credentials.client_secret}".encode()
        form = {"grant_type": "client_credentials"}
        if self._credentials.scopes:
            form["scope"] = " ".join(self._credentials.scopes)
        answer = await self._exchange.post(
            self._token_url,
            operation="token",
            headers={
                "Authorization": f"Basic {base64.b64encode(pair).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=urlencode(form).encode(),
            secret=self._credentials.client_secret,
        )
        try:
            return parse_grant(answer.body)
        except MalformedAnswer as fault:
            raise UpstreamInvalid(operation="token", why=f"sent an unusable answer: {fault}") from None
