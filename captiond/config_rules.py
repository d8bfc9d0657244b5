"""What must hold between the keys of a configuration, and what its operator should know. Pure."""

from collections.abc import Iterator
from typing import Final

from captiond.config_keys import Config
from captiond.genesys.regions import DOMAINS, is_loopback

LEAST_SECRET_BYTES: Final = 32  # RFC 7518, section 3.2: an HS256 key is at least as long as the hash

Contradiction = tuple[
    tuple[str, ...], str, str
]  # the keys it hangs on (the first is at fault), the value, what is allowed


def contradictions(config: Config) -> Iterator[Contradiction]:
    """Where valid keys do not fit together. Each hangs on several keys; the first is the one to name."""
    genesys, auth = config.genesys, config.auth
    if not is_loopback(config.server.host.strip("[]")) and not auth.api_keys:
        allowed = "127.0.0.1, ::1 or localhost; any other host once auth.api_keys is set"
        yield ("server.host", "auth.api_keys"), f'"{config.server.host}"', allowed
    if genesys.region not in genesys.regions:
        yield ("genesys.region", "genesys.regions"), f'"{genesys.region}"', ", ".join(genesys.regions)
    unknown = [region for region in genesys.regions if region not in DOMAINS]  # genesys.region must be one of them
    if unknown:
        yield (
            ("genesys.regions",),
            f'"{unknown[0]}"',
            "regions of Genesys Cloud: " + ", ".join(DOMAINS),
        )
    if bool(genesys.client_id) != bool(genesys.client_secret):
        missing = "client_secret" if genesys.client_id else "client_id"
        yield (f"genesys.{missing}", "genesys.client_id", "genesys.client_secret"), "empty", "both or neither"
    if config.backplane.url:
        # The address may hold a password.
        yield ("backplane.url",), "several machines are not available yet (not_available)", '""'


def remarks(config: Config) -> Iterator[str]:
    """What is allowed, and yet worth a line at start: one sentence each, no secrets."""
    if not config.genesys.client_id:
        yield "genesys.client_id is empty: no conversation of Genesys can be captioned"
    if config.genesys.profile == "notifications":
        yield 'genesys.profile is "notifications": it is for the workflows; live sessions of it are not available yet'
    secret_bytes = len(config.auth.token_secret.get_secret_value().encode())
    if 0 < secret_bytes < LEAST_SECRET_BYTES:
        yield f"auth.token_secret has {secret_bytes} bytes: with fewer than {LEAST_SECRET_BYTES} tokens can be forged"
    if config.auth.public_sessions:
        yield "auth.public_sessions is true: whoever reaches the daemon sees every caption"
    if config.jobs.public_url and not config.jobs.webhook_secret:
        yield "jobs.webhook_secret is empty: callbacks are taken from this machine only"
    if "*" in config.auth.allowed_origins:
        yield 'auth.allowed_origins holds "*": pages of any site may ask for captions'
    if not config.redaction.kinds:
        yield "redaction.kinds is empty: only masks without a kind remain"
