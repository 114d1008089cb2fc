"""Write a first `config.toml`: `sameday init`."""

from importlib.resources import files
from pathlib import Path

import click

from models.errors import ConfigurationError
from sameday.commands.options import takes_config


def example_config() -> str:
    """Return the commented example, the same as `config.toml` in the project's root."""
    return (files("sameday") / "config_example.toml").read_text(encoding="utf-8")


@click.command()
@takes_config
def init(config: Path) -> None:
    """Write a commented config file to start from; an existing one is never overwritten."""
    try:
        with config.open("x", encoding="utf-8") as file:
            file.write(example_config())
    except FileExistsError as error:
        message = f"{config} is there already. Give another name with --config, or move it away."
        raise ConfigurationError(message) from error
    except OSError as error:
        message = f"{config} can't be written: {error.strerror}. Check that the folder exists."
        raise ConfigurationError(message) from error
    click.echo(f"Wrote {config}. Fill it in, then run: sameday check --config {config}")
