"""Whether the core runs as machine code. One source serves both: setup.py compiles it where there is a compiler."""

import sys
from typing import Final

from captiond.core import normalise, redact  # brings in every module that setup.py compiles

_PACKAGE: Final = f"{redact.__name__}."
_OTHERS: Final = (normalise.__name__, "captiond.base.prefix")


def _is_compiled() -> bool:
    """Asks each module which setup.py compiles where it came from.

    Raises:
        ImportError: some are compiled and some are not: those are two versions, and one may leak what the other hides.
    """
    asked = [name for name in sys.modules if name.startswith(_PACKAGE) and "lexicons" not in name] + list(_OTHERS)
    found = {not str(sys.modules[name].__file__).endswith(".py") for name in asked}
    if len(found) != 1:
        raise ImportError("half of the core is compiled: install captiond anew")
    return found.pop()


COMPILED: Final = _is_compiled()
HOW: Final = "compiled" if COMPILED else "python"
