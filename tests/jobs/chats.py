"""What tests of messaging transcripts share: a simulator with conversations, and the workflow over it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from captiond.jobs.refusals import JobFailed
from captiond.library import OpenWorkflows
from captiond.simulator import Fault, Messages, Simulator
from tests.jobs.studio import FastPace, Json, Records, studio

KIND = "messaging-transcript"
SAID = "My card is 4111 1111 1111 1111."
SHOWN = "My card is [CC]."


def conversation_id(number: int) -> str:
    return f"aaaaaaaa-0000-4000-8000-{number:012}"


def session_id(number: int) -> str:
    return f"bbbbbbbb-0000-4000-8000-{number:012}"


def chat(number: int, *texts: Any, **more: Any) -> Messages:
    """One conversation, the agent's and the guest's messages in turn; whole messages as they are."""
    given = texts or ("What is your card number?", SAID)
    messages = [
        one if isinstance(one, dict) else {"from": ("agent", "guest")[place % 2], "text": one}
        for place, one in enumerate(given)
    ]
    return Messages(
        conversation_id=conversation_id(number), **{"session_id": session_id(number), "messages": messages, **more}
    )


@asynccontextmanager
async def stage(
    folder: Path, chats: Iterable[Messages], faults: Iterable[Fault] = (), speed: float = 1.0, **environ: str
) -> AsyncIterator[tuple[OpenWorkflows, Simulator, Records]]:
    """The workflow and its simulator, in time that runs `speed` times as fast for both."""
    pace, records = FastPace(speed), Records()
    environ = {"CAPTIOND_JOBS__READS_PER_S": "5000", **environ}
    async with (
        Simulator(conversations=chats, faults=faults, pace=pace) as upstream,
        studio(folder, upstream, pace=pace, audit=records, **environ) as workflows,
    ):
        yield workflows, upstream, records


async def failure(workflows: OpenWorkflows, *ids: str, **asked: Any) -> JobFailed:
    with pytest.raises(JobFailed) as caught:
        await workflows.messaging(ids or (conversation_id(1),), **asked)
    return caught.value


def texts(conversation: Json) -> list[str | None]:
    return [message["text"] for message in conversation["messages"]]
