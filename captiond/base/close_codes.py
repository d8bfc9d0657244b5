"""Why a viewer is closed, and may it come back: one table for WebSocket codes and SSE `bye` messages.

Source: contract, section 5. Codes below 4500 come back, codes from 4500 do not.
"""

from enum import IntEnum
from typing import Final


class CloseCode(IntEnum):
    """WebSocket close codes of `captions.v1`; the same numbers stand in `bye` messages on both transports."""

    DRAINING = 4001
    TOKEN_EXPIRED = 4005
    SLOW = 4008
    RESYNC = 4010
    NO_PONG = 4012
    RATE_LIMITED = 4013
    BAD_TOKEN = 4500
    BAD_REQUEST = 4501
    TOO_MANY_CONNECTIONS = 4504
    FORBIDDEN = 4507
    SESSION_ENDED = 4510

    @property
    def may_return(self) -> bool:
        """Whether a viewer closed with this code should connect again."""
        return self < 4500

    @property
    def reason(self) -> str:
        """A short English reason; fits a close frame (123 bytes)."""
        return REASONS[self]


REASONS: Final[dict[CloseCode, str]] = {
    CloseCode.DRAINING: "the server is restarting",
    CloseCode.TOKEN_EXPIRED: "the token has expired",
    CloseCode.SLOW: "the viewer is too slow",
    CloseCode.RESYNC: "reconnect for a snapshot",
    CloseCode.NO_PONG: "no answer to a ping",
    CloseCode.RATE_LIMITED: "too many messages from the viewer",
    CloseCode.BAD_TOKEN: "the token is not valid",
    CloseCode.BAD_REQUEST: "the request is not valid",
    CloseCode.TOO_MANY_CONNECTIONS: "too many connections",
    CloseCode.FORBIDDEN: "not allowed",
    CloseCode.SESSION_ENDED: "the session has ended",
}
