"""Prove who wrote a mail and which way it went."""

import pytest

from ingest.direction import UNREADABLE, author_of, direction_of
from models.agency import Agency, Person
from models.ids import Address
from models.message import Correspondent, Direction, ParsedMail


def who(address: str, name: str = "") -> Correspondent:
    return Correspondent(address=Address(address), name=name)


AGENCY = Agency(
    name="Studio",
    domains=frozenset({"studio.example"}),
    zone="Europe/Moscow",
    technical_senders=frozenset({Address("noreply@studio.example"), Address("form@host.example")}),
    people=(
        Person(
            email=Address("anna@studio.example"),
            name="Anna",
            aliases=frozenset({Address("anna.snow@gmail.com")}),
        ),
    ),
    mailbox_addresses=frozenset({Address("studio@yandex.ru")}),
)


@pytest.mark.parametrize(
    ("author", "recipients", "direction"),
    [
        ("ivan@acme.example", ["hello@studio.example"], Direction.INBOUND),
        ("ivan@acme.example", [], Direction.INBOUND),
        ("ivan@acme.example", ["petr@acme.example"], Direction.INBOUND),
        ("unknown@invalid", ["hello@studio.example"], Direction.INBOUND),
        ("anna@studio.example", ["ivan@acme.example"], Direction.OUTBOUND),
        ("anna@studio.example", ["boris@studio.example", "ivan@acme.example"], Direction.OUTBOUND),
        ("anna.snow@gmail.com", ["ivan@acme.example"], Direction.OUTBOUND),
        ("studio@yandex.ru", ["ivan@acme.example"], Direction.OUTBOUND),
        ("form@host.example", ["ivan@acme.example"], Direction.OUTBOUND),
        ("anna@studio.example", ["anna.snow@gmail.com"], Direction.INTERNAL),
        ("anna@dev.studio.example", ["studio@yandex.ru"], Direction.INTERNAL),
        ("anna@studio.example", [], Direction.INTERNAL),
    ],
)
def test_a_mail_goes(author: str, recipients: list[str], direction: Direction) -> None:
    assert direction_of(who(author), [who(r) for r in recipients], AGENCY) is direction


def _author(**fields: object) -> Correspondent:
    return author_of(ParsedMail(message_id=None, **fields), AGENCY)  # type: ignore[arg-type] # a table of any fields


def test_the_author_stands_in_from() -> None:
    assert _author(author=who("ivan@acme.example"), reply_to=(who("crm@acme.example"),)) == who(
        "ivan@acme.example"
    )


def test_mail_without_an_author_gets_a_placeholder() -> None:
    assert _author() == UNREADABLE


def test_a_list_that_rewrites_from_is_seen_through() -> None:
    found = _author(
        author=who("clients@lists.example", "Ivan via Clients"),
        reply_to=(who("ivan@acme.example"),),
    )
    assert found == who("ivan@acme.example", "Ivan")


def test_the_list_itself_in_reply_to_is_not_the_author() -> None:
    found = _author(
        author=who("clients@lists.example", "Ivan via Clients"),
        to=(who("clients@lists.example"),),
        reply_to=(who("clients@lists.example"), who("ivan@acme.example")),
    )
    assert found.address == "ivan@acme.example"


def test_a_web_form_speaks_for_the_person_in_reply_to() -> None:
    found = _author(
        author=who("noreply@studio.example"),
        reply_to=(who("ivan@acme.example", "Иван"),),
        to=(who("hello@studio.example"),),
    )
    assert found == who("ivan@acme.example", "Иван")


def test_a_web_form_speaks_for_the_first_stranger_in_its_text() -> None:
    found = _author(
        author=who("noreply@studio.example"),
        to=(who("hello@studio.example"),),
        text="Форма hello@studio.example\nE-mail: Ivan@Acme.Example.\nВопрос: сколько стоит?",
    )
    assert found.address == "ivan@acme.example"


def test_a_robot_of_ours_that_writes_to_a_client_stays_ours() -> None:
    found = _author(
        author=who("noreply@studio.example"),
        to=(who("ivan@acme.example"),),
        text="Счёт для ivan@acme.example",
    )
    assert found.address == "noreply@studio.example"
