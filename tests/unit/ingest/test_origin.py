"""Prove what kind of sender a mail is taken for, and why."""

import pytest

from ingest.origin import judge_origin
from ingest.origin_rules import ORIGIN_RULES
from ingest.origin_signs import OriginRule
from models.ids import Address, MessageId
from models.message import Correspondent, Direction, Origin, ParsedMail


def mail(
    author: str = "ivan@acme.example",
    subject: str = "Смета",
    text: str = "Добрый день! Пришлите, пожалуйста, смету.",
    name: str = "",
    content_type: str = "text/plain",
    calendar_method: str = "",
    **headers: str,
) -> ParsedMail:
    """Return a mail; headers are given with underscores for dashes."""
    fields = tuple((key.replace("_", "-"), value) for key, value in headers.items())
    who = Correspondent(address=Address(author), name=name) if author else None
    return ParsedMail(
        message_id=None,
        author=who,
        subject=subject,
        text=text,
        content_type=content_type,
        calendar_method=calendar_method,
        headers=fields,
    )


CASES = {
    # A single weak header never decides.
    "Auto-Submitted: no": (Origin.HUMAN, mail(auto_submitted="no")),
    "null sender alone": (Origin.HUMAN, mail(return_path="<>")),
    "Precedence: list alone": (Origin.HUMAN, mail(precedence="list")),
    "X-Auto-Response-Suppress": (Origin.HUMAN, mail(x_auto_response_suppress="All")),
    "Feedback-ID": (Origin.HUMAN, mail(feedback_id="i1:provider")),
    "a person through a group": (
        Origin.HUMAN,
        mail(
            precedence="bulk",
            list_id="<dev.lists.example>",
            list_post="<mailto:dev@lists.example>",
            list_unsubscribe="<mailto:dev-leave@lists.example>",
            text="Когда релиз?\n--\nunsubscribe: https://lists.example",
        ),
    ),
    "a person quotes a bounce": (
        Origin.HUMAN,
        mail(subject="Письмо не доставлено", text="Ваше письмо вернулось: 550 5.1.1 User unknown"),
    ),
    "a person answers a bounce": (
        Origin.HUMAN,
        mail(subject="Re: Undelivered Mail Returned to Sender"),
    ),
    "a person answers about a vacation": (
        Origin.HUMAN,
        mail(subject="[clients] Re: Anna is out of the office", text="Who is out of the office?"),
    ),
    "a person on vacation asks": (
        Origin.HUMAN,
        mail(subject="В отпуске до 5 мая", text="Я в отпуске до 5 мая, сделаете к возвращению?"),
    ),
    "a courier company complains": (
        Origin.HUMAN,
        mail(
            "delivery@acme.example",
            "Доставка не приехала",
            "Ваш курьер не доставил, адрес не найден.",
        ),
    ),
    "a person accepts": (Origin.HUMAN, mail(subject="Принято: правки по макету")),
    "noreply with a person in Reply-To": (
        Origin.HUMAN,
        ParsedMail(
            message_id=None,
            author=Correspondent(address=Address("noreply@forms.example")),
            reply_to=(Correspondent(address=Address("ivan@acme.example")),),
            subject="New request",
            text="How much?",
        ),
    ),
    # Automatic answers.
    "RFC 3834": (Origin.AUTO_REPLY, mail(auto_submitted="Auto-Replied (vacation)")),
    "X-Autoreply": (Origin.AUTO_REPLY, mail(x_autoreply="yes")),
    "Precedence: auto_reply": (Origin.AUTO_REPLY, mail(precedence="auto_reply")),
    "Apple": (Origin.AUTO_REPLY, mail(x_apple_action="VACATION/IFNEW")),
    "Автоответ": (Origin.AUTO_REPLY, mail(subject="Автоответ: Смета")),
    "Автоматический ответ": (Origin.AUTO_REPLY, mail(subject="Автоматический ответ: Смета")),
    "Automatic reply": (Origin.AUTO_REPLY, mail(subject="Automatic reply: Estimate")),
    "Out of Office": (
        Origin.AUTO_REPLY,
        mail(subject="Out of Office: Ivan", text="I am out of the office until Monday."),
    ),
    "vacation of a responder": (
        Origin.AUTO_REPLY,
        mail(subject="В отпуске до 5 мая", text="Буду отсутствовать до 5 мая.", return_path="<>"),
    ),
    "help desk": (
        Origin.AUTO_REPLY,
        mail(subject="Ваше обращение зарегистрировано", text="Ваше обращение принято, номер 7."),
    ),
    # Bounces.
    "postfix": (
        Origin.BOUNCE,
        mail(
            "mailer-daemon@mx.example",
            "Undelivered Mail Returned to Sender",
            "could not be delivered",
        ),
    ),
    "qmail": (
        Origin.BOUNCE,
        mail(
            "MAILER-DAEMON@mx.example".lower(),
            "failure notice",
            "This is the qmail-send program.\n<ivan@acme.example>:\nno mailbox",
        ),
    ),
    "mail.ru": (
        Origin.BOUNCE,
        mail(
            "mailer-daemon@corp.example",
            "Ваше сообщение не доставлено. Mail failure.",
            "550 user not found",
        ),
    ),
    "yandex": (
        Origin.BOUNCE,
        mail("mailer-daemon@ya.example", "Недоставленное сообщение", "не удалось доставить письмо"),
    ),
    "bounce that calls itself an automatic answer": (
        Origin.BOUNCE,
        mail(
            "postmaster@mx.example",
            "Undeliverable: Смета",
            "recipient not found",
            auto_submitted="auto-replied",
        ),
    ),
    "report": (Origin.BOUNCE, mail(content_type="multipart/report; report-type=delivery-status")),
    "complaint of a provider": (
        Origin.BOUNCE,
        mail(content_type="multipart/report; report-type=feedback-report"),
    ),
    # Receipts and calendars.
    "receipt": (
        Origin.RECEIPT,
        mail(content_type="multipart/report; report-type=disposition-notification"),
    ),
    "receipt of Outlook": (
        Origin.RECEIPT,
        mail(subject="Прочитано: Смета", text="Ваше сообщение было прочитано в 12:00"),
    ),
    "invitation": (Origin.CALENDAR, mail(calendar_method="REQUEST")),
    "acceptance": (Origin.CALENDAR, mail(calendar_method="REPLY", subject="Принято: Встреча")),
    "invitation of a robot": (
        Origin.CALENDAR,
        mail(calendar_method="REQUEST", auto_submitted="auto-generated"),
    ),
    "published dates": (Origin.HUMAN, mail(calendar_method="PUBLISH")),
    # Bulk, spam, robots.
    "newsletter": (
        Origin.BULK,
        mail(
            "news@shop.example",
            "Скидки недели",
            "Отписаться от рассылки",
            list_unsubscribe="<https://shop.example/u>",
        ),
    ),
    "campaign": (
        Origin.BULK,
        mail(
            "anna@shop.example",
            list_unsubscribe="<https://x.example>",
            list_unsubscribe_post="List-Unsubscribe=One-Click",
            precedence="bulk",
        ),
    ),
    "answer sent through a mailing service": (
        Origin.HUMAN,
        mail(
            subject="Re: Смета",
            list_unsubscribe="<https://x.example>",
            in_reply_to="<1@studio.example>",
        ),
    ),
    "spam flag": (Origin.SPAM, mail(x_spam_flag="YES")),
    "an answer with a spam flag": (
        Origin.HUMAN,
        mail(x_spam_flag="YES", in_reply_to="<1@studio.example>"),
    ),
    "clean at Yandex": (Origin.HUMAN, mail(x_yandex_spam="1")),
    "robot": (Origin.ROBOT, mail("noreply@shop.example", "Заказ 7 принят")),
    "notification": (Origin.ROBOT, mail(auto_submitted="auto-generated")),
}


@pytest.mark.parametrize(("origin", "parsed"), CASES.values(), ids=CASES.keys())
def test_a_mail_is_taken_for(origin: Origin, parsed: ParsedMail) -> None:
    assert judge_origin(parsed, Direction.INBOUND).origin is origin


@pytest.mark.parametrize("rule", [r for r in ORIGIN_RULES if r.example], ids=lambda rule: rule.id)
def test_the_example_of_a_rule_matches_it(rule: OriginRule) -> None:
    assert rule.pattern.search(rule.example)


def test_the_reason_names_the_header() -> None:
    found = judge_origin(mail(auto_submitted="auto-replied"), Direction.INBOUND)
    assert found.reason == "Auto-Submitted: auto-replied"


def test_our_own_mail_is_never_bulk() -> None:
    parsed = mail(
        "news@studio.example", list_unsubscribe="<x>", precedence="bulk", text="Отписаться"
    )
    assert judge_origin(parsed, Direction.INBOUND).origin is Origin.BULK
    assert judge_origin(parsed, Direction.OUTBOUND).origin is Origin.HUMAN


BOUNCE = """\
This is the mail system at host mx.example.

<ivan@acme.example>: host mx.acme.example said: 550 5.1.1 User unknown

------ This is a copy of the message, including all the headers. ------
Received: from studio.example by mx.example
Message-ID: <7@studio.example>
To: petr@other.example
"""


def test_a_bounce_without_report_names_mail_and_recipient() -> None:
    parsed = mail("mailer-daemon@mx.example", "Mail delivery failed: returning to sender", BOUNCE)
    report = judge_origin(parsed, Direction.INBOUND).report
    assert report is not None
    assert report.permanent
    assert report.failed_message_id == "7@studio.example"
    assert report.failed_recipients == ("ivan@acme.example",)


def test_a_delay_is_not_permanent() -> None:
    text = "Delivery is delayed. The server will keep trying for 3 days. You do not need to resend."
    parsed = mail("mailer-daemon@mx.example", "Delayed mail", text)
    report = judge_origin(parsed, Direction.INBOUND).report
    assert report is not None
    assert not report.permanent


def test_a_bounce_that_quotes_nothing_is_linked_by_what_it_answers() -> None:
    parsed = ParsedMail(
        message_id=None,
        author=Correspondent(address=Address("postmaster@mx.example")),
        subject="Undeliverable: Смета",
        text="mailbox is full",
        in_reply_to=(MessageId("9@studio.example"),),
    )
    report = judge_origin(parsed, Direction.INBOUND).report
    assert report is not None
    assert report.failed_message_id == "9@studio.example"
