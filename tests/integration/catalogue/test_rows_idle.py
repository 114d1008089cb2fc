"""Whatever a server does in IDLE, new mail is found and nothing spins or hangs.

Rows of the catalogue in research/imap.md section 3.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from ingest.imap_errors import CommandRefused, MailboxError, TransientFailure
from ingest.stop_signal import StopSignal
from ingest.sync import MailboxSync
from models.db.store import Store
from sameday.demo.imap_faults import RawReply
from sameday.demo.imap_server import CAPABILITIES, EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.fault_proxy import FaultProxy, Harm, Spoiling
from tests.imap_servers import DovecotServer
from tests.scripted_server import EMPTY_FOLDER, Peer, Play, ScriptedServer
from tests.watched_mailbox import (
    ALL,
    Faults,
    append,
    connect,
    stored,
    sync_at,
)

LONG_SECONDS = 20.0
SOON_SECONDS = 5.0


@pytest.fixture
def stop() -> Iterator[StopSignal]:
    """Yield a signal that nobody gives."""
    signal = StopSignal()
    yield signal
    signal.close()


def _in_idle(play: Play) -> Play:
    """Return a play that lets the client in, opens INBOX, takes IDLE, and goes on as told."""

    def whole(peer: Peer) -> None:
        peer.let_in()
        peer.answer(b"EXAMINE", EMPTY_FOLDER)
        peer.expect(b"IDLE")
        play(peer)

    return whole


def _wait(server: ScriptedServer, stop: StopSignal, seconds: float = LONG_SECONDS) -> bool:
    """Wait in IDLE on a scripted server; tell whether it rang, and check that the session lives."""
    with closing(connect(server.port)) as connection:
        connection.examine(b"INBOX")
        rang = connection.wait(seconds, stop.descriptor)
        assert connection.examine(b"INBOX").exists == 0
        return rang


def _ends_idle(peer: Peer) -> None:
    assert peer.line() == b"DONE"
    peer.send(b"<tag> OK done\r\n")
    peer.answer(b"EXAMINE", EMPTY_FOLDER)


def _together(peer: Peer) -> None:
    peer.send(b"+ idling\r\n* 4 EXISTS\r\n")
    _ends_idle(peer)


def _half_a_line(peer: Peer) -> None:
    peer.send(b"+ idling\r\n* 4 EX")
    assert peer.line() == b"DONE"
    time.sleep(0.1)
    peer.send(b"ISTS\r\n<tag> OK done\r\n")
    peer.answer(b"EXAMINE", EMPTY_FOLDER)


def _news_before_the_plus(peer: Peer) -> None:
    peer.send(b"* 4 EXISTS\r\n* 1 RECENT\r\n+ idling\r\n")
    _ends_idle(peer)


def _flag_storm(peer: Peer) -> None:
    peer.send(b"+ idling\r\n")
    peer.send(b"".join(b"* %d FETCH (FLAGS (\\Seen))\r\n" % n for n in range(1, 2000)))
    _ends_idle(peer)


def _literal(peer: Peer) -> None:
    peer.send(b"+ idling\r\n* 1 FETCH (BODY[] {5}\r\n(((((  )\r\n")
    _ends_idle(peer)


def _ends_it_itself(peer: Peer) -> None:
    peer.send(b"+ idling\r\n<tag> OK enough\r\n")
    assert peer.line() == b"DONE"
    # DONE alone is no command: servers answer BAD without a tag of ours.
    peer.send(b"* BAD unknown command\r\n")
    peer.answer(b"EXAMINE", EMPTY_FOLDER)


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(_together, id="row-29-with-the-plus"),
        pytest.param(_half_a_line, id="row-30-half-a-line"),
        pytest.param(_news_before_the_plus, id="row-31-before-the-plus"),
        pytest.param(_flag_storm, id="row-32-flag-storm"),
        pytest.param(_literal, id="row-32-literal"),
        pytest.param(_ends_it_itself, id="row-32-ended-by-the-server"),
    ],
)
def test_whatever_arrives_in_idle_rings_and_leaves_the_session_in_step(
    play: Play, stop: StopSignal
) -> None:
    """Rows 29, 30, 31, 32."""
    began = time.monotonic()
    with ScriptedServer(_in_idle(play)) as server:
        assert _wait(server, stop)
    assert time.monotonic() - began < SOON_SECONDS


@pytest.mark.parametrize(
    "farewell",
    [b"", b"* BYE Session (expired), please login again\r\n", b"* BYE ((\r\n", b"* 4 EXI"],
    ids=["row-28-eof", "row-32-bye", "row-32-bye-parentheses", "row-30-half-a-line-and-eof"],
)
def test_an_end_in_idle_is_noticed_at_once(farewell: bytes, stop: StopSignal) -> None:
    """Rows 28, 30, 32: imapclient would return an empty list for ever."""

    def leave(peer: Peer) -> None:
        peer.send(b"+ idling\r\n" + farewell)

    began = time.monotonic()
    with ScriptedServer(_in_idle(leave)) as server, pytest.raises(TransientFailure):
        _wait(server, stop)
    assert time.monotonic() - began < SOON_SECONDS


@pytest.mark.dovecot
def test_a_session_that_the_administrator_ends_in_idle_is_noticed_at_once(
    dovecot_server: DovecotServer, store: Store, stop: StopSignal
) -> None:
    """Row 28: doveadm kick."""
    sync = sync_at(dovecot_server.port, store, user=dovecot_server.user)
    sync.run_pass()
    kick = threading.Timer(0.3, dovecot_server.dovecot.admin, ("kick", dovecot_server.user))
    kick.start()
    began = time.monotonic()
    with pytest.raises(TransientFailure):
        sync.wait_for_news(LONG_SECONDS, stop)
    assert time.monotonic() - began < SOON_SECONDS
    kick.join()
    sync.disconnect()


@pytest.mark.usefixtures("impatient")
def test_a_cable_cut_in_idle_ends_with_the_wait(
    proxied: MailboxSync, proxy: FaultProxy, stop: StopSignal
) -> None:
    """Row 33: imapclient's idle_done() would hang."""
    proxied.run_pass()
    proxy.arm(Spoiling(harm=Harm.BLACKHOLE, after=b"+ "))
    began = time.monotonic()
    with pytest.raises(TransientFailure):
        proxied.wait_for_news(0.3, stop)
    assert proxy.struck.is_set()
    assert time.monotonic() - began < SOON_SECONDS


def test_mail_that_idle_never_tells_of_is_found_when_the_wait_is_over(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore, stop: StopSignal
) -> None:
    """Row 34: Microsoft 365 stops pushing, a NAT forgets us, a laptop sleeps."""
    sync.run_pass()
    faults.each("IDLE", RawReply(content=b"+ idling\r\n"))
    arrive = threading.Timer(0.1, append, (mail, "m7"))
    arrive.start()
    sync.wait_for_news(0.5, stop)
    arrive.join()
    assert sync.run_pass().read == 1
    assert stored(store) == [*ALL, "m7"]


def test_a_server_without_idle_is_polled(mail: MailStore, store: Store, stop: StopSignal) -> None:
    """Row 35: Mail.ru."""
    offered = [word for word in CAPABILITIES if word != "IDLE"]
    faults = Faults()
    with EmbeddedImapServer(mail, capabilities=offered, script=faults) as server:
        sync = sync_at(server.port, store)
        sync.run_pass()
        append(mail, "m7")
        sync.wait_for_news(0.05, stop)
        assert sync.run_pass().read == 1
        sync.disconnect()
    assert faults.count("IDLE") == 0


@pytest.mark.parametrize("said", [b"NO not now", b"BAD unknown command"])
def test_an_idle_that_is_announced_and_refused_is_an_error_of_ours(
    said: bytes, stop: StopSignal
) -> None:
    """Row 35."""
    refuse = _in_idle(lambda peer: peer.send(b"<tag> " + said + b"\r\n"))
    with ScriptedServer(refuse) as server, pytest.raises(CommandRefused):
        _wait(server, stop)


def test_the_bell_rings_on_a_quiet_server_only_when_told(
    embedded: EmbeddedImapServer, stop: StopSignal
) -> None:
    """Row 34: a time-out is no news."""
    with closing(connect(embedded.port)) as connection:
        connection.examine(b"INBOX")
        assert not connection.wait(0.1, stop.descriptor)


def test_nothing_but_our_errors_leaves_idle(stop: StopSignal) -> None:
    """Row 32: what nobody thought of."""
    for reply in (b"\r\n", b"+\r\n*\r\n", b"+ ok\r\n* 1 FETCH\r\n", b"\x00\xff\r\n", b"+ {3}\r\n"):

        def say(peer: Peer, reply: bytes = reply) -> None:
            peer.send(reply)

        with ScriptedServer(_in_idle(say)) as server, pytest.raises(MailboxError):
            _wait(server, stop)
