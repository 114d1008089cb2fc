"""Nothing a server ever listed is without a row in the ledger."""

from collections import Counter
from datetime import timedelta

import pytest

from models.db import epochs, ledger, schema
from models.db.messages import save_message
from models.db.store import Store, Transaction
from models.ids import Address, MessageId
from models.mailboxes import (
    FolderCursor,
    FolderRole,
    ListedMail,
    MonitoredFolder,
    PlacementState,
)
from tests.mails import MONDAY_NOON, raw_mail, read_mail

INBOX = MonitoredFolder(name="INBOX", raw_name=b"INBOX", role=FolderRole.INBOX, reason="")
SENT = MonitoredFolder(name="Sent", raw_name=b"Sent", role=FolderRole.SENT, reason="by name")


def _listed(*uids: int, days_ago: int = 0) -> list[ListedMail]:
    at = MONDAY_NOON - timedelta(days=days_ago)
    return [ListedMail(uid=uid, size_bytes=10, internaldate=at) for uid in uids]


def _folder(db: Transaction) -> FolderCursor:
    mailbox = ledger.ensure_mailbox(db, Address("hello@studio.example"))
    return ledger.save_folders(db, mailbox, [INBOX], MONDAY_NOON)[0]


def _discover(
    db: Transaction, cursor: FolderCursor, listed: list[ListedMail], low: int, high: int
) -> FolderCursor:
    horizon = MONDAY_NOON - timedelta(days=90)
    window = (low, high)
    return ledger.discover(db, cursor, listed, window=window, horizon=horizon, now=MONDAY_NOON)


def _states(db: Transaction) -> Counter[str]:
    rows = db.execute(schema.placement.select())
    return Counter(row.state.value for row in rows)


def test_a_discovered_uid_is_pending_and_the_cursor_moved_with_it(store: Store) -> None:
    with store.write() as db:
        _discover(db, _folder(db), _listed(3, 4, 9), 1, 9)
        cursor = _folder(db)
        assert (cursor.low, cursor.high) == (1, 9)
        assert _states(db) == {"pending": 3}


def test_discovering_a_window_twice_changes_nothing(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(3, 4), 1, 9)
        assert _discover(db, cursor, _listed(3, 4), 1, 9) == cursor
        assert _states(db) == {"pending": 2}


def test_windows_join_downwards_and_upwards(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(15), 11, 20)
        cursor = _discover(db, cursor, _listed(5), 1, 10)
        cursor = _discover(db, cursor, _listed(25), 21, 30)
    assert (cursor.low, cursor.high) == (1, 30)


def test_a_window_that_would_leave_a_gap_is_a_bug(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(5), 1, 10)
        with pytest.raises(AssertionError):
            _discover(db, cursor, _listed(25), 12, 30)


def test_mail_before_the_horizon_is_ignored_with_a_reason(store: Store) -> None:
    with store.write() as db:
        _discover(db, _folder(db), [*_listed(1, days_ago=100), *_listed(2)], 1, 2)
        assert _states(db) == {"ignored": 1, "pending": 1}


def test_mail_without_a_date_is_never_too_old(store: Store) -> None:
    undated = [ListedMail(uid=1, size_bytes=10, internaldate=None)]
    with store.write() as db:
        _discover(db, _folder(db), undated, 1, 1)
        assert _states(db) == {"pending": 1}


def test_a_longer_backfill_asks_for_what_was_too_old(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(1, days_ago=100), 1, 1)
        ledger.widen_backfill(db, cursor, MONDAY_NOON - timedelta(days=90))
        assert _states(db) == {"ignored": 1}
        ledger.widen_backfill(db, cursor, MONDAY_NOON - timedelta(days=120))
        assert _states(db) == {"pending": 1}


def test_no_horizon_asks_for_everything(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(1, days_ago=1000), 1, 1)
        ledger.widen_backfill(db, cursor, None)
        assert _states(db) == {"pending": 1}


def test_the_newest_is_fetched_first(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(1, 2, 3), 1, 3)
        batch = ledger.pending(db, cursor, limit=2, now=MONDAY_NOON)
    assert [mail.uid for mail in batch] == [3, 2]


def test_what_failed_waits_its_turn_unless_asked_at_once(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(1), 1, 1)
        ledger.mark_failed(db, cursor, 1, "NO", MONDAY_NOON)
        assert ledger.pending(db, cursor, limit=9, now=MONDAY_NOON) == ()
        assert len(ledger.pending(db, cursor, limit=9, now=None)) == 1
        later = MONDAY_NOON + timedelta(minutes=1)
        assert len(ledger.pending(db, cursor, limit=9, now=later)) == 1


def test_the_fifth_failure_quarantines_with_its_reason(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(1), 1, 1)
        states = [ledger.mark_failed(db, cursor, 1, "NO", MONDAY_NOON) for _ in range(5)]
        assert states == [PlacementState.PENDING] * 4 + [PlacementState.QUARANTINED]
        assert ledger.count_quarantined(db, cursor) == 1
        (row,) = db.execute(schema.placement.select()).all()
        assert row.reason == "NO"


def test_a_new_uidvalidity_begins_an_epoch_and_keeps_the_old_rows(store: Store) -> None:
    with store.write() as db:
        cursor = epochs.follow_uidvalidity(db, _folder(db), 7, MONDAY_NOON)
        cursor = _discover(db, cursor, _listed(1), 1, 1)
        moved = epochs.follow_uidvalidity(db, cursor, 5, MONDAY_NOON)
        assert (moved.epoch, moved.uidvalidity, moved.untouched) == (cursor.epoch + 1, 5, True)
        assert _folder(db) == moved
        _discover(db, moved, _listed(1), 1, 1)
        assert _states(db) == {"pending": 2}


def test_the_same_uidvalidity_changes_nothing(store: Store) -> None:
    with store.write() as db:
        cursor = epochs.follow_uidvalidity(db, _folder(db), 7, MONDAY_NOON)
        assert epochs.follow_uidvalidity(db, cursor, 7, MONDAY_NOON) == cursor
        assert cursor.epoch == 1


def test_a_sweep_finds_what_a_listing_left_out_and_what_is_gone(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(1, 2), 1, 3)
        ledger.sweep(db, cursor, frozenset({2, 3}), MONDAY_NOON)
        assert _states(db) == {"gone": 1, "pending": 2}


def test_what_is_held_again_is_what_it_was(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(1), 1, 1)
        pk, _ = save_message(db, read_mail("a"), raw_mail(), MONDAY_NOON)
        ledger.mark_stored(db, cursor, 1, pk)
        ledger.sweep(db, cursor, frozenset(), MONDAY_NOON)
        assert _states(db) == {"gone": 1}
        ledger.sweep(db, cursor, frozenset({1}), MONDAY_NOON)
        assert _states(db) == {"stored": 1}


def test_a_folder_that_disappears_is_marked_and_keeps_its_rows(store: Store) -> None:
    with store.write() as db:
        mailbox = ledger.ensure_mailbox(db, Address("hello@studio.example"))
        assert len(ledger.save_folders(db, mailbox, [SENT, INBOX], MONDAY_NOON)) == 2
        left = ledger.save_folders(db, mailbox, [INBOX], MONDAY_NOON)
        assert [cursor.name for cursor in left] == ["INBOX"]
        back = ledger.save_folders(db, mailbox, [INBOX, SENT], MONDAY_NOON)
        assert [cursor.role for cursor in back] == [FolderRole.INBOX, FolderRole.SENT]


def test_the_same_problem_keeps_the_moment_when_it_began(store: Store) -> None:
    with store.write() as db:
        mailbox = ledger.ensure_mailbox(db, Address("hello@studio.example"))
        ledger.set_problem(db, mailbox, "dark", MONDAY_NOON)
        ledger.set_problem(db, mailbox, "dark", MONDAY_NOON + timedelta(hours=1))
        (row,) = db.execute(schema.mailbox.select()).all()
        assert row.problem_since == MONDAY_NOON
        ledger.set_problem(db, mailbox, "", MONDAY_NOON + timedelta(hours=2))
        (row,) = db.execute(schema.mailbox.select()).all()
        assert (row.problem, row.problem_since) == ("", None)


def test_three_renumberings_within_a_day_make_a_folder_unstable(store: Store) -> None:
    with store.write() as db:
        cursor = epochs.follow_uidvalidity(db, _folder(db), 1, MONDAY_NOON)
        for number, hours in enumerate((1, 10, 20), start=2):
            cursor = _discover(db, cursor, _listed(1), 1, 1)
            at = MONDAY_NOON + timedelta(hours=hours)
            cursor = epochs.follow_uidvalidity(db, cursor, number, at)
        assert cursor.is_unstable
        cursor = _discover(db, cursor, _listed(1), 1, 1)
        late = MONDAY_NOON + timedelta(hours=40)
        assert not epochs.follow_uidvalidity(db, cursor, 9, late).is_unstable


def test_a_mail_is_found_again_only_by_a_fingerprint_that_is_its_own(store: Store) -> None:
    with store.write() as db:
        cursor = _discover(db, _folder(db), _listed(1, 2, 3), 1, 3)
        for uid, key in ((1, "a"), (2, "b"), (3, "b")):
            mail = read_mail("a" if key == "a" else "b", key=f"key-{uid}")
            pk, _ = save_message(db, mail, raw_mail(), MONDAY_NOON)
            ledger.mark_stored(db, cursor, uid, pk)
        cursor = epochs.follow_uidvalidity(db, cursor, 5, MONDAY_NOON)
        cursor = _discover(db, cursor, _listed(7, 8, 9), 7, 9)
        ids = {7: MessageId("a"), 8: MessageId("b"), 9: MessageId("new")}
        assert epochs.find_again(db, cursor, ids) == 1
        assert ledger.pending_uids(db, cursor) == [9, 8]


def test_a_folder_that_opens_again_is_no_phantom(store: Store) -> None:
    with store.write() as db:
        cursor = _folder(db)
        assert not epochs.note_unopened(db, cursor, MONDAY_NOON)
        assert not epochs.note_unopened(db, cursor, MONDAY_NOON)
        epochs.note_opened(db, cursor)
        assert not epochs.note_unopened(db, cursor, MONDAY_NOON)
        assert not epochs.note_unopened(db, cursor, MONDAY_NOON)
        assert epochs.note_unopened(db, cursor, MONDAY_NOON)
        assert _folder(db).skip_until == MONDAY_NOON + timedelta(hours=6)
