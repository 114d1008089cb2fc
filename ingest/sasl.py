"""Decide how to log in by what the server announces, and speak the token mechanisms; pure.

XOAUTH2 is Google's (and Microsoft's), OAUTHBEARER is RFC 7628. A server that refuses a token says
why in a challenge, which must be answered before the NO comes (row 16 of research/imap.md).
"""

from collections.abc import Set as AbstractSet
from enum import StrEnum

from ingest.imap_errors import Misconfigured
from ingest.imap_values import Secret, TokenMechanism
from models.mailboxes import Mailbox, Tls

_SHOWN_CHARS = 300


class PasswordWay(StrEnum):
    """How a password is presented."""

    LOGIN = "LOGIN"
    """ASCII only (RFC 9051 section 6.2.3)."""
    PLAIN = "PLAIN"
    """SASL, UTF-8 (RFC 4616)."""


def password_way(mailbox: Mailbox, secret: Secret, announced: AbstractSet[str]) -> PasswordWay:
    """Return how to present a password; Misconfigured says why it can't be."""
    text = mailbox.user + secret.value
    if any(character in text for character in "\r\n\0"):
        raise Misconfigured(
            "the user or the password holds a line break or a NUL. Check where it comes from."
        )
    offers_plain = "AUTH=PLAIN" in announced
    if "LOGINDISABLED" not in announced:
        if text.isascii():
            return PasswordWay.LOGIN
        if not offers_plain:
            raise Misconfigured(
                "the user or the password has letters beyond ASCII, which this server can't take "
                "(it announces no AUTH=PLAIN). Use a password of plain Latin letters and digits."
            )
    if offers_plain:
        return PasswordWay.PLAIN
    if mailbox.tls is Tls.NONE:
        raise Misconfigured(
            "the server takes no password over an unprotected connection. "
            'Set `tls` to "starttls" or "implicit" in the config.'
        )
    raise Misconfigured(
        "the server takes no password at all. Sign in by OAuth instead (docs/oauth.md)."
    )


def token_mechanism(wanted: TokenMechanism | None, announced: AbstractSet[str]) -> TokenMechanism:
    """Return how to present a token: as the settings say, else what the server announces first."""
    if wanted is not None:
        return wanted
    for mechanism in TokenMechanism:
        if f"AUTH={mechanism.upper()}" in announced:
            return mechanism
    raise Misconfigured(
        "the server announces no login by access token (AUTH=XOAUTH2 or AUTH=OAUTHBEARER). "
        "Check `host`, or use a password; if the server is known to take tokens, set "
        "oauth.mechanism."
    )


class TokenExchange:
    """One try to log in by a token: answers the server, and keeps what it says."""

    def __init__(self, mechanism: TokenMechanism, mailbox: Mailbox, token: Secret) -> None:
        """Take what the exchange is about; `mailbox.user` may be a shared mailbox."""
        self.mechanism = mechanism
        self.said = ""
        """Why the server refuses, as it says (JSON); empty until it does."""
        self._mailbox = mailbox
        self._token = token
        self._presented = False

    def answer(self, challenge: bytes) -> bytes:
        """Return the answer to a challenge: the token once, then what lets the server say no."""
        if challenge:
            self.said = self._words(challenge)
        if not self._presented:
            self._presented = True
            return self._payload()
        # The dummy answer differs: RFC 7628 section 3.2.3, and Google's empty line.
        return b"\x01" if self.mechanism is TokenMechanism.OAUTHBEARER else b""

    def _payload(self) -> bytes:
        user, token = self._mailbox.user, self._token.value
        if self.mechanism is TokenMechanism.XOAUTH2:
            return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()
        name = user.replace("=", "=3D").replace(",", "=2C")  # a saslname, RFC 5801
        where = f"host={self._mailbox.host}\x01port={self._mailbox.port}"
        return f"n,a={name},\x01{where}\x01auth=Bearer {token}\x01\x01".encode()

    def _words(self, challenge: bytes) -> str:
        """Return a challenge as one line without the token in it."""
        text = challenge.decode("utf-8", "replace").replace(self._token.value, "***")
        line = "".join(c if c.isprintable() else " " for c in text).strip()
        return line if len(line) <= _SHOWN_CHARS else f"{line[:_SHOWN_CHARS]}…"


def refused_token(user: str, reason: str, challenge: str) -> str:
    """Return the sentence for a token that a server refuses."""
    said = f"{reason} {challenge}".strip()
    return (
        f"the server refused the access token for {user}: {said}. Check that whoever signed in may "
        "open this mailbox by IMAP, that `user` is the mailbox's address (for a shared mailbox, "
        "its own), and that the scope is the one for IMAP; then sign in again (docs/oauth.md)."
    )
