"""A line that breaks while a folder is opened says nothing against the folder."""

import pytest

from ingest.imap_errors import TransientFailure
from models.db.store import Store
from sameday.demo.imap_faults import HangUp
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.watched_mailbox import ALL, PASSWORD, USER, Faults, append, stored, sync_at


def test_an_inbox_whose_opening_broke_three_times_is_read_as_soon_as_the_line_holds(
    store: Store,
) -> None:
    """Else three resets in a row would leave the mailbox dark for six hours."""
    mail, faults = MailStore(), Faults()
    mail.add_user(USER, PASSWORD)
    mail.add_folder(USER, "Sent", "\\Sent")
    for name in ALL:
        append(mail, name)
    with EmbeddedImapServer(mail, script=faults) as server:
        sync = sync_at(server.port, store)
        faults.each("EXAMINE", HangUp(reset=True))
        for _ in range(3):
            with pytest.raises(TransientFailure):
                sync.run_pass()
            sync.disconnect()
        faults.heal()
        report = sync.run_pass()
        sync.disconnect()
    assert report.problem == ""
    assert stored(store) == ALL
