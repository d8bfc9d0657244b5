"""Configuration: TOML, the environment over it, checked whole before anything starts. All faults at once.

The sections and keys are `captiond.config_keys`; here they are read, merged and checked against one another.
Source: contract, section 2.
"""

import errno
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from captiond.base.errors import CaptiondError
from captiond.config_keys import Config, is_list, is_secret
from captiond.config_rules import contradictions

PREFIX: Final = "CAPTIOND_"
NOT_KEYS: Final = frozenset({"CAPTIOND_CONFIG", "CAPTIOND_DEBUG"})  # variables of the command line itself
DEFAULT_PATH: Final = Path("captiond.toml")
MAX_FILE_BYTES: Final = 1_048_576  # a configuration is a few kB; a mistaken path may be anything
MAX_SECRET_BYTES: Final = 65_536
MAX_SHOWN_CHARS: Final = 120  # of a faulty value

Layer = dict[str, dict[str, Any]]
Sources = dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the key, its value as it may be shown, and what is allowed. `str()` is one line."""

    key: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.key}: {self.value}; allowed: {self.allowed}"


class ConfigError(CaptiondError):
    """The configuration cannot be used. `faults` holds every fault there is, in the order of the keys."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration: defaults, under the file, under the environment.

    Args:
        path: the file; None means `$CAPTIOND_CONFIG`, else `captiond.toml` of the working folder if it exists.
        environ: the environment, `CAPTIOND_SECTION__KEY`; lists are JSON or comma separated.
    Raises:
        ConfigError: with every fault of file, environment and secrets' files at once.
    """
    faults: list[Fault] = []
    path = path or (Path(environ["CAPTIOND_CONFIG"]) if environ.get("CAPTIOND_CONFIG") else None)
    if path is None and DEFAULT_PATH.is_file():
        path = DEFAULT_PATH
    sources: Sources = {}
    from_file = _known_keys(_read_toml(path, faults), faults, sources) if path is not None else {}
    from_environ = _known_keys(_read_environ(environ, faults, sources), faults, sources)
    given = {name: {**from_file.get(name, {}), **from_environ.get(name, {})} for name in Config.model_fields}
    config = _build(given, faults, sources)
    faulty = {fault.key.partition(" ")[0].removesuffix("_file") for fault in faults}
    for keys, value, allowed in contradictions(config):
        # A key that is faulty by itself stands at its default here: what follows from that would only confuse.
        if faulty.isdisjoint(keys):
            section, _, key = keys[0].partition(".")
            faults.append(Fault(_named(section, key, sources), value, allowed))
    if faults:
        raise ConfigError(faults)
    return config


# -- reading ---------------------------------------------------------------------------------------------------------


def _read_toml(path: Path, faults: list[Fault]) -> dict[str, Any]:
    try:
        content = _read_bounded(path, MAX_FILE_BYTES)
        return tomllib.loads(content.decode())
    except OSError as fault:
        faults.append(Fault("--config", f"{path}: {fault.strerror}", "a TOML file that can be read"))
    except UnicodeDecodeError:
        faults.append(Fault("--config", f"{path} is not UTF-8", "a TOML file"))
    except tomllib.TOMLDecodeError as fault:
        faults.append(Fault("--config", f"{path}: {fault}", "a TOML file"))
    return {}


def _read_bounded(path: Path, limit_bytes: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise OSError(errno.EFBIG, f"larger than {limit_bytes} bytes")
    return content


def _read_environ(environ: Mapping[str, str], faults: list[Fault], sources: Sources) -> dict[str, Any]:
    layer: Layer = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in NOT_KEYS:
            continue
        section, separator, key = variable.removeprefix(PREFIX).lower().partition("__")
        if not separator:
            faults.append(Fault(variable, "not a key", "CAPTIOND_SECTION__KEY, with two underscores between"))
            continue
        sources[section, key] = variable
        layer.setdefault(section, {})[key] = _from_text(section, key, environ[variable])
    return dict(layer)


def _from_text(section: str, key: str, text: str) -> Any:
    """What a variable means: text, or a list where the key is one. Numbers and booleans are pydantic's to read."""
    field = _field(section, key)
    if field is None or not is_list(field):
        return text
    if text.lstrip().startswith("["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text  # not a list: the check says so, with what is allowed
    return [item.strip() for item in text.split(",") if item.strip()]


def _known_keys(raw: Mapping[str, Any], faults: list[Fault], sources: Sources) -> Layer:
    """One layer with unknown names taken out (and told), and `*_file` keys replaced by what the files hold."""
    layer: Layer = {}
    for section, keys in raw.items():
        if section not in Config.model_fields:
            allowed = "the sections " + ", ".join(Config.model_fields)
            faults += [Fault(_named(section, key, sources), "unknown section", allowed) for key in _names(keys)]
        elif not isinstance(keys, dict):
            faults.append(Fault(section, "not a table", f"a table: [{section}]"))
        else:
            layer[section] = dict(_known_values(section, keys, faults, sources))
    return layer


def _names(keys: Any) -> list[str]:
    return list(keys) if isinstance(keys, dict) and keys else [""]


def _known_values(
    section: str, keys: Mapping[str, Any], faults: list[Fault], sources: Sources
) -> Iterator[tuple[str, Any]]:
    for key, value in keys.items():
        secret_key = key.removesuffix("_file")
        field = _field(section, secret_key)
        if key == secret_key or field is None or not is_secret(field):
            if _field(section, key) is None:
                faults.append(Fault(_named(section, key, sources), "unknown key", _key_names(section, key)))
            elif f"{key}_file" not in keys:
                yield key, value
            continue
        if keys.get(secret_key):
            faults.append(Fault(_named(section, key, sources), "set beside the secret itself", "one of the two"))
            continue
        try:
            content = _read_bounded(Path(str(value)), MAX_SECRET_BYTES).decode().strip()
        except (OSError, ValueError) as fault:
            # The path stays out: some put the secret itself there by mistake.
            said = fault.strerror if isinstance(fault, OSError) else "not UTF-8"
            faults.append(Fault(_named(section, key, sources), f"cannot be read ({said})", "the path of a file"))
            continue
        yield secret_key, content.split() if is_list(field) else content


def _key_names(section: str, wrong: str) -> str:
    model = Config.model_fields[section].annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    names = list(model.model_fields)
    near = get_close_matches(wrong, names, n=1)
    return f"{near[0]} (did you mean that?)" if near else ", ".join(names)


# -- checking --------------------------------------------------------------------------------------------------------


def _build(given: Layer, faults: list[Fault], sources: Sources) -> Config:
    """The checked configuration; each faulty key is told and stands at its default."""
    try:
        return Config.model_validate(given)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False):
            section, key = str(found["loc"][0]), str(found["loc"][1])
            if key not in given[section]:
                continue  # told already: a list's second faulty item
            field = _field(section, key)
            assert field is not None
            value = given[section].pop(key)
            faults.append(Fault(_named(section, key, sources), _shown(field, value), str(field.description)))
    return Config.model_validate(given)


def _shown(field: FieldInfo, value: Any) -> str:
    """A faulty value as it may stand on a terminal: bounded, on one line, a secret's never."""
    if is_secret(field):
        return "a secret that is not valid"
    text = value if isinstance(value, str) else _as_json(value)
    # Addresses may carry a password or a key.
    text = text.partition("?")[0]
    scheme, separator, rest = text.partition("://")
    if separator and "@" in rest:
        text = f"{scheme}://...@{rest.rpartition('@')[2]}"
    short = text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "..."
    return f'"{short.encode("unicode_escape").decode()}"' if isinstance(value, str) else short


def _as_json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _field(section: str, key: str) -> FieldInfo | None:
    found = Config.model_fields.get(section)
    if found is None or not (isinstance(found.annotation, type) and issubclass(found.annotation, BaseModel)):
        return None
    return found.annotation.model_fields.get(key)


def _named(section: str, key: str, sources: Sources) -> str:
    name = f"{section}.{key}" if key else section
    variable = sources.get((section, key))
    return f"{name} ({variable})" if variable else name
