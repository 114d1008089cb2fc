"""Hold the dialogue with one client: read a command, let the script meddle, do it, reply."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Final, NoReturn

from models.errors import SamedayError
from sameday.demo import imap_folder_commands as folders
from sameday.demo import imap_login_commands as logins
from sameday.demo import imap_message_commands as messages
from sameday.demo.imap_faults import (
    GREETING,
    TAG,
    ClientCommand,
    CutReply,
    Delay,
    FaultScript,
    HangUp,
    RawReply,
    Refuse,
    RewriteReply,
    SayBye,
    StaySilent,
)
from sameday.demo.imap_session import Session
from sameday.demo.imap_syntax import Arguments, BadCommand
from sameday.demo.imap_view import FolderVanished
from sameday.demo.imap_wire import CommandTooLong, LiteralTooLarge

_LOG: Final = logging.getLogger(__name__)
_TAG_WORD: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\+]+')

CommandListener = Callable[[str, str], None]
"""Hears the user (empty before the login) and the verb of each command, in the server's thread."""


class _Stage(IntEnum):
    """How far a session must have come for a command."""

    ANY = 0
    LOGGED_OUT = 1
    LOGGED_IN = 2
    OPENED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """One command."""

    do: Callable[[Session, Arguments], Awaitable[str]]
    """Writes untagged lines and returns the text of the tagged OK."""
    stage: _Stage
    capability: str = ""
    """Must be announced; empty: part of IMAP4rev1."""
    tells_news: bool = False
    """News of the open folder go out with this command, as far as RFC 3501 allows."""


def _on_messages(
    do: Callable[..., Awaitable[str]], verb: str, capability: str = ""
) -> dict[str, _Rule]:
    """Return the rules of a command that has a twin with UIDs."""
    return {
        prefix + verb: _Rule(
            do=partial(do, by_uid=bool(prefix)),
            stage=_Stage.OPENED,
            capability=capability,
            tells_news=True,
        )
        for prefix in ("", "UID ")
    }


_RULES: Final[dict[str, _Rule]] = {
    "CAPABILITY": _Rule(do=logins.capability, stage=_Stage.ANY),
    "ID": _Rule(do=logins.identify, stage=_Stage.ANY, capability="ID"),
    "NOOP": _Rule(do=logins.noop, stage=_Stage.ANY, tells_news=True),
    "LOGOUT": _Rule(do=logins.logout, stage=_Stage.ANY),
    "LOGIN": _Rule(do=logins.login, stage=_Stage.LOGGED_OUT),
    "AUTHENTICATE": _Rule(do=logins.authenticate, stage=_Stage.LOGGED_OUT),
    "NAMESPACE": _Rule(do=folders.namespace, stage=_Stage.LOGGED_IN, capability="NAMESPACE"),
    "LIST": _Rule(do=folders.list_folders, stage=_Stage.LOGGED_IN),
    "LSUB": _Rule(do=folders.list_subscribed, stage=_Stage.LOGGED_IN),
    "STATUS": _Rule(do=folders.status, stage=_Stage.LOGGED_IN),
    "SELECT": _Rule(do=folders.select, stage=_Stage.LOGGED_IN),
    "EXAMINE": _Rule(do=folders.examine, stage=_Stage.LOGGED_IN),
    "CREATE": _Rule(do=folders.create, stage=_Stage.LOGGED_IN),
    "DELETE": _Rule(do=folders.delete, stage=_Stage.LOGGED_IN),
    "RENAME": _Rule(do=folders.rename, stage=_Stage.LOGGED_IN),
    "APPEND": _Rule(do=folders.append, stage=_Stage.LOGGED_IN, tells_news=True),
    "IDLE": _Rule(do=logins.idle, stage=_Stage.LOGGED_IN, capability="IDLE"),
    "UNSELECT": _Rule(do=folders.unselect, stage=_Stage.OPENED, capability="UNSELECT"),
    "CLOSE": _Rule(do=folders.close, stage=_Stage.OPENED),
    "CHECK": _Rule(do=logins.noop, stage=_Stage.OPENED, tells_news=True),
    "EXPUNGE": _Rule(do=messages.expunge, stage=_Stage.OPENED, tells_news=True),
    "UID EXPUNGE": _Rule(
        do=messages.uid_expunge, stage=_Stage.OPENED, capability="UIDPLUS", tells_news=True
    ),
    **_on_messages(messages.fetch, "FETCH"),
    **_on_messages(messages.search, "SEARCH"),
    **_on_messages(messages.store_flags, "STORE"),
    **_on_messages(messages.copy, "COPY"),
    **_on_messages(messages.move, "MOVE", "MOVE"),
}
# While these are answered, sequence numbers must not shift (RFC 3501 section 7.4.1).
_FREEZE_NUMBERS: Final = frozenset({"FETCH", "SEARCH", "STORE"})


class _Over(Exception):
    """The dialogue ends here."""


_BROKEN_OFF: Final = (_Over, asyncio.IncompleteReadError, ConnectionError)


class Dialogue:
    """The commands of one connection, one after another."""

    def __init__(
        self,
        session: Session,
        *,
        on_command: CommandListener | None,
        script: FaultScript | None,
    ) -> None:
        """Begin before the greeting."""
        self._session = session
        self._wire = session.wire
        self._on_command = on_command
        self._script = script
        self._count = 0

    async def hold(self) -> None:
        """Greet, then answer until one side ends it; what a client breaks hurts only itself."""
        with suppress(*_BROKEN_OFF):
            await self._attend(self._command(tag="*", verb=GREETING, arguments=b""))
            while not self._session.is_ending:
                await self._next()

    async def _next(self) -> None:
        try:
            text = await self._wire.read_command()
        except CommandTooLong as error:
            await self._reply(error.tag.decode("ascii", "replace"), f"BAD {error}")
        except LiteralTooLarge as error:
            if error.is_coming:
                # Its bytes can't be told from commands, so nothing more can be understood.
                await self._wire.send_now(f"* BYE {error}\r\n".encode())
                raise _Over from error
            await self._reply(error.tag.decode("ascii", "replace"), f"NO {error}")
        else:
            tag, verb, arguments = _split(text)
            self._count += 1
            await self._attend(self._command(tag=tag, verb=verb, arguments=arguments))

    async def _attend(self, command: ClientCommand) -> None:
        """Answer a command; what fails in us or in a hook is logged, and told without details."""
        try:
            if self._on_command is not None and command.verb != GREETING:
                self._on_command(command.user, command.verb)
            await self._answer(command)
        except _BROKEN_OFF:
            raise
        except Exception:  # noqa: BLE001 - the edge of one command of one client
            _LOG.exception("the embedded IMAP server failed at %s", command.verb)
            await self._wire.release(lambda reply: reply)
            await self._reply(command.tag, "NO [SERVERBUG] Internal error")

    def _command(self, *, tag: str, verb: str, arguments: bytes) -> ClientCommand:
        view = self._session.view
        return ClientCommand(
            connection=self._session.number,
            number=self._count,
            user=self._session.user,
            folder=view.folder.name if view else "",
            tag=tag,
            verb=verb,
            arguments=arguments,
        )

    # --- faults ---------------------------------------------------------------------------------

    async def _answer(self, command: ClientCommand) -> None:
        """Answer a command as the script wants it."""
        fault = self._script(command) if self._script else None
        if isinstance(fault, Delay):
            await asyncio.sleep(fault.seconds)
            fault = fault.then
        self._session.fault = fault
        match fault:
            case Refuse(status=status, text=text):
                await self._reply(command.tag, f"{status} {text}")
            case SayBye(text=text):
                await self._wire.send_now(f"* BYE {text}\r\n".encode())
                raise _Over
            case HangUp(reset=reset):
                await self._leave("reset" if reset else "close")
            case StaySilent():
                await self._leave("silence")
            case RawReply():
                await self._answer_raw(command, fault)
            case RewriteReply(change=change, then_close=then_close):
                await self._answer_changed(command, change)
                if then_close:
                    raise _Over
            case CutReply(after_bytes=after_bytes, then=then):
                await self._answer_changed(command, lambda reply: reply[:after_bytes])
                await self._leave(then)
            case _:
                await self._answer_truly(command)

    async def _answer_raw(self, command: ClientCommand, fault: RawReply) -> None:
        await self._wire.send_now(fault.content.replace(TAG, command.tag.encode()))
        if fault.then_close:
            raise _Over
        if command.verb == "IDLE" and TAG not in fault.content:
            await self._wire.read_line()
            await self._reply(command.tag, "OK IDLE completed")

    async def _answer_changed(
        self, command: ClientCommand, change: Callable[[bytes], bytes]
    ) -> None:
        self._wire.hold()
        await self._answer_truly(command)
        await self._wire.release(change)

    async def _leave(self, how: str) -> NoReturn:
        if how == "reset":
            self._wire.reset()
        elif how == "silence":
            await self._wire.wait_for_the_end()
        raise _Over

    # --- the truth ------------------------------------------------------------------------------

    async def _answer_truly(self, command: ClientCommand) -> None:
        if command.verb == GREETING:
            capabilities = " ".join(self._session.capabilities)
            await self._reply("*", f"OK [CAPABILITY {capabilities}] Ready")
            return
        try:
            text = await self._done(command)
        except FolderVanished as vanished:
            await self._reply("*", f"BYE {vanished}")
            raise _Over from vanished
        except (BadCommand, CommandTooLong) as error:
            text = f"BAD {error}"
        except SamedayError as error:
            text = f"NO {error}"
        await self._reply(command.tag, text)

    async def _done(self, command: ClientCommand) -> str:
        """Do the command and return status and text of its tagged reply."""
        rule = self._rule(command.verb)
        if rule.tells_news:
            # First, so that UID commands reach the newest mail; numbers given must still hold.
            self._session.tell_news(expunges=command.verb.startswith("UID "))
        text = await rule.do(self._session, Arguments(command.arguments))
        if rule.tells_news:
            self._session.tell_news(expunges=command.verb not in _FREEZE_NUMBERS)
        return f"OK {text}"

    def _rule(self, verb: str) -> _Rule:
        """Return the rule of a command; BadCommand when it is unknown or comes too early."""
        rule = _RULES.get(verb)
        session = self._session
        if rule is None or (rule.capability and not session.offers(rule.capability)):
            raise BadCommand("Unknown command")
        if rule.stage is _Stage.LOGGED_OUT and session.user:
            raise BadCommand("Somebody is logged in already")
        if rule.stage >= _Stage.LOGGED_IN and not session.user:
            raise BadCommand("Log in first")
        if rule.stage is _Stage.OPENED and session.view is None:
            raise BadCommand("No folder is open")
        return rule

    async def _reply(self, tag: str, text: str) -> None:
        self._wire.write(f"{tag} {text}\r\n".encode("ascii", "backslashreplace"))
        await self._wire.flush()


def _split(text: bytes) -> tuple[str, str, bytes]:
    """Return tag, verb (with its UID) and the rest of a command, which begins with its space."""
    tag, _space, rest = text.partition(b" ")
    word, space, after = rest.partition(b" ")
    verb = word.upper()
    if verb == b"UID":
        word, space, after = after.partition(b" ")
        verb = b"UID " + word.upper()
    shown = tag.decode("ascii", "replace") if _TAG_WORD.fullmatch(tag) else "*"
    return shown, verb.decode("ascii", "replace"), space + after
