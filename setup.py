"""Compiles the core with mypyc and the loop that sends captions, where there is a compiler; all else about the package
is in pyproject.toml.

The environment decides: BUILD_CORE=compiled fails where it cannot be compiled, BUILD_CORE=python does not try.
Without it, an installation that cannot be compiled is the same Python, only slower; `captiond --version` says which.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

CHOICE: Final = os.environ.get("BUILD_CORE", "")
BUILD: Final = Path("build")
# Only what is installed elsewhere is compiled: an extension beside the source would hide what is edited there, and an
# old redactor is a leak. So never in an editable installation, nor in place.
BUILDING: Final = not {"bdist_wheel", "build", "install"}.isdisjoint(sys.argv)

if CHOICE not in {"", "compiled", "python"}:
    sys.exit(f"setup.py: BUILD_CORE={CHOICE!r}: should be compiled, python, or not set")


class BuildCore(build_ext):
    """All modules or none: half a core would be two versions of one redactor."""

    def run(self) -> None:
        """Builds, or leaves nothing behind.

        Raises:
            CCompilerError, BaseError: it cannot be compiled, and has to be.
        """
        if self.inplace or self.editable_mode:
            sys.exit("setup.py: the core is not compiled in place: what is compiled hides what is edited")
        try:
            super().run()
        except (CCompilerError, BaseError) as fault:
            if CHOICE == "compiled":
                raise
            slower(str(fault))
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions = []
            self.distribution.ext_modules = []


def sources() -> list[str]:
    """What is compiled: the redactor without its tables, and what it is made of.

    Packages' own files are left out: they only name things, and so that they can be imported from either.
    """
    redact = [path for path in Path("captiond/core/redact").glob("*.py") if path.name != "__init__.py"]
    return sorted(map(str, (*redact, Path("captiond/core/normalise.py"), Path("captiond/base/prefix.py"))))


def slower(why: str) -> None:
    """Says that the core is not compiled."""
    print(f"setup.py: WARNING: the core is not compiled and will be slower: {why}", file=sys.stderr)  # noqa: T201


# Half of what the core does is calls into the interpreter's library and into itself: without a detour for each, an
# eighth of the time is gone (captiond bench core).
DIRECT_CALLS = ["-fno-plt", "-fno-semantic-interposition", "-fvisibility=hidden"]


def extensions() -> list[Extension]:
    """The core in C; nothing where it is not wanted or mypyc is not there or does not take it."""
    if not BUILDING or CHOICE == "python":
        return []
    try:
        from mypyc.build import mypycify  # noqa: PLC0415  # as the sentence above says
    except ImportError as fault:
        if CHOICE == "compiled":
            raise
        slower(str(fault))
        return []
    try:
        # Without this repository's configuration: its plugins are for what is not compiled. That is looked at no
        # further than for its types: an isolated build has none of the libraries that it imports.
        options = ["--config-file=", "--strict", "--follow-imports=silent"]
        modules = list(mypycify([*options, *sources()], opt_level="3", debug_level="0"))
    except SystemExit as fault:
        if CHOICE == "compiled":
            raise
        slower(f"mypyc: {fault}")
        return []
    if sys.platform == "linux":
        for module in modules:
            module.extra_compile_args += DIRECT_CALLS
            module.extra_link_args += ["-Wl,-Bsymbolic"]
        modules.append(Extension("captiond.serve._batch", ["captiond/serve/batch.c"]))
    return modules


if BUILDING:
    for left in BUILD.glob("lib*"):  # of an earlier build: what is there is installed, whether it still exists or not
        shutil.rmtree(left)

setup(ext_modules=extensions(), cmdclass={"build_ext": BuildCore})
