"""A text in pieces from upstream, through the redactor, into a file: one bounded step, from where the last ended."""

from dataclasses import dataclass, field
from typing import Any, Final, Self

from captiond.base.errors import UpstreamInvalid, UpstreamUnavailable
from captiond.db.jobs import Job
from captiond.jobs.long_text import LOOK_BACK_BYTES, LongText, Mark
from captiond.jobs.ranges import Known, WrongRange, fetch, piece_bytes
from captiond.jobs.shelf import Paper
from captiond.jobs.workflow import Tools

STEP_BYTES: Final = 2_097_152  # some 4 s of redaction, which is what a crash costs
WRITE_BYTES: Final = 262_144  # that wait in memory


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a text has been fetched, as it is kept."""

    mark: Mark = field(default_factory=Mark)
    known: Known = field(default_factory=Known)
    restarts: int = 0

    @classmethod
    def of(cls, job: Job) -> Self:
        """From what the job knows."""
        kept = job.data.get("fetched")
        if not kept:
            return cls()
        return cls(Mark.of(kept["mark"]), Known(kept["total"], kept["tag"]), kept["restarts"])

    def as_data(self) -> dict[str, Any]:
        """For the job's row; `bytes` is what the job's view shows."""
        kept = {
            "mark": self.mark.as_json(),
            "total": self.known.total,
            "tag": self.known.tag,
            "restarts": self.restarts,
        }
        return {"fetched": kept, "bytes": [self.mark.read, self.known.total]}


class Fetching:
    """One step of fetching: pieces until `STEP_BYTES` are done, or all.

    Args:
        path: of the text.
        progress: where to begin; what stands before it is looked back at.
        text: redacts; its mark is that of `progress`. paper: gets what comes out.
        least: bytes of the first pieces of a text.
    """

    def __init__(
        self, tools: Tools, path: str, *, progress: Progress, text: LongText, paper: Paper, least: int
    ) -> None:
        self._tools, self._path, self._from, self._text = tools, path, progress, text
        self._paper, self._least = paper, least

    async def run(self) -> tuple[Known, bool]:
        """What is known of the text now, and whether it is over. What upstream cut off is asked for again; where
        nothing came any more, the step ends with what it has.

        Raises:
            WrongRange; StoreError; UpstreamUnavailable: nothing came at all. Others as upstream says.
        """
        start, known = self._from.mark.read, self._from.known
        at = start - min(start, LOOK_BACK_BYTES)
        before = bytearray()
        while True:
            least = start - at if at < start else 0
            try:
                piece = await fetch(
                    self._tools.calls,
                    self._path,
                    first=at,
                    size=least + piece_bytes(max(at, start), least=self._least),
                    known=known,
                )
            except UpstreamUnavailable as error:
                if isinstance(error, UpstreamInvalid) or self._text.mark.read == start:
                    raise
                return known, False
            known, body = piece.known, piece.body
            if at < start:
                part = min(len(body), start - at)
                before += body[:part]
                if at + part == start:
                    self._text.look_back(bytes(before))
                    before.clear()
                    await work_off(self._tools, self._text, self._paper)
                self._text.feed(body[part:])
            else:
                self._text.feed(body)
            at += len(body)
            if piece.over:
                if at < start:  # it ends before where we were
                    raise WrongRange("changed")
                self._text.end()
            await work_off(self._tools, self._text, self._paper)
            if piece.over or at - start >= STEP_BYTES:
                return known, piece.over


async def work_off(tools: Tools, text: LongText, paper: Paper) -> None:
    """Redacts all that a text was fed, and writes what comes out. Live captions have their turns meanwhile."""
    done = False
    while not done:
        done = await tools.masking.go_on(text)
        if done or text.holds >= WRITE_BYTES:
            await paper.write(text.take())
