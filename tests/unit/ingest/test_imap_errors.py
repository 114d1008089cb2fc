"""What a server says is sorted into classes that decide how to go on."""

import pytest

from ingest.imap_errors import (
    CommandRefused,
    LoginRefused,
    MailboxError,
    Misconfigured,
    Throttled,
    TransientFailure,
    refusal,
)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("[AUTHENTICATIONFAILED] Authentication failed.", LoginRefused),
        ("Login failed: authentication failure", LoginRefused),
        ("Login failed.", LoginRefused),
        ("[ALERT] Application-specific password required", LoginRefused),
        ("User is authenticated but not connected.", LoginRefused),
        ("nope", LoginRefused),
        ("[UNAVAILABLE] Temporary authentication failure", TransientFailure),
        ("socket error: EOF", TransientFailure),
        ("[ALERT] Too many simultaneous connections. (Failure)", Throttled),
        ("[LIMIT] Maximum number of connections from user+IP exceeded", Throttled),
        ("Request is throttled. Suggested Backoff Time: 299961 milliseconds", Throttled),
        ("[PRIVACYREQUIRED] Plaintext authentication disallowed", Misconfigured),
        ("[ALERT] Please enable IMAP in the settings", Misconfigured),
    ],
)
def test_a_refused_login_is_sorted_by_its_words(said: str, kind: type[MailboxError]) -> None:
    assert type(refusal(said, while_logging_in=True)) is kind


def test_unknown_words_after_the_login_concern_one_command() -> None:
    assert type(refusal("NO such thing", while_logging_in=False)) is CommandRefused


def test_the_words_are_shown_without_the_marks_of_a_bytes_literal() -> None:
    assert "says: [LIMIT] full. It" in str(refusal("b'[LIMIT] full.'", while_logging_in=True))


@pytest.mark.parametrize(
    "said",
    [
        "command: LOGIN => [LIMIT] full.",
        "LOGIN command error: BAD [b'[LIMIT] full.']",
        '[b"[LIMIT] full."]',
    ],
)
def test_the_words_are_shown_without_what_the_library_puts_around_them(said: str) -> None:
    assert "says: [LIMIT] full. It" in str(refusal(said, while_logging_in=True))
