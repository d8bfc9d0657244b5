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


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, before anything else starts: a port that is taken is the commonest reason not to start.

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
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as fault:
        raise StartError(f"cannot listen on {host} port {port}: {fault.strerror or type(fault).__name__}") from None
    return listener


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
