"""Prove what our mail does for the client, and what it promises (SEMANTICS.md section 5)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.classifier import Classifier
from classify.mail import OutboundMail
from models.verdict import OutboundVerdicts, ReplyKind

_MOSCOW = ZoneInfo("Europe/Moscow")
_WEDNESDAY = datetime(2025, 3, 12, 10, 30, tzinfo=_MOSCOW)


def _judge(classifier: Classifier, text: str, client_text: str = "") -> OutboundVerdicts:
    mail = OutboundMail(
        subject="Re: Вопрос" if client_text else "Вопрос",
        new_text=text,
        sent_at=_WEDNESDAY,
        client_text=client_text,
    )
    return classifier.outbound(mail)


@pytest.mark.parametrize(
    ("text", "client_text", "kind"),
    [
        ("Форму починили, заявки снова приходят.", "Форма не работает", ReplyKind.FULL),
        ("Yes, the report is attached.", "Could you send the report?", ReplyKind.FULL),
        (
            "Стоимость 40 000 руб. По срокам уточню и сообщу в пятницу.",
            "Сколько стоит и когда сделаете?",
            ReplyKind.PARTIAL,
        ),
        ("We will fix it by Thursday.", "The form is broken.", ReplyKind.HOLDING),
        ("Приняли в работу, спасибо!", "Поменяйте телефон в шапке", ReplyKind.HOLDING),
        ("Понял, передал коллегам.", "Сломалась корзина", ReplyKind.HOLDING),
        ("В каком браузере проявляется ошибка?", "Форма не работает", ReplyKind.OTHER),
        ("Направляем отчёт за февраль.", "", ReplyKind.OTHER),
        ("Спасибо, хороших выходных!", "Спасибо, всё получили", ReplyKind.OTHER),
        ("Reminder: invoice 22 is overdue.", "", ReplyKind.OTHER),
        ("", "Сколько стоит?", ReplyKind.OTHER),
    ],
)
def test_the_kind_of_a_reply_is_told(
    classifier: Classifier, text: str, client_text: str, kind: ReplyKind
) -> None:
    assert _judge(classifier, text, client_text).reply_kind is kind


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("Уточню и вернусь с ответом завтра до обеда.", "13.03 13:00"),
        ("I'll send the estimate by Friday.", "14.03 19:00"),
        ("Постараемся исправить сегодня.", "12.03 19:00"),
        ("Наш дизайнер подготовит варианты к пятнице.", "14.03 19:00"),
        ("Макет будет готов в пятницу утром.", "14.03 12:00"),
        ("You'll have the estimate early next week.", "18.03 19:00"),
        ("Завтра запускаем рекламу.", "13.03 19:00"),
        ("The fix will be live by 3 pm.", "12.03 15:00"),
    ],
)
def test_our_commitment_is_a_promise_with_its_due(
    classifier: Classifier, text: str, due: str
) -> None:
    (promise,) = _judge(classifier, text).promises
    assert promise.dated
    assert promise.due_at.astimezone(_MOSCOW).strftime("%d.%m %H:%M") == due


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Пришлите тексты до среды.", id="the client's task"),
        pytest.param("Извините, что отвечаю только сегодня.", id="an apology for the delay"),
        pytest.param("Please send the logo by Friday.", id="the client's task in English"),
        pytest.param("Хостинг обещает восстановить серверы к вечеру.", id="a third party"),
        pytest.param("Я буду в отпуске до 20 марта.", id="a return from holiday"),
        pytest.param("I am on annual leave until Monday.", id="a holiday in English"),
        pytest.param("Работаем с 10:00 до 19:00.", id="office hours"),
        pytest.param("Как и обещали вчера, высылаем отчёт.", id="the past"),
        pytest.param("If you approve the draft, we will publish it tomorrow.", id="a condition"),
        pytest.param("Если будут вопросы, отвечу завтра.", id="a condition in Russian"),
        pytest.param("We won't be able to finish it by Friday.", id="a refusal"),
        pytest.param("Будем рады видеть вас в пятницу!", id="a courtesy"),
        pytest.param("Пришлём завтра, удобно?", id="a question"),
    ],
)
def test_what_is_not_our_commitment_is_no_promise(classifier: Classifier, text: str) -> None:
    assert _judge(classifier, text).promises == ()


def test_a_promise_without_a_moment_is_due_at_the_next_closing(classifier: Classifier) -> None:
    (promise,) = _judge(classifier, "Проверю и напишу вам.").promises
    assert not promise.dated
    assert promise.due_at == datetime(2025, 3, 13, 16, 0, tzinfo=UTC)


def test_two_dated_promises_of_one_sentence_are_two(classifier: Classifier) -> None:
    text = "Смету пришлём завтра, а баннеры сделаем к понедельнику."
    dues = [p.due_at.astimezone(_MOSCOW).day for p in _judge(classifier, text).promises]
    assert dues == [13, 17]


@given(text=st.text(max_size=300))
def test_any_text_of_ours_gets_verdicts(classifier: Classifier, text: str) -> None:
    verdicts = _judge(classifier, text, client_text=text)
    assert all(promise.due_at >= _WEDNESDAY for promise in verdicts.promises)
