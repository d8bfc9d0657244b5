"""Joins the widget's modules into the two files that pages load: `live-captions.js` and `live-captions.mjs`.

There is no build step to use the widget: both files are committed, and a test fails where they are not what the
sources say. Run `python -m captiond.widget.bundle` after a change of a source. The joining is done by rules that the
sources keep (checked here): imports only from one another and by name, exports only as `export` before a declaration,
no top-level name twice.
"""

import re
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent

SOURCES: Final = (  # what is imported stands before what imports it
    "caption-feed.js",
    "caption-text.js",
    "sse-parser.js",
    "captions-link.js",
    "live-captions-style.js",
    "caption-lines.js",
    "live-captions-element.js",
    "live-captions-define.js",
)
EXPORTS: Final = ("CaptionFeed", "CaptionsLink", "FeedError", "LiveCaptions", "WORDS")

_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "\./([a-z-]+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:const|class|function|async function)\b)", re.MULTILINE)
_TOP_LEVEL: Final = re.compile(
    r"^(?:export )?(?:const|let|class|function|async function) ([A-Za-z_$][\w$]*)", re.MULTILINE
)
_BANNER: Final = "/*! captiond <live-captions>. Made from captiond/widget/*.js by captiond.widget.bundle. */\n"


class BundleError(Exception):
    """A source does not keep the rules above; the message names it."""


def bundle(sources: dict[str, str]) -> tuple[str, str]:
    """The classic script and the module, made of `sources` (file name to text, in order of use). Deterministic.

    Raises:
        BundleError: an import that cannot be resolved, an unknown form of import or export, or a name used twice.
    """
    owners: dict[str, str] = {}
    pieces: list[str] = []
    for name, text in sources.items():
        for names, origin in _IMPORT.findall(text):
            for wanted in (part.strip() for part in names.split(",")):
                if wanted and owners.get(wanted) != origin:
                    raise BundleError(f"{name}: imports {wanted} from {origin}, which does not stand before it")
        body = _EXPORT.sub("", _IMPORT.sub("", text))
        if left := re.search(r"^(?:import|export)\b.*$", body, re.MULTILINE):
            raise BundleError(f"{name}: cannot join {left.group()!r}")
        for declared in _TOP_LEVEL.findall(text):
            if declared in owners:
                raise BundleError(f"{name}: {declared} is declared in {owners[declared]} too")
            owners[declared] = name
        pieces.append(f"// ---- {name}\n{body.strip()}\n")
    joined = "\n".join(pieces)
    classic = f'{_BANNER}(() => {{\n"use strict";\n\n{joined}\nglobalThis.LiveCaptions ??= LiveCaptions;\n}})();\n'
    module = f"{_BANNER}{joined}\nexport {{ {', '.join(EXPORTS)} }};\n"
    return classic, module


def read_sources() -> dict[str, str]:
    """The committed sources, in the order in which they are joined."""
    return {name: (HERE / name).read_text(encoding="utf-8") for name in SOURCES}


def main() -> int:
    """Writes both files. Exit status 1 where a source breaks a rule."""
    try:
        classic, module = bundle(read_sources())
    except BundleError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    (HERE / "live-captions.js").write_text(classic, encoding="utf-8")
    (HERE / "live-captions.mjs").write_text(module, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
