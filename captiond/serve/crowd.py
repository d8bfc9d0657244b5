"""The hot path: one caption to all viewers in step of one transport. Implements `hub.wire.Crowd`.

The bytes are put together once, then sent: by a loop in C straight to the sockets (`batch.c`), where it was compiled;
else, and wherever a connection is no plain socket, through the transports. Viewers get the same bytes either way.
"""

from array import array
from collections.abc import Callable, Sequence
from typing import Final

from captiond.hub.audience import swap_remove
from captiond.hub.wire import Outlet, Wire
from captiond.serve.outlet import TransportOutlet

SendAll = Callable[["array[int]", bytes], list[tuple[int, int]]]
"""Sends bytes to each file descriptor; answers place and bytes taken of those that did not take all."""

try:
    from captiond.serve._batch import send_all as _native
except ImportError:  # installed without a C compiler, or run from the source
    _native = None  # type: ignore[assignment]  # what stands in for a function that is not there

NATIVE: Final[SendAll | None] = _native


class TransportCrowd:
    """Viewers in step, whose transports hold nothing back: so what goes below them overtakes nothing.

    Whoever is lost must be removed before its socket is closed (`Outlet.on_lost`).

    Args:
        send_all: the loop in C; None writes through the transports.
    """

    def __init__(self, send_all: SendAll | None = NATIVE) -> None:
        self._send_all = send_all
        self._outlets: list[TransportOutlet] = []
        self._fds = array("i")  # -1 where there is none: it takes nothing, so its transport is handed all

    def add(self, outlet: Outlet) -> None:
        """At the next place. All are of one transport."""
        assert isinstance(outlet, TransportOutlet)
        self._outlets.append(outlet)
        self._fds.append(outlet.fd)

    def remove(self, place: int) -> None:
        """The last one moves there."""
        swap_remove(self._outlets, place)
        swap_remove(self._fds, place)

    def send(self, wires: Sequence[Wire]) -> list[int]:
        """One write to each; answers the places, as they were before, of those that take no more for now."""
        outlets = self._outlets
        if not outlets:
            return []
        is_ws = outlets[0].transport == "ws"
        data = b"".join([wire.ws for wire in wires] if is_ws else [wire.sse for wire in wires])
        if self._send_all is None:
            return [place for place, outlet in enumerate(outlets.copy()) if not outlet.raw(data)]
        fell = [(place, outlets[place], taken) for place, taken in self._send_all(self._fds, data)]
        # Whatever the kernel did not take is the transport's: it waits for room, or finds the peer gone. Whoever is
        # full then leaves this crowd at once, so nothing here may look at places any more.
        return [place for place, outlet, taken in fell if not outlet.raw(data[taken:])]
