"""`captiond check-config`, and how every command finds its configuration."""

import argparse
import os
from pathlib import Path

from captiond.config import load
from captiond.config_keys import Config
from captiond.config_rules import remarks


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


def run(args: argparse.Namespace) -> int:
    """0 where the configuration can be used; what is worth knowing is printed."""
    config = configured(args)
    for remark in remarks(config):
        print(f"note: {remark}")
    print("the configuration is valid")
    return 0
