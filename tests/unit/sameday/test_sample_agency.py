"""Show that the picture the sample agency gives is alive, whenever the demo is started.

What a mail is meant to say stands in its story (`says`), so that the picture is folded by the real
rules and does not depend on the classifier.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import getaddresses
from functools import cache
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ingest.accounts import account_of
from models.event import ClientWrote, Event, MailBounced, WeWrote
from models.ids import UNKNOWN_ACCOUNT, AccountId, Address, MessageKey, ThreadId
from models.mailboxes import Tls
from models.obligation import Obligation, ObligationKind, ObligationState, PromiseOutcome
from models.verdict import FoundPromise, ReplyKind, Tag
from sameday.demo.compose import written_until
from sameday.demo.moments import at_time, day_zero, shift_working_days
from sameday.demo.sample_agency import AGENCY_SETTINGS, SENT_FOLDERS, settings
from sameday.demo.stories import Says, conversations
from sameday.demo.writing import WrittenMail
from sameday.settings import Settings, settings_of
from sla.fold import fold
from sla.urgency import Band, band

MOSCOW: Final = ZoneInfo("Europe/Moscow")

STARTS: Final = {
    "Monday 00:10": datetime(2026, 11, 23, 0, 10, tzinfo=MOSCOW),
    "Tuesday 18:01": datetime(2026, 11, 24, 18, 1, tzinfo=MOSCOW),
    "Wednesday 12:00": datetime(2026, 11, 25, 12, 0, tzinfo=MOSCOW),
    "Friday 00:10": datetime(2026, 11, 27, 0, 10, tzinfo=MOSCOW),
    "Friday 23:50": datetime(2026, 11, 27, 23, 50, tzinfo=MOSCOW),
    "Saturday 09:00": datetime(2026, 11, 28, 9, 0, tzinfo=MOSCOW),
    "Sunday 15:00": datetime(2026, 11, 22, 15, 0, tzinfo=MOSCOW),
    "1 January": datetime(2027, 1, 1, 0, 5, tzinfo=MOSCOW),
    "29 February": datetime(2028, 2, 29, 11, 30, tzinfo=MOSCOW),
}

at_every_start = pytest.mark.parametrize("now", STARTS.values(), ids=STARTS.keys())

any_hour = st.datetimes(
    min_value=datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2032, 1, 1),  # noqa: DTZ001 - and adds the zone itself
    timezones=st.just(UTC),
)

WEDNESDAY: Final = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@at_every_start
def test_the_picture_is_alive_at_any_start(now: datetime) -> None:
    _assert_alive(now.astimezone(UTC))


@hypothesis_settings(deadline=None, max_examples=40)
@given(now=any_hour)
def test_the_picture_is_alive_at_any_hour_of_any_day(now: datetime) -> None:
    _assert_alive(now)


def test_the_past_holds_answers_in_time_and_late_a_broken_promise_and_a_withdrawal() -> None:
    owed = _owed(WEDNESDAY)
    states = Counter(o.state for o in owed)
    assert states[ObligationState.ANSWERED] >= 25
    assert states[ObligationState.ANSWERED_LATE] >= 3
    assert states[ObligationState.DISMISSED] >= 2
    outcomes = Counter(promise.outcome for o in owed for promise in o.promises)
    assert outcomes[PromiseOutcome.KEPT] >= 6
    assert outcomes[PromiseOutcome.BROKEN] >= 1


def test_one_answer_bounced_and_its_request_waits_again() -> None:
    assert [o.thread for o in _owed(WEDNESDAY) if o.bounced and o.state.waits] == ["lukomor-feed"]


def _assert_alive(now: datetime) -> None:
    """Check that there is something of everything a newcomer should see."""
    waiting = [obligation for obligation in _owed(now) if obligation.state.waits]
    overdue = [
        o for o in waiting if band(o, as_of=now, calendar=_settings().calendar) is Band.OVERDUE
    ]
    today = max(now.astimezone(MOSCOW).date(), day_zero(now))
    horizon = _settings().calendar.closing_of(shift_working_days(today, 1))
    assert len(overdue) >= 4
    assert len([o for o in waiting if now <= o.due_at <= horizon]) >= 2
    assert len([o for o in waiting if o.state is ObligationState.PROMISED and o.due_at > now]) >= 3
    assert len([o for o in waiting if o.chased]) >= 3
    assert max(o.chased for o in waiting) >= 2
    assert len(overdue) <= len(_owed(now)) // 2


def test_settings_name_every_watched_mailbox_on_loopback_and_pass_our_own_check() -> None:
    watched = [entry.mailbox for entry in _settings().mailboxes]
    assert [mailbox.address for mailbox in watched] == list(SENT_FOLDERS)
    assert {(m.host, m.port, m.tls) for m in watched} == {("127.0.0.1", 1143, Tls.NONE)}
    assert _settings().database_url == "sqlite:///demo.db"
    assert _settings().panel_port == 8025


def test_each_account_has_a_manager_and_mail() -> None:
    managers = {p["email"] for p in _tables("people") if "account_manager" in p["roles"]}
    accounts = _tables("accounts")
    assert {account["manager"] for account in accounts} == managers
    talked = {talk.account for talk in conversations() if talk.account}
    assert {account["id"] for account in accounts} == talked
    assert len(talked) >= 9


def test_every_client_of_a_story_belongs_to_its_account() -> None:
    for talk in conversations():
        for mail in talk.mails:
            if talk.account and not mail.writer.ours and mail.says is not Says.BOUNCES:
                assert _account_of(mail.writer.email) == talk.account


def test_a_sent_folder_is_known_by_its_special_use_or_by_its_name_alone() -> None:
    assert ("Отправленные", "\\Sent") in SENT_FOLDERS.values()
    assert ("Sent Items", "") in SENT_FOLDERS.values()


_REPLY_KINDS: Final[Mapping[Says, ReplyKind]] = {
    Says.ANSWERS: ReplyKind.FULL,
    Says.HOLDS: ReplyKind.HOLDING,
    Says.PARTLY: ReplyKind.PARTIAL,
    Says.REPORTS: ReplyKind.OTHER,
}


def _owed(now: datetime) -> list[Obligation]:
    """Return what the stories make us owe at an instant when every mail is read as it is meant."""
    return [
        obligation
        for talk in conversations()
        for obligation in fold(
            [e for w in written_until(talk, now) for e in _events_of(w)],
            thread=ThreadId(talk.id),
            policy=_settings().policy,
            calendar=_settings().calendar,
            agency=_settings().agency,
            as_of=now,
        )
        if obligation.kind is ObligationKind.REPLY
    ]


def _events_of(written: WrittenMail) -> list[Event]:
    """Return what a mail means; nothing for automatic and internal mail."""
    mail = written.mail
    if mail.says in (Says.AUTOMATIC, Says.INTERNAL):
        return []
    if mail.says is Says.BOUNCES:
        assert written.parent is not None
        failed = MessageKey(written.parent.message_id)
        return [MailBounced(message=MessageKey(written.message_id), at=written.at, failed=failed)]
    return [_we_wrote(written) if mail.says in _REPLY_KINDS else _client_wrote(written)]


def _client_wrote(written: WrittenMail) -> ClientWrote:
    mail = written.mail
    client = Address(_addresses_in(mail.reply_to)[0]) if mail.reply_to else mail.writer.email
    return ClientWrote(
        message=MessageKey(written.message_id),
        at=written.at,
        account=_account_of(client),
        author=client,
        mailbox=written.to[0],
        tags=frozenset({Tag.COMPLAINT}) if mail.complains else frozenset(),
        needs_answer=mail.says in (Says.ASKS, Says.CHASES),
        chaser=mail.says is Says.CHASES,
        withdrawn=mail.says is Says.WITHDRAWS,
    )


def _we_wrote(written: WrittenMail) -> WeWrote:
    mail = written.mail
    outside = frozenset(a for a in (*written.to, *written.cc) if not _settings().agency.is_ours(a))
    return WeWrote(
        message=MessageKey(written.message_id),
        at=written.at,
        author=written.sender,
        recipients=outside,
        accounts=frozenset(map(_account_of, outside)),
        reply_kind=_REPLY_KINDS[mail.says],
        promises=(_promise(written),) if mail.until else (),
    )


def _promise(written: WrittenMail) -> FoundPromise:
    until = written.mail.until
    day = shift_working_days(written.at.astimezone(MOSCOW).date(), int(until.split("d")[0]))
    return FoundPromise(
        text=until, due_at=at_time(day, until), dated=True, source="the story says so"
    )


@cache
def _settings() -> Settings:
    return settings_of(
        settings(
            imap_port=1143,
            database_url="sqlite:///demo.db",
            panel_bind="127.0.0.1:8025",
            password_env="DEMO_PASSWORD",
        ),
        Path("config.toml"),
    )


def _account_of(address: Address) -> AccountId:
    return account_of(address, _settings().agency) or UNKNOWN_ACCOUNT


def _tables(name: str) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", AGENCY_SETTINGS[name])


def _addresses_in(header: str) -> list[str]:
    return [address for _, address in getaddresses([header])]
