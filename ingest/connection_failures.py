"""Say in words a person can act on why a server can't be reached or not be trusted."""

import re
import ssl
from dataclasses import dataclass

from ingest.imap_errors import MailboxError, Misconfigured, TransientFailure


@dataclass(frozen=True, kw_only=True, slots=True)
class _TlsRule:
    """What one failure of TLS means; `{where}` and `{reason}` are filled in."""

    id: str
    pattern: re.Pattern[str]
    """Searched in OpenSSL's words: its numbers are not the same in every version."""
    kind: type[MailboxError]
    sentence: str


def _rule(id_: str, pattern: str, kind: type[MailboxError], sentence: str) -> _TlsRule:
    compiled = re.compile(pattern, re.IGNORECASE)
    return _TlsRule(id=id_, pattern=compiled, kind=kind, sentence=sentence)


_TLS_RULES: tuple[_TlsRule, ...] = (
    _rule(
        "another-name",
        r"hostname mismatch|ip address mismatch|not valid for",
        Misconfigured,
        "the certificate of {where} is made out to another name: {reason}. Set `host` to a name "
        "that the certificate bears; if it is right, somebody else answers there.",
    ),
    _rule(
        "expired",
        r"certificate has expired",
        Misconfigured,
        "the certificate of {where} has expired. Whoever runs the server must renew it; check the "
        "date of this machine too.",
    ),
    _rule(
        "not-yet-valid",
        r"not yet valid",
        Misconfigured,
        "the certificate of {where} is not valid yet. Check the date of this machine.",
    ),
    # Also what a virus scanner or a proxy that opens connections looks like.
    _rule(
        "unknown-authority",
        r"self.signed|unable to get (local )?issuer|unable to verify the first",
        Misconfigured,
        "the certificate of {where} can't be trusted: no authority that this machine knows has "
        "signed it ({reason}). For a server of your own, name its authority in `ca_file`; "
        "otherwise somebody stands in between.",
    ),
    _rule(
        "certificate",
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        Misconfigured,
        "the certificate of {where} can't be trusted: {reason}. Whoever runs the server must "
        "replace it.",
    ),
    # The other side answered, but not in TLS: OpenSSL 3.2 calls it a record layer failure.
    _rule(
        "no-tls",
        r"WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|RECORD.LAYER.FAILURE|HTTP_REQUEST|PACKET_LENGTH",
        Misconfigured,
        "{where} does not speak TLS ({reason}). Check `port` and `tls` in the config: 993 with "
        '"implicit", 143 with "starttls".',
    ),
    _rule(
        "too-old",
        r"UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|HANDSHAKE_FAILURE|NO_SHARED_CIPHER|TOO_SMALL"
        r"|LEGACY|NO_CIPHERS|TOO_WEAK",
        Misconfigured,
        "{where} speaks only a TLS that is no longer safe ({reason}). Whoever runs the server must "
        "update it.",
    ),
)


_CHECK_ADDRESS = (
    "It will be tried again by itself; if it stays, check `host`, `port` and `tls`, or a firewall."
)


def connection_failure(error: OSError, host: str, port: int) -> MailboxError:
    """Return the error that a failed connection stands for, naming host and port."""
    where = f"{host}:{port}"
    if isinstance(error, TimeoutError):
        return TransientFailure(f"{where} does not answer. {_CHECK_ADDRESS}")
    if isinstance(error, ssl.SSLError):
        return _tls_failure(error, where)
    return TransientFailure(f"{where} can't be reached: {_reason(error)}. {_CHECK_ADDRESS}")


def _tls_failure(error: ssl.SSLError, where: str) -> MailboxError:
    """Return what a failure of TLS means; an unknown one, such as a sudden end, may pass."""
    reason = _reason(error)
    for rule in _TLS_RULES:
        if rule.pattern.search(f"{error} {reason}"):
            return rule.kind(rule.sentence.format(where=where, reason=reason))
    if isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured(f"the certificate of {where} can't be trusted: {reason}.")
    return TransientFailure(
        f"the connection to {where} broke ({reason}). It will be tried again by itself."
    )


def _reason(error: OSError) -> str:
    """Return the shortest words for a failure that the error bears."""
    words = (getattr(error, name, None) for name in ("verify_message", "reason", "strerror"))
    return next((str(w) for w in words if w), str(error)).rstrip(".")
