"""Prove the smaller verdicts on clients' mail, and that any text gets verdicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.classifier import Classifier
from classify.mail import InboundMail
from models.verdict import InboundVerdicts, Language, Tone


def _judge(classifier: Classifier, text: str) -> InboundVerdicts:
    return classifier.inbound(InboundMail(subject="", new_text=text))


@pytest.mark.parametrize(
    ("text", "chaser"),
    [
        ("До сих пор не получили от вас ответа", True),
        ("Just following up on my email below", True),
        ("Есть ли новости по нашему вопросу?", True),
        ("Вы обещали прислать макет в среду.", True),
        ("Напомните, пожалуйста, пароль", False),
        ("Please add an email reminder to the booking module", False),
        ("Сколько стоит лендинг?", False),
    ],
)
def test_a_chaser_reminds_and_a_new_request_does_not(
    classifier: Classifier, text: str, chaser: bool
) -> None:
    assert _judge(classifier, text).chaser.holds is chaser


@pytest.mark.parametrize(
    ("text", "withdrawn"),
    [
        ("Вопрос снят, разобрались сами.", True),
        ("Это автоматическое уведомление, отвечать на него не нужно.", False),
        ("Please confirm receipt. Otherwise your orders will be put on hold.", False),
        ("Let's put this on hold until January.", True),
        ("Never mind, we figured it out.", True),
        ("Уже не актуально, спасибо", True),
        ("Как отменить заказ в личном кабинете?", False),
        ("Вы игнорируете мои письма", False),
    ],
)
def test_a_request_taken_back_is_withdrawn(
    classifier: Classifier, text: str, withdrawn: bool
) -> None:
    assert _judge(classifier, text).withdrawn.holds is withdrawn


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("Пришлите, пожалуйста, отчёт", Tone.CALM),
        ("Вы опять забыли приложить файл", Tone.ANNOYED),
        ("This is completely unacceptable!", Tone.ANGRY),
    ],
)
def test_tone_is_heard(classifier: Classifier, text: str, tone: Tone) -> None:
    assert _judge(classifier, text).tone is tone


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Когда будет готов макет?", Language.RU),
        ("When is the draft ready?", Language.EN),
        ("Пришлите доступ к Google Analytics", Language.RU),
        ("Skolko budet stoit dorabotka sayta?", Language.RU),
        ("Доброго дня! Чи є новини щодо нашої заявки?", Language.OTHER),
        ("Sehr geehrte Damen und Herren, wann ist die Seite fertig?", Language.OTHER),
        ("🙂 123", Language.OTHER),
    ],
)
def test_language_is_told_by_script_and_words(
    classifier: Classifier, text: str, language: Language
) -> None:
    assert _judge(classifier, text).language is language


@given(text=st.text(max_size=300))
def test_any_text_gets_verdicts(classifier: Classifier, text: str) -> None:
    verdicts = _judge(classifier, text)
    assert 0 <= verdicts.needs_answer.confidence <= 1


@pytest.mark.parametrize(
    "text",
    [
        "а" * 1_000_000,
        "? " * 500_000,
        "\n" * 100_000,
        "1. " * 300_000,
        "прошу " * 200_000,
        "\x00\x1b\u202e\ufeff" * 1000,
        "🙂" * 5000,
        "<" * 20_000,
    ],
    ids=["one word", "marks", "lines", "numbers", "requests", "controls", "emoji", "brackets"],
)
def test_hostile_text_gets_verdicts(classifier: Classifier, text: str) -> None:
    assert _judge(classifier, text).needs_answer.what == "needs_answer"
