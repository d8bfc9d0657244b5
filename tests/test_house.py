"""The rules of the house that a machine can check, and that the repository's own promises hold."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import captiond
from captiond.cli import COMMANDS
from captiond.config import load
from captiond.config_keys import Config
from captiond.metrics import FIGURES

ROOT = Path(__file__).parents[1]
MAX_LINES = 400  # past that a file is split
NEVER_NAMED = {"utils", "helpers", "common", "models", "types"}
SECRETS = {"client_secret", "token_secret", "webhook_secret", "compliance_token"}


def sources(*folders: str, ending: str = "*.py") -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob(ending) if "node_modules" not in path.parts
    )


def tracked() -> list[Path]:
    """Files of the repository, whether committed yet or not; what .gitignore names is not looked at."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:  # an archive without git: look at the folders that the repository has
        return [
            path
            for name in ("captiond", "tests", "deploy", "docs")
            for path in (ROOT / name).rglob("*")
            if path.is_file()
        ]
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_files_are_short_enough_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources("captiond", "tests")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


def test_no_module_is_named_after_nothing() -> None:
    assert [path for path in sources("captiond", "tests") if path.stem in NEVER_NAMED] == []


def test_every_module_of_the_package_says_what_it_is() -> None:
    silent = [
        path for path in sources("captiond") if not path.read_text(encoding="utf-8").lstrip().startswith(('"""', "r"))
    ]
    assert silent == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    """Paths of one machine and hosts of package registries have no place here; written so that this file has none."""
    forbidden = re.compile(
        r"(?:^|[\s\"'(=])/(?:wor[k]|hom[e]/\w+|roo[t])/|pyp[i]\.org|pythonhoste[d]|npmj[s]\.(?:org|com)"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix not in {".png", ".woff2", ".ico"}
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if forbidden.search(line)
    ]
    assert found == []


# -- the configuration that is shipped -------------------------------------------------------------------------------

EXAMPLE = ROOT / "deploy" / "captiond.toml"


def test_the_example_names_every_key_with_its_default_or_as_a_file() -> None:
    """Commented-out keys count: an operator finds each in the file."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for name, section in Config.model_fields.items():
        assert f"\n[{name}]" in text, name
        body = text.partition(f"\n[{name}]")[2].partition("\n[")[0]
        model: Any = section.annotation
        for key in model.model_fields:
            assert re.search(rf"^(# )?{key}(_file)? = ", body, re.MULTILINE), f"{name}.{key}"


def test_the_example_is_valid_as_it_stands_and_with_every_comment_taken_off(tmp_path: Path) -> None:
    assert load(EXAMPLE, {}) is not None
    text = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    # Secrets' files are the operator's.
    secrets = "\n".join(line for line in text.splitlines() if not re.match(r"\w+_file = ", line))
    path = tmp_path / "all.toml"
    path.write_text(secrets)
    given = tomllib.loads(secrets)
    config = load(path, {f"CAPTIOND_GENESYS__{key}": "x" * 32 for key in ("CLIENT_ID", "CLIENT_SECRET")})
    for name, keys in given.items():
        for key, value in keys.items():
            ours = getattr(getattr(config, name), key)
            if key not in SECRETS and (name, key) != ("genesys", "client_id"):
                assert (list(ours) if isinstance(ours, tuple) else ours) == value, f"{name}.{key}"


# -- what the documents promise --------------------------------------------------------------------------------------


def test_every_figure_is_explained_to_operators() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [name for name in FIGURES if f"`{name}" not in text] == []


def test_the_readme_names_every_command_and_both_set_up_lines() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [command.name for command in COMMANDS if f"captiond {command.name}" not in text and command.module] == []
    assert "\ndeploy/demo\n" in text
    assert "\ntests/run\n" in text


@pytest.mark.parametrize("document", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_links_between_documents_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target]
    assert [target for target in targets if not ((ROOT / document).parent / target).exists()] == []


@pytest.mark.parametrize("script", ["tests/run", ".ci/run", "deploy/setup", "deploy/demo"])
def test_scripts_are_executable_and_parse(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


# -- what is deployed ------------------------------------------------------------------------------------------------


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """The daemon is not installed where tests run: any program stands for it, everything else is the unit's."""
    program = shutil.which("systemd-analyze")
    assert program, "the Debian package systemd is needed: it checks the unit file"
    text = (ROOT / "deploy" / "captiond.service").read_text(encoding="utf-8")
    unit = tmp_path / "captiond.service"
    unit.write_text(re.sub(r"^(Exec\w+=)\S+", r"\1/bin/true", text, flags=re.MULTILINE))
    checked = subprocess.run([program, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    ours = [line for line in checked.stderr.splitlines() if "captiond" in line]
    assert (checked.returncode, ours) == (0, []), checked.stderr


def test_the_image_runs_as_nobody_and_copies_what_is_there() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER (?!root|0\b)\S+", text, re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    assert copied
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name


def test_the_proxy_passes_both_transports_unbuffered() -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    bare = re.sub(r"#.*", "", text)
    assert bare.count("{") == bare.count("}")
    for directive in (
        r"proxy_http_version 1\.1;",
        r"proxy_set_header Upgrade \$http_upgrade;",
        r"proxy_buffering off;",
        r"proxy_read_timeout \d+[smh];",
        r"access_log .*without_query",
    ):
        assert re.search(directive, bare), directive
    assert all(line.strip().endswith((";", "{", "}", "'")) for line in bare.splitlines() if line.strip())


def test_nothing_compiled_lies_beside_the_source() -> None:
    """It would be found first, and hide what is edited: an old redactor that leaks."""
    assert Path(captiond.__file__).parents[1] == ROOT
    found = {path.relative_to(ROOT) for path in (ROOT / "captiond").rglob("*") if path.suffix in {".so", ".pyd", ".c"}}
    assert found == {Path("captiond/serve/batch.c")}  # which is source


@pytest.mark.parametrize("how", ["editable_wheel", "build_ext --inplace", "develop"])
def test_no_way_of_installing_compiles_in_place(how: str, tmp_path: Path) -> None:
    """An editable installation, or a build in place, brings no extension into the folder of the source."""
    (tmp_path / "captiond").symlink_to(ROOT / "captiond")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    code = (
        "import runpy, setuptools\n"
        "setuptools.setup = lambda **given: print(given['ext_modules'])\n"
        "runpy.run_path('setup.py')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *how.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.returncode) == ("[]\n", 0), ran.stderr


# -- the rules of the tests themselves -------------------------------------------------------------------------------


def mini_repository(folder: Path, test: str) -> "subprocess.CompletedProcess[str]":
    """A folder with our conftest and one test file, without shared data; run by pytest in a process of its own."""
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests" / "conftest.py")
    (folder / "tests" / "test_it.py").write_text(test)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    shared: x\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},  # what is installed may be another core
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_shared_data_a_run_says_what_it_left_out(tmp_path: Path) -> None:
    test = "import pytest\n@pytest.mark.shared\ndef test_a(): assert False\ndef test_b(): pass\n"
    ended = mini_repository(tmp_path, test)
    assert ended.returncode == 0, ended.stdout
    assert "LEFT OUT" in ended.stdout
    assert "1 tests were left out" in ended.stdout
    assert "1 passed" in ended.stdout


def test_a_test_that_skips_itself_fails_the_run(tmp_path: Path) -> None:
    ended = mini_repository(tmp_path, "import pytest\ndef test_a(): pytest.skip('not today')\ndef test_b(): pass\n")
    assert ended.returncode == 1
    assert "counts as a failure here: tests/test_it.py::test_a" in ended.stdout
