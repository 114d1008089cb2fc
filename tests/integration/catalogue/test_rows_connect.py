"""A server that can't be reached, or not be logged in to, is classed rightly and not hammered.

Rows of the catalogue in research/imap.md section 3.
"""

import socket
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from ingest.imap_connection import ImapConnection
from ingest.imap_errors import (
    LoginRefused,
    MailboxError,
    Misconfigured,
    Throttled,
    TransientFailure,
)
from ingest.imap_values import Secret
from ingest.login_budget import LoginBudget
from ingest.stop_signal import StopSignal
from ingest.sync import MailboxSync
from ingest.watch import MailboxWatcher
from models.db.store import Store
from sameday.demo.imap_faults import Delay, RawReply, Refuse, SayBye
from tests.dovecot import PASSWORD, Dovecot, free_port
from tests.fault_proxy import FaultProxy, Harm, Spoiling
from tests.scripted_server import EMPTY_FOLDER, INBOX_ONLY, Peer, Play, ScriptedServer
from tests.watched_mailbox import ALL, NOW, Faults, connect, mailbox_at, stored, sync_at


def _refused_by(play: Play) -> MailboxError:
    """Return what a connection to a scripted server fails with."""
    with ScriptedServer(play) as server, pytest.raises(MailboxError) as caught:
        connect(server.port)
    return caught.value


# --- reaching the server ------------------------------------------------------------------------


def test_a_bye_instead_of_a_greeting_is_transient() -> None:
    """Row 1."""
    failure = _refused_by(lambda peer: peer.send(b"* BYE [UNAVAILABLE] Come back later\r\n"))
    assert type(failure) is TransientFailure


def test_a_bye_because_of_too_many_connections_is_throttled() -> None:
    """Row 1."""
    failure = _refused_by(lambda peer: peer.send(b"* BYE [UNAVAILABLE] Too many connections\r\n"))
    assert type(failure) is Throttled


@pytest.mark.usefixtures("impatient")
def test_a_server_that_takes_the_connection_and_never_greets_is_given_up() -> None:
    """Row 2."""
    began = time.monotonic()
    failure = _refused_by(Peer.stay_silent)
    assert type(failure) is TransientFailure
    assert "does not answer" in str(failure)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "greeting", [b"220 mail.example ESMTP\r\n", b"+OK POP3 ready\r\n", b"HTTP/1.1 400 Bad\r\n"]
)
def test_a_port_that_speaks_another_protocol_is_a_wrong_setting(greeting: bytes) -> None:
    """Row 3."""
    failure = _refused_by(lambda peer: peer.send(greeting))
    assert type(failure) is Misconfigured
    assert "Check `host`, `port`, `tls`" in str(failure)


@pytest.mark.parametrize("leave", [Peer.close, Peer.reset], ids=["close", "reset"])
def test_a_connection_that_is_dropped_before_the_greeting_is_transient(leave: Play) -> None:
    """Row 4: fail2ban or a load balancer; it must not look like a wrong setting."""
    assert type(_refused_by(leave)) is TransientFailure


def test_a_closed_port_is_transient_and_named() -> None:
    """Row 5."""
    port = free_port()
    with pytest.raises(TransientFailure, match=f"127.0.0.1:{port} can't be reached"):
        connect(port)


def test_a_host_that_no_name_server_knows_is_transient_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Row 5: the name server is asked by nobody here, since tests know loopback only."""

    def unknown(*_args: object, **_kwargs: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    mailbox = mailbox_at(143, host="imap.studio.invalid")
    with pytest.raises(TransientFailure, match=r"imap\.studio\.invalid:143 can't be reached"):
        ImapConnection.connect(mailbox, Secret(value=PASSWORD))


# --- logging in ---------------------------------------------------------------------------------


class _Banning:
    """A host that answers three wrong passwords, then bans the address."""

    def __init__(self) -> None:
        self.logins = 0

    def __call__(self, peer: Peer) -> None:
        if self.logins >= 3:
            peer.reset()
            return
        peer.greet()
        self.logins += 1
        peer.send(b"<tag> NO Login failed.\r\n")
        peer.stay_silent()


def test_wrong_passwords_of_many_mailboxes_do_not_get_our_address_banned() -> None:
    """Row 11: fail2ban counts refusals by address, whoever's they are."""
    banning, budget = _Banning(), LoginBudget(lambda: NOW)
    kinds: list[type[MailboxError]] = []
    with ScriptedServer(banning) as server:
        for _ in range(6):
            try:
                with budget.login("127.0.0.1"):
                    connect(server.port)
            except MailboxError as error:
                kinds.append(type(error))
    assert kinds == [LoginRefused] * 3 + [Throttled] * 3
    assert banning.logins == server.connections == 3


def test_a_login_that_takes_seconds_is_waited_for(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 12: Dovecot delays logins from an address that gave wrong passwords."""
    faults.each("LOGIN", Delay(seconds=0.6))
    sync.run_pass()
    assert stored(store) == ALL


def test_a_login_that_was_let_in_and_is_not_connected_is_refused(
    sync: MailboxSync, faults: Faults
) -> None:
    """Row 13: Microsoft 365."""
    faults.each("LIST", Refuse(text="User is authenticated but not connected.", status="BAD"))
    with pytest.raises(LoginRefused):
        sync.run_pass()


def _clock() -> datetime:
    return datetime.now(UTC)


def _watch_for(seconds: float, store: Store, port: int) -> None:
    stop = StopSignal()
    watcher = MailboxWatcher(
        sync_at(port, store, clock=_clock),
        after_pass=lambda _report: None,
        clock=_clock,
        stop=stop,
        poll_seconds=30,
    )
    watcher.start()
    time.sleep(seconds)
    stop.set()
    watcher.join(5)
    assert not watcher.is_alive()
    stop.close()


def _drops_after_the_pass(peer: Peer) -> None:
    """Answer everything of a pass over an empty mailbox, and close in IDLE."""
    peer.let_in()
    peer.answer(b"LIST", INBOX_ONLY)
    for _ in range(3):
        peer.answer(b"EXAMINE", EMPTY_FOLDER)
    peer.expect(b"IDLE")


def test_a_server_that_drops_us_after_every_pass_is_logged_in_to_ever_more_rarely(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 19: time runs forty times as fast, so these are 60 seconds."""
    monkeypatch.setattr("ingest.backoff._FIRST", timedelta(milliseconds=50))
    with ScriptedServer(_drops_after_the_pass) as server:
        _watch_for(1.5, store, server.port)
    assert 3 <= server.connections <= 9


def test_what_a_proxy_puts_after_the_word_capability_hits_no_literal(
    proxied: MailboxSync, proxy: FaultProxy, store: Store
) -> None:
    """Row 20: iCloud's puts in XAPPLEPUSHSERVICE at the first such word after the login.

    So the word must have been asked for before any literal comes that may hold it.
    """
    proxy.arm(
        Spoiling(harm=Harm.REPLACE, after=b"* CAPABILITY IMAP4rev1", put=b" XAPPLEPUSHSERVICE")
    )
    proxied.run_pass()
    commands = bytes(proxy.client_bytes)
    assert proxy.struck.is_set()
    login = commands.index(b"LOGIN")
    assert commands.index(b"CAPABILITY", login) < commands.index(b"LIST")
    assert stored(store) == ALL


# --- limits -------------------------------------------------------------------------------------


@pytest.mark.dovecot
def test_more_sessions_than_dovecot_allows_are_throttled(real_dovecot: Dovecot) -> None:
    """Row 36: the server of the session allows 50 for one user from one address."""
    user, held = real_dovecot.users[-1], []
    mailbox = mailbox_at(real_dovecot.port, user=user)
    try:
        held = [real_dovecot.login(user) for _ in range(50)]
        with pytest.raises(Throttled, match="LIMIT"):
            ImapConnection.connect(mailbox, Secret(value=PASSWORD))
    finally:
        for client in held:
            with suppress(OSError):
                client.shutdown()


@pytest.mark.parametrize("verb", ["LOGIN", "LIST", "EXAMINE", "UID FETCH"])
def test_a_server_that_names_a_backoff_time_is_left_alone_so_long(
    sync: MailboxSync, faults: Faults, verb: str
) -> None:
    """Row 37: Exchange."""
    text = "Request is throttled. Suggested Backoff Time: 299961 milliseconds"
    faults.each(verb, Refuse(text=text, status="BAD"))
    with pytest.raises(Throttled) as caught:
        sync.run_pass()
    assert caught.value.wait == timedelta(milliseconds=299_961)


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(text="[OVERQUOTA] Account exceeded command or bandwidth limits."),
        Refuse(text="Account exceeded bandwidth limits. (Failure)"),
        SayBye(text="[OVERQUOTA] Account exceeded command or bandwidth limits."),
        RawReply(content=b"* BYE Too many connections\r\n", then_close=True),
    ],
    ids=["code", "words", "bye", "bye-connections"],
)
def test_an_account_over_its_download_limit_is_throttled_and_costs_no_mail(
    sync: MailboxSync, faults: Faults, store: Store, fault: Refuse | SayBye | RawReply
) -> None:
    """Row 38: Gmail; the mails asked for are no suspects."""
    faults.each("UID FETCH", fault)
    with pytest.raises(Throttled):
        sync.run_pass()
    sync.disconnect()
    faults.heal()
    sync.run_pass()
    assert stored(store) == ALL


def test_nothing_of_a_closed_connection_lives_on(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 27: after an error each further call fails at once, until another session is opened."""
    sync.run_pass()
    connection = sync.connection
    faults.once("LIST", SayBye(text="Server shutting down."))
    with pytest.raises(TransientFailure):
        connection.list_folders()
    sent = len(faults.commands)
    for call in (connection.list_folders, lambda: connection.held_uids(1, 9)):
        with pytest.raises(TransientFailure, match="broke before"):
            call()
    assert len(faults.commands) == sent
    sync.disconnect()
    assert sync.run_pass().problem == ""
