"""Replies of a server with some bytes changed end in an error of ours, and never in a hang.

Each mutation comes from a seed, so that one that fails can be played again.
"""

import random
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest

from ingest.imap_connection import ImapConnection
from ingest.imap_errors import BrokenReply, CommandRefused, LoginRefused, MailboxError
from sameday.demo.imap_faults import ClientCommand, Fault, RewriteReply
from sameday.demo.imap_server import EmbeddedImapServer
from tests.watched_mailbox import Faults, connect

_PIECES = (
    *(b"{", b"}", b"(", b")", b'"', b"\\", b"\r\n", b"\n", b"\0", b"\xff", b" ", b"* ", b"+ "),
    *(b"NIL", b"{5}\r\n", b"{99999999999}\r\n", b"{0}\r\n", b"~{3}\r\n", b"* BYE (\r\n"),
    *(b"* 2 EXISTS\r\n", b"* OK [UIDVALIDITY (\r\n", b"99999999999999999999", b"-1", b"<0>", b"]"),
)
_VERBS = ("GREETING", "CAPABILITY", "LOGIN", "LIST", "EXAMINE", "UID FETCH")
_SECONDS_EACH = 5.0


def _mutated(chance: random.Random, reply: bytes) -> bytes:
    """Return a reply with one to three changes."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(reply) + 1)
        end = min(len(reply), start + chance.choice([0, 1, 1, 4, 30]))
        put = chance.choice(
            [b"", chance.choice(_PIECES), bytes([chance.randrange(256)]), reply[start:end] * 2]
        )
        reply = reply[:start] + put + reply[end:]
    return reply


def _use(connection: ImapConnection) -> None:
    """Call everything once; what one call says does not keep the next from being made."""
    calls: tuple[Callable[[], object], ...] = (
        connection.list_folders,
        partial(connection.examine, b"INBOX"),
        partial(connection.list_window, 1, 9),
        partial(connection.held_uids, 1, 9),
        partial(connection.fetch, [1, 2, 3, 4], 1000),
        partial(connection.attachments, [1, 2]),
        partial(connection.message_ids, [1, 2, 3]),
    )
    broken = False
    for call in calls:
        try:
            call()
        except MailboxError as error:
            in_step = isinstance(error, CommandRefused | LoginRefused | BrokenReply)
            broken = broken or not in_step
        else:
            assert not broken, f"{call} worked on a connection that had failed before"


def _break_one(verb: str, seed: int) -> Callable[[ClientCommand], Fault | None]:
    """Return a script that mutates one reply to a verb; the server leaves after it."""
    chance = random.Random(f"{verb}-{seed}")
    left = chance.randint(1, 5 if verb == "UID FETCH" else 1)

    def script(command: ClientCommand) -> Fault | None:
        nonlocal left
        left -= command.verb == verb
        if command.verb != verb or left != 0:
            return None
        return RewriteReply(change=partial(_mutated, chance), then_close=True)

    return script


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("verb", _VERBS)
def test_only_errors_of_ours_come_from_a_mutated_reply(
    embedded: EmbeddedImapServer, faults: Faults, verb: str
) -> None:
    """Fifty for each command; a server that leaves afterwards lets no reader wait for more."""
    for seed in range(50):
        faults.script = _break_one(verb, seed)
        began = time.monotonic()
        try:
            with closing(connect(embedded.port)) as connection:
                _use(connection)
        except MailboxError:
            pass
        except Exception as error:
            raise AssertionError(f"mutation {seed} of {verb} let {error!r} escape") from error
        assert time.monotonic() - began < _SECONDS_EACH, f"mutation {seed} of {verb} hung"
