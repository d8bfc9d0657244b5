"""What ours is compared with: the floor in C, nginx with nchan, Node with `ws`. Used where they are found."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from captiond.bench.fanout_load import LoadFailed, Tools, folder
from captiond.bench.processes import started_on
from captiond.serve.outlet import NOTSENT_LOWAT_BYTES, SEND_BUFFER_BYTES

NCHAN: Final = (
    Path("/usr/lib/nginx/modules/ngx_nchan_module.so"),
    Path("/usr/lib64/nginx/modules/ngx_nchan_module.so"),
)
NODE_SCRIPT: Final = "node_peer.mjs"
DEBIAN_WS: Final = Path("/usr/share/nodejs/ws")
READY_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that runs: where its viewers go, and how captions get in (`load.c` names the kinds)."""

    pid: int
    port: int
    path: str
    publisher: tuple[str, str]


def kept_ws() -> Path:
    """Where `ws` is kept between runs, once it was installed by this bench."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "captiond-bench"


def find_ws(given: str | None) -> Path | None:
    """The folder of Node's `ws`: as given, as installed by this bench, or Debian's."""
    places = [Path(given).absolute()] if given else [kept_ws() / "node_modules" / "ws", DEBIAN_WS]
    return next((place for place in places if (place / "package.json").is_file()), None)


def install_ws() -> Path | None:
    """Has npm install `ws` into the cache; None where that is not possible."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    kept_ws().mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(kept_ws()), "ws@8"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    return find_ws(None)


def nchan_module() -> Path | None:
    """nginx's module."""
    return next((path for path in NCHAN if path.is_file()), None)


def missing_nchan() -> str | None:
    """Why nchan is not beside ours, and what to do about it."""
    if shutil.which("nginx") and nchan_module():
        return None
    return "nchan is not found: as root, apt-get install nginx-light libnginx-mod-nchan (Debian)"


def missing_node(given: str | None) -> str | None:
    """Why Node is not beside ours, and what to do about it."""
    if shutil.which("node") is None:
        return "node is not on the PATH (Debian: apt-get install nodejs)"
    if find_ws(given) is None and (given or install_ws() is None):
        return "Node's ws is not found: npm install ws somewhere, then --node-ws THERE/node_modules/ws"
    return None


@contextlib.asynccontextmanager
async def floor(tools: Tools, transport: str, cores: set[int]) -> AsyncIterator[Peer]:
    """The least that it can cost, with the same kernel buffers as ours."""
    command = [str(tools.floor), str(SEND_BUFFER_BYTES), str(NOTSENT_LOWAT_BYTES)]
    async with _started(command, cores) as (pid, viewers_port, lines_port):
        yield Peer(pid, viewers_port, "/ws" if transport == "ws" else "/events", ("lines", str(lines_port)))


@contextlib.asynccontextmanager
async def node(ws: Path, transport: str, cores: set[int]) -> AsyncIterator[Peer]:
    """Node, as its users write it."""
    source = folder()
    assert source is not None
    async with _started(["node", str(source / NODE_SCRIPT), str(ws)], cores) as (pid, viewers_port, lines_port):
        yield Peer(pid, viewers_port, "/ws" if transport == "ws" else "/events", ("lines", str(lines_port)))


@contextlib.asynccontextmanager
async def nchan(viewers: int, cores: set[int]) -> AsyncIterator[Peer]:
    """nginx with nchan: one worker, no log, room for the viewers."""
    module = nchan_module()
    assert module is not None
    # With a sixteenth of it left, nginx begins to close connections that are idle: our publisher's.
    room = viewers * 5 // 4 + 1024
    # Not in a folder of the caller's: nginx gives its worker to nobody, who must be able to get at it.
    with tempfile.TemporaryDirectory(prefix="captiond-nchan-") as there:
        place = Path(there)
        place.chmod(0o755)  # noqa: ASYNC240  (nobody waits for this process yet)
        port = await _free_port()
        (place / "nginx.conf").write_text(_NGINX.format(module=module, place=place, files=room, port=port))
        command = ["nginx", "-p", str(place), "-c", str(place / "nginx.conf"), "-e", str(place / "error.log")]
        with started_on(cores):
            process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        try:
            await _reached(port)
            yield Peer(process.pid, port, "/sub/bench", ("post", f"{port} /pub/bench"))
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


_NGINX: Final = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
load_module {module};
pid {place}/nginx.pid;
error_log {place}/error.log crit;
events {{ worker_connections {files}; }}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    nchan_shared_memory_size 256m;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location ~ ^/pub/(\\w+)$ {{ nchan_publisher; nchan_channel_id $1; nchan_message_buffer_length 10; }}
        location ~ ^/sub/(\\w+)$ {{
            nchan_subscriber websocket eventsource;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
        }}
    }}
}}
"""


@contextlib.asynccontextmanager
async def _started(command: list[str], cores: set[int]) -> AsyncIterator[tuple[int, int, int]]:
    """A server that says two ports on its first line: viewers', lines'."""
    with started_on(cores):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                line = await process.stdout.readline()
        ports = [int(word) for word in line.split()]
        if len(ports) != 2:
            raise LoadFailed(f"{Path(command[0]).name} did not start")
        yield process.pid, ports[0], ports[1]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _free_port() -> int:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port


async def _reached(port: int) -> None:
    """Waits until somebody listens there."""
    for _ in range(round(READY_S / 0.05)):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise LoadFailed("nginx did not start")
