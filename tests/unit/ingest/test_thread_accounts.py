"""Whose mail it is: the address first, then the thread, then who else it went to."""

import random
from itertools import permutations

from ingest.thread_accounts import resolve_accounts
from models.ids import Address
from models.message import Correspondent, Direction, Message
from tests.mails import account, agency, message

ACME = account("acme", "acme.example", contacts=("boss@mail.example",))
BELLA = account("bella", "bella.example")
AGENCY = agency(ACME, BELLA)


def _people(*addresses: str) -> tuple[Correspondent, ...]:
    return tuple(Correspondent(address=Address(address)) for address in addresses)


def _inbound(key: str, author: str, *also_to: str, ignored: str = "") -> Message:
    return message(
        key,
        author=_people(author)[0],
        recipients=_people("hello@studio.example", *also_to),
        ignored_reason=ignored,
    )


def _outbound(key: str, *to: str) -> Message:
    author = _people("anna@studio.example")[0]
    return message(key, author=author, recipients=_people(*to), direction=Direction.OUTBOUND)


def _accounts(*messages: Message) -> list[str | None]:
    found = resolve_accounts(messages, AGENCY).by_message
    return [found[m.key] for m in messages]


def test_a_known_contact_and_a_domain_tell_the_account() -> None:
    assert _accounts(_inbound("a", "boss@mail.example")) == ["acme"]
    assert _accounts(_inbound("a", "anyone@shop.bella.example")) == ["bella"]


def test_a_stranger_is_tracked_as_unknown() -> None:
    assert _accounts(_inbound("a", "new@client.example")) == ["unknown"]


def test_a_private_address_that_continues_a_thread_joins_its_account() -> None:
    thread = (_inbound("a", "ceo@acme.example"), _inbound("b", "ceo.home@mail.example"))
    assert _accounts(*thread) == ["acme", "acme"]
    resolved = resolve_accounts(thread, AGENCY)
    assert resolved.by_address[Address("ceo.home@mail.example")] == "acme"


def test_a_stranger_in_a_thread_of_two_accounts_goes_with_who_else_he_wrote_to() -> None:
    thread = (
        _inbound("a", "ceo@acme.example"),
        _inbound("b", "x@bella.example"),
        _inbound("c", "lawyer@law.example", "ceo@acme.example"),
        _inbound("d", "other@law.example"),
    )
    assert _accounts(*thread) == ["acme", "bella", "acme", "unknown"]


def test_a_third_party_that_only_got_our_mail_belongs_to_nobody() -> None:
    thread = (_inbound("a", "ceo@acme.example"), _outbound("b", "printer@print.example"))
    resolved = resolve_accounts(thread, AGENCY)
    assert Address("printer@print.example") not in resolved.by_address


def test_a_robot_in_a_thread_does_not_become_a_contact() -> None:
    thread = (
        _inbound("a", "ceo@acme.example"),
        _inbound("b", "mailer-daemon@isp.example", ignored="bounce"),
    )
    resolved = resolve_accounts(thread, AGENCY)
    assert resolved.by_message[thread[1].key] == "acme"
    assert Address("mailer-daemon@isp.example") not in resolved.by_address


def test_our_mail_belongs_to_the_account_it_went_to() -> None:
    assert _accounts(_outbound("a", "ceo@acme.example")) == ["acme"]
    assert _accounts(_outbound("a", "new@client.example")) == ["unknown"]


def test_internal_mail_belongs_to_no_account() -> None:
    internal = message("a", direction=Direction.INTERNAL)
    assert _accounts(internal) == [None]


def test_the_order_of_messages_does_not_matter() -> None:
    thread = [
        _inbound("a", "ceo@acme.example"),
        _inbound("b", "home@mail.example"),
        _outbound("c", "home@mail.example", "x@y.example"),
        _inbound("d", "x@y.example"),
    ]
    expected = resolve_accounts(thread, AGENCY)
    for order in random.Random(1).sample(list(permutations(thread)), 12):
        assert resolve_accounts(order, AGENCY) == expected
