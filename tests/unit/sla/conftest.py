"""Tell short stories of a thread as text, so that a test reads like its case."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from models.agency import Account, Agency, Person
from models.event import Action, ClientWrote, Event, MailBounced, PersonActed, WeWrote
from models.ids import AccountId, Address, MessageKey, ThreadId
from models.obligation import Obligation
from models.verdict import FoundPromise, ReplyKind, Tag
from sla.fold import fold
from sla.policy import Policy, PolicyException, Within, parse_duration
from sla.public_holidays import PublicHolidays
from sla.work_calendar import WorkCalendar, parse_hours

MOSCOW = ZoneInfo("Europe/Moscow")
ANNA = Address("anna@studio.example")
IVAN = Address("ivan@acme.example")
TAGS = {tag.value: tag for tag in Tag}


@pytest.fixture
def moscow() -> WorkCalendar:
    """Give an agency's week with a lunch break and the Russian holidays."""
    hours = parse_hours(["10:00-13:00", "14:00-19:00"])
    return WorkCalendar(
        zone=MOSCOW,
        weekly=dict.fromkeys(range(5), hours),
        holidays=PublicHolidays.of("RU"),
    )


@pytest.fixture
def agency() -> Agency:
    """Give an agency with two accounts, one of which Anna manages."""
    return Agency(
        name="Studio",
        domains=frozenset({"studio.example"}),
        zone="Europe/Moscow",
        people=(
            Person(email=ANNA, name="Anna", aliases=frozenset({Address("a.snow@mail.example")})),
            Person(email=Address("boris@studio.example"), name="Boris"),
        ),
        accounts=(
            Account(
                id=AccountId("acme"),
                name="Acme",
                domains=frozenset({"acme.example"}),
                contacts=frozenset({Address("ceo@acme-holding.example")}),
                manager=ANNA,
            ),
            Account(id=AccountId("globex"), name="Globex", domains=frozenset({"globex.example"})),
        ),
    )


@pytest.fixture
def policy() -> Policy:
    """Give the same-day rule, with complaints due within two working hours."""
    complaint = PolicyException(tag=Tag.COMPLAINT, rule=Within(business_time=parse_duration("2h")))
    return Policy(exceptions=(complaint,))


@pytest.fixture
def events() -> Callable[[str], tuple[Event, ...]]:
    """Give the reader of stories; see `_event` for the words of a line."""
    return lambda story: tuple(_event(line) for line in story.strip().splitlines())


@pytest.fixture
def owed(
    events: Callable[[str], tuple[Event, ...]],
    moscow: WorkCalendar,
    agency: Agency,
    policy: Policy,
) -> Callable[..., tuple[Obligation, ...]]:
    """Give a function that folds a story up to an instant of 2026, Moscow time."""

    def fold_story(story: str, *, as_of: str) -> tuple[Obligation, ...]:
        return fold(
            events(story),
            thread=ThreadId("t1"),
            policy=policy,
            calendar=moscow,
            agency=agency,
            as_of=_instant(as_of),
        )

    return fold_story


@pytest.fixture
def at() -> Callable[[str], datetime]:
    """Give a reader of instants of 2026 in Moscow time, e.g. "04-24 18:30"."""
    return _instant


def _instant(text: str) -> datetime:
    """Return the instant of 2026 that Moscow's clock shows, aware UTC."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=MOSCOW).astimezone(UTC)


def _event(line: str) -> Event:
    """Return the event of a line: day, time, who, key, then words and name=value pairs.

    client: `thanks` (needs no answer), `chaser`, `withdrawn`, tags, from=, account=.
    ours: full, partial, holding, other; promise= and vague= (day,time), to=, accounts=, by=.
    bounce: of=, to=. person: an action, of=, why=.
    """
    day, time, who, key, *words = line.split()
    at = _instant(f"{day} {time}")
    named = dict(word.split("=", 1) for word in words if "=" in word)
    plain = {word for word in words if "=" not in word}
    if who == "client":
        return ClientWrote(
            message=MessageKey(key),
            at=at,
            account=AccountId(named.get("account", "acme")),
            author=Address(named.get("from", IVAN)),
            mailbox=Address("hello@studio.example"),
            tags=frozenset(TAGS[word] for word in plain if word in TAGS),
            needs_answer="thanks" not in plain,
            chaser="chaser" in plain,
            withdrawn="withdrawn" in plain,
        )
    if who == "ours":
        return WeWrote(
            message=MessageKey(key),
            at=at,
            author=Address(named.get("by", ANNA)),
            recipients=_addresses(named.get("to", IVAN)),
            accounts=frozenset(map(AccountId, named.get("accounts", "acme").split(","))),
            reply_kind=next(kind for kind in ReplyKind if kind.value in plain),
            promises=tuple(
                _promise(word) for word in words if word.startswith(("p", "v")) and "=" in word
            ),
        )
    if who == "bounce":
        return MailBounced(
            message=MessageKey(key),
            at=at,
            failed=MessageKey(named["of"]),
            recipients=_addresses(named.get("to", "")),
        )
    return PersonActed(
        at=at,
        by=ANNA,
        action=Action(key),
        opened_by=MessageKey(named["of"]),
        why=named.get("why", ""),
    )


def _addresses(text: str) -> frozenset[Address]:
    """Return the addresses of a list with commas."""
    return frozenset(Address(one) for one in text.split(",") if one)


def _promise(word: str) -> FoundPromise:
    """Return the promise that promise=04-28,19:00 or vague=04-28,19:00 names."""
    name, _, moment = word.partition("=")
    return FoundPromise(
        text=f"by {moment}",
        due_at=_instant(moment.replace(",", " ")),
        dated=name == "promise",
        source="test",
    )
