"""Share the options that several commands take."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorated = Callable[..., Any]

_config_option = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config.toml"),
    show_default=True,
    help="The settings file.",
)


def takes_config(command: Decorated) -> Decorated:
    """Give a command --config FILE."""
    return _config_option(command)
