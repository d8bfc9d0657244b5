"""What is built from this repository holds what it needs."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_source_distribution_holds_the_c_sources() -> None:
    """Packages' files go into it by themselves; what setup.py compiles besides does not."""
    included = set(re.findall(r"^include (\S+)$", (ROOT / "MANIFEST.in").read_text(encoding="utf-8"), re.MULTILINE))
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "captiond").rglob("*.c")}
    assert sources
    assert sources <= included
