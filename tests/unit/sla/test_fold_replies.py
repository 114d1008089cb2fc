"""Prove who waits, since when, and what ends it (SEMANTICS.md section 6, products.md 2.7)."""

from collections.abc import Callable
from datetime import datetime

import pytest

from models.obligation import Obligation, ObligationKind, ObligationState
from models.verdict import Tag

At = Callable[[str], datetime]
Owed = Callable[..., tuple[Obligation, ...]]

QUESTION = "04-24 11:00 client m1\n"


def codes(obligation: Obligation) -> list[str]:
    return [reason.code for reason in obligation.why]


def test_the_first_unanswered_client_mail_opens_an_obligation(owed: Owed, at: At) -> None:
    (obligation,) = owed(QUESTION, as_of="04-24 12:00")
    assert obligation.kind is ObligationKind.REPLY
    assert obligation.opened_by == "m1"
    assert obligation.opened_at == at("04-24 11:00")
    assert obligation.first_due_at == obligation.due_at == at("04-24 19:00")
    assert obligation.state is ObligationState.OPEN
    assert obligation.owner == "anna@studio.example"
    assert not obligation.breached


def test_a_mail_that_needs_no_answer_opens_nothing(owed: Owed) -> None:
    assert owed("04-24 11:00 client m1 thanks", as_of="04-30 12:00") == ()


def test_thanks_with_a_question_opens_an_obligation_like_any_question(owed: Owed) -> None:
    # The classifier lets the question win; the fold hears one word only.
    assert len(owed(QUESTION, as_of="04-24 12:00")) == 1


def test_later_mails_join_and_never_move_the_deadline(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        QUESTION
        + """04-24 15:00 client m2 bug
        04-24 18:30 client m3 chaser
        04-25 10:00 client m4 chaser complaint
        04-25 10:05 client m5 thanks""",
        as_of="04-25 12:00",
    )
    assert obligation.due_at == at("04-24 19:00")
    assert obligation.joined == ("m2", "m3", "m4", "m5")
    assert obligation.chased == 2
    assert obligation.tags == {Tag.BUG, Tag.COMPLAINT}
    assert obligation.breached_at == at("04-24 19:00")


def test_many_mails_in_one_silence_are_one_breach(owed: Owed) -> None:
    story = "\n".join(f"04-24 {hour}:00 client m{hour}" for hour in range(10, 18))
    assert [one.breached for one in owed(story, as_of="04-28 12:00")] == [True]


def test_a_chaser_that_opens_a_spell_counts_as_a_chaser(owed: Owed) -> None:
    (obligation,) = owed("04-24 11:00 client m1 chaser", as_of="04-24 12:00")
    assert obligation.chased == 1


def test_a_full_reply_answers(owed: Owed, at: At) -> None:
    (obligation,) = owed(QUESTION + "04-24 14:30 ours r1 full", as_of="04-24 15:00")
    assert obligation.state is ObligationState.ANSWERED
    assert (obligation.answered_by, obligation.answered_at) == ("r1", at("04-24 14:30"))
    assert obligation.first_reply == "r1"
    assert obligation.answer_business_minutes == 2 * 60 + 30
    assert obligation.answerer == "anna@studio.example"


@pytest.mark.parametrize(
    ("replied", "state", "breached"),
    [
        pytest.param("04-24 19:00", ObligationState.ANSWERED, False, id="exactly at the due"),
        pytest.param("04-24 19:00:01", ObligationState.ANSWERED_LATE, True, id="a second later"),
        pytest.param("04-27 10:00", ObligationState.ANSWERED_LATE, True, id="the next day"),
    ],
)
def test_an_answer_at_exactly_the_due_instant_is_in_time(
    owed: Owed, replied: str, state: ObligationState, breached: bool
) -> None:
    (obligation,) = owed(QUESTION + f"{replied} ours r1 full", as_of="04-28 10:00")
    assert (obligation.state, obligation.breached) == (state, breached)


@pytest.mark.parametrize(
    ("as_of", "breached"),
    [pytest.param("04-24 19:00", False, id="at"), pytest.param("04-24 19:00:01", True, id="after")],
)
def test_a_breach_is_dated_by_the_deadline_and_not_by_who_noticed(
    owed: Owed, at: At, as_of: str, breached: bool
) -> None:
    (obligation,) = owed(QUESTION, as_of=as_of)
    assert obligation.breached is breached
    assert obligation.breached_at == (at("04-24 19:00") if breached else None)


def test_an_answer_at_night_to_a_mail_of_the_night_took_no_business_minute(owed: Owed) -> None:
    (obligation,) = owed("04-24 20:00 client m1\n04-25 23:00 ours r1 full", as_of="04-26 12:00")
    assert obligation.answer_business_minutes == 0
    assert obligation.state is ObligationState.ANSWERED


def test_any_of_our_people_may_answer_and_the_owner_stays(owed: Owed) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 ours r1 full by=boris@studio.example", as_of="04-24 15:00"
    )
    assert (obligation.answerer, obligation.owner) == (
        "boris@studio.example",
        "anna@studio.example",
    )


def test_an_answer_from_a_private_address_is_the_persons(owed: Owed) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 ours r1 full by=a.snow@mail.example", as_of="04-24 15:00"
    )
    assert obligation.answerer == "anna@studio.example"


def test_an_answer_to_a_colleague_of_the_asker_counts_and_says_who_was_left_out(
    owed: Owed,
) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 ours r1 full to=olga@acme.example", as_of="04-24 15:00"
    )
    assert obligation.state is ObligationState.ANSWERED
    assert "asker_left_out" in codes(obligation)


def test_a_mail_to_another_company_only_is_no_answer(owed: Owed) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 ours r1 full accounts=globex to=pm@globex.example",
        as_of="04-24 15:00",
    )
    assert obligation.state is ObligationState.OPEN
    assert obligation.first_reply is None


@pytest.mark.parametrize("kind", ["other", "partial", "holding"])
def test_what_settles_nothing_and_promises_nothing_leaves_the_clock_running(
    owed: Owed, at: At, kind: str
) -> None:
    (obligation,) = owed(QUESTION + f"04-24 12:00 ours r1 {kind}", as_of="04-24 15:00")
    assert obligation.state is ObligationState.OPEN
    assert obligation.due_at == at("04-24 19:00")


def test_the_first_reply_is_the_first_mail_of_ours_whatever_it_says(owed: Owed, at: At) -> None:
    (obligation,) = owed(
        QUESTION + "04-24 12:00 ours r1 other\n04-24 16:00 ours r2 full", as_of="04-24 17:00"
    )
    assert (obligation.first_reply, obligation.first_reply_at) == ("r1", at("04-24 12:00"))
    assert obligation.first_reply_business_minutes == 60
    assert (obligation.answered_by, obligation.answer_business_minutes) == ("r2", 4 * 60)


def test_a_mail_of_ours_before_the_question_answers_nothing(owed: Owed) -> None:
    (obligation,) = owed("04-24 10:30 ours r1 full\n" + QUESTION, as_of="04-24 15:00")
    assert obligation.state is ObligationState.OPEN


def test_a_mail_of_ours_in_the_same_second_answers_nothing(owed: Owed) -> None:
    (obligation,) = owed(QUESTION + "04-24 11:00 ours r1 full", as_of="04-24 15:00")
    assert obligation.state is ObligationState.OPEN


def test_after_an_answer_the_next_question_opens_a_new_spell(owed: Owed, at: At) -> None:
    first, second = owed(
        QUESTION + "04-24 12:00 ours r1 full\n04-24 12:30 client m2 thanks\n04-24 13:30 client m3",
        as_of="04-24 15:00",
    )
    assert (first.state, first.joined) == (ObligationState.ANSWERED, ())
    assert (second.opened_by, second.opened_at) == ("m3", at("04-24 13:30"))


def test_while_we_wait_for_the_client_nothing_is_owed(owed: Owed) -> None:
    (obligation,) = owed(QUESTION + "04-24 12:00 ours r1 full", as_of="05-20 12:00")
    assert not obligation.state.waits


def test_each_account_of_a_thread_has_its_own_spell(owed: Owed) -> None:
    acme, globex = owed(
        QUESTION
        + """04-24 11:30 client m2 account=globex from=pm@globex.example
        04-24 12:00 ours r1 full accounts=globex to=pm@globex.example""",
        as_of="04-24 15:00",
    )
    assert (acme.account, acme.state) == ("acme", ObligationState.OPEN)
    assert (globex.account, globex.state) == ("globex", ObligationState.ANSWERED)
    assert globex.owner is None


def test_one_mail_to_two_accounts_answers_both(owed: Owed) -> None:
    obligations = owed(
        QUESTION
        + """04-24 11:30 client m2 account=globex from=pm@globex.example
        04-24 12:00 ours r1 full accounts=acme,globex to=ivan@acme.example,pm@globex.example""",
        as_of="04-24 15:00",
    )
    assert [one.answered_by for one in obligations] == ["r1", "r1"]


@pytest.mark.parametrize(
    ("to", "state"),
    [
        pytest.param("new@client.example", ObligationState.ANSWERED, id="to him"),
        pytest.param("other@person.example", ObligationState.OPEN, id="to another stranger"),
    ],
)
def test_a_person_of_no_account_is_answered_only_by_a_mail_to_him(
    owed: Owed, to: str, state: ObligationState
) -> None:
    (obligation,) = owed(
        f"""04-24 11:00 client m1 account=unknown from=new@client.example
        04-24 12:00 ours r1 full accounts=unknown to={to}""",
        as_of="04-24 15:00",
    )
    assert obligation.state is state


def test_a_complaint_is_due_sooner(owed: Owed, at: At) -> None:
    (obligation,) = owed("04-24 11:00 client m1 complaint", as_of="04-24 12:00")
    assert obligation.due_at == at("04-24 13:00")
    assert "rule_of_tag" in codes(obligation)


def test_events_after_the_instant_asked_for_are_ignored(owed: Owed) -> None:
    story = QUESTION + "04-24 12:00 ours r1 full\n04-24 13:00 client m2"
    assert owed(story, as_of="04-24 11:30") == owed(QUESTION, as_of="04-24 11:30")


def test_a_message_that_comes_twice_counts_once(owed: Owed) -> None:
    (obligation,) = owed(QUESTION + "04-24 12:00 client m2 chaser\n" * 2, as_of="04-24 15:00")
    assert (obligation.chased, obligation.joined) == (1, ("m2",))
