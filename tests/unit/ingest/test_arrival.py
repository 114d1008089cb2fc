"""Arrival is INTERNALDATE; the Date header is believed for imported files only, within bounds."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.arrival import arrival_of
from models.message import ParsedMail
from tests.mails import MONDAY_NOON, raw_mail

NOW = MONDAY_NOON + timedelta(days=30)


def test_internaldate_wins_over_a_date_header_that_lies_by_years() -> None:
    parsed = ParsedMail(message_id=None, date=datetime(2007, 1, 1, tzinfo=UTC))
    assert arrival_of(raw_mail(MONDAY_NOON), parsed, NOW) == MONDAY_NOON


@pytest.mark.parametrize(
    ("date", "believed"),
    [
        (MONDAY_NOON, True),
        (NOW + timedelta(days=1), True),
        (NOW + timedelta(days=1, seconds=1), False),
        (datetime(1989, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(1990, 1, 1, tzinfo=UTC), True),
        (None, False),
    ],
    ids=["plausible", "a-day-ahead", "too-far-ahead", "before-1990", "1990", "missing"],
)
def test_without_internaldate_a_plausible_date_header_counts(
    date: datetime | None, *, believed: bool
) -> None:
    parsed = ParsedMail(message_id=None, date=date)
    assert arrival_of(raw_mail(None), parsed, NOW) == (date if believed else NOW)
