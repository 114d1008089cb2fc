"""The embedded IMAP server and the client that our reading side builds on."""

from datetime import date
from typing import Any

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.imap_wire import ANNA, MAIL, MAY, SENT


def test_imapclient_logs_in_by_login(server: EmbeddedImapServer, store: MailStore) -> None:
    store.add_user("boris", "plain")
    with IMAPClient(server.host, server.port, ssl=False, timeout=10) as client:
        client.login("boris", "plain")
        assert [folder[2] for folder in client.list_folders()] == ["INBOX"]


def test_imapclient_learns_of_a_wrong_password(server: EmbeddedImapServer) -> None:
    client = IMAPClient(server.host, server.port, ssl=False, timeout=10)
    with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"):
        client.login(ANNA, "wrong")
    client.shutdown()


def test_imapclient_finds_the_sent_folder(client: IMAPClient) -> None:
    assert client.find_special_folder(b"\\Sent") == SENT


def test_imapclient_reads_a_mail(client: IMAPClient) -> None:
    client.normalise_times = False
    opened = client.select_folder("INBOX", readonly=True)
    assert (opened[b"EXISTS"], opened[b"UIDVALIDITY"], opened[b"UIDNEXT"]) == (1, 1000, 2)
    found = client.fetch([1], ["INTERNALDATE", "RFC822.SIZE", "FLAGS", "BODY.PEEK[]<0.65536>"])
    assert found[1][b"BODY[]<0>"] == MAIL
    assert found[1][b"RFC822.SIZE"] == len(MAIL)
    assert found[1][b"INTERNALDATE"] == MAY
    assert client.search(["SINCE", date(2024, 5, 6)]) == [1]


def test_imapclient_appends_in_russian_folders(client: IMAPClient, store: MailStore) -> None:
    answer: Any = client.append(SENT, MAIL, ["\\Seen"], MAY)
    assert answer.startswith(b"[APPENDUID 1001 1]")
    assert store.mail(ANNA, SENT, 1).internaldate == MAY
    assert client.folder_status(SENT)[b"MESSAGES"] == 1


def test_imapclient_is_rung_in_idle(client: IMAPClient, store: MailStore) -> None:
    client.select_folder("INBOX", readonly=True)
    client.idle()
    store.append(ANNA, "INBOX", b"", MAY)
    assert client.idle_check(timeout=10) == [(2, b"EXISTS")]
    assert client.idle_done() == (b"IDLE completed", [])


def test_imapclient_moves_and_deletes_as_another_client(
    client: IMAPClient, store: MailStore
) -> None:
    store.append(ANNA, "INBOX", b"two", MAY)
    client.select_folder("INBOX")
    client.move([1], SENT)
    client.delete_messages([2])
    client.expunge()
    assert (store.uids(ANNA, "INBOX"), store.uids(ANNA, SENT)) == ((), (1,))
