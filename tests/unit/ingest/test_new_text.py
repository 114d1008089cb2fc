"""Prove which lines are the author's own, in the forms that mail programs give them."""

import random
import time

import pytest

from ingest.footer_marks import CLOSINGS, DEVICE_FOOTERS, DISCLAIMERS, FOOTERS, GATEWAY_BANNERS
from ingest.marks import Mark
from ingest.new_text import label_lines, new_text
from ingest.quote_marks import SEPARATORS
from models.ids import Address, MessageId
from models.message import Correspondent, LineLabel, ParsedMail

OWN = "Добрый день!\n\nДа, так и делаем. Когда будет готово?"
OLD = "Здравствуйте! Высылаем смету.\nПодходит?"
MARKED = "> Здравствуйте! Высылаем смету.\n>\n> Подходит?"


def answer(text: str, html: str = "", subject: str = "Re: Смета") -> ParsedMail:
    return ParsedMail(
        message_id=None,
        subject=subject,
        text=text,
        html=html,
        in_reply_to=(MessageId("0@studio.example"),) if subject.startswith("Re") else (),
    )


def own(text: str, html: str = "", subject: str = "Re: Смета") -> str:
    return new_text(label_lines(answer(text, html, subject)))


PROGRAMS = {
    "Gmail in Russian": (
        f"{OWN}\n\nпт, 16 окт. 2026 г. в 20:04, Анна Снег <anna@studio.example>:\n\n{MARKED}"
    ),
    "Gmail in Russian, wrapped": (
        f"{OWN}\n\nпт, 16 окт. 2026 г. в 20:04, Анна Снег <\nanna@studio.example>:\n\n{MARKED}"
    ),
    "Gmail in Russian, with a verb": (
        f"{OWN}\n\n"
        "16 октября 2026 г., 20:04 пользователь Анна <anna@studio.example> написал:\n"
        f"\n{MARKED}"
    ),
    "Gmail in English": (
        f"{OWN}\n\n"
        "On Fri, Oct 16, 2026 at 8:04 PM Anna Snow <anna@studio.example> wrote:\n\n"
        f"{MARKED}"
    ),
    "Gmail in English, wrapped": (
        f"{OWN}\n\nOn Fri, Oct 16, 2026 at 8:04 PM Anna Snow\n"
        f"<anna@studio.example> wrote:\n\n{MARKED}"
    ),
    "Outlook with a line": (
        f"{OWN}\n\n-----Исходное сообщение-----\nОт: Анна\n"
        f"Отправлено: 16 октября 2026 г. 20:04\nКому: Иван\nТема: Смета\n\n{OLD}"
    ),
    "Outlook in English": (
        f"{OWN}\n\n-----Original Message-----\nFrom: Anna\nSent: Friday\nTo: Ivan\n"
        f"Subject: Estimate\n\n{OLD}"
    ),
    "Outlook with a rule": (
        f"{OWN}\n\n________________________________\n"
        "От: Анна <anna@studio.example>\nОтправлено: пятница\nКому: Иван\n"
        f"Тема: Смета\n\n{OLD}"
    ),
    "Outlook bare": (
        f"{OWN}\n\nОт: Анна Снег\nОтправлено: 16 октября 2026 г. 20:04\n"
        f"Кому: Иван Петров\nТема: Смета\n\n{OLD}"
    ),
    "Outlook bare and bold": (
        f"{OWN}\n\n*From:* Anna <anna@studio.example>\n*Sent:* Friday\n*To:* Ivan\n"
        f"*Subject:* Estimate\n\n{OLD}"
    ),
    "Outlook with an address that wraps": (
        f"{OWN}\n\nFrom: Anna <anna@studio.example>\nSent: Friday\n"
        "To: Ivan <ivan@acme.example>;\nPetr <petr@acme.example>\n"
        f"Subject: Estimate\n\n{OLD}"
    ),
    "Apple in Russian": (
        f"{OWN}\n\n> 16 окт. 2026 г., в 20:04, Анна <anna@studio.example> написал(а):\n> \n{MARKED}"
    ),
    "iPhone in Russian": (
        f"{OWN}\n\nОтправлено с iPhone\n\n"
        "> 16 окт. 2026 г., в 20:04, Анна <anna@studio.example> написал(а):\n> \n"
        f"{MARKED}"
    ),
    "Apple in English": (
        f"{OWN}\n\nOn Oct 16, 2026, at 20:04, Anna <anna@studio.example> wrote:\n\n{MARKED}"
    ),
    "Thunderbird in Russian": f"{OWN}\n\n16.10.2026 20:04, Анна Снег пишет:\n{MARKED}",
    "Thunderbird in English": f"{OWN}\n\nOn 16/10/2026 20:04, Anna Snow wrote:\n{MARKED}",
    "Yandex": f'{OWN}\n\n16.10.2026, 20:04, "Анна" <anna@studio.example>:\n{MARKED}',
    "Yandex without marks": f'{OWN}\n\n16.10.2026, 20:04, "Анна" <anna@studio.example>:\n{OLD}',
    "Yandex with a block": (
        f"{OWN}\n\n----------------\nКому: ivan@acme.example\n"
        f"От: anna@studio.example\nТема: Смета\n\n{OLD}"
    ),
    "Mail.ru": (
        f"{OWN}\n\nПятница, 16 октября 2026, 20:04 +03:00 от Анна <anna@studio.example>:\n{MARKED}"
    ),
    "Mail.ru without marks": (
        f"{OWN}\n\nПятница, 16 октября 2026, 20:04 +03:00 от Анна <anna@studio.example>:\n{OLD}"
    ),
    "The Bat!": f"{OWN}\n\nВы писали 16 октября 2026 г., 20:04:39:\n\n{MARKED}",
    "The Bat! with initials": (
        f"{OWN}\n\nYou wrote 16 October 2026, 20:04:39:\n\nАС> Здравствуйте!\nАС> Подходит?"
    ),
    "Android": (
        f"{OWN}\n\n-------- Исходное сообщение --------\n"
        "От: Анна <anna@studio.example>\nДата: 16.10.2026 20:04\n"
        f"Кому: ivan@acme.example\nТема: Смета\n\n{OLD}"
    ),
    "Outlook for phones": (
        f"{OWN}\n\nПолучить Outlook для iOS<https://aka.example>\n"
        "________________________________\nОт: Анна <anna@studio.example>\n"
        f"Отправлено: пятница\nКому: Иван\nТема: Смета\n\n{OLD}"
    ),
    "Windows Mail": (
        f"{OWN}\n\nОтправлено из Почты для Windows\n\nОт: Анна\n"
        f"Отправлено: 16 октября 2026 г. 20:04\nКому: Иван\n\n{OLD}"
    ),
    "Proton": (
        f"{OWN}\n\n------- Original Message -------\n"
        "On Friday, October 16th, 2026 at 20:04, Anna <anna@studio.example> wrote:\n"
        f"\n{MARKED}"
    ),
    "Zoho": (
        f"{OWN}\n\n"
        "---- On Fri, 16 Oct 2026 20:04:00 +0300 Anna<anna@studio.example> wrote ----\n"
        f"\n{OLD}"
    ),
    "German": (
        f"{OWN}\n\n"
        "Am Fr., 16. Okt. 2026 um 20:04 Uhr schrieb Anna <anna@studio.example>:\n\n"
        f"{MARKED}"
    ),
    "forward below own words": (
        f"{OWN}\n\n---------- Forwarded message ---------\n"
        f"От: Анна <anna@studio.example>\nDate: пт\nSubject: Смета\n\n{OLD}"
    ),
    "help desk": f"{OWN}\n\n##- Please type your reply above this line -##\n{OLD}",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_the_answer_is_told_from_the_quotation_of(text: str) -> None:
    assert own(text) == OWN


BELOW = {
    "dashes": "-- \nИван Петров\nAcme",
    "dashes without the blank": "--\nИван Петров\n+7 495 000-00-00",
    "closing": "С уважением,\nИван Петров\nдиректор Acme",
    "closing on one line": "С уважением, Иван",
    "closing in English": "Best regards,\nIvan",
    "device": "Отправлено с моего Samsung Galaxy",
    "device in English": "Sent from my iPhone",
    "mobile app": "Отправлено из мобильной Яндекс Почты",
    "mail.ru for Android": "--\nОтправлено из Mail.ru для Android",
    "closing and device": "С уважением, Иван\n\nОтправлено с iPhone",
    "contacts without closing": "Иван Петров\nдиректор\nтел. +7 495 000-00-00\nivan@acme.example",
    "disclaimer": (
        "Данное сообщение и вложения содержат конфиденциальную информацию и "
        "предназначены только для указанных лиц. Если вы получили его по ошибке, "
        "уведомите отправителя и удалите его."
    ),
    "disclaimer in English": (
        "This e-mail is confidential and intended only for the addressee. If you "
        "have received it in error, please delete it."
    ),
    "virus scanner": "Virus-free. www.scanner.example",
    "environment": "Please consider the environment before printing this email.",
    "footer of a list": (
        "_______________________________________________\nclients mailing list\n"
        "https://lists.example/mailman/listinfo/clients"
    ),
}


@pytest.mark.parametrize("footer", BELOW.values(), ids=BELOW.keys())
def test_what_stands_below_is_not_the_authors_word(footer: str) -> None:
    assert own(f"{OWN}\n\n{footer}") == OWN


@pytest.mark.parametrize("footer", BELOW.values(), ids=BELOW.keys())
def test_what_stands_between_words_and_quotation_is_not_the_authors_word(footer: str) -> None:
    assert own(f"{OWN}\n\n{footer}\n\n16.10.2026 20:04, Анна пишет:\n{MARKED}") == OWN


KEPT = {
    "an itinerary": "Летим так:\nFrom: Moscow\nTo: London\nDate: 5 May\nЗабронируете?",
    "a filled-in form": (
        "От: Иван Петров\nE-mail: ivan@acme.example\nТема: Сайт\nСообщение: сколько стоит?"
    ),
    "a list with dashes": "Нужно:\n-- первое\n-- второе\n\nСпасибо!",
    "a table": "Услуга   Цена\n--------------\nСайт   100\nПоддержка   20\n\nВсё верно?",
    "questions after a date": "Вы писали 5 мая, смета готова.\nВопросы:\n1. Когда?\n2. Сколько?",
    "a sentence with regards": "Best regards from the team, could we discuss the price?",
    "sent by courier": "Документы:\nОтправлено с курьером вчера, получите завтра",
    "sent by courier in English": "The contract:\nSent with a courier on Monday",
    "a sentence with respect": "С уважением относимся к вашим срокам, но ответ нужен сегодня",
    "a choice": "Which one?\nBest option wins\nCheap one loses",
    "sent from a desk": "Sent from my desk, it is much easier than the phone.",
    "contacts that were asked for": (
        "Вот контакты для договора.\n\nТелефон: +7 495 000-00-00\nПочта: ivan@acme.example"
    ),
    "arrows and comparisons": "Меню -> Настройки\na>b и x > 5\nверно?",
    "wrote in a sentence": (
        "As Anna wrote on Friday at 10:00, the form is broken. Please fix: it is urgent."
    ),
    "code": "Ошибка:\n```\n# comment\n####\nprint(1)\n```\nПочините, пожалуйста.",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_the_authors_word_is_kept_when_it_only_looks_like_a_mark(text: str) -> None:
    assert own(text, subject="Вопрос") == text


def test_answers_inside_the_quotation_are_kept_apart() -> None:
    text = "16.10.2026 20:04, Анна пишет:\n> Какой цвет?\n\nСиний.\n\n> Когда начать?\n\nВ среду."
    assert own(text) == "Синий.\n\nВ среду."


def test_the_wrapped_end_of_a_quoted_line_is_quoted() -> None:
    long = "> " + "слово " * 12 + "и ещё"
    assert own(f"Да.\n\n{long}\nодно слово\n> дальше") == "Да."


def _signed_by(name: str, text: str) -> str:
    """Return the new text of a mail whose From bears a name."""
    author = Correspondent(address=Address("client@acme.example"), name=name)
    return new_text(label_lines(ParsedMail(message_id=None, author=author, text=text)))


@pytest.mark.parametrize(
    ("name", "below"),
    [
        ("Milo Brandt", "Milo Brandt\nCo-founder, Ledgerly"),
        ("Вера Кляйн", "Вера Кляйн\nStudio North"),
        ("Петров, Тимур", "Тимур"),
        ("Светлана", "С ув., Светлана\nклиника «Белая линия»"),
    ],
)
def test_the_name_of_the_author_below_the_text_is_a_signature(name: str, below: str) -> None:
    assert _signed_by(name, f"Всё получили.\n\n{below}") == "Всё получили."


@pytest.mark.parametrize(
    ("name", "below"),
    [
        ("Milo Brandt", "Milo asked for it on Monday. Can you?"),
        ("Milo Brandt", "Anna Snow\nStudio"),
        ("", "Milo Brandt"),
        ("Milo", "Milo\n1\n2\n3\n4\n5"),
    ],
    ids=["a-sentence", "another-name", "no-name", "a-list"],
)
def test_what_only_begins_like_a_name_is_kept(name: str, below: str) -> None:
    assert _signed_by(name, f"Hello.\n\n{below}") == f"Hello.\n\n{below}"


def test_a_mail_that_is_only_a_name_keeps_it() -> None:
    assert _signed_by("Anna Snow", "Anna Snow") == "Anna Snow"


def test_a_postscript_below_the_signature_is_kept() -> None:
    assert own("Да.\n\nС уважением,\nИван\n\nP.S. Когда акт?") == "Да.\n\nP.S. Когда акт?"


def test_a_sentence_below_the_closing_is_kept() -> None:
    text = "Да.\n\nС уважением,\nИван\n\nИ пришлите, пожалуйста, счёт за июль."
    assert own(text) == "Да.\n\nИ пришлите, пожалуйста, счёт за июль."


def test_words_below_the_end_of_a_forward_are_kept() -> None:
    text = (
        "-------- Пересылаемое сообщение --------\nОт: anna@studio.example\n\n"
        f"{OLD}\n-------- Конец пересылаемого сообщения --------\n\nЧто скажете?"
    )
    assert own(text, subject="Fwd: Смета") == "Что скажете?"


def test_a_forward_without_words_has_no_new_text() -> None:
    text = (
        "---------- Forwarded message ---------\nFrom: Anna <anna@studio.example>\n"
        f"Date: Fri\nSubject: x\nTo: ivan@acme.example\n\n{OLD}"
    )
    assert own(text, subject="Fwd: Смета") == ""


def test_a_bare_answer_has_no_new_text() -> None:
    assert own(f"16.10.2026 20:04, Анна пишет:\n{MARKED}") == ""


def test_an_answer_below_an_unmarked_quotation_is_not_lost() -> None:
    text = f'16.10.2026, 20:04, "Анна" <anna@studio.example>:\n{OLD}\n\nДа, подходит!'
    assert "Да, подходит!" in own(text)


def test_a_mail_of_a_signature_alone_keeps_it() -> None:
    assert own("С уважением,\nИван", subject="Документы") == "С уважением,\nИван"


def test_a_gateway_banner_is_no_word_of_the_author() -> None:
    banner = "CAUTION: This email originated from outside of the organization."
    assert own(f"{banner}\n\n{OWN}") == OWN


def test_the_structure_of_html_is_asked_first() -> None:
    html = (
        "<div>Да, подходит.</div><div class='gmail_quote'><div class='gmail_attr'>пт, 16 окт:</div>"
        "<blockquote>Подходит?</blockquote></div>"
    )
    assert own("Да, подходит.\n\nПодходит?", html) == "Да, подходит."


def test_nothing_is_deleted() -> None:
    text = PROGRAMS["Outlook bare"] + "\n\n--\nx"
    assert "\n".join(line.text for line in label_lines(answer(text))) == text


def test_every_kind_of_line_is_labelled() -> None:
    text = (
        "Да.\n\nС уважением, Иван\n\nОтправлено с iPhone\n\n"
        f"16.10.2026 20:04, Анна пишет:\n{MARKED}"
    )
    labels = {line.label for line in label_lines(answer(text))}
    assert labels == {
        LineLabel.NEW,
        LineLabel.SIGNATURE,
        LineLabel.DEVICE,
        LineLabel.ATTRIBUTION,
        LineLabel.QUOTED,
    }


MARKS = [
    row
    for table in (SEPARATORS, DEVICE_FOOTERS, CLOSINGS, FOOTERS, GATEWAY_BANNERS)
    for row in table.rows
]


@pytest.mark.parametrize("row", MARKS, ids=lambda row: row.id)
def test_the_example_of_a_mark_matches_it(row: Mark) -> None:
    assert row.pattern.match(row.example)


@pytest.mark.parametrize("row", DISCLAIMERS.rows, ids=lambda row: row.id)
def test_the_example_of_a_disclaimer_matches_it(row: Mark) -> None:
    assert row.pattern.search(row.example)


HOSTILE = {
    "On": "On " * 30_000,
    "lines of On": "On On On\n" * 15_000,
    "dashes": "-" * 200_000,
    "lines of dashes": ("-" * 390 + "\n") * 700,
    "attributions": "a@b.example 10.10.2026 10:10:\n" * 9_000,
    "closings": "Best regards\n" * 15_000,
    "keys": "From: x\n" * 15_000,
    "rules": "--\n" * 50_000,
    "brackets": ">" * 200_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_labelled_in_time(text: str) -> None:
    begun = time.perf_counter()
    label_lines(answer(text))
    assert time.perf_counter() - begun < 2


def test_shuffled_lines_of_real_forms_lose_no_line() -> None:
    chance = random.Random(3)
    lines = "\n".join(PROGRAMS.values()).split("\n")
    for _ in range(50):
        sample = chance.sample(lines, 40)
        labelled = label_lines(answer("\n".join(sample)))
        assert [line.text for line in labelled] == sample
