"""The in-memory mail of the embedded server: folders, UIDs, journal and bells."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import SamedayError
from sameday.demo.imap_folder import Change, ChangeKind, NoSuchMail, NotAllowed
from sameday.demo.mail_store import FolderExists, MailStore, NoSuchFolder, NoSuchUser

MAY = datetime(2024, 5, 6, 9, 30, tzinfo=UTC)
ANNA = "anna@studio.example"


@pytest.fixture
def store() -> MailStore:
    store = MailStore(first_uidvalidity=1000)
    store.add_user(ANNA, "secret")
    return store


def names(store: MailStore) -> list[str]:
    return [folder.name for folder in store.folders(ANNA)]


def test_inbox_is_there_from_the_start(store: MailStore) -> None:
    assert names(store) == ["INBOX"]


def test_inbox_has_no_case(store: MailStore) -> None:
    assert store.folder(ANNA, "inbox") is store.folder(ANNA, "INBOX")


def test_a_password_is_accepted_from_its_user_only(store: MailStore) -> None:
    store.add_user("boris@studio.example", "other")
    answers = [store.accepts(user, "secret") for user in (ANNA, "boris@studio.example", "nobody")]
    assert answers == [True, False, False]


def test_adding_a_user_again_changes_the_password_and_keeps_the_mail(store: MailStore) -> None:
    store.append(ANNA, "INBOX", b"kept", MAY)
    store.add_user(ANNA, "new")
    assert (store.accepts(ANNA, "new"), store.uids(ANNA, "INBOX")) == (True, (1,))


def test_a_mail_is_kept_byte_by_byte_with_its_date_and_flags(store: MailStore) -> None:
    content = "Тема: 1\n\r\n\0".encode()
    uid = store.append(ANNA, "INBOX", content, MAY, ["\\seen", "$Label"])
    mail = store.mail(ANNA, "INBOX", uid)
    assert (mail.content, mail.internaldate) == (content, MAY)
    assert mail.flags == {"\\Seen", "$Label"}


def test_a_naive_date_is_refused(store: MailStore) -> None:
    with pytest.raises(NotAllowed):
        store.append(ANNA, "INBOX", b"", MAY.replace(tzinfo=None))


def test_a_uid_is_never_given_twice(store: MailStore) -> None:
    store.append(ANNA, "INBOX", b"", MAY)
    second = store.append(ANNA, "INBOX", b"", MAY)
    store.expunge(ANNA, "INBOX", second)
    assert store.append(ANNA, "INBOX", b"", MAY) == second + 1


@given(st.lists(st.sampled_from(["append", "expunge", "move"]), max_size=40))
def test_uids_only_grow_whatever_happens(deeds: list[str]) -> None:
    store = MailStore(first_uidvalidity=1)
    store.add_user(ANNA, "")
    store.add_folder(ANNA, "Archive")
    given_uids = []
    for deed in deeds:
        uids = store.uids(ANNA, "INBOX")
        if deed == "append":
            given_uids.append(store.append(ANNA, "INBOX", b"", MAY))
        elif uids and deed == "expunge":
            store.expunge(ANNA, "INBOX", uids[0])
        elif uids:
            store.move(ANNA, "INBOX", uids[-1], "Archive")
    assert given_uids == sorted(set(given_uids))
    for name in ("INBOX", "Archive"):
        uids = store.uids(ANNA, name)
        assert list(uids) == sorted(set(uids))
        assert all(uid < store.folder(ANNA, name).uidnext for uid in uids)


def test_a_folder_made_again_has_a_greater_uidvalidity(store: MailStore) -> None:
    store.add_folder(ANNA, "Sent")
    before = store.folder(ANNA, "Sent").uidvalidity
    store.delete_folder(ANNA, "Sent")
    store.add_folder(ANNA, "Sent")
    assert store.folder(ANNA, "Sent").uidvalidity > before


def test_a_folder_made_after_a_raised_uidvalidity_has_a_greater_one(store: MailStore) -> None:
    store.set_uidvalidity(ANNA, "INBOX", 900_000)
    store.add_folder(ANNA, "Sent")
    assert store.folder(ANNA, "Sent").uidvalidity == 900_001


def test_a_changed_uidvalidity_keeps_the_mail_and_may_number_it_anew(store: MailStore) -> None:
    for text in (b"one", b"two"):
        store.append(ANNA, "INBOX", text, MAY)
    store.set_uidvalidity(ANNA, "INBOX", 7, first_uid=51)
    folder = store.folder(ANNA, "INBOX")
    assert [(mail.uid, mail.content) for mail in folder.mails()] == [(51, b"one"), (52, b"two")]
    assert (folder.uidvalidity, folder.uidnext) == (7, 53)


def test_uids_can_have_a_gap(store: MailStore) -> None:
    store.skip_uids(ANNA, "INBOX", 5000)
    assert store.append(ANNA, "INBOX", b"", MAY) == 5000


def test_uidnext_never_goes_down(store: MailStore) -> None:
    store.skip_uids(ANNA, "INBOX", 5000)
    with pytest.raises(NotAllowed):
        store.skip_uids(ANNA, "INBOX", 4999)


def test_uids_end_at_32_bits(store: MailStore) -> None:
    store.skip_uids(ANNA, "INBOX", 2**32 - 1)
    assert store.append(ANNA, "INBOX", b"", MAY) == 2**32 - 1
    with pytest.raises(NotAllowed):
        store.append(ANNA, "INBOX", b"", MAY)


def test_a_moved_mail_leaves_one_folder_for_the_other(store: MailStore) -> None:
    store.add_folder(ANNA, "Archive")
    uid = store.append(ANNA, "INBOX", b"text", MAY, ["\\Flagged"])
    moved = store.mail(ANNA, "Archive", store.move(ANNA, "INBOX", uid, "Archive"))
    assert store.uids(ANNA, "INBOX") == ()
    assert (moved.content, moved.internaldate, moved.flags) == (
        b"text",
        MAY,
        frozenset({"\\Flagged"}),
    )


def test_a_move_to_a_missing_folder_loses_nothing(store: MailStore) -> None:
    uid = store.append(ANNA, "INBOX", b"text", MAY)
    with pytest.raises(NoSuchFolder):
        store.move(ANNA, "INBOX", uid, "Nowhere")
    assert store.uids(ANNA, "INBOX") == (uid,)


def test_a_folder_brings_those_above_it(store: MailStore) -> None:
    store.add_folder(ANNA, "Клиенты/Acme/2024")
    assert names(store) == ["INBOX", "Клиенты", "Клиенты/Acme", "Клиенты/Acme/2024"]


def test_a_renamed_folder_keeps_its_uids_and_takes_along_those_below(store: MailStore) -> None:
    store.add_folder(ANNA, "Old/Deep")
    uid = store.append(ANNA, "Old/Deep", b"text", MAY)
    uidvalidity = store.folder(ANNA, "Old/Deep").uidvalidity
    store.rename_folder(ANNA, "Old", "New")
    assert names(store) == ["INBOX", "New", "New/Deep"]
    assert store.uids(ANNA, "New/Deep") == (uid,)
    assert store.folder(ANNA, "New/Deep").uidvalidity == uidvalidity


def test_a_renamed_inbox_stays_and_gives_its_mail_away(store: MailStore) -> None:
    store.append(ANNA, "INBOX", b"text", MAY)
    store.rename_folder(ANNA, "INBOX", "Old mail")
    assert (store.uids(ANNA, "INBOX"), store.uids(ANNA, "Old mail")) == ((), (1,))


def test_a_rename_over_folders_that_exist_changes_nothing(store: MailStore) -> None:
    for name in ("Old/Deep", "New/Deep"):
        store.add_folder(ANNA, name)
    store.delete_folder(ANNA, "New")
    before = names(store)
    with pytest.raises(FolderExists):
        store.rename_folder(ANNA, "Old", "New")
    assert names(store) == before


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        pytest.param(lambda s: s.append("nobody", "INBOX", b"", MAY), NoSuchUser, id="user"),
        pytest.param(lambda s: s.append(ANNA, "Sent", b"", MAY), NoSuchFolder, id="folder"),
        pytest.param(lambda s: s.expunge(ANNA, "INBOX", 9), NoSuchMail, id="expunged mail"),
        pytest.param(lambda s: s.set_flags(ANNA, "INBOX", 9, []), NoSuchMail, id="flagged mail"),
        pytest.param(lambda s: s.mail(ANNA, "INBOX", 9), NoSuchMail, id="mail"),
        pytest.param(lambda s: s.add_folder(ANNA, "inbox"), FolderExists, id="second inbox"),
        pytest.param(lambda s: s.add_folder(ANNA, "a//b"), NotAllowed, id="empty part"),
        pytest.param(lambda s: s.add_folder(ANNA, ""), NotAllowed, id="empty name"),
        pytest.param(lambda s: s.delete_folder(ANNA, "Inbox"), NotAllowed, id="delete inbox"),
        pytest.param(
            lambda s: s.rename_folder(ANNA, "INBOX", "INBOX/a"), NotAllowed, id="below itself"
        ),
    ],
)
def test_what_can_not_be_done_is_refused_by_name(
    store: MailStore, deed: Callable[[MailStore], object], error: type[SamedayError]
) -> None:
    with pytest.raises(error):
        deed(store)


def test_the_journal_tells_what_happened_since(store: MailStore) -> None:
    folder = store.folder(ANNA, "INBOX")
    first = store.append(ANNA, "INBOX", b"", MAY)
    position = folder.snapshot().journal_position
    second = store.append(ANNA, "INBOX", b"", MAY)
    store.set_flags(ANNA, "INBOX", second, ["\\Seen"])
    store.expunge(ANNA, "INBOX", first)
    assert list(folder.changes_since(position)) == [
        Change(kind=ChangeKind.APPENDED, uid=second),
        Change(kind=ChangeKind.FLAGGED, uid=second),
        Change(kind=ChangeKind.EXPUNGED, uid=first),
    ]


def test_flags_set_to_what_they_are_make_no_news(store: MailStore) -> None:
    folder = store.folder(ANNA, "INBOX")
    uid = store.append(ANNA, "INBOX", b"", MAY, ["\\Seen"])
    position = folder.snapshot().journal_position
    store.set_flags(ANNA, "INBOX", uid, ["\\SEEN", "\\Recent"])
    assert list(folder.changes_since(position)) == []


def test_a_bell_rings_at_each_change_and_not_after(store: MailStore) -> None:
    rings: list[str] = []
    with store.folder(ANNA, "INBOX").ringing(lambda: rings.append("ring")):
        uid = store.append(ANNA, "INBOX", b"", MAY)
        store.expunge(ANNA, "INBOX", uid)
    store.append(ANNA, "INBOX", b"", MAY)
    assert rings == ["ring", "ring"]


def test_threads_appending_at_once_lose_nothing(store: MailStore) -> None:
    def append_many() -> None:
        for _ in range(200):
            store.append(ANNA, "INBOX", b"", MAY)

    threads = [threading.Thread(target=append_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.uids(ANNA, "INBOX") == tuple(range(1, 801))


def test_another_run_of_the_program_has_another_uidvalidity() -> None:
    store = MailStore()
    store.add_user(ANNA, "")
    assert store.folder(ANNA, "INBOX").uidvalidity > datetime(2024, 1, 1, tzinfo=UTC).timestamp()
