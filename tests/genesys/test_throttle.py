"""One pace for all workflows."""

import asyncio
from itertools import pairwise

from captiond.genesys.throttle import MARGIN, Throttle


class Time:
    """Simulated: a sleep moves it."""

    def __init__(self) -> None:
        self.at_s = 100.0

    def now_s(self) -> float:
        return self.at_s

    def monotonic_s(self) -> float:
        return self.at_s

    async def sleep(self, for_s: float) -> None:
        self.at_s += for_s
        await asyncio.sleep(0)


async def test_turns_come_one_by_one_in_the_order_of_asking() -> None:
    time, order, at_s = Time(), [], []
    throttle = Throttle(10, clock=time, sleep=time.sleep)

    async def ask(number: int) -> None:
        await throttle.turn()
        order.append(number)
        at_s.append(time.at_s)

    async with asyncio.TaskGroup() as group:
        for number in range(30):
            group.create_task(ask(number))
    assert order == list(range(30))
    assert at_s[0] == 100.0
    gaps = {round(later - sooner, 6) for sooner, later in pairwise(at_s)}
    assert gaps == {round(MARGIN / 10, 6)}
    assert all(sum(start <= one < start + 1 for one in at_s) <= 10 for start in at_s)


async def test_time_that_nobody_used_makes_no_burst() -> None:
    time = Time()
    throttle = Throttle(10, clock=time, sleep=time.sleep)
    await throttle.turn()
    time.at_s += 60
    await throttle.turn()
    before_s = time.at_s
    await throttle.turn()
    assert time.at_s - before_s >= 0.1


async def test_a_pause_holds_who_waits_already_and_can_only_grow() -> None:
    time = Time()
    throttle = Throttle(10, clock=time, sleep=time.sleep)
    await throttle.turn()
    slept = time.sleep

    async def interrupted(for_s: float) -> None:
        throttle._sleep = slept
        throttle.pause(5)  # while somebody waits for his turn
        throttle.pause(1)
        await slept(for_s)

    throttle._sleep = interrupted
    await throttle.turn()
    assert time.at_s >= 105


async def test_the_backlog_is_what_a_newcomer_waits() -> None:
    time = Time()
    throttle = Throttle(10, clock=time, sleep=time.sleep)
    assert throttle.backlog_s == 0
    throttle.pause(30)
    assert throttle.backlog_s == 30
    time.at_s += 40
    assert throttle.backlog_s == 0


async def test_one_that_yields_goes_slower_after_a_429_and_finds_back() -> None:
    """As slowly again for each pause, however many were refused before it."""
    time = Time()
    throttle = Throttle(100, clock=time, sleep=time.sleep, yielding=True)

    async def gap_s() -> float:
        await throttle.turn()
        began_s = time.at_s
        await throttle.turn()
        return round(time.at_s - began_s, 4)

    fast_s = await gap_s()
    assert fast_s == round(MARGIN / 100, 4)
    for _ in range(16):
        throttle.pause(1.0)
    slow_s = await gap_s()
    assert 1.8 * fast_s < slow_s <= 2 * fast_s
    for _ in range(12):
        throttle.pause(1.0)
        await gap_s()
    assert 20 * fast_s < await gap_s() <= 32 * fast_s
    for _ in range(400):
        await throttle.turn()
    assert await gap_s() == fast_s


async def test_one_that_does_not_yield_keeps_its_pace() -> None:
    time = Time()
    throttle = Throttle(10, clock=time, sleep=time.sleep)
    throttle.pause(1.0)
    await throttle.turn()
    began_s = time.at_s
    await throttle.turn()
    assert round(time.at_s - began_s, 6) == round(MARGIN / 10, 6)
