"""Answer the commands about folders: listing, opening, making, deleting, and filling them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sameday.demo.imap_folder import MailFolder, NotAllowed
from sameday.demo.imap_names import encode_name, name_matches
from sameday.demo.imap_session import Session
from sameday.demo.imap_syntax import Arguments, BadCommand, Refused, quoted
from sameday.demo.imap_view import FolderView
from sameday.demo.mail_store import INBOX, FolderExists

_FLAGS: Final = b"(\\Answered \\Flagged \\Deleted \\Seen \\Draft)"
_STATUS_ITEMS: Final[dict[str, Callable[[MailFolder], int]]] = {
    "MESSAGES": len,
    "RECENT": lambda _folder: 0,
    "UIDNEXT": lambda folder: folder.uidnext,
    "UIDVALIDITY": lambda folder: folder.uidvalidity,
    "UNSEEN": lambda folder: sum("\\Seen" not in mail.flags for mail in folder.mails()),
    "SIZE": lambda folder: sum(len(mail.content) for mail in folder.mails()),
}

# --- listing ------------------------------------------------------------------------------------


async def namespace(session: Session, arguments: Arguments) -> str:
    """Say that all folders are the user's own (RFC 2342)."""
    arguments.end()
    delimiter = quoted(session.store.delimiter.encode())
    session.wire.write(b'* NAMESPACE (("" %b)) NIL NIL\r\n' % delimiter)
    return "NAMESPACE completed"


async def list_folders(session: Session, arguments: Arguments) -> str:
    """List folders, always with their special use; RETURN options are read and not needed."""
    arguments.space()
    only = frozenset[str]()
    if arguments.follows(b"("):
        only = frozenset(arguments.option_list())
        arguments.space()
    reference, patterns = _reference_and_patterns(arguments)
    if arguments.skip(b" RETURN "):
        arguments.option_list()
    arguments.end()
    if patterns == [""]:
        session.wire.write(
            b'* LIST (\\Noselect) %b ""\r\n' % quoted(session.store.delimiter.encode())
        )
        return "LIST completed"
    for folder in _matching(session, reference, patterns):
        if folder.special_use or "SPECIAL-USE" not in only:
            session.wire.write(_list_line(b"LIST", folder, session))
    return "LIST completed"


async def list_subscribed(session: Session, arguments: Arguments) -> str:
    """List folders; every folder counts as subscribed."""
    arguments.space()
    reference, patterns = _reference_and_patterns(arguments)
    arguments.end()
    for folder in _matching(session, reference, patterns):
        session.wire.write(_list_line(b"LSUB", folder, session))
    return "LSUB completed"


def _reference_and_patterns(arguments: Arguments) -> tuple[str, list[str]]:
    reference = arguments.mailbox()
    arguments.space()
    if not arguments.skip(b"("):
        return reference, [arguments.list_pattern()]
    patterns = [arguments.list_pattern()]
    while not arguments.skip(b")"):
        arguments.space()
        patterns.append(arguments.list_pattern())
    return reference, patterns


def _matching(session: Session, reference: str, patterns: list[str]) -> list[MailFolder]:
    delimiter = session.store.delimiter
    full = [reference + pattern for pattern in patterns]
    return [
        folder
        for folder in session.store.folders(session.user)
        if any(
            name_matches(folder.name, pattern, delimiter)
            or (folder.name == INBOX and name_matches(INBOX, pattern.upper(), delimiter))
            for pattern in full
        )
    ]


def _list_line(response: bytes, folder: MailFolder, session: Session) -> bytes:
    below = folder.name + session.store.delimiter
    folders = session.store.folders(session.user)
    has_children = any(other.name.startswith(below) for other in folders)
    attributes = ["\\HasChildren" if has_children else "\\HasNoChildren"]
    if folder.special_use:
        attributes.append(folder.special_use)
    return b"* %b (%b) %b %b\r\n" % (
        response,
        " ".join(attributes).encode(),
        quoted(session.store.delimiter.encode()),
        quoted(encode_name(folder.name)),
    )


async def status(session: Session, arguments: Arguments) -> str:
    """Tell numbers of a folder without opening it."""
    arguments.space()
    folder = session.folder(arguments.mailbox())
    arguments.space()
    items = arguments.option_list()
    arguments.end()
    if not items or not all(item in _STATUS_ITEMS for item in items):
        raise BadCommand("Unknown STATUS item")
    numbers = " ".join(f"{item} {_STATUS_ITEMS[item](folder)}" for item in items)
    session.wire.write(
        b"* STATUS %b (%b)\r\n" % (quoted(encode_name(folder.name)), numbers.encode())
    )
    return "STATUS completed"


# --- opening and closing ------------------------------------------------------------------------


async def select(session: Session, arguments: Arguments) -> str:
    """Open a folder for writing."""
    _announce(session, _opened(session, arguments, read_only=False))
    return "[READ-WRITE] SELECT completed"


async def examine(session: Session, arguments: Arguments) -> str:
    """Open a folder for reading only."""
    _announce(session, _opened(session, arguments, read_only=True))
    return "[READ-ONLY] EXAMINE completed"


def _opened(session: Session, arguments: Arguments, *, read_only: bool) -> FolderView:
    arguments.space()
    name = arguments.mailbox()
    arguments.end()
    # A failed SELECT leaves no folder open (RFC 3501 section 6.3.1).
    session.view = None
    return session.open(session.folder(name), read_only=read_only)


def _announce(session: Session, view: FolderView) -> None:
    opened = view.at_opening
    lasting = b"()" if view.read_only else _FLAGS
    session.wire.write(
        b"* FLAGS %b\r\n"
        b"* OK [PERMANENTFLAGS %b] Flags that last\r\n"
        b"* %d EXISTS\r\n"
        b"* 0 RECENT\r\n"
        b"* OK [UIDVALIDITY %d] UIDs valid\r\n"
        b"* OK [UIDNEXT %d] Predicted next UID\r\n"
        % (_FLAGS, lasting, len(view.uids), opened.uidvalidity, opened.uidnext)
    )


async def unselect(session: Session, arguments: Arguments) -> str:
    """Close the folder and change nothing (RFC 3691)."""
    arguments.end()
    session.view = None
    return "UNSELECT completed"


async def close(session: Session, arguments: Arguments) -> str:
    r"""Close the folder; one open for writing loses its \Deleted mail, without a word of it."""
    arguments.end()
    view = session.opened()
    session.view = None
    if not view.read_only:
        for mail in view.folder.mails():
            if "\\Deleted" in mail.flags:
                view.folder.discard(mail.uid)
    return "CLOSE completed"


# --- making, deleting, filling ------------------------------------------------------------------


async def create(session: Session, arguments: Arguments) -> str:
    """Make a folder."""
    arguments.space()
    name = arguments.mailbox().removesuffix(session.store.delimiter)
    arguments.end()
    try:
        session.store.add_folder(session.user, name)
    except FolderExists as error:
        raise Refused("[ALREADYEXISTS] The folder is there already") from error
    except NotAllowed as error:
        raise Refused(f"[CANNOT] {error}") from error
    return "CREATE completed"


async def delete(session: Session, arguments: Arguments) -> str:
    """Delete a folder."""
    arguments.space()
    name = arguments.mailbox()
    arguments.end()
    session.folder(name)
    try:
        session.store.delete_folder(session.user, name)
    except NotAllowed as error:
        raise Refused(f"[CANNOT] {error}") from error
    return "DELETE completed"


async def rename(session: Session, arguments: Arguments) -> str:
    """Rename a folder with those below it."""
    arguments.space()
    old = arguments.mailbox()
    arguments.space()
    new = arguments.mailbox()
    arguments.end()
    session.folder(old)
    try:
        session.store.rename_folder(session.user, old, new)
    except FolderExists as error:
        raise Refused("[ALREADYEXISTS] The folder is there already") from error
    except NotAllowed as error:
        raise Refused(f"[CANNOT] {error}") from error
    return "RENAME completed"


async def append(session: Session, arguments: Arguments) -> str:
    """Store a mail, and say its UID (RFC 4315) when UIDPLUS is offered."""
    arguments.space()
    name = arguments.mailbox()
    arguments.space()
    flags: tuple[str, ...] = ()
    if arguments.follows(b"("):
        flags = arguments.flag_list()
        arguments.space()
    internaldate = datetime.now(UTC)
    if arguments.follows(b'"'):
        internaldate = arguments.date_time()
        arguments.space()
    content = arguments.literal()
    arguments.end()
    folder = session.folder(name, code="TRYCREATE")
    uid = folder.add(content, internaldate, flags)
    # The client hears of its own mail at once when the folder is open.
    code = f"[APPENDUID {folder.uidvalidity} {uid}] " if session.offers("UIDPLUS") else ""
    return f"{code}APPEND completed"
