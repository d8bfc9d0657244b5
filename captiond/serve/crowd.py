"""The hot path: one caption to all viewers in step of one transport. Implements `hub.wire.Crowd`.

The bytes are put together once, then sent: by a loop in C straight to the sockets (`batch.c`), where it was compiled;
else, and wherever a connection is no plain socket, through the transports. Viewers get the same bytes either way.
"""

from array import array
from collections.abc import Callable, Sequence
from typing import Final

from captiond.hub.wire import Outlet, Wire
from captiond.serve.outlet import TransportOutlet

SendAll = Callable[["array[int]", bytes], list[tuple[int, int]]]
"""Sends bytes to each file descriptor; answers place and bytes taken of those that did not take all."""

try:
    from captiond.serve._batch import send_all as _native
except ImportError:  # installed without a C compiler, or run from the source
    _native = None  # type: ignore[assignment]

NATIVE: Final[SendAll | None] = _native


class TransportCrowd:
    """Viewers in step, whose transports hold nothing back: so what goes below them overtakes nothing.

    Args:
        outlets: of one transport; none of them may be lost while this crowd is written to (`Outlet.on_lost`).
        send_all: the loop in C; None writes through the transports.
    """

    def __init__(self, outlets: Sequence[Outlet], send_all: SendAll | None = NATIVE) -> None:
        self._is_ws = bool(outlets) and outlets[0].transport == "ws"
        self._send_all = send_all
        self._fds = array("i")
        self._below: list[tuple[int, TransportOutlet]] = []  # place and outlet, in the order of `_fds`
        self._others: list[tuple[int, Outlet]] = []
        for place, outlet in enumerate(outlets):
            if send_all is not None and isinstance(outlet, TransportOutlet) and outlet.fd >= 0:
                self._fds.append(outlet.fd)
                self._below.append((place, outlet))
            else:
                self._others.append((place, outlet))

    def send(self, wires: Sequence[Wire]) -> list[int]:
        """One write to each; answers the places of those that take no more for now."""
        fell: list[int] = []
        if self._send_all is not None and self._fds:
            data = b"".join([wire.ws for wire in wires] if self._is_ws else [wire.sse for wire in wires])
            for nth, taken in self._send_all(self._fds, data):
                place, below = self._below[nth]
                # Whatever the kernel did not take is the transport's: it waits for room, or finds the peer gone.
                if not below.raw(data[taken:]):
                    fell.append(place)
        for place, outlet in self._others:
            if not outlet.write(wires):
                fell.append(place)
        return fell
