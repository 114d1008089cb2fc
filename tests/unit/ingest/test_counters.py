"""What the watchers do is counted per mailbox, from any thread."""

import threading

from ingest.counters import Counters
from models.ids import Address
from models.mailboxes import MailboxCounts

ANNA, HELLO = Address("anna@studio.example"), Address("hello@studio.example")


def test_each_mailbox_is_counted_for_itself() -> None:
    counters = Counters()
    counters.logged_in(HELLO)
    counters.logged_in(HELLO)
    counters.hung_up(HELLO)
    counters.read(HELLO, 5)
    counters.failed(ANNA, "LoginRefused")
    counters.failed(ANNA, "MailNotRead", 0)
    assert counters.snapshot() == (
        MailboxCounts(address=ANNA, failures={"LoginRefused": 1}),
        MailboxCounts(address=HELLO, mails_read=5, logins=2, open_connections=1),
    )


def test_no_count_of_any_thread_is_lost() -> None:
    counters = Counters()

    def count() -> None:
        for _ in range(500):
            counters.read(HELLO, 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.snapshot()[0].mails_read == 2000
