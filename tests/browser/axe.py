"""axe-core, the accessibility checker, in a page of these tests. It is a tool of the tests and no part of the project.

It comes out of a Python package, since that is what every machine of this project can install; the package around it
brings a browser automation that is not needed, so it is unpacked here and not installed.
"""

import hashlib
import importlib.util
import io
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = "axe-playwright-python==0.1.8"  # has axe-core 4.12.1
WHEEL_SHA256 = "fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8"
MEMBER = "axe_playwright_python/axe.min.js"
KEPT = Path(__file__).parents[2] / "artifacts" / "axe-core-4.12.1.js"  # beside the screenshots; not committed
INSTALL_TIMEOUT_S = 90
Json = dict[str, Any]


@cache
def axe_source() -> str:
    """axe-core's script; fetched by pip where it is not there yet.

    Raises:
        RuntimeError: it could not be fetched, or is not the one that is meant.
    """
    if not KEPT.is_file():
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT.parent) as folder:
            fresh = Path(folder) / KEPT.name
            fresh.write_bytes(_fetched(Path(folder)))
            fresh.replace(KEPT)  # other workers of the same run fetch it, too
    return KEPT.read_text(encoding="utf-8")


def _fetched(folder: Path) -> bytes:
    # Debian's venv may have no pip of its own; deploy/setup then uses the one outside, as here.
    python = sys.executable if importlib.util.find_spec("pip") else "python3"
    command = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    done = subprocess.run([*command, PACKAGE], capture_output=True, timeout=INSTALL_TIMEOUT_S, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise RuntimeError(f"pip could not download {PACKAGE}: {done.stderr.decode(errors='replace')[-1000:]}")
    content = wheels[0].read_bytes()
    if hashlib.sha256(content).hexdigest() != WHEEL_SHA256:
        raise RuntimeError(f"what came as {PACKAGE} is not what is meant")
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        return wheel.read(MEMBER)


# All rules that are on by default (WCAG 2.0 to 2.1 A and AA, best practice), and of WCAG 2.2 the size of targets.
RUN = """
axe.run(document, {resultTypes: ["violations", "incomplete"], rules: {"target-size": {enabled: true}}, preload: false})
  .then(({violations, incomplete, passes}) => {
    const brief = (found) => found.map(({id, impact, help, nodes}) => ({id, impact, help, nodes: nodes.map(
      ({target, failureSummary}) => `${target.flat(3).join(" ")}: ${failureSummary}`)}));
    return {violations: brief(violations), incomplete: brief(incomplete), passed: passes.map(({id}) => id)};
  })
"""


async def inspect(page: Any) -> Json:
    """What axe says of the page as it is now: `violations`, what it could not decide (`incomplete`), `passed` rules."""
    if not await page.run("'axe' in window"):
        await page.run(f"{axe_source()}\n;undefined")
    found: Json = await page.run(RUN)
    return found
