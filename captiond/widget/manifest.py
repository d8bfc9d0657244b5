"""`custom-elements.json` (schema 2.1.0): what editors and catalogues know of <live-captions>, out of its own source.

Made of the comments and the class in live-captions-element.js, so what stands there is what is told:
`python -m captiond.widget.manifest` writes the file beside the sources, and a test fails where it is another.
The typings (live-captions.d.ts) are written by hand and held against the same by a test.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from captiond.widget.bundle import read_sources

ELEMENT: Final = "live-captions-element.js"
DEFINES: Final = "live-captions-define.js"
FEED: Final = "caption-feed.js"
NAME: Final = "custom-elements.json"

_TAG: Final = re.compile(r"^ \* @(\w+)(?: \{([^}]+)\})? ([\w-]+)(?: - (.+))?$", re.MULTILINE)
_MEMBER: Final = re.compile(
    r"(?:^  /\*\*\s*(?P<doc>(?:(?!\*/).)*?)\s*\*/\n)?"
    r"^  (?P<static>static )?(?P<kind>get |set |async )?(?P<name>[a-z]\w*)\((?P<parameters>[^)]*)\) \{",
    re.MULTILINE | re.DOTALL,
)
_PARAMETER: Final = re.compile(r"@(?:param|returns) \{([^}]+)\}")
_STATIC: Final = re.compile(r"^  static (\w+) = ", re.MULTILINE)
_LIFE: Final = {
    "constructor",
    "connectedCallback",
    "disconnectedCallback",
    "attributeChangedCallback",
    "if",
    "for",
    "while",
}


class ManifestError(Exception):
    """The source is not written as this reads it; the message says where."""


def manifest(sources: Mapping[str, str]) -> dict[str, Any]:
    """The manifest of these sources. Deterministic.

    Raises:
        ManifestError: the element does not say what it is.
    """
    text = sources[ELEMENT]
    head = re.match(r"/\*\*\n(.*?)\*/", text, re.DOTALL)
    if head is None:
        raise ManifestError(f"{ELEMENT}: begins with no comment")
    tags = _TAG.findall(head[1])
    described = head[1].partition("\n")[0].removeprefix(" *").strip()
    if not tags:
        raise ManifestError(f"{ELEMENT}: its comment names no attribute")
    element: dict[str, Any] = {
        "kind": "class",
        "name": "LiveCaptions",
        "customElement": True,
        "tagName": "live-captions",
        "description": described,
        "superclass": {"name": "HTMLElement"},
        "attributes": [
            {"name": name, "type": {"text": kind}, "description": told}
            for tag, kind, name, told in tags
            if tag == "attr"
        ],
        "events": [
            {"name": name, "type": {"text": "CustomEvent"}, "description": f"detail: {told}"}
            for tag, _, name, told in tags
            if tag == "fires"
        ],
        "cssStates": _named(tags, "cssstate"),
        "cssParts": _named(tags, "csspart"),
        "cssProperties": _named(tags, "cssprop"),
        "members": members(text),
    }
    feed = re.findall(r"^export (class|function|const) (\w+)", sources[FEED], re.MULTILINE)
    kinds = {"class": "class", "function": "function", "const": "variable"}
    return {
        "schemaVersion": "2.1.0",
        "readme": "README.md",
        "modules": [
            {
                "kind": "javascript-module",
                "path": ELEMENT,
                "declarations": [element],
                "exports": [_export("LiveCaptions", ELEMENT)],
            },
            {
                "kind": "javascript-module",
                "path": DEFINES,
                "declarations": [],
                "exports": [
                    {
                        "kind": "custom-element-definition",
                        "name": "live-captions",
                        "declaration": {"name": "LiveCaptions", "module": ELEMENT},
                    }
                ],
            },
            {
                "kind": "javascript-module",
                "path": FEED,
                "declarations": [{"kind": kinds[kind], "name": name} for kind, name in feed],
                "exports": [_export(name, FEED) for _, name in feed],
            },
        ],
    }


def members(text: str) -> list[dict[str, Any]]:
    """The public properties and methods of the class, in order; a setter belongs to its getter."""
    found: dict[str, dict[str, Any]] = {}
    body = text[text.index("export class LiveCaptions") :]
    for name in _STATIC.findall(body):
        if name != "observedAttributes":
            found[name] = {"kind": "field", "name": name, "static": True}
    for match in _MEMBER.finditer(body):
        name, kind = match["name"], (match["kind"] or "").strip()
        if name in _LIFE:
            continue
        told = _prose(match["doc"] or "")
        if kind == "set":
            if name in found:
                del found[name]["readonly"]
            continue
        if kind == "get":
            found[name] = {"kind": "field", "name": name, "readonly": True}
        else:
            found[name] = {"kind": "method", "name": name, "parameters": _parameters(match)}
        if match["static"]:
            found[name]["static"] = True
        if told:
            found[name]["description"] = told
    return list(found.values())


def _parameters(method: re.Match[str]) -> list[dict[str, Any]]:
    types = _PARAMETER.findall(method["doc"] or "")
    parameters: list[dict[str, Any]] = []
    for part in method["parameters"].split(","):
        name, equals, default = (piece.strip() for piece in part.partition("="))
        if not name:
            continue
        parameter: dict[str, Any] = {"name": name}
        if equals:
            parameter |= {"optional": True, "default": default}
        if len(parameters) < len(types):
            parameter["type"] = {"text": types[len(parameters)]}
        parameters.append(parameter)
    return parameters


def written(sources: Mapping[str, str]) -> str:
    """The file's text."""
    return json.dumps(manifest(sources), indent=2, ensure_ascii=False) + "\n"


def _named(tags: list[tuple[str, str, str, str]], wanted: str) -> list[dict[str, str]]:
    return [{"name": name} | ({"description": told} if told else {}) for tag, _, name, told in tags if tag == wanted]


def _export(name: str, module: str) -> dict[str, Any]:
    return {"kind": "js", "name": name, "declaration": {"name": name, "module": module}}


def _prose(comment: str) -> str:
    """What a comment says before its tags, on one line."""
    lines = [line.strip().removeprefix("*").strip() for line in comment.splitlines()]
    return " ".join(line for line in lines if line).partition("@")[0].strip()


def main() -> int:
    """Writes the file beside the sources. Exit status 1 where these cannot be read."""
    try:
        (Path(__file__).parent / NAME).write_text(written(read_sources()), encoding="utf-8")
    except (ManifestError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
