"""Look at mailboxes: `sameday check` and `sameday sync --once`."""

from contextlib import closing
from pathlib import Path

import click

from ingest.access_tokens import AccessTokens
from ingest.folders import choose_folders
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import MailboxError
from models.errors import StoreError
from models.mailboxes import MonitoredFolder
from sameday.commands.options import takes_config
from sameday.console import mailbox_progress
from sameday.opening import TokenStore, access_tokens, open_connection
from sameday.service import Parts, SyncOutcome, system_clock
from sameday.settings import WatchedMailbox, load_settings

_SHOWN_CAPABILITIES = ("IDLE", "SPECIAL-USE", "CONDSTORE", "MOVE", "UIDPLUS", "X-GM-EXT-1")


@click.command()
@takes_config
@click.pass_context
def check(ctx: click.Context, config: Path) -> None:
    """Say for each mailbox whether it can be read, and which folder is Sent.

    No mail is stored and nothing is changed on any server; only a sign-in that is renewed on the
    way is kept. Exit code 1 if a mailbox has a problem.
    """
    settings = load_settings(config)
    click.echo(f"{config}: settings ok, mailboxes: {len(settings.mailboxes)}")
    with closing(TokenStore(settings)) as store:
        tokens = access_tokens(settings, store, system_clock)
        problems = [_check_mailbox(watched, tokens) for watched in settings.mailboxes]
    if any(problems):
        ctx.exit(1)


def _check_mailbox(watched: WatchedMailbox, tokens: AccessTokens) -> str:
    """Print what a mailbox is like; return what is wrong with it, or ""."""
    mailbox = watched.mailbox
    click.echo(f"\n{mailbox.address} on {mailbox.host}:{mailbox.port}")
    try:
        with closing(open_connection(watched, tokens)) as connection:
            problem = _describe(watched, connection)
    except (MailboxError, StoreError) as error:
        problem = str(error)
    if problem:
        click.echo(f"  PROBLEM       {problem}")
    return problem


def _describe(watched: WatchedMailbox, connection: ImapConnection) -> str:
    click.echo("  login         ok")
    listed = connection.list_folders()
    click.echo(f"  folders       {', '.join(folder.name for folder in listed)}")
    chosen, problem = choose_folders(listed, watched.mailbox)
    for folder in chosen:
        click.echo(f"  {folder.role.value + ' is':<13} {_state_of(folder, connection)}")
    known = [c for c in _SHOWN_CAPABILITIES if c in connection.capabilities]
    push = "new mail rings at once" if connection.can_idle else "new mail is asked for every minute"
    click.echo(f"  capabilities  {', '.join(known) or 'none of the known'} ({push})")
    return problem


def _state_of(folder: MonitoredFolder, connection: ImapConnection) -> str:
    examined = connection.examine(folder.raw_name)
    return f"{folder.name} ({folder.reason}; next UID {examined.uidnext})"


@click.command()
@click.option("--once", is_flag=True, help="Read everything there is now, then end.")
@takes_config
@click.pass_context
def sync(ctx: click.Context, *, once: bool, config: Path) -> None:
    """Read INBOX and Sent of every mailbox to the end, read-only.

    What was read before is not read again. Exit code 1 if a mailbox could not be read to the end.
    """
    if not once:
        message = "say --once; to keep reading and to serve the panel, use: sameday run"
        raise click.UsageError(message)
    with closing(Parts(load_settings(config))) as parts:
        parts.follow_settings()
        with mailbox_progress() as progress:
            outcomes = parts.sync_all(progress)
    for outcome in outcomes:
        click.echo(_sentence(outcome))
    if any(outcome.problem or outcome.quarantined for outcome in outcomes):
        ctx.exit(1)


def _sentence(outcome: SyncOutcome) -> str:
    parts = [f"{outcome.read} new"]
    if outcome.quarantined:
        parts.append(f"{outcome.quarantined} quarantined (see Mailboxes on the panel)")
    if outcome.problem:
        parts.append(f"PROBLEM: {outcome.problem}")
    return f"{outcome.address}: {', '.join(parts)}"
