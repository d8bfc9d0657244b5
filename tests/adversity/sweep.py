"""The sweep for unredacted text: live sessions and jobs of every kind are fed conversations whose private values are
known, then each value is looked for in all that the daemon wrote, sent and answered.

    python -m tests.adversity.sweep [--streams N] [--keep FOLDER]

One more kind of job is one more row in `KINDS`; a test fails while a kind is missing there.

What counts as shown is said in `private_talks`.
"""

import argparse
import asyncio
import json
import re
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from captiond.simulator import Interaction, Messages, Recording, Simulator, Transcript
from tests.adversity.private_talks import SHOWN, Found, Talk, talks
from tests.harness import DaemonProcess, account
from tests.jobs.studio import Json, SinkServer, api, sink_server

SPEED: Final = 300.0  # conversation seconds in a second
AT_ONCE: Final = 12  # conversations


# -- what is done ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """One kind of jobs: how the simulator comes to know a conversation, and what is asked of the daemon."""

    name: str
    know: Callable[[Simulator, Talk], None]
    body: Callable[[Talk], Json]


def _recording(upstream: Simulator, talk: Talk) -> None:
    pieces = tuple({"text": one.text, "speaker": one.channel} for one in talk.said)
    upstream.store(Recording(media_id=f"m-{talk.name}", transcripts=pieces))


def _messages(upstream: Simulator, talk: Talk) -> None:
    others = {"agent": "customer", "customer": "agent"}
    messages = [{"from": one.channel, "to": others[one.channel], "text": one.text} for one in talk.said]
    upstream.messaging.store([Messages(conversation_id=talk.uuid, messages=messages)])


KINDS: Final = (
    Kind(
        "transcription-request", _recording, lambda talk: {"mediaId": f"m-{talk.name}", "languages": [talk.locale]}
    ),
    Kind(
        "interaction-transcription",
        lambda upstream, talk: upstream.interactions.store(
            [Interaction(interaction_id=f"i-{talk.name}", text=talk.lines)]
        ),
        lambda talk: {"interactionId": f"i-{talk.name}", "locale": talk.locale},
    ),
    Kind(
        "recording-transcript",
        lambda upstream, talk: upstream.recordings.store([Transcript(transcript_id=f"t-{talk.name}", text=talk.lines)]),
        lambda talk: {"transcriptId": f"t-{talk.name}", "language": talk.locale},
    ),
    Kind("messaging-transcript", _messages, lambda talk: {"conversationIds": [talk.uuid]}),
)  # fmt: skip


@dataclass
class Sweep:
    """What was fed and what came of it. `owners`: ids of sessions, jobs and conversations: whose words they hold."""

    folder: Path
    talks: Sequence[Talk]
    owners: dict[str, Talk] = field(default_factory=dict)
    looked: dict[str, int] = field(default_factory=dict)  # by place: how many texts were looked at
    found: list[Found] = field(default_factory=list)

    def text(self, place: str, owner: str | None, text: str) -> None:
        """One text: of one conversation where it is known of which, else of any of them as bytes."""
        self.looked[place] = self.looked.get(place, 0) + 1
        talk = self.owners.get(owner or "")
        if talk is not None:
            self.found += talk.shown(place, text)
        else:
            self.bytes(place, text.encode("utf-8", "surrogatepass"), count=False)

    def document(self, place: str, value: Any, owner: str | None = None) -> None:
        """Every text in a JSON value; whose it is is told by any id that stands beside it."""
        if isinstance(value, Mapping):
            ids = [one for one in value.values() if isinstance(one, str) and one in self.owners]
            owner = ids[0] if ids else owner
            for member in value.values():
                self.document(place, member, owner)
        elif isinstance(value, str):
            self.text(place, owner, value)
        elif isinstance(value, Iterable):
            for member in value:
                self.document(place, member, owner)

    def bytes(self, place: str, content: bytes, *, count: bool = True) -> None:
        """Anything at all."""
        if count:
            self.looked[place] = self.looked.get(place, 0) + 1
        for talk in self.talks:
            for surface, kind in talk.surfaces.items():
                forms = {surface.encode(), json.dumps(surface)[1:-1].encode()}
                if any(form in content for form in forms):
                    self.found.append(Found(place, talk.name, kind))

    def files(self) -> None:
        """All that is in the folder, as bytes; the audit's records by their fields, too."""
        for path in sorted(self.folder.rglob("*")):
            if not path.is_file():
                continue
            content = path.read_bytes()
            self.bytes(f"file {path.relative_to(self.folder)}", content)
            if path.suffix == ".jsonl":
                for line in content.splitlines():
                    record = {key: one for key, one in json.loads(line).items() if key not in ("hash", "prev")}
                    self.document("audit", record)
            if path.suffix == ".txt":
                self.text("files of jobs", path.stem, content.decode())

    def tables(self) -> None:
        """Every value of every table, and every word of the search's index."""
        path = self.folder / "captiond.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            sessions = dict(database.execute("SELECT row, session FROM conversations").fetchall())
            for table in names:
                if table.startswith("spoken_"):
                    continue  # its words are read below
                cursor = database.execute(f"SELECT * FROM {table}")
                columns = [column for column, *_ in cursor.description]
                for row in cursor:
                    facts = dict(zip(columns, row, strict=True))
                    owner = facts.get("job") or (facts.get("id") if table == "jobs" else None)
                    owner = sessions.get(facts["conversation"], owner) if table == "finals" else owner
                    for column, value in facts.items():
                        if isinstance(value, str):
                            self._value(f"table {table}.{column}", value, owner)
            harmless = {
                word.casefold() for talk in self.talks for text in talk.harmless for word in re.findall(r"\w+", text)
            }
            for index in ("spoken_stems", "spoken_words"):
                database.execute(f"CREATE VIRTUAL TABLE temp.{index}_terms USING fts5vocab('main', '{index}', 'row')")
                for (term,) in database.execute(f"SELECT term FROM temp.{index}_terms"):
                    self.looked[f"index {index}"] = self.looked.get(f"index {index}", 0) + 1
                    if sum(map(str.isdigit, term)) >= SHOWN and term not in harmless:
                        self.found += [
                            Found(f"index {index}", talk.name, kind)
                            for talk in self.talks
                            for window, kind in talk.windows.items()
                            if len(window) == SHOWN and window in term
                        ]

    def _value(self, place: str, value: str, owner: str | None) -> None:
        try:
            document = json.loads(value) if value[:1] in "{[" else None
        except ValueError:
            document = None
        if document is not None:
            self.document(place, document, owner)
        else:
            self.text(place, owner, value)


async def feed(sweep: Sweep, upstream: Simulator, daemon: DaemonProcess, sinks: SinkServer) -> None:
    """Live sessions and jobs of every kind, of all conversations; then what the daemon answers about them."""
    turns = asyncio.Semaphore(AT_ONCE)
    async with api(daemon.url) as caller, aiohttp.ClientSession() as http:

        async def live(talk: Talk) -> None:
            async with turns:
                session = talk.track.session
                sweep.owners[session] = talk
                body = {"mediaSessionId": session, "conversationId": talk.name, "language": talk.locale}
                async with http.post(f"{daemon.url}/v1/sessions", json=body) as response:
                    assert response.status == 201, await response.text()
                async with asyncio.timeout(60):
                    while (await caller.get(f"/v1/sessions/{session}"))[1]["state"] != "ended":  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                for form in ("json", "txt", "vtt", "srt"):
                    async with http.get(f"{daemon.url}/v1/sessions/{session}/transcript.{form}") as response:
                        text = await response.text()
                    if form == "json":
                        sweep.document("transcript.json", json.loads(text), session)
                    else:
                        sweep.text(f"transcript.{form}", session, text)

        async def job(kind: Kind, talk: Talk) -> None:
            async with turns:
                status, created = await caller.post(kind.body(talk), kind=kind.name, Prefer="respond-async")
                assert status == 202, (kind.name, created)
                sweep.owners[created["id"]] = talk
                ended = await caller.ended(created["id"], within_s=60)
                assert ended["state"] == "completed", (kind.name, ended["error"])
                sweep.document(f"answer {kind.name}", ended, created["id"])

        for talk in sweep.talks:
            sweep.owners |= dict.fromkeys((f"m-{talk.name}", f"i-{talk.name}", f"t-{talk.name}", talk.uuid), talk)
            for kind in KINDS:
                kind.know(upstream, talk)
        async with asyncio.TaskGroup() as group:
            for talk in sweep.talks:
                group.create_task(live(talk))
                for kind in KINDS:
                    group.create_task(job(kind, talk))
        async with asyncio.timeout(30):
            while pending(sweep.folder):  # noqa: ASYNC110  (what is waited for is in another process)
                await asyncio.sleep(0.1)
        await search(sweep, http, daemon.url)
        async with http.get(f"{daemon.url}/metrics") as response:
            sweep.bytes("metrics", await response.read())
    for body in sinks.came:
        sweep.document("sinks", body)


async def search(sweep: Sweep, http: aiohttp.ClientSession, url: str) -> None:
    """What a search answers to everyday words; and no private value finds anything that shows it."""
    for query in (
        "card OR number",
        "number",
        "karte",
        "tarjeta",
        "carte",
        "email",
        "phone",
        "at",
        "my",
        "is",
        "ist",
        "es",
        "est",
        "cc",
    ):
        body = {"query": query, "limit": 100}
        async with http.post(f"{url}/v1/transcripts/search", json=body) as response:
            assert response.status == 200
            sweep.document("search", (await response.json())["hits"])
    for talk in sweep.talks:
        for window, kind in talk.windows.items():
            body = {"query": window, "conversation": talk.name}
            async with http.post(f"{url}/v1/transcripts/search", json=body) as response:
                if (await response.json())["hits"]:
                    sweep.found.append(Found("search for it", talk.name, kind))


def pending(folder: Path) -> int:
    """Documents that sinks are still to get."""
    with closing(sqlite3.connect(f"file:{folder / 'captiond.db'}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM outbox WHERE state = 'pending'").fetchone()[0])


async def sweep(folder: Path, chosen: Sequence[Talk]) -> Sweep:
    """All of it: fed, looked at while the daemon runs and after it has stopped."""
    done = Sweep(folder, chosen)
    async with Simulator(tracks=[talk.track for talk in chosen], speed=SPEED) as upstream, sink_server() as sinks:
        environ = {
            **account(upstream),
            **{f"CAPTIOND_JOBS__{name}_URL": sinks.url for name in ("NLP", "COMPLIANCE", "INDEX", "ANALYTICS")},
            "CAPTIOND_JOBS__REQUESTS_PER_S": "1000",
            "CAPTIOND_JOBS__MAX_TRANSCRIPT_BYTES": "65536",
            "CAPTIOND_JOBS__POLL_BASE_S": "0.05",
            "CAPTIOND_LOG__LEVEL": "debug",
        }
        daemon = DaemonProcess(folder, environ=environ)
        try:
            await daemon.start()
            await feed(done, upstream, daemon, sinks)
            done.files()  # the log of changes is a file now
            daemon.signal(signal.SIGTERM)
            assert await daemon.exit_status(within_s=20) == 0
        finally:
            await daemon.stop()
    done.files()
    done.tables()
    return done


def main() -> int:
    """0 where nothing private was found."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.adversity.sweep", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--streams", type=int, metavar="N", help="at most so many conversations (default: all)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave what the daemon wrote there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = asyncio.run(sweep(args.keep or Path(folder), talks(args.streams)))
    for place, many in sorted(done.looked.items()):
        print(f"{place}: {many}")
    for found in sorted(set(done.found), key=str):
        print(f"FOUND: {found.place}: {found.kind} of {found.conversation}")
    values = sum(len(one.private) for talk in done.talks for one in talk.said)
    print(f"{len(done.talks)} conversations, {values} private values: found {len(set(done.found))}")
    return 1 if done.found else 0


if __name__ == "__main__":
    sys.exit(main())
