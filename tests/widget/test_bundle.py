"""captiond.widget and captiond.widget.bundle: modules are joined by what they import, pages keep the policy."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import captiond.widget
from captiond.serve.pages import JOINED, PAGES, STATIC, content_security_policy
from captiond.widget.bundle import ENTRY, EXPORTS, BundleError, bundle, in_order, main, read_sources

HERE = Path(captiond.widget.__file__).parent


CLASSIC_AND_MODULE = {"live-captions.js", "live-captions.mjs"}


def modules(**texts: str) -> dict[str, str]:
    """Sources that can be joined, and `texts` (`a` for a.js), all of which the entry imports."""
    given = {f"{name}.js": text for name, text in texts.items()}
    exported = "".join(f"export const {name} = 1;\n" for name in EXPORTS)
    entry = "".join(f'import "./{name}";\n' for name in ("exported.js", *given))
    return {ENTRY: entry, "exported.js": exported} | given


def test_what_is_imported_stands_before_what_imports_it_and_once() -> None:
    sources = modules(
        b='import {\n  a,\n} from "./a.js";\nconst b = a;\n',
        a='import { c } from "./c.js";\nexport const a = c;\n',
        c="export const c = 1;\n",
    )
    assert in_order(sources) == ["exported.js", "c.js", "a.js", "b.js", ENTRY]
    for text in bundle(sources | {"forgotten.js": "export const z = 9;\n"}).values():
        assert re.findall(r"^const [abcz] = .*", text, re.MULTILINE) == ["const c = 1;", "const a = c;", "const b = a;"]


def test_modules_may_use_the_same_names_inside(tmp_path: Path) -> None:
    sources = modules(
        a="const same = 1;\nexport const a = () => same;\n",
        b='import { a } from "./a.js";\nconst same = 2;\nglobalThis.said = [a(), same];\n',
    )
    for name, text in bundle(sources).items():
        (tmp_path / name).write_text(text)
        assert node(f"await import('./{name}'); console.log(globalThis.said.join())", tmp_path) == "1,2"


def test_the_command_writes_both_files(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path / "new")]) == 0
    made = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()}
    assert made == bundle(read_sources())
    assert set(made) == CLASSIC_AND_MODULE


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err


def node(script: str, folder: Path) -> str:
    program = shutil.which("node")
    assert program, "Node.js is needed to test the widget: install the Debian package nodejs"
    ran = subprocess.run(
        [program, "--input-type=module", "-e", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_the_module_loads_where_there_is_no_browser(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path)]) == 0
    names = ", ".join(EXPORTS)
    said = f"import {{ {names} }} from './live-captions.mjs'; console.log([{names}].every(Boolean), CaptionFeed.name)"
    assert node(said, tmp_path) == "true CaptionFeed"


@pytest.mark.parametrize(
    ("sources", "fault"),
    [
        ({}, "imports live-captions-define.js, which is not there"),
        (modules(b='import { a } from "./a.js";\n'), "imports a.js, which is not there"),
        (modules(a="", b='import { a } from "./a.js";\n'), "b.js: imports a, which a.js does not export"),
        (modules(a='import { b } from "./b.js";\n', b='import { a } from "./a.js";\n'), "imports itself"),
        (modules(a='import { b } from "./b.js";\n', b="const b = 2;\n"), "a.js: imports b, which b.js does not export"),
        (modules(a="export const WORDS = 1;\n"), "WORDS: to be exported, but exported.js and a.js exports it"),
        (modules(a="export let a = 7;\n"), "cannot join"),
        (modules(a="export default 7;\n"), "cannot join"),
        (modules(b="", a='import * as all from "./b.js";\n'), "cannot join"),
        (modules() | {"exported.js": ""}, "CaptionFeed: to be exported, but no module"),
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
            route.removeprefix("/static/") in {*STATIC, *JOINED}
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
