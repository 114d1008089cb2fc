"""What a server says is sorted into classes that decide how to go on."""

import ssl

import pytest

from ingest.imap_errors import (
    CommandRefused,
    LoginRefused,
    MailboxError,
    Misconfigured,
    Throttled,
    TransientFailure,
    connection_failure,
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
    ("error", "kind", "words"),
    [
        (TimeoutError(), TransientFailure, "does not answer"),
        (ConnectionRefusedError(111, "Connection refused"), TransientFailure, "Connection refused"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] x"), Misconfigured, "does not speak TLS"),
        (ssl.SSLCertVerificationError("self-signed"), Misconfigured, "can't be trusted"),
    ],
    ids=["silent", "refused", "no-tls", "certificate"],
)
def test_a_failed_connection_names_host_and_port(
    error: OSError, kind: type[MailboxError], words: str
) -> None:
    failure = connection_failure(error, "imap.example", 993)
    assert type(failure) is kind
    assert "imap.example:993" in str(failure)
    assert words in str(failure)
