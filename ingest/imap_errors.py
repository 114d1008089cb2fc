"""Sort what goes wrong with a mailbox into classes, each with its own way to go on.

The classes and the words that tell them apart are those of research/imap.md section 2.5: an
IMAPClient LoginError alone proves nothing, since it also wraps BYE, EOF and "too many connections".
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from models.errors import SamedayError


class MailboxError(SamedayError):
    """Something is wrong with a mailbox; the message is one sentence a person can act on."""


class TransientFailure(MailboxError):
    """The network or the server failed; trying again later is right."""


class Renumbered(TransientFailure):
    """A folder's UIDs came to mean something else between two looks; the next pass follows it."""


class Cancelled(TransientFailure):
    """Somebody asked us to stop; the ledger knows where to go on."""


class Throttled(MailboxError):
    """The server asks us to slow down."""

    def __init__(self, message: str, wait: timedelta = timedelta()) -> None:
        """Take the sentence; `wait` is how long the server asks to stay away, zero if unsaid."""
        super().__init__(message)
        self.wait = wait


class LoginRefused(MailboxError):
    """The server does not accept who we say we are; trying again soon gets us banned."""


class Misconfigured(MailboxError):
    """The settings or the server's set-up are wrong; nothing helps but a person."""


class FolderUnavailable(MailboxError):
    """One folder can't be opened; the others can."""


class CommandRefused(MailboxError):
    """The server says no to one command; the connection is still in step."""


class ServerFailed(TransientFailure):
    """The server failed at one command and says so; the connection is still in step.

    Either it is in trouble, or one mail is: Yahoo answers so for a mail that it can't read.
    """


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
    # Microsoft lets anybody in and says so afterwards, for several reasons.
    _words(
        LoginRefused,
        r"authenticated but not connected",
        "Check the password or token, that IMAP is turned on for this mailbox, that whoever signs "
        "in may open it, and that no other program holds too many sessions (docs/oauth.md).",
    ),
    _words(
        LoginRefused,
        r"\[(AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED)\]|authenticat\w* fail"
        r"|login fail|invalid credential|invalid (user|password|login)|incorrect"
        r"|application-specific password",
        "Check the user and the password (many providers want an app password, Microsoft 365 a "
        "token: docs/oauth.md).",
    ),
)


_FAILED = re.compile(r"^(?!\W*BYE\b).*\[(UNAVAILABLE|SERVERBUG|INUSE)\]", re.IGNORECASE)


def refusal(said: str, *, while_logging_in: bool) -> MailboxError:
    """Return the error that a server's NO, BAD or BYE stands for.

    A refused login without any known word is a refused login: real servers give no code (Cyrus,
    Courier).
    """
    text = unquoted(said)
    for words in _REFUSALS:
        if words.pattern.search(text):
            sentence = f"the server says: {text}. {words.advice}"
            if words.kind is Throttled:
                return Throttled(sentence, _asked_pause(text))
            if words.kind is TransientFailure and _FAILED.search(text) and not while_logging_in:
                return ServerFailed(sentence)
            return words.kind(sentence)
    if while_logging_in:
        return LoginRefused(
            f"the server refused the login: {text}. Check the user and the password."
        )
    return CommandRefused(f"the server answered: {text}.")


def _asked_pause(text: str) -> timedelta:
    """Return how long Exchange asks to stay away; zero when the server names no time."""
    asked = re.search(r"Backoff Time: (\d{1,12}) milliseconds", text, re.IGNORECASE)
    return timedelta(milliseconds=int(asked[1])) if asked else timedelta()


def unquoted(said: str) -> str:
    """Return what a server said without what imaplib puts around it."""
    bare = re.sub(r"^command: \w+ => |^\w+ command error: \w+ ", "", said.strip())
    quoted = re.fullmatch(r"""\[?b(['"])(.*)\1\]?""", bare, re.DOTALL)
    return (quoted[2] if quoted else bare).strip().rstrip(".")
