"""Prove that nothing is lost: `sameday reconcile`."""

from contextlib import closing
from pathlib import Path

import click

from ingest.reconcile import FolderAccount
from sameday.commands.options import takes_config
from sameday.reconciling import MailboxAccount, keep, reconcile_mailbox
from sameday.service import Parts
from sameday.settings import load_settings


@click.command()
@takes_config
@click.pass_context
def reconcile(ctx: click.Context, config: Path) -> None:
    """Compare every mailbox with its server, UID by UID and mail by mail.

    Every mail on the server must be stored, pending, ignored with a reason, or quarantined. What is
    not is named, and swept: the next sync reads it. Nothing is changed on any server. Exit code 1
    if a mail was not accounted for, is quarantined, or a mailbox could not be compared.
    """
    with closing(Parts(load_settings(config))) as parts:
        accounts = []
        for watched in parts.settings.mailboxes:
            account = reconcile_mailbox(parts, watched)
            keep(parts, account)
            _tell(account)
            accounts.append(account)
    if not all(account.is_sound for account in accounts):
        ctx.exit(1)


def _tell(account: MailboxAccount) -> None:
    """Print a line for each folder, a line for each finding, and the sum."""
    address = account.watched.mailbox.address
    for folder in account.folders:
        click.echo(f"{address}, {folder.folder}: {_counts(folder)}")
        for finding in folder.findings:
            click.echo(f"  {finding.sentence}")
    if account.problem:
        click.echo(f"{address}: PROBLEM: {account.problem}")
    if any(folder.swept for folder in account.folders):
        click.echo(f"{address}: a sweep has entered what was found; run: sameday sync --once")
    click.echo(f"{address}: {account.accounted} of {account.held} accounted for")


def _counts(folder: FolderAccount) -> str:
    reasons = "; ".join(f"{count} {reason}" for reason, count in folder.ignored.items())
    ignored = sum(folder.ignored.values())
    return (
        f"server holds {folder.held}, accounted for {folder.accounted}: "
        f"stored {folder.stored}, pending {folder.pending}, "
        f"ignored {ignored}{f' ({reasons})' if reasons else ''}, quarantined {folder.quarantined}"
    )
