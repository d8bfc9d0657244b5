"""The browser's pure parts, run by Node: one pytest test for each file of node tests. Node is part of the set-up."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE_TESTS = sorted(path.name for path in HERE.glob("*.test.mjs"))


def test_the_node_tests_are_found() -> None:
    assert {"caption-feed.test.mjs", "captions-link.test.mjs", "sse-parser.test.mjs"} <= set(NODE_TESTS)


@pytest.mark.parametrize("name", NODE_TESTS)
def test_node(name: str, scripts_as_json: str) -> None:
    node = shutil.which("node")
    assert node, "Node.js is needed to test the widget: install the Debian package nodejs"
    ran = subprocess.run(
        [node, "--test", "--test-reporter=tap", name],
        cwd=HERE,
        env=os.environ | {"CAPTION_SCRIPTS": scripts_as_json},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    assert "\n# fail 0\n" in ran.stdout
    assert "\n# pass 0\n" not in ran.stdout
