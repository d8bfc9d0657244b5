"""The browser's part, as package data: the web component and the pages. This file says which file is served as what.

Nothing here reads a file: `captiond.serve.pages` does, and serves exactly what these tables list.
"""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent

PAGES: Final[dict[str, str]] = {  # route -> file below FOLDER; {id} is a session id, read by the page's script
    "/": "pages/index.html",
    "/demo": "pages/demo.html",
    "/overlay/{id}": "pages/overlay.html",
    "/display/{id}": "pages/display.html",
}

STATIC: Final[dict[str, tuple[str, str]]] = {  # route -> file below FOLDER, content type
    "/static/live-captions.js": ("live-captions.js", "text/javascript; charset=utf-8"),
    "/static/live-captions.mjs": ("live-captions.mjs", "text/javascript; charset=utf-8"),
    "/static/demo.js": ("pages/demo.js", "text/javascript; charset=utf-8"),
    "/static/viewer.js": ("pages/viewer.js", "text/javascript; charset=utf-8"),
    "/static/pages.css": ("pages/pages.css", "text/css; charset=utf-8"),
    "/static/viewer.css": ("pages/viewer.css", "text/css; charset=utf-8"),
    "/static/icon.svg": ("pages/icon.svg", "image/svg+xml"),
}

# What the pages need of a content security policy, besides `frame-ancestors`, which is the operator's: scripts, styles
# and connections of their own origin and nothing else. No inline script, no inline style, no eval.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
