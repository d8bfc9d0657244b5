"""`captiond watch` at a real daemon that captions the packaged conversations."""

import asyncio
import sys
from pathlib import Path

import aiohttp

from captiond.demo import demonstrating

ROOT = Path(__file__).parents[2]
SPEED = 20.0


async def watch(url: str, session: str) -> tuple[int | None, list[str], str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "captiond", "watch", url, session),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode, out.decode().splitlines(), err.decode()


async def first_session(http: aiohttp.ClientSession) -> str:
    async with asyncio.timeout(20):
        while True:
            async with http.get("/v1/sessions") as answer:
                for view in (await answer.json())["sessions"]:
                    if view["state"] == "live":
                        return str(view["id"])


async def test_what_it_writes_ends_as_the_transcript(tmp_path: Path) -> None:
    (tmp_path / "demo.toml").touch()
    async with demonstrating(tmp_path, port=0, speed=SPEED) as daemon, aiohttp.ClientSession(daemon.url) as http:
        session = await first_session(http)
        status, lines, err = await watch(daemon.url, session)
        assert status == 0, err
        async with http.get(f"/v1/sessions/{session}/transcript.json") as answer:
            transcript = await answer.json()
        status_of_none, _, said = await watch(daemon.url, "no-such-session")
    assert (status_of_none, said.splitlines()[-1]) == (1, "captiond watch: 404: there is no such session")
    texts = [line["text"] for line in transcript["captions"]]
    finals = [line.removeprefix("[FINAL] ") for line in lines if line.startswith("[FINAL] ")]
    assert len(texts) >= 3
    assert set(texts) <= set(finals)  # besides, finals has what corrections replaced
    assert sum(line.startswith("[PARTIAL] ") for line in lines) > len(finals)
    assert "[...]" not in "".join(texts)
