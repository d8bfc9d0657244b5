"""The configuration's sections and keys: names, defaults, bounds, and in words what is allowed.

A key's description is what a fault line prints after "allowed:". Source: contract, section 2.
"""

import ipaddress
import re
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.fields import FieldInfo

from captiond.db.address import sqlite_path
from captiond.genesys.regions import Endpoints, endpoint_fault, resolve

KINDS: Final = ("CC", "CVV", "SSN", "PHONE", "EMAIL", "IBAN", "ACCOUNT", "DOB", "NATIONAL_ID")
DEFAULT_KINDS: Final = KINDS[:6]
_SHA256: Final = re.compile(r"sha256:[0-9a-fA-F]{64}")
_HOST: Final = re.compile(r"[A-Za-z0-9._:\-]{1,253}|\[[0-9a-fA-F:.]+\]")
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-fA-F:.]+\](:\d{1,5})?|\*")
_NAME: Final = re.compile(r"[A-Za-z0-9._:\-]{1,64}")
_MAX_ITEMS: Final = 1_000  # of a list; more is a mistake


def is_secret(field: FieldInfo) -> bool:
    """Whether a key's value must not be shown, and may be given as `KEY_file`."""
    return _holds_secret(field.annotation)


def _holds_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_holds_secret(inner) for inner in get_args(annotation))


def is_list(field: FieldInfo) -> bool:
    """Whether a key holds several values."""
    return get_origin(field.annotation) is tuple


def _not_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number, not true or false")
    return value


def _full(pattern: re.Pattern[str]) -> AfterValidator:
    def check(value: str) -> str:
        if pattern.fullmatch(value) is None:
            raise ValueError("not of the form")
        return value

    return AfterValidator(check)


def _address(scheme: str) -> AfterValidator:
    """An absolute address, or nothing. `scheme` in clear text is for this machine only."""

    def check(value: str) -> str:
        fault = endpoint_fault(value, scheme=scheme) if value else None
        if fault is not None:
            raise ValueError(fault)
        return value.rstrip("/")

    return AfterValidator(check)


def _usable_api_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    hashed = text.startswith("sha256:")
    if not text.isascii() or not text.isprintable() or " " in text or not text:
        raise ValueError("not a key")
    if hashed and _SHA256.fullmatch(text) is None:
        raise ValueError("not a hash")
    return value


def _database(value: str) -> str:
    sqlite_path(value)
    return value


def _network(value: str) -> str:
    ipaddress.ip_network(value)
    return value


Whole = Annotated[int, BeforeValidator(_not_boolean)]
Seconds = Annotated[float, BeforeValidator(_not_boolean)]
ApiKey = Annotated[SecretStr, AfterValidator(_usable_api_key)]
Name = Annotated[str, _full(_NAME)]
Https = Annotated[str, _address("http")]
HTTPS_SAYS: Final = "an https:// address (http:// only to this machine), or nothing"


def _whole(default: int, lowest: int, highest: int, unit: str = "") -> Any:
    allowed = f"a whole number from {lowest} to {highest}" + (f" ({unit})" if unit else "")
    return Field(default, ge=lowest, le=highest, description=allowed)


def _seconds(default: float, lowest: float, highest: float) -> Any:
    return Field(default, ge=lowest, le=highest, description=f"{lowest:g} to {highest:g} seconds")


def _text(allowed: str, default: str = "") -> Any:
    return Field(default, max_length=2_048, description=allowed)


def _hidden(allowed: str) -> Any:
    return Field(SecretStr(""), max_length=65_536, description=allowed)


def _several(allowed: str, default: tuple[str, ...] = (), least: int = 0) -> Any:
    return Field(default, min_length=least, max_length=_MAX_ITEMS, description=allowed)


class Section(BaseModel):
    """One table of the file: frozen, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Server(Section):
    """Where the daemon listens, and under which names it answers."""

    host: Annotated[str, _full(_HOST)] = _text("a host name or an IP address to listen on", "127.0.0.1")
    port: Whole = _whole(8787, 0, 65_535, "0: any free one")
    trusted_hosts: tuple[Annotated[str, _full(_HOST)], ...] = _several("a list of host names")
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = _several(
        'a list of addresses or networks like "10.0.0.5" or "10.0.0.0/8"'
    )


class Genesys(Section):
    """The upstream account, and what may be asked of it. Without a `client_id` nothing upstream can be followed."""

    profile: Literal["media", "notifications"] = Field(
        "media",
        description='"media", or "notifications" (the workflows only; live sessions of it are not available yet)',
    )
    region: Name = _text("a region of [genesys].regions", "us-east-1")
    login_url: Https = _text(HTTPS_SAYS)
    api_url: Https = _text(HTTPS_SAYS)
    stream_url: Annotated[str, _address("ws")] = _text("a wss:// address (ws:// only to this machine), or nothing")
    client_id: str = _text("the OAuth client's id, at most 2048 characters")
    client_secret: SecretStr = _hidden("the OAuth client's secret")
    scopes: tuple[Name, ...] = _several("a list of OAuth scopes")
    org_id: str = Field("", pattern=r"^[A-Za-z0-9\-]{0,63}$", description="letters, digits and dashes, at most 63")
    regions: tuple[Name, ...] = _several(
        "a list of AWS regions, at least one", ("us-east-1", "eu-west-1", "ap-southeast-2"), 1
    )
    codecs: tuple[Name, ...] = _several("a list of codecs, at least one", ("opus", "g729", "pcmu", "pcma"), 1)
    languages: tuple[Name, ...] = _several(
        "a list of language tags, at least one", ("en-US", "es-ES", "fr-FR", "de-DE"), 1
    )

    def endpoints(self) -> Endpoints:
        """The three addresses of the account: what is configured, else by organisation and region."""
        return resolve(
            region=self.region,
            login_url=self.login_url,
            api_url=self.api_url,
            stream_url=self.stream_url,
            org_id=self.org_id,
        )


class Auth(Section):
    """Who may control the daemon and who may watch."""

    api_keys: tuple[ApiKey, ...] = Field(
        (), max_length=_MAX_ITEMS, description='a list of keys: printable ASCII without spaces, or "sha256:" and 64 hex'
    )
    token_secret: SecretStr = _hidden("the secret that signs viewer tokens")
    jwks_url: Https = _text(HTTPS_SAYS)
    allowed_origins: tuple[Annotated[str, _full(_ORIGIN)], ...] = _several(
        'a list of origins like "https://example.com", without a path; or "*"'
    )
    public_sessions: bool = Field(False, description="true or false")


class Sessions(Section):
    """How many conversations, and how long their logs stay."""

    max_sessions: Whole = _whole(5_000, 1, 1_000_000)
    idle_end_s: Seconds = _seconds(3_600, 1, 604_800)
    retention_s: Seconds = _seconds(600, 0, 86_400)
    retention_messages: Whole = _whole(1_000, 1, 1_000_000)


class Viewers(Section):
    """How many viewers, and what one may cost."""

    max_connections: Whole = _whole(20_000, 1, 1_000_000)
    max_per_session: Whole = _whole(20_000, 1, 1_000_000)
    max_per_address: Whole = _whole(0, 0, 1_000_000, "0: 5000, and no limit for this machine's own addresses")
    new_per_address_s: Seconds = Field(100.0, ge=0.1, le=100_000, description="0.1 to 100000 a second, of one address")
    max_queued_bytes: Whole = _whole(131_072, 16_384, 67_108_864, "bytes for each viewer")


class Redaction(Section):
    """What is masked."""

    kinds: tuple[Literal["CC", "CVV", "SSN", "PHONE", "EMAIL", "IBAN", "ACCOUNT", "DOB", "NATIONAL_ID"], ...] = Field(
        DEFAULT_KINDS,
        max_length=_MAX_ITEMS,
        description="a list of " + ", ".join(KINDS),
    )


class Audit(Section):
    """Where the audit chain is."""

    path: str = Field("captiond-audit.jsonl", min_length=1, max_length=4_096, description="the path of a file")


class Database(Section):
    """Where transcripts are kept, and how long."""

    url: Annotated[str, AfterValidator(_database)] = _text(
        '"sqlite:///" and a path (four slashes: from the root); others are not available yet', "sqlite:///captiond.db"
    )
    transcript_days: Whole = _whole(30, 1, 36_500, "days")


class Jobs(Section):
    """The workflows beside the live path."""

    public_url: Https = _text(HTTPS_SAYS)
    webhook_secret: SecretStr = _hidden("the secret of callbacks")
    nlp_url: Https = _text(HTTPS_SAYS)
    compliance_url: Https = _text(HTTPS_SAYS)
    compliance_token: SecretStr = _hidden("the token of the compliance service")
    index_url: Https = _text(HTTPS_SAYS)
    analytics_url: Https = _text(HTTPS_SAYS)
    max_duration_s: Seconds = _seconds(1_800, 1, 604_800)
    codecs: tuple[Name, ...] = _several("a list of codecs", ("pcm", "mp3", "opus", "vorbis", "webm"), 1)
    formats: tuple[Name, ...] = _several("a list of file formats", ("wav", "mp3", "ogg", "webm"), 1)
    deadline_s: Seconds = _seconds(86_400, 1, 2_592_000)
    requests_per_s: Seconds = Field(
        10.0, ge=0.01, le=10_000, description="0.01 to 10000 a second, of all jobs together"
    )
    reads_per_s: Seconds = Field(
        100.0, ge=0.01, le=10_000, description="0.01 to 10000 a second, of messaging conversations"
    )
    fingerprint_secret: SecretStr = _hidden("the key of messages' fingerprints; empty: one of this database's own")
    poll_attempts: Whole = _whole(20, 1, 10_000)
    poll_base_s: Seconds = _seconds(2.0, 0.01, 3_600)
    chunk_bytes: Whole = _whole(8_192, 512, 16_777_216, "bytes")
    context_window: Whole = _whole(50, 0, 100_000, "messages")
    max_transcript_bytes: Whole = _whole(2_097_152, 1_024, 1_073_741_824, "bytes")


class Log(Section):
    """What stands on stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="debug, info, warning or error")
    format: Literal["auto", "json", "text"] = Field("auto", description="auto, json or text")


class Backplane(Section):
    """What joins several machines."""

    url: str = _text('"": one machine; several (redis://) are not available yet (not_available)')


class Config(Section):
    """The whole configuration, valid. Secrets show themselves as stars."""

    server: Server = Server()
    genesys: Genesys = Genesys()
    auth: Auth = Auth()
    sessions: Sessions = Sessions()
    viewers: Viewers = Viewers()
    redaction: Redaction = Redaction()
    audit: Audit = Audit()
    database: Database = Database()
    jobs: Jobs = Jobs()
    log: Log = Log()
    backplane: Backplane = Backplane()
