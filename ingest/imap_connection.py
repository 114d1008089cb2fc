"""Speak IMAP, read-only: the one door to imapclient, and to the parts of imaplib below it.

Only these verbs leave here: CAPABILITY, LOGIN, AUTHENTICATE, STARTTLS, LIST, EXAMINE, UID FETCH
with PEEK, IDLE, LOGOUT (DESIGN.md section 5). After any exception the connection is dead: imaplib
can't be trusted to be in step with the server (research/imap.md section 2.5).
"""

import imaplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, ProtocolError
from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.response_parser import parse_fetch_response, parse_response

from ingest.body_structure import attachments_in
from ingest.connection_failures import connection_failure
from ingest.imap_doorbell import Doorbell
from ingest.imap_errors import (
    BrokenReply,
    CommandRefused,
    FolderUnavailable,
    LoginRefused,
    MailboxError,
    Misconfigured,
    ServerFailed,
    Throttled,
    TransientFailure,
    refusal,
    unquoted,
)
from ingest.imap_replies import (
    HIGHEST_NUMBER,
    fetch_replies,
    instant_of,
    joined_literals,
    lowered,
    size_in,
)
from ingest.imap_values import ExaminedFolder, FetchedMail, ListedFolder, Secret
from ingest.message_ids import own_id
from ingest.sasl import PasswordWay, TokenExchange, password_way, refused_token, token_mechanism
from ingest.watchdog import WATCHDOG
from models.ids import MessageId
from models.mailboxes import ListedMail, Mailbox, Tls
from models.message import Attachment

_CONNECT_SECONDS = 15
_READ_SECONDS = 60
_COMMAND_SECONDS = 120
_SLOWEST_BYTES_PER_SECOND = 50_000
"""A connection slower than this is no use for mail; it is cut and opened anew."""
_PARSER_ERRORS = (
    ProtocolError,
    ValueError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What the parsers of imapclient and imaplib let escape on replies that make no sense."""
_LONGEST_LITERAL_BYTES = 64 * 1024 * 1024
"""Far above what is ever asked for: a server that announces more is broken, and memory is not."""


class ImapConnection:
    """One logged-in session; use it from one thread, and throw it away after any error."""

    def __init__(self, client: IMAPClient, mailbox: Mailbox, secret: Secret) -> None:
        """Log in over a connected client; `connect` is the way to get one."""
        self._client = client
        self._imap: Any = client._imap
        self._mailbox = mailbox
        self._broken = False
        self._log_in(secret)
        # Asked anew after the login: servers announce more then, and iCloud's proxy is in step
        # only after an explicit CAPABILITY.
        self.capabilities = self._ask_capabilities()

    # --- opening and closing --------------------------------------------------------------------

    @classmethod
    def connect(cls, mailbox: Mailbox, secret: Secret) -> "ImapConnection":
        """Return a session with the mailbox's server; raise a MailboxError that says why not."""
        try:
            client = _open_client(mailbox)
        except OSError as error:
            raise connection_failure(error, mailbox.host, mailbox.port) from error
        except (imaplib.IMAP4.error, IMAPClientError, *_PARSER_ERRORS) as error:
            raise _bad_greeting(error, mailbox) from error
        try:
            return cls(client, mailbox, secret)
        except BaseException:
            _hang_up(client)
            raise

    def close(self) -> None:
        """Say goodbye if the server still listens; never raises."""
        with suppress(Exception):
            self._client.socket().settimeout(2)
            self._client.logout()
        _hang_up(self._client)

    def abort(self) -> None:
        """Cut the connection from another thread; the blocked call there fails at once."""
        with suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)

    def _log_in(self, secret: Secret) -> None:
        user = self._mailbox.user
        with self._classified(while_logging_in=True):
            announced = self._ask_capabilities()
            if secret.is_token:
                self._log_in_with_token(secret, announced)
            elif password_way(self._mailbox, secret, announced) is PasswordWay.PLAIN:
                self._client.plain_login(user, secret.value)
            else:
                self._client.login(user, secret.value)

    def _log_in_with_token(self, token: Secret, announced: frozenset[str]) -> None:
        """Authenticate by an access token; a refusal bears the reason from the challenge."""
        mechanism = token_mechanism(token.mechanism, announced)
        exchange = TokenExchange(mechanism, self._mailbox, token)
        try:
            with self._classified(while_logging_in=True):
                self._client.sasl_login(mechanism.upper(), exchange.answer)
        except LoginRefused as error:
            reason = unquoted(str(error.__cause__ or error))
            message = refused_token(self._mailbox.user, reason, exchange.said)
            raise LoginRefused(message) from error

    def _ask_capabilities(self) -> frozenset[str]:
        """Return what the server announces, upper-case.

        A server that says NO here may be telling why the login is of no use (row 14 of
        research/imap.md section 3): the next command would hang.
        """
        with self._classified():
            self._client._cached_capabilities = None  # force a CAPABILITY command
            self._imap.untagged_responses.pop("CAPABILITY", None)
            typ, data = self._imap.capability()
            words = b" ".join(line for line in data if line)
            if typ != "OK":
                refused = refusal(words.decode("utf-8", "replace"), while_logging_in=False)
                if not isinstance(refused, CommandRefused):
                    raise refused
                return frozenset()
        return frozenset(words.decode("ascii", "replace").upper().split())

    # --- folders --------------------------------------------------------------------------------

    def list_folders(self) -> tuple[ListedFolder, ...]:
        """Return every folder the login may see; a line that can't be read is left out."""
        with self._classified():
            lines = self._untagged("LIST", '""', '"*"')
        folders = (_listed_folder(line) for line in joined_literals(lines))
        return tuple(folder for folder in folders if folder is not None)

    def examine(self, raw_name: bytes) -> ExaminedFolder:
        """Open a folder read-only; FolderUnavailable when the server says no."""
        quoted = raw_name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        try:
            with self._classified():
                typ, data = self._imap.select(b'"' + quoted + b'"', readonly=True)
        except CommandRefused as error:
            raise FolderUnavailable(str(error)) from error
        if typ != "OK":
            words = b" ".join(part for part in data if part).decode("utf-8", "replace")
            message = f"the server does not open the folder {_readable(raw_name)!r}: {words}."
            raise FolderUnavailable(message)
        uidnext = self._number("UIDNEXT")
        return ExaminedFolder(
            uidvalidity=self._number("UIDVALIDITY"),
            uidnext=uidnext or self._highest_uid() + 1,
            exists=self._number("EXISTS"),
        )

    def _number(self, response: str) -> int:
        """Return the number of an untagged response, 0 when it is missing or junk."""
        values = self._imap.untagged_responses.get(response) or [b"0"]
        numbers = (int(v) for v in values if v is not None and v.isdigit() and len(v) <= 10)
        return max((n for n in numbers if n <= HIGHEST_NUMBER), default=0)

    def _highest_uid(self) -> int:
        """Ask for the last message's UID; 0 in an empty folder (Courier gives no UIDNEXT)."""
        if self._number("EXISTS") == 0:
            return 0
        return max(self._fetch("*", ["UID"]), default=0)

    # --- messages -------------------------------------------------------------------------------

    def list_window(self, low: int, high: int) -> tuple[ListedMail, ...]:
        """Return what the server holds in a window of UIDs, by UID.

        Dates that imaplib can't read (a year 9999) must not hide the mail: the window is asked
        for again without them.
        """
        try:
            found = self._fetch(f"{low}:{high}", ["UID", "RFC822.SIZE", "INTERNALDATE"])
        except BrokenReply:
            found = self._fetch(f"{low}:{high}", ["UID", "RFC822.SIZE"])
        return tuple(
            ListedMail(
                uid=uid,
                size_bytes=size_in(items),
                internaldate=instant_of(items.get(b"INTERNALDATE")),
            )
            for uid, items in sorted(found.items())
            if low <= uid <= high
        )

    def held_uids(self, low: int, high: int) -> frozenset[int]:
        """Return the UIDs the server holds in a window."""
        return frozenset(uid for uid in self._fetch(f"{low}:{high}", ["UID"]) if low <= uid <= high)

    def fetch(self, uids: Sequence[int], first_bytes: int) -> dict[int, FetchedMail]:
        """Return the first bytes of each mail without marking it as seen.

        A UID that the server leaves out, or answers with NIL (expunged meanwhile), is missing from
        the result.
        """
        items = ["UID", "RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[]<0.{first_bytes}>"]
        wanted = frozenset(uids)
        found = self._fetch(",".join(map(str, uids)), items, at_most_bytes=len(uids) * first_bytes)
        mails: dict[int, FetchedMail] = {}
        for uid, answer in found.items():
            content = next((v for k, v in answer.items() if k.startswith(b"BODY[]")), None)
            if uid in wanted and isinstance(content, bytes) and content:
                mails[uid] = FetchedMail(
                    uid=uid,
                    size_bytes=size_in(answer),
                    internaldate=instant_of(answer.get(b"INTERNALDATE")),
                    content=content,
                )
        return mails

    def attachments(self, uids: Sequence[int]) -> dict[int, tuple[Attachment, ...]]:
        """Return what the server says is attached to mails, without any of the content."""
        found = self._fetch(",".join(map(str, uids)), ["UID", "BODYSTRUCTURE"])
        return {
            uid: attachments_in(answer[b"BODYSTRUCTURE"])
            for uid, answer in found.items()
            if b"BODYSTRUCTURE" in answer
        }

    def message_ids(self, uids: Sequence[int]) -> dict[int, MessageId]:
        """Return the Message-IDs of mails, without their content; those without one are missing."""
        items = ["UID", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]
        found: dict[int, MessageId] = {}
        for uid, answer in self._fetch(",".join(map(str, uids)), items).items():
            # Servers spell the key in different ways: Courier quotes the field names.
            header = next((v for k, v in answer.items() if k.startswith(b"BODY[HEADER")), None)
            if isinstance(header, bytes):
                _name, _colon, value = header.decode("latin-1").partition(":")
                message_id = own_id(value)
                if message_id is not None:
                    found[uid] = message_id
        return found

    def _fetch(
        self, uid_set: str, items: Sequence[str], *, at_most_bytes: int = 0
    ) -> dict[int, dict[bytes, object]]:
        """Run UID FETCH and return the items by UID; entries without a UID belong to nobody.

        imapclient's own fetch() takes no ranges since 4.0: it passes them to int(). Each reply is
        parsed alone: imapclient merges those with one sequence number, and after an EXPUNGE in
        between, which is allowed here (RFC 3501 7.4.1), they are not of one mail.
        """
        with self._classified(seconds=_COMMAND_SECONDS + at_most_bytes / _SLOWEST_BYTES_PER_SECOND):
            lines = self._untagged("UID", "FETCH", uid_set, f"({' '.join(items)})")
        by_uid: dict[int, dict[bytes, object]] = {}
        with self._parsed():
            for reply in fetch_replies(lines):
                if "BODY.PEEK" in items[-1] and sum(isinstance(p, tuple) for p in reply) > 1:
                    # Bytes were lost, and two mails have run together (row 23 of the catalogue).
                    raise ValueError("one mail has two bodies")
                parsed = parse_fetch_response(reply, normalise_times=False, uid_is_key=False)
                for answer in parsed.values():
                    uid = answer.get(b"UID")
                    if isinstance(uid, int) and 0 < uid <= HIGHEST_NUMBER:
                        by_uid.setdefault(uid, {}).update(answer)
        return by_uid

    def _untagged(self, name: str, *arguments: str) -> list[Any]:
        """Run a command and take its untagged replies; NO and BAD raise."""
        response = arguments[0] if name == "UID" else name
        self._imap.untagged_responses.pop(response, None)
        encoded = [argument.encode() for argument in arguments]
        tag = self._imap._command(name, *encoded)  # imaplib offers no ranges
        typ, data = self._imap._command_complete(name, tag)
        if typ != "OK":
            words = b" ".join(part for part in data if part)
            raise refusal(words.decode("utf-8", "replace"), while_logging_in=False)
        _typ, lines = self._imap._untagged_response(typ, data, response)
        return [line for line in lines if line is not None]

    # --- waiting --------------------------------------------------------------------------------

    @property
    def can_idle(self) -> bool:
        """True when the server rings by itself (RFC 2177)."""
        return "IDLE" in self.capabilities

    def wait(self, seconds: float, wake: int) -> bool:
        """Wait in IDLE on the examined folder until anything arrives; True when it did.

        `wake` is a file descriptor that ends the wait when it becomes readable. What rings is
        never parsed: it may be half a line, and the next pass asks properly anyway.
        """
        with self._classified(seconds=seconds + _COMMAND_SECONDS):
            bell = Doorbell(self._imap, self._client.socket(), _READ_SECONDS)
            return bell.wait(seconds, wake)

    # --- errors ---------------------------------------------------------------------------------

    @contextmanager
    def _classified(
        self, *, while_logging_in: bool = False, seconds: float = _COMMAND_SECONDS
    ) -> Iterator[None]:
        """Turn whatever imapclient and imaplib raise into one of our classes.

        What has not ended after some seconds is cut: a server that drips never times out. After
        anything but a refusal the connection is of no more use, and every later call says so.
        """
        if self._broken:
            raise TransientFailure(f"the connection to {self._mailbox.host} broke before.")
        try:
            with WATCHDOG.guard(seconds, self.abort):
                yield
        except (imaplib.IMAP4.error, OSError, *_PARSER_ERRORS, MailboxError) as error:
            meaning = self._meaning(error, while_logging_in=while_logging_in)
            if not isinstance(meaning, CommandRefused | LoginRefused | ServerFailed):
                self._broken = True
            if meaning is error:
                raise
            raise meaning from error

    @contextmanager
    def _parsed(self) -> Iterator[None]:
        """Turn what escapes from a parser into a BrokenReply, when the reply came in whole."""
        try:
            yield
        except _PARSER_ERRORS as error:
            raise self._meaning(error, while_logging_in=False) from error

    def _meaning(self, error: Exception, *, while_logging_in: bool) -> MailboxError:
        """Return the error of ours that one of the libraries' stands for."""
        host = self._mailbox.host
        match error:
            case MailboxError():
                return error
            case imaplib.IMAP4.abort():
                # A server may say why it ends the session: only "too much" is of another class.
                known = refusal(str(error), while_logging_in=False)
                broke = TransientFailure(f"the connection to {host} broke: {error}.")
                return known if isinstance(known, Throttled) else broke
            case imaplib.IMAP4.error() if "got more than" in str(error):
                return BrokenReply(f"{host} sent an endless line.")  # imaplib left the rest unread
            case imaplib.IMAP4.error() if not isinstance(error, ProtocolError):
                return refusal(str(error), while_logging_in=while_logging_in)
            case OSError():
                return connection_failure(error, host, self._mailbox.port)
        return BrokenReply(f"{host} sent a reply that makes no sense: {error}.")


def _open_client(mailbox: Mailbox) -> IMAPClient:
    # Reading the system's authorities takes longer than a login on loopback.
    context = None if mailbox.tls is Tls.NONE else _trusting(mailbox.ca_file)
    client = IMAPClient(
        mailbox.host,
        mailbox.port,
        ssl=mailbox.tls is Tls.IMPLICIT,
        ssl_context=context,
        timeout=SocketTimeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
    )
    try:
        client.normalise_times = False  # otherwise naive local time
        client._imap.debug = 0  # formats every line for nobody: costs a factor of 5
        client._imap.read = partial(_read_literal, client._imap.read)
        sock = client.socket()
        # imaplib writes a command in two pieces; without this each costs 40 ms (Nagle).
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if mailbox.tls is Tls.STARTTLS:
            client.starttls(context)
            # What was said before TLS may have been put in by anybody.
            client._imap.untagged_responses.clear()
    except BaseException:
        _hang_up(client)
        raise
    return client


def _read_literal(read: Callable[[int], bytes], size: int) -> bytes:
    """Read a literal of a size that the server announced, unless no memory could hold it."""
    if size > _LONGEST_LITERAL_BYTES:
        raise ValueError(f"a literal of {size} bytes was announced")
    return read(size)


@lru_cache(maxsize=16)
def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Return what verifies a server's certificate and name, by the system's authorities or ours.

    One for all connections: the authorities take a megabyte each time they are read.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            reason = (
                "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            )
            message = f"`ca_file` {ca_file} can't be used: {reason}."
            raise Misconfigured(message) from error
    return context


def _bad_greeting(error: Exception, mailbox: Mailbox) -> MailboxError:
    where = f"{mailbox.host}:{mailbox.port}"
    text = str(error)
    if "STARTTLS" in text or "TLS not supported" in text or "establish TLS" in text:
        return Misconfigured(
            f'{where} offers no STARTTLS. Set `tls` to "implicit" and `port` to 993, if it has it.'
        )
    known = refusal(text, while_logging_in=False)
    if not isinstance(known, CommandRefused):
        return known
    return Misconfigured(
        f"{where} does not greet like an IMAP server ({text[:80]}). Check `host`, `port`, `tls`."
    )


def _hang_up(client: IMAPClient) -> None:
    with suppress(Exception):
        client.shutdown()


# --- reading replies ----------------------------------------------------------------------------


def _listed_folder(lines: list[Any]) -> ListedFolder | None:
    try:
        attributes, delimiter, name = cast("tuple[Any, Any, Any]", parse_response(lines))
    except _PARSER_ERRORS:
        return None
    raw_name = name if isinstance(name, bytes) else str(name).encode()
    return ListedFolder(
        raw_name=raw_name,
        name=_readable(raw_name),
        delimiter=delimiter.decode("ascii", "replace") if isinstance(delimiter, bytes) else "",
        attributes=frozenset(lowered(attribute) for attribute in attributes or ()),
    )


def _readable(raw_name: bytes) -> str:
    """Decode a folder name for people: never raises, never holds surrogates or NUL."""
    decode: Callable[[bytes], str] = decode_utf7
    try:
        name = decode(raw_name)
    except (ValueError, IndexError):
        name = raw_name.decode("ascii", "replace")
    return name.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
