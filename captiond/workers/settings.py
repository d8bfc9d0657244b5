"""What a relay needs of the configuration: no more than that, over the link, never on a command line. Pure.

Upstream's credentials, the database and the audit stay with the head.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from captiond.config_keys import Config
from captiond.hub.limits import Limits
from captiond.serve.access import Rules
from captiond.workers.frames import LinkFault


@dataclass(frozen=True, slots=True)
class Settings:
    """One relay's.

    Attributes:
        worker: its number.
        token_secret, jwks_url, throwaway: see `serve.access.configure`.
        per_address: 0 where none is configured; see `serve.seats`.
    """

    worker: int
    log_level: str
    log_layout: str
    rules: Rules
    token_secret: str
    jwks_url: str
    throwaway: str
    trusted_proxies: tuple[str, ...]
    per_address: int
    limits: Limits

    def __repr__(self) -> str:
        return f"<Settings worker={self.worker}>"

    def told(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def settings_for(config: Config, *, worker: int, limits: Limits, throwaway: str) -> Settings:
    """What worker `worker` is told."""
    auth = config.auth
    return Settings(
        worker=worker,
        log_level=config.log.level,
        log_layout=config.log.format,
        rules=rules_of(config),
        token_secret=auth.token_secret.get_secret_value(),
        jwks_url=auth.jwks_url,
        throwaway=throwaway,
        trusted_proxies=config.server.trusted_proxies,
        per_address=config.viewers.max_per_address,
        limits=limits,
    )


def rules_of(config: Config) -> Rules:
    """`[auth]` and the hosts, with API keys as digests: whoever compares them needs no more."""
    auth = config.auth
    return Rules(
        api_keys=tuple(_digest(key.get_secret_value()) for key in auth.api_keys),
        allowed_origins=auth.allowed_origins,
        public_sessions=auth.public_sessions,
        trusted_hosts=config.server.trusted_hosts,
    )


def parse_settings(told: Any) -> Settings:
    """What `Settings.told` says, read again.

    Raises:
        LinkFault: it is not what this version tells.
    """
    try:
        rules: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in told["rules"].items()
        }
        return Settings(
            **{
                **told,
                "rules": Rules(**rules),
                "limits": Limits(**told["limits"]),
                "trusted_proxies": tuple(told["trusted_proxies"]),
            }
        )
    except (KeyError, TypeError, AttributeError):
        raise LinkFault("settings are not what the head tells") from None


def _digest(key: str) -> str:
    return key if key.startswith("sha256:") else f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"
