"""Answer the commands about the session itself: who is there, what is offered, waiting, leaving."""

import base64
import binascii

from sameday.demo.imap_session import Session
from sameday.demo.imap_syntax import Arguments, BadCommand, Refused

_WRONG = "[AUTHENTICATIONFAILED] Wrong user or password"


async def capability(session: Session, arguments: Arguments) -> str:
    """Say what the server offers."""
    arguments.end()
    session.wire.write(f"* CAPABILITY {' '.join(session.capabilities)}\r\n".encode())
    return "CAPABILITY completed"


async def identify(session: Session, arguments: Arguments) -> str:
    """Say who the server is (RFC 2971); what the client says of itself is not kept."""
    arguments.space()
    if not arguments.skip(b"NIL"):
        arguments.option_list()
    arguments.end()
    session.wire.write(b'* ID ("name" "Sameday embedded server")\r\n')
    return "ID completed"


async def login(session: Session, arguments: Arguments) -> str:
    """Let a user in by password."""
    if session.offers("LOGINDISABLED"):
        raise Refused("[PRIVACYREQUIRED] LOGIN is disabled")
    arguments.space()
    user = arguments.words()
    arguments.space()
    password = arguments.words()
    arguments.end()
    _let_in(session, user, password)
    return "LOGIN completed"


async def authenticate(session: Session, arguments: Arguments) -> str:
    """Let a user in by SASL PLAIN (RFC 4616), with or without initial response (RFC 4959)."""
    arguments.space()
    mechanism = arguments.atom()
    if mechanism != "PLAIN" or not session.offers("AUTH=PLAIN"):
        raise Refused(f"[CANNOT] The mechanism {mechanism} is not offered")
    if arguments.at_end():
        await session.wire.send_now(b"+ \r\n")
        response = (await session.wire.read_line()).strip()
    else:
        arguments.space()
        response = arguments.astring()
        arguments.end()
    if response == b"*":
        raise BadCommand("AUTHENTICATE cancelled")
    acting_for, user, password = _plain_response(response)
    if acting_for not in {"", user}:
        raise Refused("[AUTHORIZATIONFAILED] Nobody may act for another")
    _let_in(session, user, password)
    return "AUTHENTICATE completed"


def _plain_response(response: bytes) -> tuple[str, str, str]:
    """Return whom to act for (empty: oneself), user and password."""
    try:
        decoded = b"" if response == b"=" else base64.b64decode(response, validate=True)
        acting_for, user, password = decoded.decode().split("\0")
    except (binascii.Error, ValueError) as error:
        raise BadCommand("Invalid SASL PLAIN response") from error
    return acting_for, user, password


def _let_in(session: Session, user: str, password: str) -> None:
    if not session.store.accepts(user, password):
        raise Refused(_WRONG)
    session.user = user


async def noop(_session: Session, arguments: Arguments) -> str:
    """Do nothing but tell the news; CHECK is the same here."""
    arguments.end()
    return "Completed"


async def idle(session: Session, arguments: Arguments) -> str:
    """Push news of the open folder until DONE (RFC 2177)."""
    arguments.end()
    await session.wire.send_now(b"+ idling\r\n")
    with session.pushing():
        line = await session.wire.read_line()
    if line.strip().upper() != b"DONE":
        raise BadCommand("Expected DONE")
    return "IDLE completed"


async def logout(session: Session, arguments: Arguments) -> str:
    """Say goodbye; the connection is closed after the reply."""
    arguments.end()
    session.wire.write(b"* BYE Goodbye\r\n")
    session.is_ending = True
    return "LOGOUT completed"
