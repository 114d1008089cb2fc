"""A server that refuses a detail of one large mail keeps back neither that mail nor any other."""

from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from ingest.imap_errors import MailboxError
from ingest.sync import MailboxSync
from models.db.store import Store
from sameday.demo.imap_faults import ClientCommand, Fault, RawReply, Refuse
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.watched_mailbox import ALL, NOW, PASSWORD, USER, Faults, append, states, stored, sync_at

REFUSALS = [
    Refuse(text="no such thing"),
    Refuse(text="[SERVERBUG] internal error"),
    RawReply(content=b"* 1 FETCH (UID\r\n<tag> OK done\r\n"),
]


def _text_behind_an_attachment() -> bytes:
    """Return a mail whose first 64 KB hold no text."""
    mail = EmailMessage()
    mail["Message-ID"], mail["Subject"] = "<big@x.example>", "big"
    mail.make_mixed()
    mail.add_attachment(b"x" * 200_000, maintype="application", subtype="pdf", filename="a.pdf")
    text = EmailMessage()
    text.set_content("See above.")
    mail.attach(text)
    return mail.as_bytes()


@pytest.fixture
def faults() -> Faults:
    """Return a script that lets everything pass until told otherwise."""
    return Faults()


@pytest.fixture
def sync(faults: Faults, store: Store) -> Iterator[MailboxSync]:
    """Yield the sync of a mailbox that holds a large mail among six small ones."""
    mail = MailStore()
    mail.add_user(USER, PASSWORD)
    mail.add_folder(USER, "Sent", "\\Sent")
    for name in ALL[:3]:
        append(mail, name)
    mail.append(USER, "INBOX", _text_behind_an_attachment(), NOW)
    for name in ALL[3:]:
        append(mail, name)
    with EmbeddedImapServer(mail, script=faults) as server:
        made = sync_at(server.port, store)
        yield made
        made.disconnect()


@pytest.mark.parametrize("refusal", REFUSALS, ids=["no", "server-bug", "nonsense"])
@pytest.mark.parametrize("asked", [b"BODYSTRUCTURE", b"<0.4194304>"], ids=["structure", "text"])
def test_a_refused_detail_keeps_back_no_mail(
    sync: MailboxSync, faults: Faults, store: Store, asked: bytes, refusal: Fault
) -> None:
    refused: list[ClientCommand] = []

    def script(command: ClientCommand) -> Fault | None:
        if asked not in command.arguments:
            return None
        refused.append(command)
        return refusal

    faults.script = script
    for _ in range(2):
        try:
            sync.run_pass(retry_at_once=True)
        except MailboxError:
            sync.disconnect()
    assert refused
    assert stored(store) == ["big", *ALL]
    assert states(store) == {"stored": 7}
