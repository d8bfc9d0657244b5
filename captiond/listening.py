"""The listening socket, the address that leads back to it, and how many connections the process's file limit allows."""

import contextlib
import ipaddress
import resource
import socket
from typing import Final

from captiond.base.errors import CaptiondError

RESERVED_FILES: Final = 256  # of the process's file limit, for upstream, database, audit, listening sockets
BACKLOG: Final = 4096  # connections not yet accepted: a reconnect storm of thousands


class StartError(CaptiondError):
    """The daemon cannot start as configured, although the configuration is valid: a port, a file, a lock."""


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound socket, before anything else starts: a port that is taken is the commonest reason not to start.

    Args:
        shared: others may be bound to the same port, of the same user (SO_REUSEPORT); see `listen_often`.
    Raises:
        StartError: it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as fault:
        raise StartError(f"cannot listen on {host} port {port}: {fault.strerror or type(fault).__name__}") from None
    return listener


def listen_for(workers: int, host: str, port: int) -> list[socket.socket]:
    """A socket for each worker. That of a single one is bound only: it listens once there is something to serve.

    Raises:
        StartError: see `listen`, `listen_often`.
    """
    return [listen(host, port)] if workers == 1 else listen_often(host, port, workers)


def listen_often(host: str, port: int, times: int) -> list[socket.socket]:
    """Sockets that listen on one port, among which the kernel spreads connections: one for each worker.

    Raises:
        StartError: it cannot be had. Somebody else's port would be shared silently, so it is asked for alone first.
    """
    with listen(host, port) as alone:
        try:
            alone.listen(1)
        except OSError as fault:
            raise StartError(f"cannot listen on {host} port {port}: {fault.strerror}") from None
        port = alone.getsockname()[1]
    sockets: list[socket.socket] = []
    try:
        for _ in range(times):
            sockets.append(listen(host, port, shared=True))
            sockets[-1].listen(BACKLOG)
            sockets[-1].setblocking(False)
    except BaseException:
        for one in sockets:
            one.close()
        raise
    return sockets


def url_of(listener: socket.socket) -> str:
    """The address as it is printed: of what is bound, `0.0.0.0` too."""
    bound = listener.getsockname()
    name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
    return f"http://{name}:{bound[1]}"


def way_back(listener: socket.socket) -> tuple[str, int]:
    """Host and port by which this process reaches its own listener, whatever it is bound to.

    "Any address" is reached by the loopback one of its family; an address of its own by itself, with its zone.
    """
    host, port, *more = listener.getsockname()
    address = ipaddress.ip_address(host.partition("%")[0])
    if address.is_unspecified:
        return ("127.0.0.1" if address.version == 4 else "::1"), port
    zone = more[1] if len(more) > 1 and more[1] and "%" not in host else 0
    return (f"{host}%{zone}" if zone else host), port


def viewers_possible(wanted: int) -> int:
    """How many viewers the process's file limit allows; raises the soft limit to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = wanted + RESERVED_FILES
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(wanted, soft - RESERVED_FILES))
