"""`captiond check-config`, and how every command finds its configuration."""

import argparse
import asyncio
import os
import random
from pathlib import Path
from typing import Final

from captiond.base.errors import CaptiondError
from captiond.base.observe import NullAudit, NullMeter
from captiond.clock import SystemClock
from captiond.config import ConfigError, Fault, load
from captiond.config_keys import Config
from captiond.config_rules import remarks

CONNECT_TIMEOUT_S: Final = 30.0  # somebody waits at a terminal


def add_config_argument(parser: argparse.ArgumentParser) -> None:
    """`--config FILE`, alike in every command that reads the configuration."""
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help="TOML file ($CAPTIOND_CONFIG, else captiond.toml if it exists)"
    )


def configured(args: argparse.Namespace) -> Config:
    """The configuration of `--config` and the environment.

    Raises:
        ConfigError: with every fault.
    """
    return load(args.config, os.environ)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_config_argument(parser)
    parser.add_argument("--connect", action="store_true", help="ask Genesys for a token, too")


def run(args: argparse.Namespace) -> int:
    """0 where the configuration can be used (and Genesys gives a token for it); what is worth knowing is printed."""
    config = configured(args)
    for remark in remarks(config):
        print(f"note: {remark}")
    print("the configuration is valid")
    if args.connect:
        try:
            asyncio.run(_connect(config))
        except TimeoutError:
            raise CaptiondError(f"Genesys gave no token within {CONNECT_TIMEOUT_S:g} s") from None
        print("Genesys gives a token for it")
    return 0


async def _connect(config: Config) -> None:
    from captiond.genesys.client import Genesys  # noqa: PLC0415  (a check without --connect needs no HTTP client)
    from captiond.genesys.oauth import Credentials  # noqa: PLC0415  (as above)

    account = config.genesys
    if not account.client_id:
        raise ConfigError([Fault("genesys.client_id", "empty", "an OAuth client's id, for --connect")])
    credentials = Credentials(account.client_id, account.client_secret.get_secret_value(), account.scopes)
    async with (
        asyncio.timeout(CONNECT_TIMEOUT_S),
        Genesys(
            account.endpoints(),
            credentials,
            clock=SystemClock(),
            chance=random.SystemRandom(),
            meter=NullMeter(),
            audit=NullAudit(),
        ) as genesys,
    ):
        await genesys.token()
