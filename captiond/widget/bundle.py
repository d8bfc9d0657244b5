"""Joins the widget's modules into the two files that pages load: `live-captions.js` and `live-captions.mjs`.

Neither is committed: the daemon joins them when it starts (`captiond.serve.pages`), out of the modules that the package
holds, so there is no build step and nothing generated to merge. `python -m captiond.widget.bundle --out DIR` writes
them, for the npm package and for a web server of one's own.

What is joined, and in which order, is what the imports say, beginning at `ENTRY`: a new module needs no list. The rules
that the sources keep, checked here: imports only from one another and by name, at the beginning of a line; exports only
as `export` before a constant, a class or a function; no circle. Each module keeps a scope of its own.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

ENTRY: Final = "live-captions-define.js"  # imports all else, and defines the element
EXPORTS: Final = ("CaptionFeed", "CaptionsLink", "FeedError", "LiveCaptions", "WORDS")  # of the joined module
CLASSIC: Final = "live-captions.js"
MODULE: Final = "live-captions.mjs"

_IMPORT: Final = re.compile(r'^import (?:\{([^}]*)\} from )?"\./([a-z0-9-]+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:const|class|function\*?|async function) ([A-Za-z_$][\w$]*))", re.MULTILINE)
_BANNER: Final = "/*! captiond <live-captions>. Made from captiond/widget/*.js by captiond.widget.bundle. */\n"


class BundleError(Exception):
    """A source does not keep the rules above; the message names it."""


def bundle(sources: Mapping[str, str]) -> dict[str, str]:
    """The classic script and the module by their file names, made of `sources` (file name to text). Deterministic.

    Sources that `ENTRY` does not reach are left out.

    Raises:
        BundleError: an import that cannot be resolved or goes round in a circle, an unknown form of import or export,
            an export that is not there, one that two modules have.
    """
    exported: dict[str, list[str]] = {}
    pieces: list[str] = []
    for name in in_order(sources):
        text = sources[name]
        exported[name] = _EXPORT.findall(text)
        taken: list[str] = []
        for wanted, origin in _imports(text):
            if wanted not in exported[origin]:
                raise BundleError(f"{name}: imports {wanted}, which {origin} does not export")
            taken.append(f"const {{ {wanted} }} = {_variable(origin)};\n")
        body = _EXPORT.sub("", _IMPORT.sub("", text))
        if left := re.search(r"^(?:import|export)\b.*$", body, re.MULTILINE):
            raise BundleError(f"{name}: cannot join {left.group()!r}")
        pieces.append(
            f"// ---- {name}\nconst {_variable(name)} = (() => {{\n{''.join(taken)}{body.strip()}\n"
            f"return {{ {', '.join(exported[name])} }};\n}})();\n"
        )
    shown = "\n".join(f"const {{ {name} }} = {_variable(_owner(name, exported))};" for name in EXPORTS)
    joined = "\n".join([*pieces, shown])
    return {
        CLASSIC: f'{_BANNER}(() => {{\n"use strict";\n\n{joined}\nglobalThis.LiveCaptions ??= LiveCaptions;\n}})();\n',
        MODULE: f"{_BANNER}{joined}\nexport {{ {', '.join(EXPORTS)} }};\n",
    }


def _variable(name: str) -> str:
    """What holds the exports of a module: no name that a source would use."""
    return f"${name.removesuffix('.js').replace('-', '_')}"


def _owner(wanted: str, exported: Mapping[str, Sequence[str]]) -> str:
    """The module that exports a name.

    Raises:
        BundleError: none does, or two do.
    """
    owners = [name for name, names in exported.items() if wanted in names]
    if len(owners) != 1:
        raise BundleError(f"{wanted}: to be exported, but {' and '.join(owners) or 'no module'} exports it")
    return owners[0]


def in_order(sources: Mapping[str, str]) -> list[str]:
    """The names that `ENTRY` reaches, each behind what it imports: the order in which a browser would run them.

    Raises:
        BundleError: a module that is not there, or imports itself by way of others.
    """
    ordered: list[str] = []
    above: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        if name in above:
            raise BundleError(f"{name}: imports itself, by way of {above[-1]}")
        if name not in sources:
            raise BundleError(f"{above[-1] if above else 'the widget'}: imports {name}, which is not there")
        above.append(name)
        for match in _IMPORT.finditer(sources[name]):
            visit(match[2])
        ordered.append(above.pop())

    visit(ENTRY)
    return ordered


def _imports(text: str) -> list[tuple[str, str]]:
    """(name, file) of all that is imported by name."""
    return [
        (wanted, match[2])
        for match in _IMPORT.finditer(text)
        for part in (match[1] or "").split(",")
        if (wanted := part.strip())
    ]


def read_sources(root: Traversable | None = None) -> dict[str, str]:
    """All modules that lie beside one another in `root`; by default the package's own."""
    root = root if root is not None else files("captiond.widget")
    return {file.name: file.read_text(encoding="utf-8") for file in root.iterdir() if file.name.endswith(".js")}


def main(argv: list[str] | None = None) -> int:
    """Writes both files. Exit status 1 where a source breaks a rule or the folder cannot be written to."""
    parser = argparse.ArgumentParser(prog="python -m captiond.widget.bundle", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write them; made if missing")
    folder: Path = parser.parse_args(argv).out
    try:
        made = bundle(read_sources())
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
    except (BundleError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
