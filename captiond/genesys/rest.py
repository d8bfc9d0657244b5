"""Calls to Genesys' REST API with a token and the rules for refusals."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from captiond.base.backoff import Chance
from captiond.base.errors import UpstreamError, UpstreamUnavailable
from captiond.base.ids import SessionId
from captiond.base.observe import AuditSink
from captiond.genesys.exchange import Exchange
from captiond.genesys.oauth import Token, Tokens
from captiond.genesys.patience import Patience
from captiond.genesys.payloads import Activation, MalformedAnswer, MediaRequest, parse_activation
from captiond.genesys.recovery import CALL_TRIES, Recovery
from captiond.genesys.regions import Endpoints

log: Final = logging.getLogger(__name__)

_T = TypeVar("_T")


class Rest:
    """The REST API of one account."""

    def __init__(
        self,
        *,
        exchange: Exchange,
        endpoints: Endpoints,
        tokens: Tokens,
        chance: Chance,
        patience: Patience,
        audit: AuditSink,
    ) -> None:
        self._exchange, self._endpoints, self._tokens = exchange, endpoints, tokens
        self._chance, self._patience, self._audit = chance, patience, audit

    async def activate(self, request: MediaRequest) -> Activation:
        """Starts the transcription of one media session.

        Raises:
            Unauthorised: a new token was refused too.
            MissingPermission: its message names the permission.
            RateLimited: after the third wait; its `retry_after_s` is what the server said last.
            UpstreamRefused: any other 4xx.
            UpstreamUnavailable: no usable answer after all tries; one that cannot be read is none.
        """

        session = request.media_session_id

        async def attempt(token: Token) -> Activation:
            answer = await self._exchange.post(
                self._endpoints.transcriptions_url,
                operation="activate",
                headers={**token.header, "Content-Type": "application/json", "Accept": "application/json"},
                body=request.activation_body(),
                secret=token.value,
            )
            try:
                return parse_activation(answer.body, requested=session)
            except MalformedAnswer as fault:
                raise UpstreamUnavailable(operation="activate", why=f"sent an unusable answer: {fault}") from None

        activation = await self._with_token(attempt, operation="activate", session=session)
        log.info("activation accepted: session=%s", session)
        self._audit.record("activated", mediaSessionId=session)
        return activation

    async def _with_token(
        self, attempt: Callable[[Token], Awaitable[_T]], *, operation: str, session: SessionId | None
    ) -> _T:
        """Makes a call until it succeeds or the rules say to give up. Errors of the login server are final here:
        it has its own tries."""
        recovery = Recovery(chance=self._chance, tries=CALL_TRIES)
        while True:
            token = await self._tokens.token()
            try:
                return await attempt(token)
            except UpstreamError as error:
                again = recovery.after(error)
                if again is None:
                    raise
            if again.fresh_token:
                self._tokens.drop(token)
            await self._patience.before_call(again, operation=operation, session=session)
