"""`captiond simulate`: the Genesys simulator alone, until SIGINT or SIGTERM."""

import argparse
import asyncio
import math
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from captiond.cli_numbers import whole
from captiond.logs import set_up, tell_uncaught
from captiond.memory import keep_private
from captiond.simulator.faults import Fault, FaultFileError, load_faults
from captiond.simulator.media import MediaFileError, Recording, load_media, packaged_recordings
from captiond.simulator.packaged import packaged_conversations, packaged_tracks
from captiond.simulator.playback import AtEnd, Resume
from captiond.simulator.server import Simulator
from captiond.simulator.stage import Unknown
from captiond.simulator.tracks import EventFileError, Track, load_tracks
from captiond.simulator.world import Frames

DEFAULT_PORT = 8788  # beside the daemon's 8787
MAX_BATCH = 10_000  # events: what one frame of Genesys' may hold is far less
SESSIONS_NAMED = 20  # at the start; a folder may hold thousands


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `captiond simulate`."""
    parser.description = "A stand-in for Genesys Cloud on loopback: token endpoint, activation, transcription stream."
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 takes a free one (default: %(default)s)")
    parser.add_argument(
        "--events",
        type=Path,
        metavar="FILE-OR-FOLDER",
        help="JSON Lines of transcription events, or a folder of *.jsonl; their times give the pacing "
        "(default: the packaged conversations)",
    )
    parser.add_argument("--speed", type=_positive, default=1.0, help="conversation seconds in a second (default: 1)")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="faults on request, JSON (docs/simulator.md)")
    parser.add_argument(
        "--at-end",
        choices=list(AtEnd),
        default=AtEnd.CLOSE,
        help="after a session's last event: close the socket with 1000, stay open, or begin again (default: close)",
    )
    parser.add_argument(
        "--resume",
        choices=list(Resume),
        default=Resume.LIVE,
        help="events that fall due while nobody is subscribed: live loses them, hold keeps them (default: live)",
    )
    parser.add_argument(
        "--unknown",
        choices=list(Unknown),
        help="a media session without events: refuse (404), any (some track of its language), silent "
        "(default: any with the packaged conversations, refuse with --events)",
    )
    parser.add_argument(
        "--batch", type=whole(1, MAX_BATCH), default=1, help="events in one frame, at most (default: 1)"
    )
    parser.add_argument("--frames", choices=list(Frames), default=Frames.ARRAY, help="shape of a frame with one event")
    parser.add_argument(
        "--media",
        type=Path,
        metavar="FILE",
        help="stored recordings, a JSON list (docs/simulator.md); default: the packaged conversations, and any id",
    )
    parser.add_argument(
        "--requests-per-s", type=_positive, metavar="N", help="to the API; more get 429 (default: as many as come)"
    )
    parser.add_argument(
        "--webhook-secret-file", type=Path, metavar="FILE", help="signs callbacks (default: not signed)"
    )
    parser.add_argument("--client-id", help="the only client id that gets a token (default: any)")
    parser.add_argument("--client-secret-file", type=Path, metavar="FILE", help="with --client-id: its secret")
    parser.add_argument(
        "--expires-in", type=_positive, default=86_399.0, metavar="SECONDS", help="life of a token (default: 86399)"
    )


def run(args: argparse.Namespace) -> int:
    """Runs it. Exit status: 0 stopped by a signal, 1 the port is taken, 2 wrong usage (one line for each fault)."""
    set_up(level="warning", layout="text")
    tell_uncaught()
    for one in keep_private():  # events files may be real conversations
        print(f"captiond simulate: memory is not private: {one}", file=sys.stderr)
    faults, wrong = _faults_of(args.faults)
    tracks: Sequence[Track] = ()
    try:
        tracks = load_tracks(args.events) if args.events else packaged_tracks()
    except EventFileError as error:
        wrong.extend(error.faults)
    credentials, fault = _credentials_of(args.client_id, args.client_secret_file)
    if fault:
        wrong.append(fault)
    media: Sequence[Recording] = ()
    try:
        media = load_media(args.media) if args.media else packaged_recordings()
    except MediaFileError as error:
        wrong.extend(error.faults)
    webhook_secret, fault = _secret_of(args.webhook_secret_file)
    if fault:
        wrong.append(fault)
    if wrong:
        for line in wrong:
            print(f"captiond simulate: {line}", file=sys.stderr)
        return 2
    unknown = args.unknown or (Unknown.REFUSE if args.events else Unknown.ANY)
    simulator = Simulator(
        port=args.port,
        tracks=tracks,
        speed=args.speed,
        at_end=args.at_end,
        resume=args.resume,
        unknown=unknown,
        batch=args.batch,
        frames=args.frames,
        credentials=credentials,
        expires_in_s=args.expires_in,
        faults=faults,
        media=media,
        any_media=not args.media,
        requests_per_s=args.requests_per_s,
        webhook_secret=webhook_secret,
    )
    try:
        asyncio.run(_serve(simulator, packaged=not args.events))
    except OSError as error:
        print(f"captiond simulate: port {args.port}: {error.strerror or 'cannot be used'}", file=sys.stderr)
        return 1
    return 0


async def _serve(simulator: Simulator, *, packaged: bool) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, over.set)
    async with simulator as sim:
        # One line for programs first; what follows is for people.
        print(f"captiond simulate: ready on {sim.url}", flush=True)
        print("  for the daemon's configuration:")
        print(f'    [genesys]\n    login_url = "{sim.login_url}"\n    api_url = "{sim.api_url}"')
        print(f'    stream_url = "{sim.stream_url}"')
        print("  media sessions:")
        if packaged:
            for conversation in packaged_conversations():
                voices = ", ".join(voice.session for voice in conversation.voices)
                print(f"    {voices}: {conversation.title} ({conversation.language}, {conversation.duration_s:.0f} s)")
        else:
            for session in sim.sessions[:SESSIONS_NAMED]:
                print(f"    {session}")
            if len(sim.sessions) > SESSIONS_NAMED:
                print(f"    ... and {len(sim.sessions) - SESSIONS_NAMED} more")
        sys.stdout.flush()
        await over.wait()


def _faults_of(path: Path | None) -> tuple[list[Fault], list[str]]:
    if path is None:
        return [], []
    try:
        return load_faults(path), []
    except FaultFileError as error:
        return [], error.faults


def _credentials_of(client_id: str | None, secret_file: Path | None) -> tuple[tuple[str, str] | None, str | None]:
    if client_id is None and secret_file is None:
        return None, None
    if client_id is None or secret_file is None:
        return None, "--client-id and --client-secret-file go together"
    try:
        secret = secret_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None, f"--client-secret-file {secret_file}: cannot be read"
    return (client_id, secret), None if secret else f"--client-secret-file {secret_file}: empty"


def _secret_of(path: Path | None) -> tuple[str, str | None]:
    if path is None:
        return "", None
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        secret = ""
    return secret, None if secret else f"--webhook-secret-file {path}: empty, or cannot be read"


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed are whole numbers from 0 to 65535")
    return int(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed is more than 0 and at most 1000000")
    return number
