"""Judge history again: `sameday recompute`."""

from contextlib import closing
from pathlib import Path

import click

from sameday.commands.options import takes_config
from sameday.service import Parts
from sameday.settings import load_settings


@click.command()
@takes_config
def recompute(config: Path) -> None:
    """Read every stored mail again and fold every thread again, without asking any server.

    Changed settings do this by themselves; this is for the doubt whether they did.
    """
    with closing(Parts(load_settings(config))) as parts:
        count = parts.judge_all_again()
    click.echo(f"{count} messages read again, every thread folded again.")
