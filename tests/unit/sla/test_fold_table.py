"""Prove the decision table of products.md section 2.7, row by row.

Rows about reading mail (delivery time, copies of one mail, auto-replies, delayed bounces, similar
questions) end before an event exists and are proved beside the code that makes events; absence,
reassignment and question lists are not folded yet.
"""

from collections.abc import Callable

import pytest

from models.obligation import Obligation

Owed = Callable[..., tuple[Obligation, ...]]

QUESTION = "04-24 11:00 client m1\n"


def summary(one: Obligation) -> str:
    """Return kind, opener, state, due (UTC) and flags of an obligation in one line."""
    flags = [
        *(["breached"] if one.breached else []),
        *(["bounced"] if one.bounced else []),
        *([f"chased {one.chased}"] if one.chased else []),
        *([f"{one.answer_business_minutes} min"] if one.answered_by else []),
    ]
    return " ".join([one.kind, one.opened_by, one.state, f"{one.due_at:%m-%d %H:%M}", *flags])


@pytest.mark.parametrize(
    ("story", "as_of", "expected"),
    [
        pytest.param(
            QUESTION + "04-24 13:00 client m2\n04-24 15:00 client m3 chaser",
            "04-24 16:00",
            ["reply m1 open 04-24 16:00 chased 1"],
            id="3 client mails in a row",
        ),
        pytest.param(
            "04-24 20:00 client m1",
            "04-25 12:00",
            ["reply m1 open 04-27 16:00"],
            id="client sends in the evening",
        ),
        pytest.param(
            "04-26 12:00 client m1",
            "04-26 13:00",
            ["reply m1 open 04-27 16:00"],
            id="client sends at the weekend",
        ),
        pytest.param(
            "04-24 19:30 client m1\n04-24 23:30 ours r1 full",
            "04-25 12:00",
            ["reply m1 answered 04-27 16:00 0 min"],
            id="AM replies at night",
        ),
        pytest.param(
            QUESTION + "04-24 12:00 ours r1 full\n04-24 12:30 client m2 thanks",
            "04-30 12:00",
            ["reply m1 answered 04-24 16:00 60 min"],
            id="thanks closes thread",
        ),
        pytest.param(
            "04-24 12:30 client m2 estimate",
            "04-24 13:00",
            ["reply m2 open 04-24 16:00"],
            id="thanks + question",
        ),
        pytest.param(
            QUESTION + "04-24 12:00 ours r1 holding promise=04-28,19:00",
            "04-27 12:00",
            ["reply m1 promised 04-28 16:00"],
            id="holding reply",
        ),
        pytest.param(
            QUESTION + "04-24 12:00 ours r1 full by=boris@studio.example",
            "04-24 15:00",
            ["reply m1 answered 04-24 16:00 60 min"],
            id="reply from another AM",
        ),
        pytest.param(
            QUESTION + "04-24 12:00 ours r1 full to=olga@acme.example",
            "04-24 15:00",
            ["reply m1 answered 04-24 16:00 60 min"],
            id="reply to a CC'd person, not to asker",
        ),
        pytest.param(
            QUESTION + "04-24 12:00 ours r1 full to=pm@globex.example accounts=globex",
            "04-24 15:00",
            ["reply m1 open 04-24 16:00"],
            id="reply to a third party only",
        ),
        pytest.param(
            QUESTION + "04-24 12:00 person answered_elsewhere of=m1 why=phone",
            "04-30 12:00",
            ["reply m1 dismissed 04-24 16:00"],
            id="phone/meeting answer",
        ),
        pytest.param(
            QUESTION + "04-24 12:00 ours r1 full\n04-24 21:00 bounce b1 of=r1",
            "04-24 22:00",
            ["reply m1 open 04-24 16:00 breached bounced"],
            id="reply bounced",
        ),
        pytest.param(
            QUESTION + "04-24 12:00 person no_answer_needed of=m1",
            "04-30 12:00",
            ["reply m1 dismissed 04-24 16:00"],
            id="status/close without mail",
        ),
        pytest.param(
            # Nothing on the client's side happens while a specialist is asked.
            QUESTION,
            "04-27 12:00",
            ["reply m1 open 04-24 16:00 breached"],
            id="waiting on specialist",
        ),
        pytest.param(
            QUESTION + "04-24 12:00 ours r1 full",
            "05-20 12:00",
            ["reply m1 answered 04-24 16:00 60 min"],
            id="waiting on client",
        ),
    ],
)
def test_a_row_of_the_decision_table(
    owed: Owed, story: str, as_of: str, expected: list[str]
) -> None:
    assert [summary(one) for one in owed(story, as_of=as_of)] == expected
