"""Prove that a promise is a deadline of its own (SEMANTICS.md sections 5 and 6)."""

from collections.abc import Callable
from datetime import datetime

import pytest

from models.obligation import Obligation, ObligationKind, ObligationState, PromiseOutcome

At = Callable[[str], datetime]
Owed = Callable[..., tuple[Obligation, ...]]

QUESTION = "04-24 11:00 client m1\n"
HOLDING = QUESTION + "04-24 12:00 ours r1 holding promise=04-28,19:00\n"


def outcomes(obligation: Obligation) -> list[PromiseOutcome]:
    return [promise.outcome for promise in obligation.promises]


@pytest.mark.parametrize("kind", ["holding", "partial"])
def test_a_holding_or_partial_reply_with_a_promise_moves_the_deadline(
    owed: Owed, at: At, kind: str
) -> None:
    (obligation,) = owed(
        QUESTION + f"04-24 12:00 ours r1 {kind} promise=04-28,19:00", as_of="04-25 12:00"
    )
    assert obligation.state is ObligationState.PROMISED
    assert obligation.due_at == at("04-28 19:00")
    assert obligation.first_due_at == at("04-24 19:00")
    assert outcomes(obligation) == [PromiseOutcome.IN_FORCE]
    assert not obligation.breached


def test_a_promise_may_make_the_deadline_earlier(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 ours r1 holding promise=04-24,13:00", as_of="04-24 13:00:01"
    )
    assert obligation.due_at == obligation.breached_at == at("04-24 13:00")


def test_a_vague_promise_moves_the_deadline_to_its_default(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 ours r1 holding vague=04-27,19:00", as_of="04-25 12:00"
    )
    assert (obligation.state, obligation.due_at) == (ObligationState.PROMISED, at("04-27 19:00"))


def test_vague_words_beside_a_named_moment_add_nothing(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 ours r1 holding vague=04-27,19:00 promise=04-28,19:00",
        as_of="04-25 12:00",
    )
    assert [promise.due_at for promise in obligation.promises] == [at("04-28 19:00")]


def test_of_several_promises_in_one_mail_the_nearest_is_the_deadline(owed: Owed, at: At) -> None:
    story = QUESTION + "04-24 12:00 ours r1 holding promise=04-29,19:00 promise=04-28,19:00\n"
    (waiting,) = owed(story, as_of="04-25 12:00")
    (answered,) = owed(story + "04-29 12:00 ours r2 full", as_of="04-30 12:00")
    assert waiting.due_at == at("04-28 19:00")
    assert outcomes(answered) == [PromiseOutcome.BROKEN, PromiseOutcome.KEPT]


def test_a_promise_of_a_moment_that_is_over_changes_nothing(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 ours r1 holding promise=04-24,11:30", as_of="04-24 13:00"
    )
    assert (obligation.state, obligation.due_at) == (ObligationState.OPEN, at("04-24 19:00"))
    assert obligation.promises == ()


def test_an_answer_before_the_promised_moment_keeps_the_promise(owed: Owed) -> None:
    (obligation,) = owed(HOLDING + "04-28 19:00 ours r2 full", as_of="04-29 12:00")
    assert obligation.state is ObligationState.ANSWERED
    assert outcomes(obligation) == [PromiseOutcome.KEPT]
    assert not obligation.breached


def test_an_answer_after_the_promised_moment_breaks_it(owed: Owed, at: At) -> None:
    (obligation,) = owed(HOLDING + "04-28 19:01 ours r2 full", as_of="04-29 12:00")
    assert obligation.state is ObligationState.ANSWERED_LATE
    assert outcomes(obligation) == [PromiseOutcome.BROKEN]
    assert obligation.breached_at == at("04-28 19:00")


def test_a_promised_moment_that_passes_in_silence_breaks_it(owed: Owed, at: At) -> None:
    (obligation,) = owed(HOLDING, as_of="04-28 19:00:01")
    assert obligation.state is ObligationState.PROMISED
    assert outcomes(obligation) == [PromiseOutcome.BROKEN]
    assert (obligation.due_at, obligation.breached_at) == (at("04-28 19:00"), at("04-28 19:00"))


def test_a_promise_can_be_moved_in_time_and_the_latest_counts(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        HOLDING + "04-28 16:00 ours r2 holding promise=04-30,13:00", as_of="04-29 12:00"
    )
    assert obligation.due_at == at("04-30 13:00")
    assert outcomes(obligation) == [PromiseOutcome.MOVED, PromiseOutcome.IN_FORCE]
    assert not obligation.breached


def test_a_second_promise_on_the_same_question_is_flagged(owed: Owed) -> None:
    (obligation,) = owed(
        HOLDING + "04-28 16:00 ours r2 holding promise=04-30,13:00", as_of="04-29 12:00"
    )
    assert "promised_again" in [reason.code for reason in obligation.why]


def test_the_latest_promise_counts_even_when_it_is_nearer(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        HOLDING + "04-24 16:00 ours r2 holding promise=04-27,19:00", as_of="04-25 12:00"
    )
    assert obligation.due_at == at("04-27 19:00")


def test_a_promise_moved_after_it_fell_due_leaves_the_breach(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        HOLDING + "04-29 10:00 ours r2 holding promise=04-30,19:00\n04-30 11:00 ours r3 full",
        as_of="05-05 12:00",
    )
    assert outcomes(obligation) == [PromiseOutcome.MOVED_LATE, PromiseOutcome.KEPT]
    assert obligation.breached_at == at("04-28 19:00")
    assert obligation.state is ObligationState.ANSWERED


def test_a_promise_made_after_the_first_deadline_does_not_erase_the_breach(
    owed: Owed, at: At
) -> None:
    (obligation,) = owed(
        QUESTION + "04-27 10:00 ours r1 holding promise=04-28,19:00", as_of="04-27 12:00"
    )
    assert obligation.state is ObligationState.PROMISED
    assert obligation.breached_at == at("04-24 19:00")


def test_thanks_ok_closes_nothing_and_cancels_no_promise(owed: Owed, at: At) -> None:
    (obligation,) = owed(HOLDING + "04-24 12:30 client m2 thanks", as_of="04-24 15:00")
    assert (obligation.state, obligation.due_at) == (ObligationState.PROMISED, at("04-28 19:00"))
    assert obligation.joined == ("m2",)


def test_a_chaser_of_a_promise_joins_and_moves_nothing(owed: Owed, at: At) -> None:
    (obligation,) = owed(HOLDING + "04-27 12:00 client m2 chaser", as_of="04-27 15:00")
    assert (obligation.due_at, obligation.chased) == (at("04-28 19:00"), 1)


def test_a_partial_reply_without_a_promise_leaves_the_promise_in_force(owed: Owed, at: At) -> None:
    (obligation,) = owed(HOLDING + "04-27 12:00 ours r2 partial", as_of="04-27 15:00")
    assert obligation.due_at == at("04-28 19:00")
    assert outcomes(obligation) == [PromiseOutcome.IN_FORCE]


# A promise that no client asked for.

NOTES = "04-24 15:00 ours r1 other promise=04-28,19:00\n"


def test_a_dated_promise_without_a_question_is_owed_by_itself(owed: Owed, at: At) -> None:
    (obligation,) = owed(NOTES, as_of="04-25 12:00")
    assert obligation.kind is ObligationKind.OWN_PROMISE
    assert (obligation.opened_by, obligation.account) == ("r1", "acme")
    assert obligation.first_due_at == obligation.due_at == at("04-28 19:00")
    assert (obligation.state, obligation.owner) == (
        ObligationState.PROMISED,
        "anna@studio.example",
    )


def test_a_vague_promise_without_a_question_is_not_watched(owed: Owed) -> None:
    assert owed("04-24 15:00 ours r1 other vague=04-27,19:00", as_of="04-25 12:00") == ()


@pytest.mark.parametrize("kind", ["other", "full", "partial"])
def test_an_own_promise_is_kept_by_a_later_mail_that_says_something(owed: Owed, kind: str) -> None:
    (obligation,) = owed(NOTES + f"04-28 12:00 ours r2 {kind}", as_of="04-30 12:00")
    assert (obligation.state, obligation.answered_by) == (ObligationState.ANSWERED, "r2")
    assert outcomes(obligation) == [PromiseOutcome.KEPT]


def test_an_own_promise_is_not_kept_by_a_holding_mail(owed: Owed) -> None:
    (obligation,) = owed(NOTES + "04-28 12:00 ours r2 holding", as_of="04-30 12:00")
    assert (obligation.breached, outcomes(obligation)) == (True, [PromiseOutcome.BROKEN])


def test_an_own_promise_is_moved_by_a_holding_mail_with_a_promise(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        NOTES + "04-28 12:00 ours r2 holding promise=04-30,19:00", as_of="04-29 12:00"
    )
    assert obligation.due_at == at("04-30 19:00")
    assert outcomes(obligation) == [PromiseOutcome.MOVED, PromiseOutcome.IN_FORCE]


def test_an_own_promise_delivered_late_is_late(owed: Owed, at: At) -> None:
    (obligation,) = owed(NOTES + "04-29 12:00 ours r2 other", as_of="04-30 12:00")
    assert obligation.state is ObligationState.ANSWERED_LATE
    assert obligation.breached_at == at("04-28 19:00")


def test_thanks_cancels_no_own_promise(owed: Owed) -> None:
    (obligation,) = owed(NOTES + "04-24 16:00 client m1 thanks", as_of="04-25 12:00")
    assert obligation.state is ObligationState.PROMISED


def test_each_later_mail_keeps_the_own_promise_that_falls_due_first(owed: Owed, at: At) -> None:
    notes = "04-24 15:00 ours r1 other promise=04-30,19:00 promise=04-28,19:00\n"
    (partly,) = owed(notes + "04-28 12:00 ours r2 other", as_of="04-28 15:00")
    (wholly,) = owed(
        notes + "04-28 12:00 ours r2 other\n04-30 12:00 ours r3 other", as_of="05-05 15:00"
    )
    assert (partly.state, partly.due_at) == (ObligationState.PROMISED, at("04-30 19:00"))
    assert outcomes(partly) == [PromiseOutcome.KEPT, PromiseOutcome.IN_FORCE]
    assert (wholly.state, wholly.answered_by) == (ObligationState.ANSWERED, "r3")


def test_an_answer_that_promises_more_closes_the_question_and_is_watched(
    owed: Owed, at: At
) -> None:
    reply, own = owed(
        QUESTION + "04-24 12:00 ours r1 full promise=04-28,19:00", as_of="04-25 12:00"
    )
    assert (reply.state, reply.promises) == (ObligationState.ANSWERED, ())
    assert (own.kind, own.opened_by) == (ObligationKind.OWN_PROMISE, "r1")
    assert own.due_at == at("04-28 19:00")


def test_a_report_that_promises_something_does_not_move_an_open_question(
    owed: Owed, at: At
) -> None:
    reply, own = owed(
        QUESTION + "04-24 12:00 ours r1 other promise=04-28,19:00", as_of="04-24 15:00"
    )
    assert (reply.state, reply.due_at) == (ObligationState.OPEN, at("04-24 19:00"))
    assert own.kind is ObligationKind.OWN_PROMISE


def test_a_client_who_reminds_us_of_a_promise_hears_about_that_promise(owed: Owed, at: At) -> None:
    own, reply = owed(
        NOTES
        + """04-28 12:00 client m1 chaser
        04-28 13:00 ours r2 holding promise=04-30,19:00""",
        as_of="04-29 12:00",
    )
    assert own.due_at == reply.due_at == at("04-30 19:00")


def test_postponing_another_answer_leaves_an_own_promise_alone(owed: Owed, at: At) -> None:
    own, reply = owed(
        NOTES
        + """04-27 12:00 client m1
        04-27 13:00 ours r2 holding promise=04-30,19:00""",
        as_of="04-27 15:00",
    )
    assert (own.due_at, reply.due_at) == (at("04-28 19:00"), at("04-30 19:00"))
