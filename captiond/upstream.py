"""The configured account of Genesys."""

import asyncio
import random

from captiond.base.observe import AuditSink, Clock, Meter
from captiond.config_keys import Config
from captiond.genesys.client import Genesys
from captiond.genesys.oauth import Credentials
from captiond.genesys.patience import Sleep


def upstream_of(
    config: Config, *, clock: Clock, meter: Meter, audit: AuditSink, sleep: Sleep = asyncio.sleep
) -> Genesys | None:
    """The account; None where none is configured. Whoever asked for it closes it."""
    account = config.genesys
    if not account.client_id:
        return None
    return Genesys(
        account.endpoints(),
        Credentials(account.client_id, account.client_secret.get_secret_value(), account.scopes),
        clock=clock,
        chance=random.SystemRandom(),
        meter=meter,
        audit=audit,
        sleep=sleep,
        calls_per_s=config.jobs.requests_per_s,
        reads_per_s=config.jobs.reads_per_s,
    )
