"""Prove what holds for every set of events: order, prefixes, deadlines, states."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from models.agency import Account, Agency
from models.event import Action, ClientWrote, Event, MailBounced, PersonActed, WeWrote
from models.ids import UNKNOWN_ACCOUNT, AccountId, Address, MessageKey, ThreadId
from models.obligation import Obligation, ObligationState, PromiseOutcome
from models.verdict import FoundPromise, ReplyKind, Tag
from sla.fold import fold
from sla.policy import Policy, PolicyException, Within
from sla.work_calendar import WorkCalendar, parse_hours

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = WorkCalendar(
    zone=BERLIN, weekly=dict.fromkeys(range(5), parse_hours(["10:00-13:00", "14:00-19:00"]))
)
POLICY = Policy(
    exceptions=(PolicyException(tag=Tag.COMPLAINT, rule=Within(business_time=timedelta(hours=2))),)
)
ACME, GLOBEX = AccountId("acme"), AccountId("globex")
PEOPLE = {
    Address("ivan@acme.example"): ACME,
    Address("olga@acme.example"): ACME,
    Address("pm@globex.example"): GLOBEX,
    Address("new@client.example"): UNKNOWN_ACCOUNT,
}
AGENCY = Agency(
    name="Studio",
    domains=frozenset({"studio.example"}),
    zone="Europe/Berlin",
    accounts=(
        Account(id=ACME, name="Acme", domains=frozenset({"acme.example"})),
        Account(id=GLOBEX, name="Globex", domains=frozenset({"globex.example"})),
    ),
)
# Four days over the autumn clock change, in steps that often collide.
START = datetime(2026, 10, 23, 5, tzinfo=UTC)
INSTANTS = st.integers(0, 4 * 24 * 4).map(lambda step: START + timedelta(minutes=15 * step))
ADDRESSES = st.sampled_from(sorted(PEOPLE))
PROMISES = st.lists(
    st.builds(
        FoundPromise,
        text=st.just("soon"),
        due_at=INSTANTS,
        dated=st.booleans(),
        source=st.just("test"),
    ),
    max_size=2,
).map(tuple)


@st.composite
def threads(draw: st.DrawFn) -> list[Event]:
    """Draw a thread in which every message has a key of its own."""
    return [draw(one_event(number)) for number in range(draw(st.integers(0, 9)))]


@st.composite
def one_event(draw: st.DrawFn, number: int) -> Event:
    key, at = MessageKey(f"k{number}"), draw(INSTANTS)
    another = MessageKey(f"k{draw(st.integers(0, 8))}")
    sort = draw(st.sampled_from("ccccwwwwbp"))
    if sort == "c":
        author = draw(ADDRESSES)
        return ClientWrote(
            message=key,
            at=at,
            account=PEOPLE[author],
            author=author,
            mailbox=None,
            tags=draw(st.frozensets(st.sampled_from(Tag), max_size=2)),
            needs_answer=draw(st.booleans()),
            chaser=draw(st.booleans()),
            withdrawn=draw(st.integers(0, 9)) == 0,
        )
    if sort == "w":
        recipients = draw(st.frozensets(ADDRESSES, min_size=1, max_size=3))
        return WeWrote(
            message=key,
            at=at,
            author=Address("anna@studio.example"),
            recipients=recipients,
            accounts=frozenset(PEOPLE[one] for one in recipients),
            reply_kind=draw(st.sampled_from(ReplyKind)),
            promises=draw(PROMISES),
        )
    if sort == "b":
        return MailBounced(
            message=key,
            at=at,
            failed=another,
            recipients=draw(st.frozensets(ADDRESSES, max_size=2)),
        )
    return PersonActed(
        at=at,
        by=Address("anna@studio.example"),
        action=draw(st.sampled_from(Action)),
        opened_by=another,
    )


def folded(events: list[Event], as_of: datetime) -> tuple[Obligation, ...]:
    return fold(
        events,
        thread=ThreadId("t1"),
        policy=POLICY,
        calendar=CALENDAR,
        agency=AGENCY,
        as_of=as_of,
    )


@given(events=threads(), as_of=INSTANTS, seed=st.randoms(use_true_random=False))
def test_any_permutation_of_events_gives_equal_obligations(
    events: list[Event], as_of: datetime, seed: random.Random
) -> None:
    shuffled = list(events)
    seed.shuffle(shuffled)
    assert folded(shuffled, as_of) == folded(events, as_of)


@given(events=threads(), as_of=INSTANTS)
def test_the_whole_folded_as_of_an_instant_is_the_prefix_folded_then(
    events: list[Event], as_of: datetime
) -> None:
    prefix = [event for event in events if event.at <= as_of]
    assert folded(events, as_of) == folded(prefix, as_of)


@given(events=threads(), as_of=INSTANTS)
def test_due_times_never_move_because_a_client_wrote_again(
    events: list[Event], as_of: datetime
) -> None:
    before = {(one.kind, one.opened_by): one for one in folded(events, as_of)}
    author = Address("ivan@acme.example")
    later = ClientWrote(
        message=MessageKey("later"),
        at=as_of,
        account=ACME,
        author=author,
        mailbox=None,
        tags=frozenset({Tag.COMPLAINT}),
        needs_answer=True,
        chaser=True,
    )
    after = {(one.kind, one.opened_by): one for one in folded([*events, later], as_of)}
    for name, obligation in before.items():
        assert after[name].due_at == obligation.due_at
        assert after[name].first_due_at == obligation.first_due_at
        assert after[name].state is obligation.state


@given(events=threads(), as_of=INSTANTS)
def test_no_obligation_is_both_answered_and_open(events: list[Event], as_of: datetime) -> None:
    answered = {ObligationState.ANSWERED, ObligationState.ANSWERED_LATE}
    for one in folded(events, as_of):
        assert (one.answered_by is not None) == (one.state in answered)
        assert (one.answered_at is not None) == (one.state in answered)
        assert bool(one.dismissed_by) == (one.state is ObligationState.DISMISSED)


@given(events=threads(), as_of=INSTANTS)
def test_an_account_waits_in_one_spell_at_a_time(events: list[Event], as_of: datetime) -> None:
    waiting = [one.account for one in folded(events, as_of) if one.kind == "reply"]
    open_now = [
        one.account for one in folded(events, as_of) if one.kind == "reply" and one.state.waits
    ]
    assert len(open_now) == len(set(open_now)) <= len(waiting)


@given(events=threads(), as_of=INSTANTS)
def test_an_obligation_has_one_name_and_each_mail_one_place_in_it(
    events: list[Event], as_of: datetime
) -> None:
    obligations = folded(events, as_of)
    names = [(one.kind, one.opened_by) for one in obligations]
    assert len(names) == len(set(names))
    for one in obligations:
        assert one.opened_by not in one.joined
        assert len(one.joined) == len(set(one.joined))


@given(events=threads(), as_of=INSTANTS)
def test_a_breach_is_a_deadline_in_the_past(events: list[Event], as_of: datetime) -> None:
    for one in folded(events, as_of):
        deadlines = {one.first_due_at, *(promise.due_at for promise in one.promises)}
        assert one.breached == (one.breached_at is not None)
        if one.breached_at is not None:
            assert one.breached_at in deadlines
            assert one.breached_at < as_of
        if one.state.waits:
            assert one.breached >= (as_of > one.due_at)


@given(events=threads(), as_of=INSTANTS)
def test_only_an_open_obligation_has_a_promise_in_force(
    events: list[Event], as_of: datetime
) -> None:
    for one in folded(events, as_of):
        for promise in one.promises:
            if promise.outcome is PromiseOutcome.IN_FORCE:
                assert one.state is ObligationState.PROMISED
                assert as_of <= promise.due_at


@given(events=threads(), as_of=INSTANTS)
def test_nothing_is_owed_before_it_was_asked_or_promised(
    events: list[Event], as_of: datetime
) -> None:
    for one in folded(events, as_of):
        assert one.opened_at <= as_of
        assert one.opened_at < one.first_due_at
        assert one.answered_at is None or one.opened_at <= one.answered_at <= as_of
