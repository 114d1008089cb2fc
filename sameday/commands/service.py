"""Keep watching: `sameday run`, and `sameday demo` with everything embedded."""

import signal
import socket
import sys
import threading
from contextlib import closing
from pathlib import Path

import click

from models.db.logins import any_login
from sameday.commands.options import takes_config
from sameday.demo.demo import check_demo, run_demo
from sameday.exporting import as_line
from sameday.running import Service
from sameday.service import Parts
from sameday.settings import load_settings

_USUAL_PORT = 8025


@click.command()
@takes_config
def run(config: Path) -> None:
    """Watch the mailboxes, keep the schedule and serve the panel, until ctrl-C."""
    with closing(Parts(load_settings(config))) as parts:
        service = Service(parts)
        parts.follow_settings()
        with service:
            click.echo(f"The panel is at {service.panel_url}")
            click.echo(f"Watching {len(parts.settings.mailboxes)} mailboxes. Ctrl-C ends it.")
            with parts.store.read() as db:
                nobody = not any_login(db)
            if nobody:
                click.echo("Nobody can sign in yet. Run: sameday user add EMAIL --role admin")
            wait_for_the_end()
            click.echo("Stopping.", err=True)


@click.command()
@click.option("--check", is_flag=True, help="Start, look at the panel, print one line, and end.")
@click.option(
    "--port", type=int, help="Port of the panel; without it 8025 if that is free, else any other."
)
def demo(*, check: bool, port: int | None) -> None:
    """Show everything on a made-up agency, with a mail server of its own and no set-up.

    Nothing is left behind after ctrl-C.
    """
    if check:
        click.echo(as_line(check_demo()))
        return
    run_demo(_usual_port() if port is None else port, wait_for_the_end)


def _usual_port() -> int:
    """Return the port that people expect, or 0 (any) when another program has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", _USUAL_PORT))
        except OSError:
            return 0
    return _USUAL_PORT


def wait_for_the_end() -> None:
    """Return at ctrl-C or when the system asks us to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    if sys.stdout.isatty():
        click.echo()
