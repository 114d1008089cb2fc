"""Sort what goes wrong with a mailbox into classes, each with its own way to go on.

The classes and the words that tell them apart are those of research/imap.md section 2.5: an
IMAPClient LoginError alone proves nothing, since it also wraps BYE, EOF and "too many connections".
"""

import re
import ssl
from dataclasses import dataclass

from models.errors import SamedayError


class MailboxError(SamedayError):
    """Something is wrong with a mailbox; the message is one sentence a person can act on."""


class TransientFailure(MailboxError):
    """The network or the server failed; trying again later is right."""


class Throttled(MailboxError):
    """The server asks us to slow down."""


class LoginRefused(MailboxError):
    """The server does not accept who we say we are; trying again soon gets us banned."""


class Misconfigured(MailboxError):
    """The settings or the server's set-up are wrong; nothing helps but a person."""


class FolderUnavailable(MailboxError):
    """One folder can't be opened; the others can."""


class CommandRefused(MailboxError):
    """The server says no to one command; the connection is still in step."""


class BrokenReply(MailboxError):
    """The server's answer makes no sense; the messages asked for are suspects."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Words:
    """Words in a server's refusal that tell what it means."""

    kind: type[MailboxError]
    pattern: re.Pattern[str]
    advice: str


def _words(kind: type[MailboxError], pattern: str, advice: str) -> _Words:
    return _Words(kind=kind, pattern=re.compile(pattern, re.IGNORECASE), advice=advice)


_REFUSALS: tuple[_Words, ...] = (
    # Throttling comes first: Gmail and Dovecot say it in the place of a login failure.
    _words(
        Throttled,
        r"\[(THROTTLED|LIMIT|OVERQUOTA)\]|too many (simultaneous )?connections"
        r"|exceeded (command|bandwidth)|request is throttled",
        "It will be tried again later; close other mail programs if it stays.",
    ),
    _words(
        TransientFailure,
        r"\[(UNAVAILABLE|SERVERBUG|INUSE)\]|^\W*BYE\b|socket error: EOF|temporar",
        "It will be tried again by itself.",
    ),
    _words(
        Misconfigured,
        r"\[(PRIVACYREQUIRED)\]|LOGINDISABLED|IMAP access is disabled|enable IMAP"
        r"|plaintext authentication disallowed",
        "Turn on IMAP for this mailbox at the provider, and check `tls` in the config.",
    ),
    _words(
        LoginRefused,
        r"\[(AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED)\]|authenticat\w* fail"
        r"|login fail|invalid credential|invalid (user|password|login)|incorrect"
        r"|application-specific password|not connected",
        "Check the user and the password (many providers want an app password).",
    ),
)


def refusal(said: str, *, while_logging_in: bool) -> MailboxError:
    """Return the error that a server's NO, BAD or BYE stands for.

    A refused login without any known word is a refused login: real servers give no code (Cyrus,
    Courier).
    """
    text = _unquoted(said)
    for words in _REFUSALS:
        if words.pattern.search(text):
            return words.kind(f"the server says: {text}. {words.advice}")
    if while_logging_in:
        return LoginRefused(
            f"the server refused the login: {text}. Check the user and the password."
        )
    return CommandRefused(f"the server answered: {text}.")


def _unquoted(said: str) -> str:
    """Return what a server said without the marks of a Python bytes literal around it."""
    quoted = re.fullmatch(r"""b(['"])(.*)\1""", said.strip(), re.DOTALL)
    return (quoted[2] if quoted else said).strip().rstrip(".")


def connection_failure(error: OSError, host: str, port: int) -> MailboxError:
    """Return the error that a failed connection stands for, naming host and port."""
    where = f"{host}:{port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured(
            f"the certificate of {where} can't be trusted: {_reason(error)}. "
            "Check `host` in the config, or install the server's certificate authority."
        )
    if isinstance(error, ssl.SSLError):
        return Misconfigured(
            f"{where} does not speak TLS ({_reason(error)}). "
            'Check `port` and `tls` in the config: 993 with "implicit", 143 with "starttls".'
        )
    if isinstance(error, TimeoutError):
        return TransientFailure(f"{where} does not answer. Check `host` and `port`, or a firewall.")
    return TransientFailure(f"{where} can't be reached: {_reason(error)}. Check `host` and `port`.")


def _reason(error: OSError) -> str:
    """Return the shortest words for a failure that the error bears."""
    words = (getattr(error, name, None) for name in ("verify_message", "reason", "strerror"))
    return next((str(w) for w in words if w), str(error))
