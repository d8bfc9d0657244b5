"""Pure parts: who gets the next viewer, what the node's figures are, who has which seat."""

import random

import pytest

from captiond.base.ids import SessionId
from captiond.hub.limits import Limits
from captiond.metrics import Meter
from captiond.serve.seats import SeatLimits, Seats
from captiond.workers.deal import Deal
from captiond.workers.desk import HEAD, Desk, Refused
from captiond.workers.figures import Figures, over_of, told_by
from captiond.workers.frames import LinkFault
from captiond.workers.settings import parse_settings, settings_for
from tests.hub.stage import SESSION, House, VirtualClock


@pytest.mark.parametrize("workers", [2, 3, 8])
@pytest.mark.parametrize(("news_every", "late"), [(1, 0), (40, 0), (40, 40), (400, 60), (10_000, 0)])
def test_viewers_are_even_however_the_kernel_spreads_them(workers: int, news_every: int, late: int) -> None:
    """The last counts are always old by `late` viewers; the kernel gives one worker three quarters."""
    chance = random.Random(4)
    deals = {worker: Deal(worker) for worker in range(1, workers + 1)}
    came: list[int] = []
    for nth in range(2_000):
        if nth % news_every == 0:
            counted = came[: max(0, len(came) - late)]
            for deal in deals.values():
                deal.told({worker: counted.count(worker) for worker in deals})
        accepted_by = 1 if chance.random() < 0.75 else chance.randrange(1, workers + 1)
        came.append(deals[accepted_by].next())
    share = 2_000 / workers
    assert all(0.9 * share <= came.count(worker) <= 1.1 * share for worker in deals)


def test_a_worker_that_comes_back_catches_up() -> None:
    deals = {worker: Deal(worker) for worker in (1, 2)}
    loads = {1: 1_000, 2: 0}
    for nth in range(1_200):
        if nth % 20 == 0:
            for deal in deals.values():
                deal.told(loads)
        loads[deals[nth % 2 + 1].next()] += 1
    assert abs(loads[1] - loads[2]) < 60


def test_alone_everything_is_for_me() -> None:
    deal = Deal(2)
    assert deal.next() == 2
    deal.told({1: 0, 2: 50})
    assert deal.next() == 1
    deal.told({1: 5, 2: 5})  # as good as any: no reason to pass it on
    assert [deal.next(), deal.next()] == [2, 1]
    deal.told({})  # a drain
    assert [deal.next(), deal.next()] == [2, 2]


def test_the_nodes_figures_are_all_workers_together_and_never_go_back() -> None:
    meters = [Meter(monotonic_s=lambda: 0.0) for _ in range(3)]
    figures = Figures()
    for by, meter in enumerate(meters, start=1):
        meter.count("deliveries_total", 10 * by, transport="ws")
        meter.count("viewer_closes_total", by, code=str(4000 + by))
        meter.observe("relay_seconds", 0.002 * by, 3)
        meter.set("viewers", by, transport="sse")
        meter.set("event_loop_lag_seconds", by / 10)
        meter.set("sessions", by, state="live")

    def told() -> dict[str, float]:
        lines = meters[0].render(figures.over)[0].decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}

    for worker in (2, 3):
        figures.heard(worker, told_by(meters[worker - 1]))
        figures.heard(worker, told_by(meters[worker - 1]))  # told again, not counted again
    node = told()
    assert node['captiond_deliveries_total{transport="ws"}'] == 60
    assert node['captiond_viewer_closes_total{code="4003"}'] == 3
    assert node["captiond_relay_seconds_count"] == 9
    assert node['captiond_relay_seconds_bucket{le="0.0025"}'] == 3
    assert node['captiond_relay_seconds_bucket{le="+Inf"}'] == 9
    assert node['captiond_viewers{transport="sse"}'] == 6
    assert node["captiond_event_loop_lag_seconds"] == 0.3
    assert node['captiond_sessions{state="live"}'] == 1
    assert node["process_resident_memory_bytes"] > 20_000_000
    figures.gone(3)
    left = told()
    assert left['captiond_deliveries_total{transport="ws"}'] == 60
    assert left["captiond_relay_seconds_count"] == 9
    assert left['captiond_viewers{transport="sse"}'] == 3
    assert left["captiond_event_loop_lag_seconds"] == 0.2
    figures.heard(3, told_by(Meter(monotonic_s=lambda: 0.0)))  # its successor begins at nought
    assert told()['captiond_deliveries_total{transport="ws"}'] == 60
    assert over_of("process_start_time_seconds") == "head"


@pytest.mark.parametrize("told", [5, [1], [["a", "b", 3, 1.0]], [["a", "b", {}, "x"]], [["a", "b", {}, 1.0]] * 20_001])
def test_figures_that_no_worker_tells_are_a_fault(told: object) -> None:
    with pytest.raises(LinkFault):
        Figures().heard(2, told)  # type: ignore[arg-type]


def test_a_seat_is_taken_once_and_given_back_once() -> None:
    house = House(limits=Limits(max_connections=4, max_per_session=3))
    live = house.here
    desk = Desk(rooms=house.rooms, seats=Seats(SeatLimits(per_address=2)), clock=VirtualClock())
    first, second = desk.enter(2, SESSION, "office"), desk.enter(3, SESSION, "office")
    assert isinstance(first, int)
    assert isinstance(second, int)
    assert desk.enter(2, SESSION, "office") == Refused("address")
    assert isinstance(desk.enter(2, SESSION, "home"), int)
    assert desk.enter(3, SESSION, None) == Refused("session")
    assert (live.viewers, house.rooms.viewers, desk.loads([2, 3])) == (3, 3, {2: 2, 3: 1, HEAD: 0})
    with pytest.raises(LinkFault):
        desk.leave(2, second)  # another worker's
    desk.leave(2, first)
    with pytest.raises(LinkFault):
        desk.leave(2, first)
    assert isinstance(desk.enter(3, SESSION, "office"), int)
    desk.gone(3)
    desk.gone(3)
    assert (live.viewers, house.rooms.viewers, desk.loads([2])) == (1, 1, {2: 1, HEAD: 0})
    assert desk.enter(2, SessionId("nobody"), None) == Refused(None)


def test_a_relay_is_told_no_more_than_it_needs() -> None:
    """Neither upstream's secret nor keys in the clear: whoever reads its memory has no more than a viewer's due."""
    from captiond.config_keys import Config

    config = Config.model_validate(
        {
            "genesys": {"client_id": "id", "client_secret": "upstream-secret"},
            "auth": {"api_keys": ["plain-key", "sha256:" + "0" * 64], "token_secret": "t" * 40},
            "jobs": {"webhook_secret": "webhook-secret", "compliance_token": "compliance-token"},
        }
    )
    settings = settings_for(config, worker=2, limits=Limits(max_connections=7), throwaway="x")
    told = repr(settings.told())
    for secret in ("upstream-secret", "plain-key", "webhook-secret", "compliance-token"):
        assert secret not in told
    assert parse_settings(settings.told()) == settings
    assert "t" * 40 not in repr(settings)
    for wrong in ({}, None, {**settings.told(), "more": 1}, {**settings.told(), "limits": {"x": 1}}):
        with pytest.raises(LinkFault):
            parse_settings(wrong)
