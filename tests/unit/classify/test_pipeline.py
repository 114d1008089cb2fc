"""Prove how a text becomes sentences of lemmas."""

import pytest

from classify.classifier import Machinery
from classify.english import stem
from classify.language import LanguageFinding, detect
from classify.sentence import Sentence
from models.verdict import Language


def _read(machinery: Machinery, text: str) -> tuple[Sentence, ...]:
    return machinery.pipeline.read(text, detect(text, machinery.raw.markers))


@pytest.mark.parametrize(
    ("text", "lemmas"),
    [
        ("Пришлите счета", ("прислать", "счет")),
        ("сколько стоит", ("сколько", "стоить")),
        ("нашли баги", ("найти", "баг")),
        ("It doesn't work", ("it", "do", "not", "work")),
        ("ещё", ("еще",)),
    ],
)
def test_forms_are_reduced_to_lemmas(
    machinery: Machinery, text: str, lemmas: tuple[str, ...]
) -> None:
    assert _read(machinery, text)[0].lemmas == lemmas


@pytest.mark.parametrize(
    ("one", "other"),
    [("invoices", "invoice"), ("replied", "reply"), ("planning", "plan"), ("moved", "move")],
)
def test_english_forms_share_a_stem(one: str, other: str) -> None:
    assert stem(one, {}) == stem(other, {})


def test_an_amount_before_a_capital_ends_its_sentence(machinery: Machinery) -> None:
    texts = [s.text for s in _read(machinery, "Цена 40 000 руб. По срокам уточню. Это стр. 5.")]
    assert texts == ["Цена 40 000 руб.", "По срокам уточню.", "Это стр. 5."]


def test_offsets_count_in_the_text_as_given(machinery: Machinery) -> None:
    text = "Добрый день!\n\n1) Цена?\n2) Срок?"
    assert [text[s.start : s.end] for s in _read(machinery, text)] == [
        "Добрый день!",
        "Цена?",
        "Срок?",
    ]


def test_transliterated_russian_is_read_as_russian(machinery: Machinery) -> None:
    finding = LanguageFinding(language=Language.RU, transliterated=True)
    (sentence,) = machinery.pipeline.read("skolko stoit sayt", finding)
    assert sentence.lemmas[:2] == ("сколько", "стоить")
