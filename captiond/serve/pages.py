"""Pages and the web component, out of the package `captiond.widget`: a fixed list of files, read once, nothing else.

The component's two files are joined here of its modules, once, when the daemon starts (`captiond.widget.bundle`).

Source: contract, sections 4 and 5 (strict CSP, `frame-ancestors` from `allowed_origins`).
"""

import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final

from aiohttp import web

from captiond.widget import bundle

HTML: Final = "text/html; charset=utf-8"
SCRIPT: Final = "text/javascript; charset=utf-8"
STYLE: Final = "text/css; charset=utf-8"
WORTH_PACKING: Final = 0.8  # of its size: fonts and pictures are packed already

PAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "/": "pages/index.html",
        "/demo": "pages/demo.html",
        "/overlay/{id}": "pages/overlay.html",
        "/display/{id}": "pages/display.html",
        "/overlay": "pages/overlay.html",  # ?conversationId=: whoever knows the call and not its sessions
        "/display": "pages/display.html",
    }
)
STATIC: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "demo.js": ("pages/demo.js", SCRIPT),
        "viewer.js": ("pages/viewer.js", SCRIPT),
        "overlay.js": ("pages/overlay.js", SCRIPT),
        "display.js": ("pages/display.js", SCRIPT),
        "pages.css": ("pages/pages.css", STYLE),
        "viewer.css": ("pages/viewer.css", STYLE),
        "icon.svg": ("pages/icon.svg", "image/svg+xml"),
        "opendyslexic-regular.woff2": ("fonts/opendyslexic-regular.woff2", "font/woff2"),
        "opendyslexic-licence.txt": ("fonts/opendyslexic-licence.txt", "text/plain; charset=utf-8"),
    }
)
JOINED: Final = (bundle.CLASSIC, bundle.MODULE)  # under /static/ too


@dataclass(frozen=True, slots=True)
class File:
    """One file in memory, with its entity tag; `packed` is it in gzip, None where that would save little."""

    content: bytes
    content_type: str
    etag: str
    packed: bytes | None = None

    def response(self, request: web.Request, headers: Mapping[str, str]) -> web.Response:
        """200, or 304 where the browser has it: pages are small, but an overlay reloads often."""
        shared = {"Cache-Control": "no-cache", **headers}
        content, etag = self.content, self.etag
        if self.packed is not None:
            shared["Vary"] = "Accept-Encoding"
            if _takes_gzip(request.headers.get("Accept-Encoding", "")):
                content, etag = self.packed, f"{etag}-gzip"
                shared["Content-Encoding"] = "gzip"
        if any(tag.value == etag for tag in request.if_none_match or ()):
            answer = web.Response(status=304, headers={k: v for k, v in shared.items() if k != "Content-Encoding"})
        else:
            answer = web.Response(body=content, headers={"Content-Type": self.content_type, **shared})
        answer.etag = etag
        return answer


class Pages:
    """The files, read at the start: one that is missing stops the daemon then, not a viewer later.

    Args:
        allowed_origins: who may frame the pages besides ourselves.
        root: where the files are; the package's own unless a test says otherwise.
    Raises:
        OSError, BundleError: a file that is missing, modules that cannot be joined.
    """

    def __init__(self, allowed_origins: Sequence[str], root: Traversable | None = None) -> None:
        root = root if root is not None else files("captiond.widget")
        self.policy = {"Content-Security-Policy": content_security_policy(allowed_origins)}
        self._pages = {path: _read(root, name, HTML) for path, name in PAGES.items()}
        self._static = {name: _read(root, path, kind) for name, (path, kind) in STATIC.items()}
        for name, text in bundle.bundle(bundle.read_sources(root)).items():
            self._static[name] = _file(text.encode(), SCRIPT)

    async def page(self, request: web.Request) -> web.StreamResponse:
        """`/`, `/demo`, `/overlay/{id}`, `/display/{id}`: the script in the page reads the id from its address."""
        resource = request.match_info.route.resource
        assert resource is not None
        return self._pages[resource.canonical].response(request, self.policy)

    async def static(self, request: web.Request) -> web.StreamResponse:
        """`/static/{name}`, of the fixed list."""
        file = self._static.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        # A page of another site may load the component; what it may read is decided where captions are served.
        return file.response(request, {**self.policy, "Cross-Origin-Resource-Policy": "cross-origin"})


def content_security_policy(allowed_origins: Sequence[str]) -> str:
    """Everything from ourselves, nothing inline; framed by ourselves and by whom the configuration names."""
    ancestors = " ".join(["'self'", *allowed_origins])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "require-trusted-types-for 'script'; trusted-types 'none'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )


def _read(root: Traversable, name: str, content_type: str) -> File:
    return _file(root.joinpath(*name.split("/")).read_bytes(), content_type)


def _takes_gzip(accepted: str) -> bool:
    """Whether that `Accept-Encoding` names gzip; `*` is left to those who ask for it by name."""
    offers = (offer.partition(";") for offer in accepted.lower().split(","))
    return any(name.strip() == "gzip" and not re.fullmatch(r"q=0(\.0*)?", rest.strip()) for name, _, rest in offers)


def _file(content: bytes, content_type: str) -> File:
    packed = gzip.compress(content, mtime=0)  # the same at each start, so that browsers keep theirs
    worth_it = len(packed) < len(content) * WORTH_PACKING
    return File(content, content_type, hashlib.sha256(content).hexdigest()[:32], packed if worth_it else None)
