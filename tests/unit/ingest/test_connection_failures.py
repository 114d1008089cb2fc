"""A server that can't be reached or trusted is explained, and only what may pass is tried again."""

import ssl

import pytest

from ingest.connection_failures import connection_failure
from ingest.imap_errors import MailboxError, Misconfigured, TransientFailure


def _not_verified(words: str) -> ssl.SSLCertVerificationError:
    text = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {words} (_ssl.c:1000)"
    return ssl.SSLCertVerificationError(1, text)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (TimeoutError(), TransientFailure, "does not answer"),
        (ConnectionRefusedError(111, "Connection refused"), TransientFailure, "Connection refused"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] x"), Misconfigured, "does not speak TLS"),
        (ssl.SSLError(1, "[SSL: BAD_LENGTH] bad length"), TransientFailure, "broke"),
        (ssl.SSLError(1, "[SSL: RECORD_LAYER_FAILURE] x"), Misconfigured, "does not speak TLS"),
        (ssl.SSLError(1, "[SSL: UNSUPPORTED_PROTOCOL] x"), Misconfigured, "no longer safe"),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), TransientFailure, "broke"),
        (
            ssl.SSLZeroReturnError(6, "TLS/SSL connection has been closed"),
            TransientFailure,
            "broke",
        ),
        (_not_verified("self-signed certificate"), Misconfigured, "`ca_file`"),
        (_not_verified("unable to get local issuer certificate"), Misconfigured, "`ca_file`"),
        (
            _not_verified("Hostname mismatch, certificate is not valid for 'x'"),
            Misconfigured,
            "`host`",
        ),
        (_not_verified("certificate has expired"), Misconfigured, "must renew"),
        (_not_verified("certificate is not yet valid"), Misconfigured, "date of this machine"),
        (_not_verified("CA signature digest algorithm too weak"), Misconfigured, "must replace"),
        (ssl.SSLCertVerificationError("odd"), Misconfigured, "can't be trusted"),
    ],
    ids=[
        "silent",
        "refused",
        "no-tls",
        "unknown",
        "no-tls-in-openssl-3.2",
        "old-tls",
        "eof",
        "closed",
        "self-signed",
        "unknown-authority",
        "another-name",
        "expired",
        "not-yet-valid",
        "weak",
        "bare",
    ],
)
def test_a_failed_connection_names_host_and_port_and_what_to_do(
    error: OSError, kind: type[MailboxError], words: str
) -> None:
    """Rows 5 to 8 of research/imap.md section 3."""
    failure = connection_failure(error, "imap.example", 993)
    assert type(failure) is kind
    assert "imap.example:993" in str(failure)
    assert words in str(failure)
