"""Compare mailboxes with their servers, and keep the outcome where the panel shows it."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import structlog

from ingest.imap_connection import ImapConnection
from ingest.imap_errors import MailboxError
from ingest.reconcile import FolderAccount, MailboxReconciler
from models.db import ledger
from models.db.reconciling import Reconciled, save_reconciled
from models.errors import ConfigurationError
from sameday.service import Parts
from sameday.settings import WatchedMailbox

_FINDINGS_KEPT = 20

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxAccount:
    """A mailbox's folders with what became of each mail that its server holds."""

    watched: WatchedMailbox
    folders: tuple[FolderAccount, ...] = ()
    problem: str = ""
    """Why it could not be compared, or what is wrong with the choice of folders; or empty."""

    @property
    def held(self) -> int:
        """How many mails the server holds in the folders that are read."""
        return sum(folder.held for folder in self.folders)

    @property
    def accounted(self) -> int:
        """How many of them are accounted for."""
        return sum(folder.accounted for folder in self.folders)

    @property
    def is_sound(self) -> bool:
        """True when all is accounted for and nothing is given up."""
        return not self.problem and all(folder.is_sound for folder in self.folders)


def reconcile_mailbox(
    parts: Parts,
    watched: WatchedMailbox,
    on_open: Callable[[ImapConnection], None] = lambda _connection: None,
) -> MailboxAccount:
    """Compare one mailbox with its server, on a connection of its own; return what was found.

    `on_open` is told the connection, so that another thread can cut it. A failure of the mailbox is
    part of the result; StoreError is raised.
    """
    try:
        with closing(parts.open_mailbox(watched)) as connection:
            on_open(connection)
            reconciler = MailboxReconciler(
                store=parts.store,
                mailbox=watched.mailbox,
                connection=connection,
                clock=parts.clock,
            )
            folders, problem = reconciler.run()
    except (MailboxError, ConfigurationError) as error:
        return MailboxAccount(watched=watched, problem=str(error))
    return MailboxAccount(watched=watched, folders=folders, problem=problem)


def keep(parts: Parts, account: MailboxAccount) -> None:
    """Keep what was found where the panel shows it."""
    findings = [
        f"{folder.folder}: {finding.sentence}"
        for folder in account.folders
        for finding in folder.findings
    ]
    found = Reconciled(
        made_at=parts.clock(),
        held=account.held,
        accounted=account.accounted,
        quarantined=sum(folder.quarantined for folder in account.folders),
        findings=tuple(findings[:_FINDINGS_KEPT]),
        problem=account.problem,
    )
    with parts.store.write() as db:
        mailbox_id = ledger.ensure_mailbox(db, account.watched.mailbox.address)
        save_reconciled(db, mailbox_id, found)


class NightlyReconciliation:
    """Compares every mailbox in turn; a mailbox that fails keeps none of the others."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts; nothing happens yet."""
        self._parts = parts
        self._stopped = threading.Event()
        self._connection: ImapConnection | None = None

    def __call__(self) -> None:
        """Compare all mailboxes, and keep what was found."""
        for watched in self._parts.settings.mailboxes:
            account = reconcile_mailbox(self._parts, watched, self._note)
            self._connection = None
            if self._stopped.is_set():
                # Cut in the middle: what it found tells nothing.
                return
            keep(self._parts, account)
            _log.info(
                "mailbox_reconciled",
                held=account.held,
                accounted=account.accounted,
                sound=account.is_sound,
            )

    def stop(self) -> None:
        """End soon, even when a server does not answer."""
        self._stopped.set()
        connection = self._connection
        if connection is not None:
            connection.abort()

    def _note(self, connection: ImapConnection) -> None:
        self._connection = connection
        if self._stopped.is_set():
            connection.abort()
