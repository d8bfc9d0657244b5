"""Who is "the address" of a request: its peer, or behind a proxy of ours whom that proxy speaks for. Pure.

`X-Forwarded-For` is anybody's to write, so it counts only where a configured proxy (`server.trusted_proxies`) is the
peer, and is read from its end: each proxy adds whom it got the request from, so the last entry that is no proxy of ours
is the nearest that somebody we trust has seen. What stands before it may be invented.
"""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

MAX_HOPS: Final = 16  # proxies of ours in a row; more is a header made to cost time
MAX_ENTRY_CHARS: Final = 64  # an IPv6 address with brackets, zone and port
IPV6_PREFIX_BITS: Final = 64  # one customer has a whole /64: who counts single addresses there counts nothing

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Addresses:
    """Tells addresses. `trusted` are addresses and networks of proxies, as the configuration has checked them.

    Raises:
        ValueError: one of them is neither.
    """

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted: tuple[Network, ...] = tuple(network_of(one) for one in trusted)

    def of(self, peer: str, forwarded_for: Sequence[str] = ()) -> Address | None:
        """Whom a request comes from; None where the peer has no IP address.

        Args:
            peer: the connection's other end.
            forwarded_for: the values of its `X-Forwarded-For` headers, in their order.
        """
        address = parse_address(peer)
        if address is None or not self.is_proxy(address):
            return address
        entries = [entry.strip() for value in forwarded_for for entry in value.split(",")]
        for entry in reversed(entries[-MAX_HOPS:]):
            named = parse_address(_without_port(entry))
            if named is None:
                return address  # who wrote that is the last one known
            address = named
            if not self.is_proxy(address):
                return address
        return address

    def is_proxy(self, address: Address) -> bool:
        """Whether it is one of those that are trusted."""
        return any(address.version == network.version and address in network for network in self._trusted)


def counted_as(address: Address) -> str:
    """What an address counts as: IPv4 as itself, IPv6 as its /64."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, IPV6_PREFIX_BITS)))


def network_of(text: str) -> Network:
    """An address or a network ("10.0.0.0/8").

    Raises:
        ValueError: neither, or a network with bits behind its prefix, which is more likely a slip of the pen.
    """
    return ipaddress.ip_network(text)


@lru_cache(maxsize=1024)
def parse_address(text: str) -> Address | None:
    """An IP address without its zone, IPv4 inside IPv6 as IPv4; None where it is none."""
    if len(text) > MAX_ENTRY_CHARS:
        return None
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _without_port(entry: str) -> str:
    """Some proxies write the port along: `192.0.2.7:4711`, `[2001:db8::1]:4711`."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
