"""Prove what is left of a subject."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.subjects import base_subject, is_forward_subject, is_reply_subject


@pytest.mark.parametrize(
    "subject",
    [
        "Смета на сайт",
        "Re: Смета на сайт",
        "RE: FW: Смета на сайт",
        "Re[2]: Смета на сайт",
        "Re(3): Re^2: Смета на сайт",
        "Отв: Смета на сайт",
        "Ответ: Пересл: Смета на сайт",
        "AW: WG: Смета на сайт",
        "SV: VS: Смета на сайт",
        "回复：Смета на сайт",
        "[EXT] Re: Смета на сайт",
        "Re: [External] [clients] Смета на сайт",
        "Fwd: Смета на сайт (fwd)",
        "Re: Смета на [External] сайт",
        "***SPAM*** Смета на сайт",
        "Re:  Смета   на\tсайт ",
        "Смета на сайт (was: Вопрос)",
    ],
)
def test_prefixes_and_tags_do_not_change_the_base_subject(subject: str) -> None:
    assert base_subject(subject) == "Смета на сайт"


@pytest.mark.parametrize(
    "subject",
    [
        "Реклама: бюджет",
        "Rest of the work",
        "Ответственность сторон",
        "Naming: options",
        "I am late",
    ],
)
def test_words_that_only_begin_like_a_prefix_stay(subject: str) -> None:
    assert base_subject(subject) == subject


def test_a_subject_of_nothing_but_a_tag_keeps_it() -> None:
    assert base_subject("Re: [Site]") == "[Site]"


def test_a_subject_of_nothing_but_prefixes_is_empty() -> None:
    assert base_subject("Re: Fwd: ") == ""


@given(st.text(max_size=300))
def test_the_base_of_a_base_is_itself(subject: str) -> None:
    base = base_subject(subject)
    assert base_subject(base) == base


def test_an_answer_and_a_forward_are_told_apart() -> None:
    assert is_reply_subject("[EXT] Отв: Смета")
    assert not is_reply_subject("Fwd: Смета")
    assert is_forward_subject("Пересл: Смета")
    assert not is_forward_subject("Смета")
