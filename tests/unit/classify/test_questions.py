"""Prove that each single thing asked is found, as an exact span."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.classifier import Classifier
from classify.mail import InboundMail


def _questions(classifier: Classifier, text: str) -> list[str]:
    return [q.text for q in classifier.inbound(InboundMail(subject="", new_text=text)).questions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Добрый день! Когда будет макет? Спасибо.", ["Когда будет макет?"]),
        ("Прошу уточнить реквизиты.", ["Прошу уточнить реквизиты."]),
        ("Could you send the report?", ["Could you send the report?"]),
        ("I wonder if it is on track.", ["I wonder if it is on track."]),
        ("Как дела? Жду вестей", []),
        ("Let me know if you have any questions.", []),
        ("Есть ли новости", ["Есть ли новости"]),
    ],
)
def test_questions_are_found_with_and_without_a_mark(
    classifier: Classifier, text: str, expected: list[str]
) -> None:
    assert _questions(classifier, text) == expected


def test_each_item_of_an_announced_list_is_one_question(classifier: Classifier) -> None:
    text = "Нужно поправить:\n1. Телефон в шапке\n2) Адрес в подвале\n- логотип"
    assert _questions(classifier, text) == ["Телефон в шапке", "Адрес в подвале", "логотип"]


def test_a_hard_wrapped_question_is_one_span(classifier: Classifier) -> None:
    text = "Could you please tell us when the new version of the\ncatalogue goes live?"
    assert _questions(classifier, text) == [text]


def test_two_requests_in_one_sentence_are_two(classifier: Classifier) -> None:
    text = "Пришлите смету, и подскажите сроки."
    assert _questions(classifier, text) == ["Пришлите смету", "подскажите сроки."]


@given(text=st.text(alphabet=st.sampled_from("аб яыё.?!,:;-1)\n\t AbZ пришлите"), max_size=200))
def test_spans_are_exact_and_do_not_overlap(classifier: Classifier, text: str) -> None:
    questions = classifier.inbound(InboundMail(subject="", new_text=text)).questions
    assert all(text[q.start : q.end] == q.text for q in questions)
    assert all(a.end <= b.start for a, b in pairwise(questions))
