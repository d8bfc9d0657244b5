"""captiond.widget and captiond.widget.bundle: what is committed is what is served and what was written."""

import re
import shutil
import subprocess

import pytest

from captiond.serve.pages import PAGES, STATIC, content_security_policy
from captiond.widget.bundle import EXPORTS, HERE, SOURCES, BundleError, bundle, read_sources


def test_the_committed_files_are_what_the_sources_say() -> None:
    classic, module = bundle(read_sources())
    stale = "run `python -m captiond.widget.bundle`"
    assert (HERE / "live-captions.js").read_text(encoding="utf-8") == classic, stale
    assert (HERE / "live-captions.mjs").read_text(encoding="utf-8") == module, stale


def test_every_script_of_the_folder_is_joined() -> None:
    assert {path.name for path in HERE.glob("*.js")} - {"live-captions.js"} == set(SOURCES)


def test_the_module_loads_where_there_is_no_browser() -> None:
    node = shutil.which("node")
    assert node, "Node.js is needed to test the widget: install the Debian package nodejs"
    names = ", ".join(EXPORTS)
    said = f"import {{ {names} }} from './live-captions.mjs'; console.log([{names}].every(Boolean), CaptionFeed.name)"
    ran = subprocess.run(
        [node, "--input-type=module", "-e", said],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "true CaptionFeed"), ran.stderr


@pytest.mark.parametrize(
    ("sources", "fault"),
    [
        ({"b.js": 'import { a } from "./a.js";\n'}, "imports a from a.js"),
        ({"a.js": "export const a = 1;\n", "b.js": "const a = 2;\n"}, "declared in a.js too"),
        ({"a.js": "export default 7;\n"}, "cannot join"),
        ({"a.js": 'import * as all from "./b.js";\n'}, "cannot join"),
    ],
)
def test_a_source_that_cannot_be_joined_is_named(sources: dict[str, str], fault: str) -> None:
    with pytest.raises(BundleError, match=fault):
        bundle(sources)


def test_every_listed_file_is_there_and_every_page_file_is_listed() -> None:
    listed = set(PAGES.values()) | {name for name, _ in STATIC.values()}
    assert all((HERE / name).is_file() for name in listed)
    assert {f"pages/{path.name}" for path in (HERE / "pages").iterdir()} <= listed


@pytest.mark.parametrize("name", sorted(PAGES.values()))
def test_pages_keep_the_policy(name: str) -> None:
    """No inline script or style, nothing from another host: what the policy forbids is not even tried."""
    page = (HERE / name).read_text(encoding="utf-8")
    assert "unsafe" not in content_security_policy([])
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page)
    for target in re.findall(r'<(?:a|img|link|script)\b[^>]*\b(?:src|href)="([^"]*)"', page):
        route = target.split("?")[0]
        assert (
            route.removeprefix("/static/") in STATIC
            or route in PAGES
            or route in {"/openapi.json", "/healthz", "/metrics"}
        ), target


def test_nothing_writes_markup() -> None:
    """Caption text reaches the page as text only."""
    for path in [*HERE.glob("*.js"), *(HERE / "pages").glob("*.js")]:
        found = re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text()
        )
        assert found is None, f"{path.name}: {found}"
