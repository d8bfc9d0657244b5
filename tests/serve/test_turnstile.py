"""So many viewers join in one turn of the loop, in their order, and captions go out between."""

import asyncio
import contextlib
import itertools

from captiond.serve.turnstile import Turnstile
from captiond.serve.wiring import WIRING
from tests.serve.serving import raw, serving, until


async def test_so_many_in_each_turn_and_in_their_order() -> None:
    turnstile, passed = Turnstile(per_turn=3), list[int]()

    async def viewer(number: int) -> None:
        await turnstile.through()
        passed.append(number)

    counts = []
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(viewer(number))
        while len(passed) < 20:
            await asyncio.sleep(0)
            counts.append(len(passed))
    assert passed == list(range(20))
    turns = [after - before for before, after in zip([0, *counts], counts, strict=False)]
    assert max(turns) <= 3
    assert turnstile.waiting == 0


async def test_who_comes_alone_does_not_wait() -> None:
    turnstile = Turnstile(per_turn=1)
    for _ in range(5):
        await turnstile.through()  # nobody else is there: a turn is asked for only where one was let through before
        await asyncio.sleep(0)
    assert turnstile.waiting == 0


async def test_who_gives_up_takes_nobodys_place() -> None:
    turnstile, passed = Turnstile(per_turn=1), list[str]()

    async def viewer(name: str) -> None:
        await turnstile.through()
        passed.append(name)

    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(viewer(name)) for name in ("a", "b", "c", "d")}
        await asyncio.sleep(0)
        tasks["b"].cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tasks["b"]
        while len(passed) < 3:  # noqa: ASYNC110  (turns are what is counted)
            await asyncio.sleep(0)
    assert passed == ["a", "c", "d"]


async def test_captions_go_out_between_the_joins_of_a_storm() -> None:
    """Requests that are all read at once: whoever is there gets each caption before the next few have joined."""
    async with serving() as served:
        served.app[WIRING].turnstile._per_turn = 4
        live = served.open()
        viewer = await raw(served, "/v1/sessions/s1/events")
        connections = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(120)]
        head = f"GET /v1/sessions/s1/events HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode()
        for _, writer in connections:
            writer.write(head)
        joined_at: list[int] = []
        while live.viewers < 121:
            served.say(f"word {live.viewers}", final=True)
            joined_at.append(live.viewers)
            await asyncio.sleep(0)
        steps = [after - before for before, after in itertools.pairwise(joined_at)]
        assert max(steps) <= 4
        seen = 0
        while seen < len(joined_at):
            seen += (await viewer.message())["type"] == "caption"
        for _, writer in connections:
            writer.transport.abort()
        await until(lambda: live.viewers == 1)
