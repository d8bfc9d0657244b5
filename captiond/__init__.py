"""captiond: live captions from Genesys Cloud, private and complete. Start reading at docs/design.md.

For programs (docs/library.md): captions of a running daemon, the live path without one, and the workflows. The names
below are loaded when they are first used, so importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from captiond.base.errors import CaptiondError
    from captiond.config import ConfigError
    from captiond.config import load as load_config
    from captiond.core.messages import Gap
    from captiond.embedded import OpenCaptions, open_captions
    from captiond.following import follow_captions, read_audit, read_figures
    from captiond.heard import Caption, Captions, CaptionsFailed, Missed, Retraction, StateChange
    from captiond.library import JobFailed, OpenWorkflows, open_workflows

__version__ = "0.1.0"

__all__ = [
    "Caption",
    "CaptiondError",
    "Captions",
    "CaptionsFailed",
    "ConfigError",
    "Gap",
    "JobFailed",
    "Missed",
    "OpenCaptions",
    "OpenWorkflows",
    "Retraction",
    "StateChange",
    "follow_captions",
    "load_config",
    "open_captions",
    "open_workflows",
    "read_audit",
    "read_figures",
]

_WHERE: Final[dict[str, tuple[str, str]]] = {
    **{name: ("captiond.heard", name) for name in ("Caption", "Captions", "CaptionsFailed", "Missed")},
    **{name: ("captiond.heard", name) for name in ("Retraction", "StateChange")},
    **{name: ("captiond.following", name) for name in ("follow_captions", "read_audit", "read_figures")},
    **{name: ("captiond.embedded", name) for name in ("OpenCaptions", "open_captions")},
    **{name: ("captiond.library", name) for name in ("JobFailed", "OpenWorkflows", "open_workflows")},
    "CaptiondError": ("captiond.base.errors", "CaptiondError"),
    "ConfigError": ("captiond.config", "ConfigError"),
    "Gap": ("captiond.core.messages", "Gap"),
    "load_config": ("captiond.config", "load"),
}


def __getattr__(name: str) -> Any:
    """A public name, loaded now."""
    if name not in _WHERE:
        raise AttributeError(f"module 'captiond' has no attribute {name!r}")
    module, attribute = _WHERE[name]
    found = globals()[name] = getattr(import_module(module), attribute)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
