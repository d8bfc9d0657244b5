"""Where the database is: the address of the configuration to a path. Pure."""

from typing import Final

_PREFIX: Final = "sqlite:///"


def sqlite_path(url: str) -> str:
    """The file that `sqlite:///PATH` names: relative to the working folder, or from the root with a fourth slash.

    Raises:
        ValueError: another kind of address, or no path.
    """
    path = url.removeprefix(_PREFIX)
    if path == url or not path or "\0" in path or "?" in path:
        raise ValueError("only sqlite:///PATH is available for now")
    return path
