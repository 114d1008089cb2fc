"""Logging in to a real server by password and by token, and by whom a server is trusted.

Rows of the catalogue in research/imap.md section 3 are named where a test plays them.
"""

import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest import imap_connection
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import (
    LoginRefused,
    MailboxError,
    Misconfigured,
    Throttled,
    TransientFailure,
)
from ingest.imap_values import Secret, TokenMechanism
from models.ids import Address
from models.mailboxes import Mailbox, Tls
from sameday.demo.imap_faults import (
    ClientCommand,
    Delay,
    Fault,
    HangUp,
    RawReply,
    Refuse,
    SayBye,
    StaySilent,
)
from sameday.demo.imap_server import CAPABILITIES, EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.certificates import Certificates, write_certificates
from tests.dovecot import PASSWORD, Dovecot, is_installed
from tests.json_web_token import SECRET, json_web_token

CYRILLIC_USER, CYRILLIC_PASSWORD = "masha", "пароль-Ёж-9"
HOUR = timedelta(hours=1)

pytestmark = [
    pytest.mark.dovecot,
    pytest.mark.skipif(not is_installed(), reason="the system package dovecot-imapd is missing"),
]


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    """Yield a certificate for "localhost" in a folder that the unprivileged server can read."""
    with tempfile.TemporaryDirectory(prefix="sameday-tls-") as folder:
        Path(folder).chmod(0o755)
        yield write_certificates(Path(folder))


@pytest.fixture(scope="module")
def secure(certificates: Certificates) -> Iterator[Dovecot]:
    """Yield a Dovecot with TLS, a password beyond ASCII, and both token mechanisms."""
    with tempfile.TemporaryDirectory(prefix="sameday-dovecot-") as folder:
        server = Dovecot(
            Path(folder),
            tls=certificates.folder,
            mechanisms="plain login xoauth2 oauthbearer",
            token_secret=SECRET,
        )
        server.passwords[CYRILLIC_USER] = CYRILLIC_PASSWORD
        with server:
            yield server


@pytest.fixture
def mailbox(secure: Dovecot, certificates: Certificates) -> Mailbox:
    """Return the mailbox u0 over implicit TLS, whose authority is known."""
    return Mailbox(
        address=Address("hello@studio.example"),
        host="localhost",
        port=secure.tls_port,
        tls=Tls.IMPLICIT,
        user="u0",
        ca_file=certificates.ca_file,
    )


def _log_in(mailbox: Mailbox, secret: Secret | None = None) -> frozenset[str]:
    with closing(ImapConnection.connect(mailbox, secret or Secret(value=PASSWORD))) as connection:
        assert connection.list_folders()
        return connection.capabilities


def _failure(mailbox: Mailbox, secret: Secret | None = None) -> MailboxError:
    with pytest.raises(MailboxError) as caught:
        _log_in(mailbox, secret)
    return caught.value


# --- whom to trust ------------------------------------------------------------------------------


def test_a_known_authority_opens_implicit_tls(mailbox: Mailbox) -> None:
    assert "IDLE" in _log_in(mailbox)


def test_a_known_authority_opens_starttls(mailbox: Mailbox, secure: Dovecot) -> None:
    assert "IDLE" in _log_in(replace(mailbox, port=secure.port, tls=Tls.STARTTLS))


@pytest.mark.parametrize("tls", [Tls.IMPLICIT, Tls.STARTTLS])
def test_an_unknown_authority_is_refused_with_the_way_out(
    mailbox: Mailbox, secure: Dovecot, tls: Tls
) -> None:
    """Row 7: it must not look like something that passes."""
    port = secure.tls_port if tls is Tls.IMPLICIT else secure.port
    failure = _failure(replace(mailbox, ca_file=None, tls=tls, port=port))
    assert type(failure) is Misconfigured
    assert "no authority that this machine knows" in str(failure)
    assert "`ca_file`" in str(failure)


@pytest.mark.parametrize("tls", [Tls.IMPLICIT, Tls.STARTTLS])
def test_a_certificate_for_another_name_is_refused(
    mailbox: Mailbox, secure: Dovecot, tls: Tls
) -> None:
    """Row 7."""
    port = secure.tls_port if tls is Tls.IMPLICIT else secure.port
    failure = _failure(replace(mailbox, host="127.0.0.1", tls=tls, port=port))
    assert type(failure) is Misconfigured
    assert f"127.0.0.1:{port} is made out to another name" in str(failure)


def test_an_expired_certificate_is_refused(mailbox: Mailbox, tmp_path: Path) -> None:
    """Row 7."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    expired = write_certificates(tmp_path, not_after=yesterday)
    with _shaking_hands(expired) as port:
        failure = _failure(replace(mailbox, port=port, ca_file=expired.ca_file))
    assert type(failure) is Misconfigured
    assert "has expired" in str(failure)


def test_tls_to_a_plain_port_names_port_and_tls(mailbox: Mailbox, secure: Dovecot) -> None:
    """Row 8."""
    failure = _failure(replace(mailbox, port=secure.port))
    assert type(failure) is Misconfigured
    assert "does not speak TLS" in str(failure)
    assert "Check `port` and `tls`" in str(failure)


def test_a_handshake_that_nobody_answers_ends(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 6."""
    monkeypatch.setattr(imap_connection, "_CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failure = _failure(replace(mailbox, port=silent.getsockname()[1]))
    assert type(failure) is TransientFailure
    assert "does not answer" in str(failure)


def test_a_server_without_starttls_gets_no_password(mailbox: Mailbox) -> None:
    verbs: list[str] = []
    with _embedded(lambda command: verbs.append(command.verb)) as server:
        failure = _failure(replace(mailbox, port=server.port, tls=Tls.STARTTLS))
    assert type(failure) is Misconfigured
    assert "offers no STARTTLS" in str(failure)
    assert "LOGIN" not in verbs


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["absent", "junk"])
def test_an_authority_that_can_not_be_read_is_named(
    mailbox: Mailbox, tmp_path: Path, content: str | None
) -> None:
    ca_file = tmp_path / "authority.pem"
    if content is not None:
        ca_file.write_text(content)
    failure = _failure(replace(mailbox, ca_file=ca_file))
    assert type(failure) is Misconfigured
    assert str(ca_file) in str(failure)


# --- passwords ----------------------------------------------------------------------------------


def test_a_password_beyond_ascii_logs_in_by_plain(mailbox: Mailbox) -> None:
    """Row 15."""
    _log_in(replace(mailbox, user=CYRILLIC_USER), Secret(value=CYRILLIC_PASSWORD))


def test_a_wrong_password_is_refused_without_showing_it(mailbox: Mailbox) -> None:
    """Row 10."""
    failure = _failure(mailbox, Secret(value="wr0ng"))
    assert type(failure) is LoginRefused
    assert "password" in str(failure)
    assert "wr0ng" not in str(failure)


def test_a_server_without_auth_plain_is_logged_in_to_by_login(mailbox: Mailbox) -> None:
    verbs: list[str] = []
    offered = [word for word in CAPABILITIES if word != "AUTH=PLAIN"]
    with _embedded(lambda command: verbs.append(command.verb), offered) as server:
        _log_in(_plain(mailbox, server))
    assert "LOGIN" in verbs


def test_a_server_that_disables_login_is_logged_in_to_by_plain(mailbox: Mailbox) -> None:
    with _embedded(capabilities=[*CAPABILITIES, "LOGINDISABLED"]) as server:
        _log_in(_plain(mailbox, server))


@pytest.mark.parametrize(
    ("verb", "fault", "kind"),
    [
        # Row 9: a LoginError that is none.
        ("LOGIN", SayBye(text="[UNAVAILABLE] try later"), TransientFailure),
        ("LOGIN", HangUp(), TransientFailure),
        ("LOGIN", HangUp(reset=True), TransientFailure),
        ("LOGIN", Refuse(text="[UNAVAILABLE] Temporary authentication failure"), TransientFailure),
        ("LOGIN", Refuse(text="[LIMIT] Maximum number of connections exceeded"), Throttled),
        ("LOGIN", Refuse(text="[ALERT] Too many simultaneous connections. (Failure)"), Throttled),
        ("LOGIN", Refuse(text="Request is throttled", status="BAD"), Throttled),
        ("LOGIN", RawReply(content=b"* BYE Too many connections\r\n"), Throttled),
        # Row 10: no code at all.
        ("LOGIN", Refuse(text="Login failed."), LoginRefused),
        ("LOGIN", Refuse(text="authentication failure"), LoginRefused),
        ("LOGIN", Refuse(text="no"), LoginRefused),
        # Row 12: a server that takes its time is no failure (None), nor a refusal.
        ("LOGIN", Delay(seconds=0.5), None),
        # Row 13: the login was accepted.
        (
            "LIST",
            Refuse(text="User is authenticated but not connected.", status="BAD"),
            LoginRefused,
        ),
    ],
)
def test_what_stops_a_login_is_sorted(
    mailbox: Mailbox, verb: str, fault: Fault, kind: type[MailboxError] | None
) -> None:
    with _embedded(lambda command: fault if command.verb == verb else None) as server:
        if kind is None:
            _log_in(_plain(mailbox, server))
        else:
            assert type(_failure(_plain(mailbox, server))) is kind


def test_a_no_to_capability_after_the_login_is_heard(mailbox: Mailbox) -> None:
    """Row 14: Interia lets us in, tells here that IMAP is off, and never answers LIST."""

    def interia(command: ClientCommand) -> Fault | None:
        if command.verb == "CAPABILITY" and command.user:
            return Refuse(text="[ALERT] Please enable IMAP in the settings")
        return StaySilent() if command.verb == "LIST" else None

    with _embedded(interia) as server:
        failure = _failure(_plain(mailbox, server))
    assert type(failure) is Misconfigured
    assert "Turn on IMAP" in str(failure)


# --- tokens -------------------------------------------------------------------------------------


def _token(*, issued_at: datetime | None = None, user: str = "u0", secret: bytes = SECRET) -> str:
    issued = issued_at or datetime.now(UTC) - timedelta(seconds=5)
    return json_web_token(user, issued, lifetime=HOUR, secret=secret)


@pytest.mark.parametrize("mechanism", [None, *TokenMechanism])
def test_a_good_token_logs_in(mailbox: Mailbox, mechanism: TokenMechanism | None) -> None:
    _log_in(mailbox, Secret(value=_token(), is_token=True, mechanism=mechanism))


@pytest.mark.parametrize("mechanism", TokenMechanism)
@pytest.mark.parametrize("flaw", ["expired", "forged"])
def test_a_refused_token_is_explained_by_the_challenge(
    mailbox: Mailbox, mechanism: TokenMechanism, flaw: str
) -> None:
    """Row 16: the reason stands in the challenge, which must be answered to be refused."""
    long_ago = datetime.now(UTC) - 3 * HOUR
    token = _token(issued_at=long_ago) if flaw == "expired" else _token(secret=b"another")
    failure = _failure(mailbox, Secret(value=token, is_token=True, mechanism=mechanism))
    assert type(failure) is LoginRefused
    assert "refused the access token for u0" in str(failure)
    assert '"status":"' in str(failure)
    assert token not in str(failure)


def test_a_server_that_takes_no_tokens_is_named(mailbox: Mailbox) -> None:
    with _embedded() as server:
        failure = _failure(_plain(mailbox, server), Secret(value="t", is_token=True))
    assert type(failure) is Misconfigured
    assert "AUTH=XOAUTH2" in str(failure)


# --- servers ------------------------------------------------------------------------------------


@contextmanager
def _shaking_hands(certificates: Certificates) -> Iterator[int]:
    """Yield a port where one client is shown a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.folder / "server.pem", certificates.folder / "server.key")

    def serve(listener: socket.socket) -> None:
        client, _address = listener.accept()
        with client, suppress(OSError):  # the client hangs up on what it does not trust
            context.wrap_socket(client, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def _plain(mailbox: Mailbox, server: EmbeddedImapServer) -> Mailbox:
    return replace(mailbox, host="127.0.0.1", port=server.port, tls=Tls.NONE)


def _embedded(
    script: Callable[[ClientCommand], Fault | None] | None = None,
    capabilities: list[str] | tuple[str, ...] = CAPABILITIES,
) -> EmbeddedImapServer:
    store = MailStore()
    store.add_user("u0", PASSWORD)
    return EmbeddedImapServer(store, script=script, capabilities=capabilities)
