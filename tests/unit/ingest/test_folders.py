"""Sent is found by configuration, then by attribute, then by name; doubt is said aloud."""

import pytest

from ingest.folders import choose_folders, role_by_name
from ingest.imap_values import ListedFolder
from models.ids import Address
from models.mailboxes import FolderRole, Mailbox, Tls

INBOX = ListedFolder(raw_name=b"INBOX", name="INBOX", delimiter="/", attributes=frozenset())


def _folder(name: str, *attributes: str, delimiter: str = "/") -> ListedFolder:
    return ListedFolder(
        raw_name=name.encode(), name=name, delimiter=delimiter, attributes=frozenset(attributes)
    )


def _mailbox(*folders: str, sent: str = "") -> Mailbox:
    return Mailbox(
        address=Address("hello@studio.example"),
        host="imap.studio.example",
        port=993,
        tls=Tls.IMPLICIT,
        user="hello",
        folders=folders,
        sent=sent,
    )


def _sent(*listed: ListedFolder, sent: str = "") -> tuple[str, str]:
    """Return the name of the chosen Sent folder, "" without one, and the problem."""
    chosen, problem = choose_folders((INBOX, *listed), _mailbox(sent=sent))
    return next((f.name for f in chosen if f.role is FolderRole.SENT), ""), problem


def test_the_setting_wins_over_the_attribute() -> None:
    assert _sent(_folder("Sent", "\\sent"), _folder("Out"), sent="out") == ("Out", "")


def test_the_attribute_wins_over_the_name() -> None:
    assert _sent(_folder("Sent"), _folder("Gesendet bis 2020", "\\sent")) == (
        "Gesendet bis 2020",
        "",
    )


@pytest.mark.parametrize(
    "name",
    [
        "Sent",
        "Sent Items",
        "SENT MESSAGES",
        "INBOX/Sent",
        "[Gmail]/Отправленные",
        "Отправленные",
        "Отправленные\u200e",
        "Надіслані",
        "Éléments envoyés",
    ],
)
def test_a_known_name_is_enough(name: str) -> None:
    assert _sent(_folder(name)) == (name, "")


@pytest.mark.parametrize(
    "name", ["Исходящие", "Outbox", "Sent to clients", "Отправленные клиентам"]
)
def test_a_name_that_only_resembles_is_not_sent(name: str) -> None:
    found, problem = _sent(_folder(name))
    assert found == ""
    assert "no Sent folder was found" in problem


def test_several_candidates_are_asked_about() -> None:
    found, problem = _sent(_folder("Sent"), _folder("Отправленные"))
    assert found == ""
    assert "several folders look like Sent ('Sent', 'Отправленные')" in problem


def test_a_configured_folder_that_is_not_there_is_named() -> None:
    found, problem = _sent(_folder("Sent"), sent="Gesendet")
    assert found == ""
    assert "'Gesendet'" in problem
    assert "'Sent'" in problem


def test_a_folder_that_can_not_be_selected_is_no_candidate() -> None:
    assert _sent(_folder("Sent", "\\noselect"))[0] == ""


def test_the_delimiter_tells_where_a_name_begins() -> None:
    assert _sent(_folder("INBOX.Sent", delimiter="."))[0] == "INBOX.Sent"
    assert _sent(_folder("INBOX.Sent", delimiter=""))[0] == ""


def test_further_folders_are_read_once_and_missing_ones_named() -> None:
    listed = (INBOX, _folder("Sent", "\\sent"), _folder("Projects"))
    chosen, problem = choose_folders(listed, _mailbox("projects", "inbox", "Old"))
    assert [f.name for f in chosen] == ["INBOX", "Sent", "Projects"]
    assert "'Old'" in problem


def test_a_mailbox_without_inbox_is_a_problem() -> None:
    chosen, problem = choose_folders((_folder("Sent", "\\sent"),), _mailbox())
    assert [f.role for f in chosen] == [FolderRole.SENT]
    assert "no INBOX" in problem


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("INBOX", FolderRole.INBOX),
        ("inbox", FolderRole.INBOX),
        ("Sent", FolderRole.SENT),
        ("INBOX.Sent Items", FolderRole.SENT),
        ("[Gmail]/Отправленные", FolderRole.SENT),
        ("Исходящие", FolderRole.EXTRA),
        ("Archive/inbox", FolderRole.EXTRA),
        ("Проекты", FolderRole.EXTRA),
    ],
)
def test_a_folder_of_imported_files_is_known_by_its_name_alone(name: str, role: FolderRole) -> None:
    assert role_by_name(name) is role
