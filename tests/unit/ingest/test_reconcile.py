"""What a server holds and what the ledger says are compared UID by UID."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.reconcile import FindingKind, account_for
from models.db.reconciling import LedgerRow
from models.mailboxes import PlacementState

STORED = LedgerRow(
    uid=1,
    state=PlacementState.STORED,
    reason="",
    size_bytes=100,
    has_message=True,
    has_original=True,
)


def row(uid: int, state: PlacementState = PlacementState.STORED, reason: str = "") -> LedgerRow:
    stored = state is PlacementState.STORED
    return replace(
        STORED, uid=uid, state=state, reason=reason, has_message=stored, has_original=stored
    )


def test_every_mail_is_put_down_to_what_became_of_it() -> None:
    account = account_for(
        "INBOX",
        5,
        dict.fromkeys(range(1, 6), 100),
        [
            row(1),
            row(2, PlacementState.PENDING),
            row(3, PlacementState.IGNORED, "older than backfill_days"),
            row(4, PlacementState.QUARANTINED, "bad charset."),
            row(5),
            row(9, PlacementState.GONE),
        ],
    )
    assert (account.held, account.accounted) == (5, 5)
    assert (account.stored, account.pending, account.quarantined) == (2, 1, 1)
    assert account.ignored == {"older than backfill_days": 1}
    assert [f.sentence for f in account.findings] == ["UID 4 could not be read: bad charset."]
    assert not account.is_sound


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (None, FindingKind.NO_ROW),
        (row(1, PlacementState.GONE), FindingKind.BACK_AGAIN),
        (replace(STORED, size_bytes=99), FindingKind.OTHER_MAIL),
        (replace(STORED, has_message=False), FindingKind.NO_MESSAGE),
        (replace(STORED, has_original=False), FindingKind.NO_ORIGINAL),
    ],
    ids=lambda value: value.value if isinstance(value, FindingKind) else "",
)
def test_a_mail_that_is_not_fully_known_is_named_and_not_counted(
    found: LedgerRow | None, kind: FindingKind
) -> None:
    account = account_for("INBOX", 1, {1: 100}, [found] if found else [])
    assert [(f.kind, f.uid) for f in account.findings] == [(kind, 1)]
    assert (account.held, account.accounted) == (1, 0)
    assert not account.is_sound


def test_a_mail_that_somebody_deleted_is_named_and_harmless() -> None:
    account = account_for("INBOX", 0, {}, [STORED])
    assert [f.kind for f in account.findings] == [FindingKind.GONE_THERE]
    assert account.is_sound
    assert account.swept


def test_a_size_that_one_side_does_not_know_proves_nothing() -> None:
    rows = [replace(STORED, size_bytes=0), replace(STORED, uid=2)]
    assert account_for("INBOX", 2, {1: 100, 2: 0}, rows).findings == ()


def test_mails_that_are_counted_and_never_listed_are_missed() -> None:
    account = account_for("INBOX", 3, {1: 100}, [STORED])
    assert (account.held, account.accounted) == (3, 1)
    assert [f.kind for f in account.findings] == [FindingKind.UNLISTED]


@given(
    held=st.dictionaries(st.integers(1, 30), st.just(100)),
    states=st.dictionaries(st.integers(1, 30), st.sampled_from(PlacementState)),
)
def test_each_mail_is_either_accounted_for_or_named(
    held: dict[int, int], states: dict[int, PlacementState]
) -> None:
    account = account_for("INBOX", len(held), held, [row(u, s) for u, s in states.items()])
    named = {
        f.uid
        for f in account.findings
        if f.kind not in (FindingKind.QUARANTINED, FindingKind.GONE_THERE)
    }
    assert account.accounted + len(named) == account.held == len(held)
