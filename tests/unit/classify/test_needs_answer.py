"""Prove that a mail needs an answer unless its text proves the opposite."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.classifier import Classifier
from classify.mail import InboundMail


def _needs(classifier: Classifier, text: str, *, robot: bool = False) -> bool:
    mail = InboundMail(subject="", new_text=text, robot=robot)
    return classifier.inbound(mail).needs_answer.holds


@pytest.mark.parametrize(
    "text",
    [
        "Спасибо, получили. Хорошего дня!",
        "Ок",
        "Макет утверждаем, всё отлично.",
        "Счёт оплатили, вопросов нет.",
        "Добрый день, оплату провели, платёжка во вложении",
        "Тексты во вложении, как договаривались.",
        "Коллеги, вопрос снимаю, нашли сами.",
        "👍",
        "Thanks Anna, looks great!",
        "Noted with thanks. Have a great weekend!",
        "FYI, our office will be closed on Friday. No reply needed.",
        "Hi, just to let you know the invoice was settled yesterday.",
        "Please disregard my last email, I found the file.",
    ],
)
def test_a_closing_mail_needs_no_answer(classifier: Classifier, text: str) -> None:
    assert not _needs(classifier, text)


@pytest.mark.parametrize(
    "text",
    [
        "Отлично, спасибо! А когда запуск?",
        "Спасибо, но шапка не та",
        "Thanks, that would be great!",
        "Yes please",
        "Спасибо. Нужно обновить прайс.",
        "Мы подумали и склоняемся ко второму варианту.",
        "Thanks for the update. The login page is down though.",
        "",
        "см. вложение",
    ],
)
def test_every_doubt_means_yes(classifier: Classifier, text: str) -> None:
    assert _needs(classifier, text)


@pytest.mark.parametrize(
    "text",
    [
        "Мы передумали насчет баннера, верните прежний",
        "Здравствуйте, оплатили счёт 45, пришлите акт",
        "Please disregard the first file, use the second one instead",
    ],
)
def test_who_settles_one_thing_and_bids_another_waits(classifier: Classifier, text: str) -> None:
    assert _needs(classifier, text)


def test_a_robot_needs_an_answer_only_when_it_asks_for_one(classifier: Classifier) -> None:
    assert _needs(classifier, "Please acknowledge receipt of this notice.", robot=True)
    assert not _needs(classifier, "Order 17 was shipped on Monday.", robot=True)
    assert not _needs(classifier, "The site is DOWN. Do not reply to this message.", robot=True)
    assert not _needs(classifier, "Срок домена истекает. Пополните баланс!", robot=True)


@given(question=st.sampled_from(["Когда запуск?", "Where is it?", "Сколько стоит?"]))
def test_thanks_with_a_question_need_an_answer(classifier: Classifier, question: str) -> None:
    assert _needs(classifier, f"Спасибо! {question} Thanks.")
