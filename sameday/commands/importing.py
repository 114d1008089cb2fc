"""Bring mail from files into the store: `sameday import`."""

from contextlib import closing
from pathlib import Path

import click

from models.errors import ConfigurationError
from models.ids import Address
from sameday.commands.options import takes_config
from sameday.console import file_progress
from sameday.importing import Import, ImportReport
from sameday.service import Parts
from sameday.settings import load_settings


@click.command("import")
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--mailbox", "mailbox", metavar="ADDR", required=True, help="Whose mail it is, by address."
)
@click.option(
    "--folder",
    metavar="NAME",
    required=True,
    help="The folder to show it in, e.g. INBOX or Sent; the server's folder stays apart.",
)
@takes_config
@click.pass_context
def import_(
    ctx: click.Context, *, paths: tuple[Path, ...], mailbox: str, folder: str, config: Path
) -> None:
    """Read mail from .eml files, mbox files and Maildirs; folders are walked to the bottom.

    Nothing is copied twice: importing the same files again changes nothing. Exit code 1 if a file
    or a mail could not be read; the others are imported all the same.
    """
    address = Address(mailbox.strip().lower())
    if not folder.strip():
        message = "the folder needs a name"
        raise click.BadParameter(message, param_hint="--folder")
    settings = load_settings(config)
    if not settings.agency.is_ours(address):
        message = (
            f"{address} is no address of ours. Give --mailbox an address of agency.domains, "
            "[[people]] or [[mailboxes]]."
        )
        raise ConfigurationError(message)
    with closing(Parts(settings)) as parts:
        parts.follow_settings()
        with file_progress() as progress:
            report = Import(parts, address, folder.strip(), progress).run(paths)
    _tell(report, f"{address}, {folder.strip()}")
    if report.failures:
        ctx.exit(1)


def _tell(report: ImportReport, where: str) -> None:
    for failure in report.failures:
        click.echo(f"NOT IMPORTED: {failure}")
    counts = [f"{report.new} new"]
    if report.known:
        counts.append(f"{report.known} known already")
    if report.failures:
        counts.append(f"{len(report.failures)} could not be read")
    if report.passed_over:
        counts.append(f"{report.passed_over} other files passed over")
    click.echo(f"{where}: {', '.join(counts)}")
