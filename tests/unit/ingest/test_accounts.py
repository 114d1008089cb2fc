"""Prove to which account an address belongs."""

import pytest

from ingest.accounts import account_of
from models.agency import Account, Agency
from models.ids import AccountId, Address


def _account(name: str, domains: tuple[str, ...] = (), contacts: tuple[str, ...] = ()) -> Account:
    return Account(
        id=AccountId(name),
        name=name,
        domains=frozenset(domains),
        contacts=frozenset(Address(contact) for contact in contacts),
    )


AGENCY = Agency(
    name="Studio",
    domains=frozenset({"studio.example"}),
    zone="Europe/Moscow",
    extra_freemail_domains=frozenset({"provider.example"}),
    accounts=(
        _account("acme", ("acme.example",), ("ceo@gmail.com", "petr@holding.example")),
        _account("acme-labs", ("labs.acme.example",)),
        _account("holding", ("holding.example", "mail.ru", "provider.example")),
        _account("first", ("shared.example",), ("twice@x.example",)),
        _account("second", ("shared.example",), ("twice@x.example",)),
        _account("cyrillic", ("пример.рф",)),
    ),
)


@pytest.mark.parametrize(
    ("address", "account"),
    [
        pytest.param("anna@acme.example", "acme", id="exact domain"),
        pytest.param("Anna@ACME.example", "acme", id="case"),
        pytest.param("anna@eu.acme.example", "acme", id="sub-domain"),
        pytest.param("anna@labs.acme.example", "acme-labs", id="longest domain"),
        pytest.param("anna@x.labs.acme.example", "acme-labs", id="sub-domain of the longest"),
        pytest.param("petr@holding.example", "acme", id="contact before domain"),
        pytest.param("ceo@gmail.com", "acme", id="contact on free mail"),
        pytest.param("c.e.o+bills@googlemail.com", "acme", id="one mailbox of Gmail"),
        pytest.param("petr+site@holding.example", "acme", id="plus-tag"),
        pytest.param("ivan@пример.рф", "cyrillic", id="domain in Cyrillic"),
        pytest.param("ivan@xn--e1afmkfd.xn--p1ai", "cyrillic", id="domain in punycode"),
        pytest.param("ivan@notacme.example", None, id="only the end is alike"),
        pytest.param("somebody@gmail.com", None, id="free mail"),
        pytest.param("somebody@mail.ru", None, id="free mail in the settings"),
        pytest.param("somebody@corp.mail.ru", None, id="below free mail in the settings"),
        pytest.param("somebody@provider.example", None, id="free mail of the agency's own list"),
        pytest.param("somebody@shared.example", None, id="two accounts claim the domain"),
        pytest.param("twice@x.example", None, id="two accounts claim the contact"),
        pytest.param("unknown@invalid", None, id="stranger"),
    ],
)
def test_an_address_belongs_to(address: str, account: str | None) -> None:
    assert account_of(Address(address), AGENCY) == account
