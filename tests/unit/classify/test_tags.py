"""Prove what the four tags mean, hard negatives first (SEMANTICS.md section 4)."""

import pytest

from classify.classifier import Classifier
from classify.mail import InboundMail


def _tags(classifier: Classifier, text: str, subject: str = "") -> set[str]:
    mail = InboundMail(subject=subject, new_text=text)
    return {verdict.what for verdict in classifier.inbound(mail).tags}


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        pytest.param("Счёт оплатили, вопросов нет.", {"payment"}, id="a payment notice"),
        pytest.param("Оценка 5, всё супер!", set(), id="a rating is no estimate"),
        pytest.param("We need a complaint form on the contact page.", set(), id="a form to build"),
        pytest.param("Напоминаю про наш запрос по баннерам.", set(), id="a bare reminder"),
        pytest.param(
            "Покупатели не могут оплатить заказ картой.", {"bug"}, id="a broken card form"
        ),
        pytest.param("Проблема с формой решена, спасибо!", set(), id="solved"),
        pytest.param("В макете опечатка в заголовке.", set(), id="a draft"),
        pytest.param("Смету согласовали, можно начинать.", set(), id="an estimate accepted"),
        pytest.param("When is the parcel's estimated delivery date?", set(), id="an ETA"),
        pytest.param("Наши клиенты жалуются на курьеров.", set(), id="the client's own trouble"),
    ],
)
def test_what_only_sounds_like_a_tag_gets_none(
    classifier: Classifier, text: str, tags: set[str]
) -> None:
    assert _tags(classifier, text) == tags


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Коллеги, прикиньте по деньгам перенос блога на новый домен", "estimate"),
        ("What's your day rate for a backend developer?", "estimate"),
        ("Смета великовата, откуда там 60 часов на тестирование?", "estimate"),
        ("На телефоне меню перекрывает весь экран и не закрывается", "bug"),
        ("Since yesterday's release the PDF export produces empty files.", "bug"),
        ("Скиньте, пожалуйста, закрывающие за квартал", "payment"),
        ("Can we switch to net-60 payment terms?", "payment"),
        ("Закончились деньги в Директе, закиньте ещё 30 тысяч", "payment"),
        ("Ну вы даёте... Опять та же ошибка, что и месяц назад. Браво.", "complaint"),
        ("Frankly, the level of service is well below what we expected.", "complaint"),
    ],
)
def test_a_tag_is_heard_in_many_wordings(classifier: Classifier, text: str, tag: str) -> None:
    assert tag in _tags(classifier, text)


def test_one_mail_may_bear_several_tags(classifier: Classifier) -> None:
    text = "Пришлите счёт за март. И ещё: форма заявки не отправляется."
    assert _tags(classifier, text) == {"payment", "bug"}


def test_a_verdict_names_its_rule_and_its_words(classifier: Classifier) -> None:
    mail = InboundMail(subject="", new_text="Добрый день! Форма заявки не отправляется.")
    (verdict,) = classifier.inbound(mail).tags
    assert verdict.source == "tag.bug.not_working"
    assert verdict.evidence == ("не отправляется",)


def test_an_inherited_subject_gives_no_tag(classifier: Classifier) -> None:
    assert _tags(classifier, "Когда встреча?", subject="Re: Счёт на оплату") == set()
    assert _tags(classifier, "Когда будет?", subject="Счёт на оплату за март") == {"payment"}
