"""Prove what bounces, withdrawals and people's words change, and that they can be undone."""

from collections.abc import Callable
from datetime import datetime

import pytest

from models.obligation import Obligation, ObligationKind, ObligationState, PromiseOutcome

At = Callable[[str], datetime]
Owed = Callable[..., tuple[Obligation, ...]]

QUESTION = "04-24 11:00 client m1\n"
ANSWERED = QUESTION + "04-24 12:00 ours r1 full\n"
HOLDING = QUESTION + "04-24 12:00 ours r1 holding promise=04-28,19:00\n"


def test_a_bounced_answer_reopens_the_obligation_with_its_original_clock(
    owed: Owed, at: At
) -> None:
    (obligation,) = owed(ANSWERED + "04-24 20:00 bounce b1 of=r1", as_of="04-24 20:30")
    assert (obligation.state, obligation.bounced) == (ObligationState.OPEN, True)
    assert (obligation.opened_at, obligation.due_at) == (at("04-24 11:00"), at("04-24 19:00"))
    assert obligation.breached_at == at("04-24 19:00")
    assert obligation.answered_by is obligation.first_reply is None


def test_before_the_bounce_arrived_the_answer_counted(owed: Owed) -> None:
    story = ANSWERED + "04-24 20:00 bounce b1 of=r1"
    assert owed(story, as_of="04-24 19:30") == owed(ANSWERED, as_of="04-24 19:30")


def test_a_bounce_dated_before_the_mail_that_failed_counts_too(owed: Owed) -> None:
    (obligation,) = owed(ANSWERED + "04-24 11:59 bounce b1 of=r1", as_of="04-24 15:00")
    assert obligation.state is ObligationState.OPEN


def test_a_bounced_promise_was_never_made(owed: Owed, at: At) -> None:
    (obligation,) = owed(HOLDING + "04-24 12:01 bounce b1 of=r1", as_of="04-24 15:00")
    assert (obligation.state, obligation.due_at) == (ObligationState.OPEN, at("04-24 19:00"))


def test_a_bounced_own_promise_is_not_owed(owed: Owed) -> None:
    story = "04-24 15:00 ours r1 other promise=04-28,19:00\n04-24 15:01 bounce b1 of=r1"
    assert owed(story, as_of="04-24 16:00") == ()


def test_a_mail_sent_again_after_a_bounce_answers(owed: Owed) -> None:
    (obligation,) = owed(
        ANSWERED + "04-24 12:05 bounce b1 of=r1\n04-24 13:30 ours r2 full", as_of="04-24 15:00"
    )
    assert (obligation.answered_by, obligation.bounced) == ("r2", True)


@pytest.mark.parametrize(
    ("sent_to", "failed", "state"),
    [
        pytest.param(
            "ivan@acme.example,olga@acme.example",
            "ivan@acme.example",
            ObligationState.ANSWERED,
            id="a colleague got it",
        ),
        pytest.param(
            "ivan@acme.example,ceo@acme-holding.example",
            "ivan@acme.example",
            ObligationState.ANSWERED,
            id="a known contact got it",
        ),
        pytest.param(
            "ivan@acme.example,pm@globex.example",
            "ivan@acme.example",
            ObligationState.OPEN,
            id="only another company got it",
        ),
        pytest.param(
            "ivan@acme.example,olga@acme.example",
            "ivan@acme.example,olga@acme.example",
            ObligationState.OPEN,
            id="nobody got it",
        ),
        pytest.param(
            "ivan@acme.example,olga@acme.example",
            "someone@elsewhere.example",
            ObligationState.OPEN,
            id="an address we never wrote to",
        ),
    ],
)
def test_a_mail_counts_for_those_whom_it_reached(
    owed: Owed, sent_to: str, failed: str, state: ObligationState
) -> None:
    (obligation,) = owed(
        QUESTION
        + f"""04-24 12:00 ours r1 full to={sent_to} accounts=acme,globex
        04-24 12:05 bounce b1 of=r1 to={failed}""",
        as_of="04-24 15:00",
    )
    assert obligation.state is state
    assert obligation.bounced is state.waits


def test_two_bounces_for_two_people_leave_nobody(owed: Owed) -> None:
    (obligation,) = owed(
        QUESTION
        + """04-24 12:00 ours r1 full to=ivan@acme.example,olga@acme.example
        04-24 12:05 bounce b1 of=r1 to=ivan@acme.example
        04-24 12:06 bounce b2 of=r1 to=olga@acme.example""",
        as_of="04-24 15:00",
    )
    assert obligation.state is ObligationState.OPEN


def test_a_private_address_that_wrote_in_the_thread_can_be_reached(owed: Owed) -> None:
    (obligation,) = owed(
        """04-24 11:00 client m1 from=ivan.private@mail.example
        04-24 12:00 ours r1 full to=ivan.private@mail.example,olga@acme.example
        04-24 12:05 bounce b1 of=r1 to=olga@acme.example""",
        as_of="04-24 15:00",
    )
    assert obligation.state is ObligationState.ANSWERED


def test_a_question_asked_between_answer_and_bounce_joins_the_reopened_one(owed: Owed) -> None:
    story = ANSWERED + "04-24 13:30 client m2\n"
    assert len(owed(story, as_of="04-24 14:00")) == 2
    (obligation,) = owed(story + "04-24 14:30 bounce b1 of=r1", as_of="04-24 15:00")
    assert obligation.joined == ("m2",)


def test_a_request_that_the_client_takes_back_is_dismissed(owed: Owed) -> None:
    (obligation,) = owed(QUESTION + "04-24 12:00 client m2 withdrawn thanks", as_of="04-27 12:00")
    assert (obligation.state, obligation.dismissed_by) == (ObligationState.DISMISSED, "client")
    assert obligation.joined == ("m2",)
    assert not obligation.breached


def test_a_promise_in_force_is_dropped_when_the_client_withdraws(owed: Owed) -> None:
    (obligation,) = owed(HOLDING + "04-27 12:00 client m2 withdrawn thanks", as_of="04-30 12:00")
    assert [promise.outcome for promise in obligation.promises] == [PromiseOutcome.DROPPED]


def test_what_was_missed_before_the_withdrawal_stays_missed(owed: Owed, at: At) -> None:
    (obligation,) = owed(QUESTION + "04-27 12:00 client m2 withdrawn thanks", as_of="04-30 12:00")
    assert obligation.breached_at == at("04-24 19:00")


def test_one_request_taken_back_and_another_made_in_one_mail(owed: Owed) -> None:
    first, second = owed(QUESTION + "04-24 12:00 client m2 withdrawn bug", as_of="04-24 15:00")
    assert first.state is ObligationState.DISMISSED
    assert (second.opened_by, second.state) == ("m2", ObligationState.OPEN)


def test_with_no_question_open_the_client_calls_off_what_we_promised(owed: Owed) -> None:
    (obligation,) = owed(
        "04-24 15:00 ours r1 other promise=04-28,19:00\n04-25 15:00 client m1 withdrawn thanks",
        as_of="04-30 12:00",
    )
    assert obligation.kind is ObligationKind.OWN_PROMISE
    assert obligation.state is ObligationState.DISMISSED


@pytest.mark.parametrize("action", ["no_answer_needed", "answered_elsewhere"])
def test_a_person_may_dismiss_with_who_when_and_why(owed: Owed, at: At, action: str) -> None:
    (obligation,) = owed(
        QUESTION + f"04-24 12:00 person {action} of=m1 why=phone", as_of="04-27 12:00"
    )
    assert obligation.state is ObligationState.DISMISSED
    assert obligation.dismissed_by == "anna@studio.example"
    assert obligation.answered_by is None
    last = obligation.why[-1]
    assert (last.code, last.at, last.detail) == (
        action,
        at("04-24 12:00"),
        "anna@studio.example: phone",
    )


def test_a_dismissal_can_be_undone_and_the_original_clock_runs_on(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        QUESTION
        + """04-24 12:00 person no_answer_needed of=m1
        04-27 12:00 client m2
        04-27 12:30 person undo of=m1""",
        as_of="04-27 13:00",
    )
    assert (obligation.state, obligation.joined) == (ObligationState.OPEN, ("m2",))
    assert obligation.breached_at == at("04-24 19:00")


def test_after_an_undo_a_new_dismissal_holds(owed: Owed) -> None:
    (obligation,) = owed(
        QUESTION
        + """04-24 12:00 person no_answer_needed of=m1
        04-24 12:10 person undo of=m1
        04-24 12:20 person answered_elsewhere of=m1""",
        as_of="04-24 13:00",
    )
    assert obligation.why[-1].code == "answered_elsewhere"


def test_a_withdrawal_that_a_person_takes_for_an_error_can_be_undone(owed: Owed) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 client m2 withdrawn thanks\n04-24 12:30 person undo of=m1",
        as_of="04-24 13:00",
    )
    assert (obligation.state, obligation.dismissed_by) == (ObligationState.OPEN, "")


def test_a_dismissal_by_a_clock_that_runs_behind_holds_too(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 10:58 person no_answer_needed of=m1", as_of="04-24 13:00"
    )
    assert obligation.state is ObligationState.DISMISSED
    assert obligation.why[-1].at == at("04-24 11:00")


def test_a_word_about_an_answered_or_unknown_mail_changes_nothing(owed: Owed) -> None:
    story = ANSWERED + "04-24 13:00 person no_answer_needed of=m1\n"
    (obligation,) = owed(story + "04-24 13:00 person undo of=m9", as_of="04-24 15:00")
    assert obligation.state is ObligationState.ANSWERED


def test_an_own_promise_can_be_dismissed(owed: Owed) -> None:
    (obligation,) = owed(
        """04-24 15:00 ours r1 other promise=04-28,19:00
        04-24 16:00 person answered_elsewhere of=r1""",
        as_of="04-30 12:00",
    )
    assert obligation.state is ObligationState.DISMISSED


def test_after_a_dismissal_the_next_question_opens_a_new_spell(owed: Owed) -> None:
    obligations = owed(
        QUESTION + "04-24 12:00 person no_answer_needed of=m1\n04-24 15:00 client m2",
        as_of="04-24 16:00",
    )
    assert [one.opened_by for one in obligations] == ["m1", "m2"]


def test_a_mail_to_one_stranger_that_bounces_says_nothing_about_another(owed: Owed) -> None:
    (obligation,) = owed(
        """04-24 11:00 client m1 account=unknown from=new@client.example
        04-24 12:00 ours r1 full accounts=unknown to=other@person.example
        04-24 12:05 bounce b1 of=r1""",
        as_of="04-24 15:00",
    )
    assert not obligation.bounced
