"""Prove that public holidays are found, named in both languages, and refused when unknown."""

from datetime import date

import pytest

from models.errors import ConfigurationError
from sla.public_holidays import NO_HOLIDAYS, PublicHolidays

RUSSIA = PublicHolidays.of("RU")


def test_a_holiday_is_named_in_the_readers_language() -> None:
    assert RUSSIA.name_on(date(2026, 5, 1), language="ru") == "Праздник Весны и Труда"
    assert RUSSIA.name_on(date(2026, 5, 1), language="en") == "Holiday of Spring and Labor"


def test_a_country_without_russian_names_is_named_in_english() -> None:
    name = PublicHolidays.of("DE").name_on(date(2026, 5, 1), language="ru")
    assert name == PublicHolidays.of("DE").name_on(date(2026, 5, 1), language="en")


def test_an_ordinary_day_has_no_name() -> None:
    assert RUSSIA.name_on(date(2026, 4, 30), language="ru") == ""


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2025, 5, 2), id="moved from 4 January 2025"),
        pytest.param(date(2025, 11, 3), id="moved from the working Saturday"),
        pytest.param(date(2025, 12, 31), id="last day of the year"),
        pytest.param(date(2026, 1, 9), id="moved from 3 January 2026"),
        pytest.param(date(2026, 12, 31), id="moved from 4 January 2026"),
    ],
)
def test_days_off_that_were_moved_are_holidays(day: date) -> None:
    assert RUSSIA.is_holiday(day)


def test_the_working_saturday_of_2025_is_known() -> None:
    assert RUSSIA.is_working_weekend_day(date(2025, 11, 1))
    assert not RUSSIA.is_working_weekend_day(date(2025, 11, 8))


def test_a_holiday_that_the_next_year_moves_into_december_is_found() -> None:
    # 1 January 2011 was a Saturday: the United States kept it on 31 December 2010.
    assert PublicHolidays.of("US").is_holiday(date(2010, 12, 31))


def test_no_country_has_no_holidays() -> None:
    assert PublicHolidays.of("") == NO_HOLIDAYS
    assert not NO_HOLIDAYS.is_holiday(date(2026, 1, 1))
    assert not NO_HOLIDAYS.is_working_weekend_day(date(2025, 11, 1))


def test_a_code_is_read_in_any_case_and_may_name_a_part_of_a_country() -> None:
    assert PublicHolidays.of(" ru ") == RUSSIA
    assert PublicHolidays.of("de-by").is_holiday(date(2026, 11, 1))
    assert not PublicHolidays.of("DE-BE").is_holiday(date(2026, 11, 1))


def test_an_unknown_country_is_refused_with_the_accepted_form() -> None:
    with pytest.raises(ConfigurationError, match=r'^country \'Russia\' .*"RU"'):
        PublicHolidays.of("Russia")


def test_an_unknown_part_of_a_country_is_refused_with_the_accepted_ones() -> None:
    with pytest.raises(ConfigurationError, match="DE-BY"):
        PublicHolidays.of("DE-ZZ")
