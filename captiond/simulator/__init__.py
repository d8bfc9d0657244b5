"""A Genesys Cloud to run against: demo, tests, development. Imports only base and genesys' pure files."""

from captiond.simulator.after_calls import AfterCalls, Call, Leg
from captiond.simulator.faults import (
    AbortFault,
    BrokenFault,
    CloseFault,
    DropFault,
    ExpireTokensFault,
    Fault,
    FaultFileError,
    GarbageFault,
    LateFault,
    LostFault,
    RangeFault,
    RefuseFault,
    RepeatedFault,
    RestartFault,
    SilenceFault,
    SlowFault,
    load_faults,
    parse_faults,
)
from captiond.simulator.interactions import Interaction
from captiond.simulator.ledger import Ledger
from captiond.simulator.media import Recording, packaged_recordings
from captiond.simulator.messaging import Messages
from captiond.simulator.pace import ManualPace, Pace
from captiond.simulator.packaged import Conversation, Voice, packaged_conversations, packaged_tracks
from captiond.simulator.playback import AtEnd, Resume
from captiond.simulator.recordings import Transcript
from captiond.simulator.server import Simulator
from captiond.simulator.stage import Unknown
from captiond.simulator.tracks import EventFileError, Track, load_tracks, track_of
from captiond.simulator.world import Frames

__all__ = [
    "AbortFault",
    "AfterCalls",
    "AtEnd",
    "BrokenFault",
    "Call",
    "CloseFault",
    "Conversation",
    "DropFault",
    "EventFileError",
    "ExpireTokensFault",
    "Fault",
    "FaultFileError",
    "Frames",
    "GarbageFault",
    "Interaction",
    "LateFault",
    "Ledger",
    "Leg",
    "LostFault",
    "ManualPace",
    "Messages",
    "Pace",
    "RangeFault",
    "Recording",
    "RefuseFault",
    "RepeatedFault",
    "RestartFault",
    "Resume",
    "SilenceFault",
    "Simulator",
    "SlowFault",
    "Track",
    "Transcript",
    "Unknown",
    "Voice",
    "load_faults",
    "load_tracks",
    "packaged_conversations",
    "packaged_recordings",
    "packaged_tracks",
    "parse_faults",
    "track_of",
]
