"""How to log in is decided by what the server announces, and a token is shown once."""

from dataclasses import replace

import pytest

from ingest.imap_errors import Misconfigured
from ingest.imap_values import Secret, TokenMechanism
from ingest.sasl import PasswordWay, TokenExchange, password_way, token_mechanism
from models.ids import Address
from models.mailboxes import Mailbox, Tls

MAILBOX = Mailbox(
    address=Address("hello@studio.example"),
    host="imap.studio.example",
    port=993,
    tls=Tls.IMPLICIT,
    user="hello@studio.example",
)
TOKEN = Secret(value="t0ken", is_token=True)


@pytest.mark.parametrize(
    ("password", "announced", "way"),
    [
        ("pw", {"AUTH=PLAIN"}, PasswordWay.LOGIN),
        ("pw", set(), PasswordWay.LOGIN),
        ("пароль", {"AUTH=PLAIN"}, PasswordWay.PLAIN),
        ("pw", {"AUTH=PLAIN", "LOGINDISABLED"}, PasswordWay.PLAIN),
    ],
)
def test_login_carries_ascii_and_plain_the_rest(
    password: str, announced: set[str], way: PasswordWay
) -> None:
    assert password_way(MAILBOX, Secret(value=password), announced) is way


@pytest.mark.parametrize(
    ("password", "announced", "tls", "words"),
    [
        ("пароль", set(), Tls.IMPLICIT, "beyond ASCII"),
        ("pw", {"LOGINDISABLED"}, Tls.NONE, "`tls`"),
        ("pw", {"LOGINDISABLED"}, Tls.IMPLICIT, "OAuth"),
        ("пароль", {"LOGINDISABLED"}, Tls.STARTTLS, "OAuth"),
        ("pw\r\na DELETE INBOX", {"AUTH=PLAIN"}, Tls.IMPLICIT, "line break"),
        ("p\0w", {"AUTH=PLAIN"}, Tls.IMPLICIT, "NUL"),
    ],
)
def test_a_password_that_can_not_be_presented_is_explained(
    password: str, announced: set[str], tls: Tls, words: str
) -> None:
    with pytest.raises(Misconfigured, match=words) as caught:
        password_way(replace(MAILBOX, tls=tls), Secret(value=password), announced)
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "announced", "mechanism"),
    [
        (None, {"AUTH=XOAUTH2", "AUTH=OAUTHBEARER"}, TokenMechanism.XOAUTH2),
        (None, {"AUTH=OAUTHBEARER", "AUTH=PLAIN"}, TokenMechanism.OAUTHBEARER),
        (TokenMechanism.OAUTHBEARER, {"AUTH=XOAUTH2"}, TokenMechanism.OAUTHBEARER),
        (TokenMechanism.XOAUTH2, set(), TokenMechanism.XOAUTH2),
    ],
)
def test_a_token_is_presented_as_told_or_as_announced(
    wanted: TokenMechanism | None, announced: set[str], mechanism: TokenMechanism
) -> None:
    assert token_mechanism(wanted, announced) is mechanism


def test_a_server_without_token_login_is_explained() -> None:
    with pytest.raises(Misconfigured, match="announces no login by access token"):
        token_mechanism(None, {"AUTH=PLAIN"})


def test_xoauth2_is_spoken_as_google_writes_it() -> None:
    exchange = TokenExchange(TokenMechanism.XOAUTH2, MAILBOX, TOKEN)
    assert exchange.answer(b"") == b"user=hello@studio.example\x01auth=Bearer t0ken\x01\x01"


def test_a_shared_mailbox_is_named_beside_the_token_of_whoever_may_open_it() -> None:
    shared = replace(MAILBOX, user="support@studio.example")
    exchange = TokenExchange(TokenMechanism.XOAUTH2, shared, Secret(value="token-of-anna"))
    assert exchange.answer(b"") == (
        b"user=support@studio.example\x01auth=Bearer token-of-anna\x01\x01"
    )


def test_oauthbearer_is_spoken_as_in_rfc_7628() -> None:
    mailbox = replace(MAILBOX, user="a=b,c@studio.example")
    exchange = TokenExchange(TokenMechanism.OAUTHBEARER, mailbox, TOKEN)
    assert exchange.answer(b"") == (
        b"n,a=a=3Db=2Cc@studio.example,\x01host=imap.studio.example\x01port=993\x01"
        b"auth=Bearer t0ken\x01\x01"
    )


@pytest.mark.parametrize(
    ("mechanism", "dummy"), [(TokenMechanism.XOAUTH2, b""), (TokenMechanism.OAUTHBEARER, b"\x01")]
)
def test_an_error_challenge_is_kept_and_not_answered_by_the_token(
    mechanism: TokenMechanism, dummy: bytes
) -> None:
    """Row 16 of research/imap.md section 3."""
    exchange = TokenExchange(mechanism, MAILBOX, TOKEN)
    exchange.answer(b"")
    assert exchange.answer(b'{"status":"401"}') == dummy
    assert exchange.said == '{"status":"401"}'


def test_what_a_server_says_is_one_line_without_the_token() -> None:
    exchange = TokenExchange(TokenMechanism.XOAUTH2, MAILBOX, TOKEN)
    exchange.answer(b"")
    exchange.answer(b'{"t":"t0ken"}\r\n\xff\x1b[31m' + b"x" * 1000)
    assert "t0ken" not in exchange.said
    assert exchange.said.isprintable()
    assert exchange.said.endswith("x…")
