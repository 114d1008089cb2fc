"""Imported mail makes no mailbox fresh and none dark, and silence in it alone is final."""

import pytest

from models.db import ledger
from models.db.freshness import NOTHING_CAN_COME, mailbox_fences, thread_fence
from models.db.imports import ensure_import_folder, place_imported
from models.db.messages import save_message
from models.db.store import Store, Transaction
from models.ids import Address, ThreadId
from models.mailboxes import FolderRole, MonitoredFolder
from tests.mails import MONDAY_NOON, raw_mail, read_mail

HELLO = Address("hello@studio.example")
FOLDERS = [
    MonitoredFolder(name="INBOX", raw_name=b"INBOX", role=FolderRole.INBOX, reason=""),
    MonitoredFolder(name="Sent", raw_name=b"Sent", role=FolderRole.SENT, reason=""),
]


def import_one(db: Transaction) -> ThreadId:
    """Import a mail into the mailbox; return its thread."""
    mailbox = ledger.ensure_mailbox(db, HELLO)
    folder = ensure_import_folder(db, mailbox, "INBOX", FolderRole.INBOX)
    pk, thread = save_message(db, read_mail("a@acme.example"), raw_mail(None), MONDAY_NOON)
    assert place_imported(db, folder, pk, 100, MONDAY_NOON)
    return thread


def watch(db: Transaction, *, read: bool) -> int:
    """Say that the mailbox is read from a server; return its row."""
    mailbox = ledger.ensure_mailbox(db, HELLO)
    for cursor in ledger.save_folders(db, mailbox, FOLDERS, MONDAY_NOON):
        if read:
            ledger.mark_pass_ok(db, cursor.id, MONDAY_NOON)
    return mailbox


def test_where_only_files_were_imported_nothing_more_can_come(store: Store) -> None:
    with store.write() as db:
        assert thread_fence(db, import_one(db)) == NOTHING_CAN_COME
        assert mailbox_fences(db) == {}


@pytest.mark.parametrize("read", [True, False], ids=["read to the end", "never read"])
def test_imported_mail_of_a_watched_mailbox_waits_for_the_server(store: Store, read: bool) -> None:
    with store.write() as db:
        thread = import_one(db)
        mailbox = watch(db, read=read)
        fence = MONDAY_NOON if read else None
        assert mailbox_fences(db) == {mailbox: fence}
        assert thread_fence(db, thread) == fence


def test_a_thread_that_lies_nowhere_proves_nothing(store: Store) -> None:
    with store.write() as db:
        _, thread = save_message(db, read_mail("a@acme.example"), raw_mail(), MONDAY_NOON)
        assert thread_fence(db, thread) is None


def test_no_pass_looks_at_an_import_folder_or_misses_it(store: Store) -> None:
    with store.write() as db:
        import_one(db)
        mailbox = watch(db, read=True)
        names = [cursor.raw_name for cursor in ledger.folder_cursors(db, mailbox)]
        assert names == [b"INBOX", b"Sent"]
        again = ensure_import_folder(db, mailbox, "INBOX", FolderRole.INBOX)
        assert again not in [cursor.id for cursor in ledger.folder_cursors(db, mailbox)]
