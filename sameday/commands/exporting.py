"""Print what is known as JSON Lines: `sameday export`."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from sameday import exporting
from sameday.commands.options import takes_config
from sameday.service import Parts
from sameday.settings import load_settings


@click.group()
def export() -> None:
    """Print messages, threads or obligations, one JSON object a line."""


@export.command()
@takes_config
def messages(config: Path) -> None:
    """Print every message with its copies and verdicts."""
    with closing(Parts(load_settings(config))) as parts:
        parts.follow_settings()
        _print(exporting.message_rows(parts.store))


@export.command()
@takes_config
def threads(config: Path) -> None:
    """Print every thread with its account and messages."""
    with closing(Parts(load_settings(config))) as parts:
        parts.follow_settings()
        _print(exporting.thread_rows(parts.store))


@export.command()
@click.option(
    "--as-of",
    metavar="TIME",
    help="Fold only what had happened by then, e.g. 2026-04-24T19:00+03:00 "
    "(without an offset: in the agency's zone).",
)
@takes_config
def obligations(as_of: str | None, config: Path) -> None:
    """Print what is and was owed to clients, and why."""
    settings = load_settings(config)
    with closing(Parts(settings)) as parts:
        parts.follow_settings()
        instant = _instant(as_of, settings.agency.zone) if as_of else None
        _print(exporting.obligation_rows(parts.store, parts.judge, instant))


def _instant(text: str, zone: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no ISO 8601 time, e.g. 2026-04-24T19:00+03:00"
        raise click.BadParameter(message, param_hint="--as-of") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(zone))


def _print(rows: Iterator[exporting.Row]) -> None:
    for row in rows:
        click.echo(exporting.as_line(row))
