"""Put the command line together, and end every foreseen failure with one sentence.

Exit codes (DESIGN.md section 6): 0 ok, 1 found problems, 2 usage or configuration error.
"""

from typing import Any

import click

from ingest.imap_errors import MailboxError
from models.errors import SamedayError
from sameday.commands import (
    classifying,
    exporting,
    history,
    importing,
    mailboxes,
    people,
    reconciling,
    service,
    setting_up,
)
from sameday.console import configure_logging

_FOUND_PROBLEMS = 1
_CANNOT_START = 2


class Failure(click.ClickException):
    """A failure of ours as click shows it: one sentence on stderr and an exit code."""

    def __init__(self, error: SamedayError) -> None:
        """Take the sentence; a mailbox's failure is a found problem, all else a wrong set-up."""
        super().__init__(str(error))
        found = isinstance(error, MailboxError)
        self.exit_code: int = _FOUND_PROBLEMS if found else _CANNOT_START  # type: ignore[misc]
        # click declares it as a class variable and reads it from the instance.

    def show(self, file: Any = None) -> None:
        """Print the sentence, without click's "Error:" before every line."""
        click.echo(f"sameday: {self.message}", file=file, err=True)


class Commands(click.Group):
    """A group whose commands may raise any SamedayError."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SamedayError as error:
            raise Failure(error) from error

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order in which a newcomer needs them."""
        return list(self.commands)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sameday")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens, on standard error.")
def main(*, verbose: bool) -> None:
    """Watch an agency's mailboxes over IMAP, read-only, so that no client waits.

    Every command reads config.toml in the current folder, or the file given with --config. Exit
    codes: 0 ok, 1 problems were found, 2 wrong usage or configuration.
    """
    configure_logging(verbose=verbose)


for command in (
    service.demo,
    setting_up.init,
    mailboxes.check,
    mailboxes.sync,
    service.run,
    importing.import_,
    reconciling.reconcile,
    people.user,
    exporting.export,
    history.recompute,
    classifying.classify,
):
    main.add_command(command)
