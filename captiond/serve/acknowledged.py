"""What the kernel knows of a viewer's line: how much of what was written its peer has acknowledged. Linux.

A ping that waits in the kernel's queue behind seconds of captions has not been asked yet: for a viewer that gets 1 kB/s
the 16 KiB of our send buffer alone are 16 s.
"""

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from typing import Final, NamedTuple

BYTES_ACKED_AT: Final = 120  # `tcpi_bytes_acked` in `struct tcp_info` of linux/tcp.h, a u64, since Linux 4.1
SIOCOUTQ: Final = termios.TIOCOUTQ  # bytes in the send queue that are not acknowledged


class Sent(NamedTuple):
    """Bytes of one connection, counted by the kernel from its beginning: acknowledged ones, and those that are not."""

    acknowledged: int
    outstanding: int


def sent(transport: asyncio.Transport) -> Sent | None:
    """How far the peer is; None where that can't be known (no TCP, no Linux, a connection that is gone)."""
    sock = transport.get_extra_info("socket")
    if sys.platform != "linux" or sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_ACKED_AT + 8)
        (outstanding,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), SIOCOUTQ, b"\0" * 4))
        (acknowledged,) = struct.unpack_from("Q", info, BYTES_ACKED_AT)
    except (OSError, ValueError, struct.error):
        return None
    return Sent(acknowledged, outstanding)
