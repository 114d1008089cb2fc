"""Prove how address fields are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.address_list import addresses_in


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("anna@acme.example", [("anna@acme.example", "")]),
        ("Anna Snow <Anna@Acme.Example>", [("anna@acme.example", "Anna Snow")]),
        (
            '"Snow, Anna" <a@acme.example>, b@acme.example',
            [("a@acme.example", "Snow, Anna"), ("b@acme.example", "")],
        ),
        ("Snow, Anna <a@acme.example>", [("a@acme.example", "Anna")]),
        ("a@acme.example (Anna (home))", [("a@acme.example", "Anna home")]),
        ("=?utf-8?B?0JDQvdC90LA=?= <a@acme.example>", [("a@acme.example", "Анна")]),
        ("=?utf-8?Q?Anna_<a@acme.example>?=", [("a@acme.example", "Anna")]),
        ("Team: a@acme.example, b@acme.example;", [("a@acme.example", ""), ("b@acme.example", "")]),
        ("undisclosed-recipients:;", []),
        ("Anna <a@acme.example", [("a@acme.example", "Anna")]),
        ("<@relay.example:a@acme.example>", [("a@acme.example", "")]),
        ("a@acme.example <a@acme.example>", [("a@acme.example", "")]),
        ("mailto:a@acme.example", [("a@acme.example", "")]),
        ("'a@acme.example'", [("a@acme.example", "")]),
        ("a@acme.example; b@acme.example", [("a@acme.example", ""), ("b@acme.example", "")]),
        ("иван@пример.рф", [("иван@пример.рф", "")]),
        ("Anna", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_field_names(value: str, expected: list[tuple[str, str]]) -> None:
    assert [(who.address, who.name) for who in addresses_in(value)] == expected


@given(st.text(alphabet='"<>,;:()@\\ ab.=?\u0436', max_size=200))
def test_whatever_a_field_holds_addresses_are_clean(value: str) -> None:
    for who in addresses_in(value):
        assert "@" in who.address
        assert not any(char.isspace() for char in who.address)
