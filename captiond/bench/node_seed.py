"""The predecessor's redactor in Node, kept alive as a child process, so that its rounds alternate with rounds of ours.

The function stands in tests/bench/seed_redactor.mjs; an installed package has no tests, and so no comparison
unless the source tree is the working folder.
"""

import json
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from captiond.base.errors import CaptiondError

DRIVER: Final = Path("tests", "bench", "seed_rounds.mjs")
SOURCE_TREE: Final = Path(__file__).parents[2]
ANSWER_S: Final = 120.0  # the longest round takes seconds; a child that says nothing for so long is ended


class NodeFailed(CaptiondError):
    """Node ended or answered nothing. Says so; never what text it was given."""


def driver() -> Path | None:
    """The script for Node: of the source tree that this module is in, or of the one that is the working folder.

    The core is compiled where it is installed, and the tests are not there: then the working folder has to help.
    """
    return next((path for root in (SOURCE_TREE, Path.cwd()) if (path := root / DRIVER).is_file()), None)


def missing() -> str | None:
    """Why there is nothing to compare with; None where there is."""
    if shutil.which("node") is None:
        return "no comparison with the seed function: node is not on the PATH"
    if driver() is None:
        return f"no comparison with the seed function: no {DRIVER} here; run this in the source tree"
    return None


class SeedInNode:
    """The child process, while the `with` block lasts. Ask `missing` first."""

    def __init__(self) -> None:
        self._node = shutil.which("node") or "node"
        self._child = subprocess.Popen(
            [self._node, str(driver())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a stack trace could quote the text
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.communicate()

    def version(self) -> str:
        """As `node --version` says it."""
        return subprocess.run([self._node, "--version"], capture_output=True, text=True, check=False).stdout.strip()

    def load(self, name: str, streams: Sequence[Sequence[str]]) -> None:
        """Hands over the texts of streams, to be named in rounds."""
        count = sum(len(texts) for texts in streams)
        if self._ask({"load": name, "streams": streams})["partials"] != count:
            raise NodeFailed("node: did not take all streams")

    def show(self, texts: Sequence[str]) -> list[str]:
        """What the seed function makes of texts."""
        shown: list[str] = self._ask({"show": texts})["texts"]
        return shown

    def round(self, name: str, passes: int) -> int:
        """CPU time of all partials of a set, `passes` times, in ns; all of the process, V8's own threads too."""
        return int(self._ask({"round": name, "passes": passes})["cpuNs"])

    def events(self, name: str, passes: int) -> int:
        """As `round`, for streams of frames: parsed, redacted and written anew."""
        return int(self._ask({"events": name, "passes": passes})["cpuNs"])

    def each(self, name: str) -> list[int]:
        """Wall time of each partial, in ns, the reading of the clock included."""
        ns: list[int] = self._ask({"each": name})["ns"]
        return ns

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        late = threading.Timer(ANSWER_S, self._child.kill)
        late.start()
        try:
            self._child.stdin.write(json.dumps(command) + "\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
        except OSError:
            line = ""
        finally:
            late.cancel()
        if not line:
            raise NodeFailed("node: ended without an answer")
        answer: dict[str, Any] = json.loads(line)
        return answer
