"""Who is "the address": the peer, or whom a proxy of ours speaks for; never what a stranger writes."""

import pytest

from captiond.serve.addresses import MAX_HOPS, Addresses, counted_as, parse_address

PROXIES = ("10.0.0.0/8", "127.0.0.1", "2001:db8:1::/48")


def told(peer: str, *forwarded_for: str, trusted: tuple[str, ...] = PROXIES) -> str:
    return str(Addresses(trusted).of(peer, forwarded_for))


@pytest.mark.parametrize("claim", ["192.0.2.1", "127.0.0.1", "10.0.0.1", "203.0.113.9, 192.0.2.1"])
def test_a_stranger_is_itself_whatever_it_claims(claim: str) -> None:
    assert told("198.51.100.7", claim) == "198.51.100.7"
    assert told("127.0.0.1", claim, trusted=()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        ("127.0.0.1", ("192.0.2.1",), "192.0.2.1"),
        ("::ffff:127.0.0.1", ("192.0.2.1",), "192.0.2.1"),
        ("10.1.2.3", ("192.0.2.1",), "192.0.2.1"),
        ("2001:db8:1::5", ("192.0.2.1",), "192.0.2.1"),
        # The viewer invented the first entry; our proxy wrote the second.
        ("127.0.0.1", ("203.0.113.9, 192.0.2.1",), "192.0.2.1"),
        ("127.0.0.1", ("203.0.113.9", "192.0.2.1"), "192.0.2.1"),
        # Two proxies of ours in a row.
        ("127.0.0.1", ("203.0.113.9, 192.0.2.1, 10.0.0.7",), "192.0.2.1"),
        # Within our own network: the outermost known.
        ("127.0.0.1", ("10.0.0.9, 10.0.0.7",), "10.0.0.9"),
        ("127.0.0.1", ("192.0.2.1:4711",), "192.0.2.1"),
        ("127.0.0.1", ("[2001:db8:2::1]:4711",), "2001:db8:2::1"),
        ("127.0.0.1", ("2001:db8:2::1",), "2001:db8:2::1"),
        # What is no address ends the walk: the last one that is known counts.
        ("127.0.0.1", ("192.0.2.1, unknown",), "127.0.0.1"),
        ("127.0.0.1", ("192.0.2.1, , 10.0.0.7",), "10.0.0.7"),
        ("127.0.0.1", ("",), "127.0.0.1"),
        ("127.0.0.1", (), "127.0.0.1"),
    ],
)
def test_a_proxy_of_ours_speaks_for_the_last_that_is_none(peer: str, headers: tuple[str, ...], address: str) -> None:
    assert told(peer, *headers) == address


def test_a_header_of_thousands_of_entries_costs_no_more_than_a_few() -> None:
    """Only the last entries are looked at, so what a viewer puts before them is not even parsed."""
    parse_address.cache_clear()
    assert told("127.0.0.1", ", ".join(["192.0.2.1"] + ["10.0.0.7"] * 2_000)) == "10.0.0.7"
    assert parse_address.cache_info().misses + parse_address.cache_info().hits <= MAX_HOPS + 1


def test_who_has_no_address_is_nobody() -> None:
    assert Addresses().of("") is None
    assert Addresses().of("x" * 1_000) is None


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
    ],
)
def test_an_ipv6_customer_is_one_address(address: str, counted: str) -> None:
    parsed = parse_address(address)
    assert parsed is not None
    assert counted_as(parsed) == counted


@pytest.mark.parametrize("network", ["10.0.0.1/8", "proxy.example", "", "10.0.0.0/33"])
def test_a_network_that_is_none_is_a_fault_at_the_start(network: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Addresses((network,))
