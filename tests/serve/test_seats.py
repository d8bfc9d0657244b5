"""How many viewers an address has, and how fast new ones come: on a clock that is turned by hand."""

from ipaddress import ip_address

import pytest

from captiond.serve import seats as seats_module
from captiond.serve.seats import DEFAULT_PER_ADDRESS, SeatLimits, Seats


def test_an_office_comes_back_at_once_and_only_who_goes_on_asking_waits() -> None:
    seats = Seats(SeatLimits(per_address=300, new_per_s=10.0))
    assert all(not seats.knock("office", now_s=5.0).wait_s for _ in range(300))
    first, second = seats.knock("office", now_s=5.0), seats.knock("office", now_s=5.0)
    assert (first.wait_s, first.first) == (1, True)
    assert (second.wait_s, second.first) == (1, False)
    assert not seats.knock("elsewhere", now_s=5.0).wait_s


def test_attempts_come_back_with_time_and_never_more_than_at_the_start() -> None:
    seats = Seats(SeatLimits(per_address=3, new_per_s=0.5))
    for now_s in (0.0, 0.0, 0.0):
        assert not seats.knock("a", now_s=now_s).wait_s
    assert seats.knock("a", now_s=0.0).wait_s == 2
    assert seats.knock("a", now_s=1.9).wait_s == 1
    assert not seats.knock("a", now_s=2.0).wait_s
    assert seats.knock("a", now_s=2.0).first  # it had been let in between
    assert [bool(seats.knock("a", now_s=1_000.0).wait_s) for _ in range(4)] == [False, False, False, True]


def test_seats_are_counted_for_each_address_and_given_back() -> None:
    seats = Seats(SeatLimits(per_address=2))
    for name in ("a", "a", "b"):
        seats.take(name)
    assert (seats.full("a"), seats.full("b"), seats.full(None)) == (True, False, False)
    seats.free("a")
    assert not seats.full("a")
    seats.free("a")
    seats.free("b")
    assert not seats.full("b")
    with pytest.raises(KeyError):
        seats.free("b")


@pytest.mark.parametrize(
    ("per_address", "address", "name"),
    [
        (0, "127.0.0.1", None),
        (0, "127.9.9.9", None),
        (0, "::1", None),
        (0, "192.0.2.1", "192.0.2.1"),
        (7, "127.0.0.1", "127.0.0.1"),
        (7, "::1", "::/64"),
    ],
)
def test_this_machine_is_limited_only_by_a_number_that_somebody_wrote(
    per_address: int, address: str, name: str | None
) -> None:
    """A proxy on this machine that nobody has named would stand for all viewers."""
    seats = Seats(SeatLimits(per_address=per_address))
    assert seats.name(ip_address(address)) == name
    assert seats.per_address == (per_address or DEFAULT_PER_ADDRESS)


def test_what_is_not_limited_costs_no_memory() -> None:
    seats = Seats()
    assert not any(seats.knock(None, now_s=0.0).wait_s for _ in range(10_000))
    seats.take(None)
    seats.free(None)
    assert (seats._taken, seats._rates) == ({}, {})


def test_the_addresses_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has many addresses pushes out the one that was quiet longest, not the one that is asking."""
    monkeypatch.setattr(seats_module, "MAX_ADDRESSES", 3)
    seats = Seats(SeatLimits(per_address=1, new_per_s=0.001))
    for name in ("a", "b", "c"):
        assert not seats.knock(name, now_s=0.0).wait_s
    assert seats.knock("a", now_s=1.0).wait_s  # it is the newest now
    assert not seats.knock("d", now_s=1.0).wait_s
    assert (list(seats._rates), seats.knock("a", now_s=1.0).first) == (["c", "a", "d"], False)
