"""Arranging who waits: sections, numbers, chips, pages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ids import UNKNOWN_ACCOUNT, AccountId, Address, MessageKey
from models.message import Correspondent
from models.obligation import ObligationKind
from models.panel import WaitingRow
from tests.mails import obligation
from tests.panel_studio import ANNA, BORIS, CALENDAR, NOW, moscow, promise
from web.board import NOBODY, PAGE_ROWS, Filters, Group, Show, Today, arrange

TODAY = Today(now=NOW, calendar=CALENDAR)


def row(key: str = "a", *, author: str = "gleb@acme.example", **changes: Any) -> WaitingRow:
    return WaitingRow(
        obligation=obligation(opened_by=MessageKey(key), **changes),
        subject="Question",
        snippet="",
        author=Correspondent(address=Address(author)),
    )


@pytest.mark.parametrize(
    ("due_at", "group"),
    [
        (NOW - timedelta(microseconds=1), Group.OVERDUE),
        (NOW, Group.TODAY),
        (moscow(21, 19), Group.TODAY),
        (moscow(22, 0), Group.TODAY),
        (moscow(22, 0, 1), Group.LATER),
        (moscow(22, 19), Group.LATER),
    ],
    ids=["just past", "this instant", "closing", "24:00 today", "after midnight", "tomorrow"],
)
def test_a_row_stands_in_the_section_of_its_deadline(due_at: datetime, group: Group) -> None:
    board = arrange([row(due_at=due_at)], Filters(), TODAY)
    assert [section.group for section in board.sections] == [group]


@pytest.mark.parametrize(
    ("changes", "shows"),
    [
        ({"due_at": moscow(20, 19)}, {Show.OVERDUE}),
        ({"due_at": moscow(21, 19)}, {Show.TODAY}),
        (promise(moscow(21, 15)), {Show.TODAY, Show.PROMISED}),
        (promise(moscow(21, 11)), {Show.OVERDUE, Show.PROMISED}),
        (promise(moscow(20, 11)), {Show.OVERDUE}),
        (promise(moscow(22, 11)), set()),
        (
            {"kind": ObligationKind.OWN_PROMISE, "due_at": moscow(21, 15)},
            {Show.TODAY, Show.PROMISED},
        ),
        ({"due_at": moscow(22, 19), "chased": 2}, {Show.CHASING}),
    ],
    ids=[
        "missed yesterday",
        "due at closing",
        "promised for the afternoon",
        "promised for this morning and missed",
        "promised for yesterday and missed",
        "promised for tomorrow",
        "promised of our own accord",
        "asked twice",
    ],
)
def test_the_strip_counts_a_row_where_it_belongs(
    changes: Mapping[str, Any], shows: set[Show]
) -> None:
    board = arrange([row(**changes)], Filters(), TODAY)
    assert {show for show, count in board.counts.items() if count} == shows


ROWS = st.lists(
    st.builds(
        row,
        key=st.uuids().map(str),
        due_at=st.sampled_from([moscow(20, 19), moscow(21, 11), moscow(21, 19), moscow(23, 19)]),
        owner=st.sampled_from([ANNA, BORIS, None]),
        chased=st.integers(0, 2),
    ),
    max_size=12,
)


@given(rows=ROWS, owner=st.sampled_from(["", ANNA, NOBODY]))
def test_every_number_of_the_strip_equals_the_list_it_opens(
    rows: list[WaitingRow], owner: str
) -> None:
    counts = arrange(rows, Filters(owner=owner), TODAY).counts
    for show in Show:
        assert arrange(rows, Filters(show=show, owner=owner), TODAY).shown == counts[show]


@given(rows=ROWS, show=st.sampled_from([None, *Show]))
def test_every_chip_equals_the_list_it_opens(rows: list[WaitingRow], show: Show | None) -> None:
    board = arrange(rows, Filters(show=show), TODAY)
    assert board.everybody == sum(chip.count for chip in board.owners)
    for chip in board.owners:
        filters = Filters(show=show, owner=chip.owner or NOBODY)
        assert arrange(rows, filters, TODAY).shown == chip.count


def test_the_readers_own_chip_stands_first_and_nobodys_last() -> None:
    rows = [row("a", owner=None), row("b", owner=ANNA), row("c", owner=BORIS)]
    board = arrange(rows, Filters(), TODAY, reader=BORIS)
    assert [chip.owner for chip in board.owners] == [BORIS, ANNA, None]


def test_a_chosen_manager_keeps_his_chip_when_his_last_row_has_gone() -> None:
    board = arrange([row(owner=ANNA)], Filters(owner=BORIS), TODAY)
    assert [(chip.owner, chip.count) for chip in board.owners] == [(ANNA, 1), (BORIS, 0)]


def test_two_letters_of_one_client_are_one_client_who_waits() -> None:
    rows = [
        row("a", account=AccountId("acme")),
        row("b", account=AccountId("acme"), author="other@acme.example"),
        row("c", account=UNKNOWN_ACCOUNT, author="karim@delmon.example"),
        row("d", account=UNKNOWN_ACCOUNT, author="lena@volga.example"),
    ]
    board = arrange(rows, Filters(), TODAY)
    assert (board.clients, board.shown) == (3, 4)


def test_a_long_list_is_parted_into_pages_without_losing_a_row() -> None:
    rows = [row(f"{n:04}") for n in range(2 * PAGE_ROWS + 1)]
    seen = [
        shown.obligation.opened_by
        for page in (1, 2, 3)
        for section in arrange(rows, Filters(page=page), TODAY).sections
        for shown in section.rows
    ]
    assert seen == [r.obligation.opened_by for r in rows]


@pytest.mark.parametrize(("asked", "given_page"), [(0, 1), (-5, 1), (99, 1)])
def test_a_page_that_is_not_there_is_the_nearest_one(asked: int, given_page: int) -> None:
    assert arrange([row()], Filters(page=asked), TODAY).filters.page == given_page
