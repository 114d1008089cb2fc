"""Say until when a client's mail must be answered, and why then."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from models.errors import ConfigurationError
from models.ids import AccountId, Address
from models.obligation import Reason
from models.verdict import Tag
from sla.work_calendar import Closed, WorkCalendar

_DURATION = re.compile(r"(?:(\d{1,4})\s*h)?\s*(?:(\d{1,5})\s*m(?:in)?)?", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class SameDay:
    """Due at closing time of the day of arrival, or of the next working day."""

    cutoff: time = time(18)
    """On the wall clock of the calendar; mail at exactly this time is too late for the day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Within:
    """Due when an amount of working time has passed since the arrival."""

    business_time: timedelta


Rule = SameDay | Within


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyException:
    """A rule for some mail only; every criterion that is given must match."""

    rule: Rule
    tag: Tag | None = None
    account: AccountId | None = None
    mailbox: Address | None = None

    def __post_init__(self) -> None:
        """Refuse an exception that would apply to everything."""
        if self.tag is None and self.account is None and self.mailbox is None:
            raise ConfigurationError(
                "a policy exception applies to nothing in particular: give it a tag, an account"
                " or a mailbox, or change [policy] itself"
            )

    def applies(self, tags: frozenset[Tag], account: AccountId, mailbox: Address | None) -> bool:
        """Tell whether the exception speaks of such a mail."""
        return (
            (self.tag is None or self.tag in tags)
            and (self.account is None or self.account == account)
            and (self.mailbox is None or self.mailbox == mailbox)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What is due when: a rule for all mail and further rules that make some of it more urgent.

    The most urgent applicable rule wins, so an exception can shorten a deadline and never
    lengthen it: a complaint that arrives ten minutes before the cut-off, with "within 2h", must
    not fall due later than any other mail of that minute.
    """

    rule: Rule = SameDay()
    exceptions: tuple[PolicyException, ...] = ()


def parse_duration(text: str) -> timedelta:
    """Return the working time that "4h", "90m" or "1h30m" names; ConfigurationError otherwise.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    match = _DURATION.fullmatch(text.strip())
    hours, minutes = match.groups() if match else (None, None)
    duration = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if not duration:
        raise ConfigurationError(
            f'duration {text!r} can\'t be read: write working hours and minutes like "4h", "90m" or'
            ' "1h30m"; days are not accepted because working days differ in length'
        )
    return duration


def parse_cutoff(text: str) -> time:
    """Return the time of day that "18:00" names; ConfigurationError when it is none.

    >>> parse_cutoff("18:00")
    datetime.time(18, 0)
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ConfigurationError(
            f'time {text!r} can\'t be read: write it like "18:00", between "00:00" and "23:59"'
        )
    return time(int(match[1]), int(match[2]))


def first_due(
    policy: Policy,
    calendar: WorkCalendar,
    *,
    arrived_at: datetime,
    tags: frozenset[Tag],
    account: AccountId,
    mailbox: Address | None,
) -> tuple[datetime, tuple[Reason, ...]]:
    """Return until when a mail must be answered and the ledger that explains it.

    The most urgent applicable rule wins; among equals the general one. HorizonError when the
    calendar has no working time near the arrival.
    """
    applicable = [e for e in policy.exceptions if e.applies(tags, account, mailbox)]
    due_at, chosen = _due(policy.rule, calendar, arrived_at), None
    for exception in applicable:
        exception_due_at = _due(exception.rule, calendar, arrived_at)
        if exception_due_at < due_at:
            due_at, chosen = exception_due_at, exception
    rule = policy.rule if chosen is None else chosen.rule
    reasons = [
        _arrival(rule, calendar, arrived_at),
        *_rule_reasons(rule, chosen, 1 + len(applicable)),
        *_closed_days(calendar, arrived_at, due_at),
        *_extra_day(calendar, calendar.day_of_deadline(due_at)),
        Reason(code="due", at=due_at),
    ]
    return due_at, tuple(reasons)


def _due(rule: Rule, calendar: WorkCalendar, arrived_at: datetime) -> datetime:
    """Return the deadline that one rule alone would set."""
    if isinstance(rule, Within):
        return calendar.add_business_time(arrived_at, rule.business_time)
    day = calendar.day_of(arrived_at)
    if _is_in_time_for_the_day(rule, calendar, arrived_at, day):
        return calendar.closing_of(day)
    return calendar.closing_of(calendar.next_working_day(day))


def _is_in_time_for_the_day(
    rule: SameDay, calendar: WorkCalendar, arrived_at: datetime, day: date
) -> bool:
    """Tell whether mail still belongs to the day on which it arrived.

    On a short day that closes before the cut-off, closing time takes the place of the cut-off:
    nothing may fall due at the moment it arrives or before.
    """
    return (
        calendar.is_working_day(day)
        and arrived_at.astimezone(calendar.zone).time() < rule.cutoff
        and arrived_at < calendar.closing_of(day)
    )


def _arrival(rule: Rule, calendar: WorkCalendar, arrived_at: datetime) -> Reason:
    """Say how the moment of arrival stands to the rule."""
    day = calendar.day_of(arrived_at)
    if not calendar.is_working_day(day):
        return Reason(code="arrived_on_day_off", at=arrived_at)
    if isinstance(rule, Within):
        code = "arrived" if calendar.is_open(arrived_at) else "arrived_outside_hours"
        return Reason(code=code, at=arrived_at)
    cutoff = f"{rule.cutoff:%H:%M}"
    if _is_in_time_for_the_day(rule, calendar, arrived_at, day):
        return Reason(code="arrived_before_cutoff", at=arrived_at, detail=cutoff)
    arrived_time = arrived_at.astimezone(calendar.zone).time()
    if arrived_time < rule.cutoff:
        return Reason(code="arrived_after_closing", at=arrived_at, until=calendar.closing_of(day))
    code = "arrived_after_cutoff" if arrived_time > rule.cutoff else "arrived_at_cutoff"
    return Reason(code=code, at=arrived_at, detail=cutoff)


def _rule_reasons(rule: Rule, chosen: PolicyException | None, rule_count: int) -> Iterator[Reason]:
    """Say which rule was taken when there was a choice, or when it is not the same-day rule."""
    if isinstance(rule, Within):
        yield Reason(code="rule_within", detail=f"{rule.business_time // timedelta(minutes=1)}")
    if chosen is not None:
        if chosen.tag is not None:
            yield Reason(code="rule_of_tag", detail=chosen.tag)
        if chosen.account is not None:
            yield Reason(code="rule_of_account", detail=chosen.account)
        if chosen.mailbox is not None:
            yield Reason(code="rule_of_mailbox", detail=chosen.mailbox)
    if rule_count > 1:
        yield Reason(code="most_urgent_rule", detail=str(rule_count))


def _closed_days(
    calendar: WorkCalendar, arrived_at: datetime, due_at: datetime
) -> Iterator[Reason]:
    """Name the days without work between arrival and deadline, neighbours of one sort together."""
    day, due_day = calendar.day_of(arrived_at), calendar.day_of_deadline(due_at)
    sort: Closed | None = None
    first = day
    # `due_day` is a working day: the last group is always closed before the walk ends.
    while day <= due_day:
        found = calendar.closed_because(day)
        if found is not sort:
            if sort is not None:
                yield _closed_reason(calendar, sort, first, day - _ONE_DAY)
            sort, first = found, day
        day += _ONE_DAY


def _extra_day(calendar: WorkCalendar, day: date) -> Iterator[Reason]:
    """Say that a deadline stands on a day that is closed in other weeks, a working Saturday."""
    if calendar.is_extra_working_day(day):
        noon = _noon(calendar, day)
        yield Reason(code="extra_working_day", at=noon, until=noon)


def _closed_reason(calendar: WorkCalendar, sort: Closed, first: date, last: date) -> Reason:
    """Return the ledger row of some days without work.

    A holiday keeps its country and not its name, so that each reader gets his own language.
    """
    return Reason(
        code=sort,
        at=_noon(calendar, first),
        until=_noon(calendar, last),
        detail=calendar.holidays.country if sort is Closed.HOLIDAY else "",
    )


def _noon(calendar: WorkCalendar, day: date) -> datetime:
    """Return the middle of a day, which readers in other zones see on the same date."""
    return datetime.combine(day, time(12), tzinfo=calendar.zone).astimezone(UTC)
