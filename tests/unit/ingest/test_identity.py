"""Prove which copies are one mail."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.identity import digest_of, key_of
from models.ids import Address, MessageId
from models.message import Correspondent, ParsedMail

MAIL = ParsedMail(
    message_id=MessageId("1@acme.example"),
    author=Correspondent(address=Address("ivan@acme.example"), name="Иван"),
    subject="Смета на сайт",
    date=datetime(2026, 11, 2, 9, 29, tzinfo=UTC),
    headers=(("date", "Mon, 2 Nov 2026 12:29:00 +0300"),),
    text="Добрый день! Сколько стоит доработка формы? " * 8,
)

SAME = {
    "list footer": replace(MAIL, text=MAIL.text + "\n_____\nclients mailing list"),
    "wrapped again": replace(MAIL, text=MAIL.text.replace(" ", "\n")),
    "quoted marks": replace(MAIL, text="> " + MAIL.text),
    "tag of a gateway": replace(MAIL, subject="[EXT] Смета на сайт"),
    "banner of a gateway": replace(
        MAIL, text="CAUTION: This email originated from outside of the company.\n" + MAIL.text
    ),
    "name of the author": replace(MAIL, author=Correspondent(address=Address("ivan@acme.example"))),
    "author rewritten by a list": replace(
        MAIL,
        author=Correspondent(address=Address("list@studio.example"), name="Иван via List"),
        reply_to=(Correspondent(address=Address("ivan@acme.example")),),
    ),
    "case of the id's domain": replace(MAIL, message_id=MessageId("1@ACME.example")),
}

OTHER = {
    "other text": replace(MAIL, text="Спасибо, получили."),
    "other date": replace(MAIL, date=datetime(2026, 11, 3, 9, 29, tzinfo=UTC)),
    "other author": replace(MAIL, author=Correspondent(address=Address("petr@acme.example"))),
    "other subject": replace(MAIL, subject="Акт"),
    "other id": replace(MAIL, message_id=MessageId("2@acme.example")),
}


@pytest.mark.parametrize("copy", SAME.values(), ids=SAME.keys())
def test_it_is_the_same_mail_in_spite_of(copy: ParsedMail) -> None:
    assert key_of(copy) == key_of(MAIL)


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER.keys())
def test_it_is_another_mail_because_of(other: ParsedMail) -> None:
    assert key_of(other) != key_of(MAIL)


def test_a_mail_without_an_id_has_an_identity() -> None:
    without = replace(MAIL, message_id=None)
    assert key_of(without) == key_of(replace(without, text=MAIL.text + "\nfooter"))
    assert digest_of(without) == digest_of(MAIL)


def test_a_date_from_the_received_chain_does_not_count() -> None:
    first = replace(MAIL, headers=())
    assert digest_of(first) == digest_of(replace(first, date=None))
