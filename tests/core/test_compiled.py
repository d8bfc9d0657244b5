"""The compiled core is the core: the same captions, event by event, as its source shows. mypyc gives integers an end,
classes a fixed shape, and calls another way; what differs there could be a leak.
"""

import subprocess
import sys
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path

import pytest

from captiond.core import compiled
from captiond.core.redact import scan
from tests.harness import ROOT, SHARED_DATA, TREE

PROGRAM = Path(__file__).with_name("every_caption.py")
ROUNDS = 40


@pytest.mark.compiled_only
@pytest.mark.timeout(300)
def test_both_cores_show_the_same_captions(tmp_path: Path) -> None:
    assert TREE != ROOT
    with ExitStack() as stack:
        running = [stack.enter_context(every_caption(tree, tmp_path)) for tree in (TREE, ROOT)]
        compiled, source = (process.stdout for process in running)
        assert compiled is not None
        assert source is not None
        assert (compiled.readline(), source.readline()) == ("compiled\n", "python\n")
        captions = 0
        for ours, theirs in zip_longest(compiled, source):
            assert ours == theirs
            captions += 1
        assert [process.wait() for process in running] == [0, 0]
    assert captions > 10_000


def test_half_a_compiled_core_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One module of another kind than the rest is a broken installation: two versions of the redactor in one."""
    assert compiled._is_compiled() == compiled.COMPILED
    monkeypatch.setattr(scan, "__file__", "scan.py" if compiled.COMPILED else "scan.so")
    with pytest.raises(ImportError, match="half of the core is compiled"):
        compiled._is_compiled()


def every_caption(tree: Path, folder: Path) -> "subprocess.Popen[str]":
    """The program over the core of that tree. Hashes differ from process to process: captions must not."""
    command = [sys.executable, str(PROGRAM), str(SHARED_DATA), str(ROUNDS)]
    return subprocess.Popen(command, env={"PYTHONPATH": str(tree)}, cwd=folder, stdout=subprocess.PIPE, text=True)
