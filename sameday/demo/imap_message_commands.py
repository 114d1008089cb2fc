"""Answer the commands about messages of the open folder: reading, finding, flagging, moving."""

from collections.abc import Callable, Iterable

from sameday.demo.imap_faults import EmptyBodies, OmitUids
from sameday.demo.imap_fetch import fetch_plan, with_flags
from sameday.demo.imap_folder import MailFolder, canonical_flags
from sameday.demo.imap_search import search_keys
from sameday.demo.imap_session import Session
from sameday.demo.imap_syntax import Arguments, BadCommand, Refused, flag_list, uid_set
from sameday.demo.imap_view import FolderView

_EXPUNGE_ISSUED = "[EXPUNGEISSUED] Some of the messages are gone; FETCH completed"
_CHANGES: dict[str, Callable[[frozenset[str], frozenset[str]], frozenset[str]]] = {
    "": lambda _old, given: given,
    "+": lambda old, given: old | given,
    "-": lambda old, given: old - given,
}

# --- reading ------------------------------------------------------------------------------------


async def fetch(session: Session, arguments: Arguments, *, by_uid: bool) -> str:
    r"""Send what is asked for of each mail; BODY[] marks it as \Seen unless under EXAMINE."""
    view = session.opened()
    arguments.space()
    chosen = arguments.sequence_set()
    arguments.space()
    plan = fetch_plan(arguments, by_uid=by_uid)
    marks_seen = plan.marks_seen and not view.read_only
    plan_with_flags = plan if plan.asks_for(b"FLAGS") else with_flags(plan)
    fault = session.fault
    omitted = fault.uids if isinstance(fault, OmitUids) else frozenset[int]()
    emptied = fault.uids if isinstance(fault, EmptyBodies) else frozenset[int]()
    is_complete = True
    for number, uid in list(view.numbered(chosen, by_uid=by_uid)):
        if uid in omitted:
            continue
        mail_plan = plan
        if marks_seen and _mark_seen(view.folder, uid, session.number):
            mail_plan = plan_with_flags
        mail = view.folder.mail(uid)
        if mail is None:
            is_complete = False
            continue
        session.wire.write(mail_plan.line(number, mail, empty_bodies=uid in emptied))
        if session.wire.is_full:
            await session.wire.flush()
    return "FETCH completed" if is_complete else _EXPUNGE_ISSUED


def _mark_seen(folder: MailFolder, uid: int, session: int) -> bool:
    r"""Set \Seen; tell whether that was news."""
    mail = folder.mail(uid)
    if mail is None or "\\Seen" in mail.flags:
        return False
    return folder.change_flags(uid, lambda flags: flags | {"\\Seen"}, by=session)


async def search(session: Session, arguments: Arguments, *, by_uid: bool) -> str:
    """Say which mails meet the keys, by UID or by sequence number."""
    view = session.opened()
    arguments.space()
    if arguments.follows(b"RETURN "):
        raise Refused("[CANNOT] Extended SEARCH is not offered")
    keys = search_keys(arguments, view)
    found = [
        mail.uid if by_uid else number
        for number, mail in view.all_mails()
        if all(key(number, mail) for key in keys)
    ]
    session.wire.write(b" ".join([b"* SEARCH", *(b"%d" % number for number in found)]) + b"\r\n")
    return "SEARCH completed"


# --- flagging -----------------------------------------------------------------------------------


async def store_flags(session: Session, arguments: Arguments, *, by_uid: bool) -> str:
    """Change flags, and say the new ones unless asked to be silent."""
    view = session.opened_for_writing()
    arguments.space()
    chosen = arguments.sequence_set()
    arguments.space()
    sign = next((sign for sign in ("+", "-") if arguments.skip(sign.encode())), "")
    item = arguments.item_name()
    if item not in {"FLAGS", "FLAGS.SILENT"}:
        raise BadCommand("Expected FLAGS")
    arguments.space()
    given = canonical_flags(_given_flags(arguments))
    for number, uid in list(view.numbered(chosen, by_uid=by_uid)):
        view.folder.change_flags(uid, lambda old: _CHANGES[sign](old, given), by=session.number)
        mail = view.folder.mail(uid)
        if mail is not None and item == "FLAGS":
            told = flag_list(mail.flags)
            session.wire.write(b"* %d FETCH (UID %d FLAGS %b)\r\n" % (number, uid, told))
    return "STORE completed"


def _given_flags(arguments: Arguments) -> Iterable[str]:
    if arguments.follows(b"("):
        flags = list(arguments.flag_list())
    else:
        flags = [arguments.flag()]
        while arguments.skip(b" "):
            flags.append(arguments.flag())
    arguments.end()
    return flags


# --- copying, moving, expunging -----------------------------------------------------------------


async def copy(session: Session, arguments: Arguments, *, by_uid: bool) -> str:
    """Copy mails to another folder.

    Refused under EXAMINE, although RFC 3501 would allow it: here who reads must only read.
    """
    view = session.opened_for_writing()
    uids, target = _uids_and_target(session, view, arguments, by_uid=by_uid)
    code = _copied(view, uids, target, session)
    return f"{code}COPY completed"


async def move(session: Session, arguments: Arguments, *, by_uid: bool) -> str:
    """Move mails to another folder (RFC 6851)."""
    view = session.opened_for_writing()
    uids, target = _uids_and_target(session, view, arguments, by_uid=by_uid)
    code = _copied(view, uids, target, session)
    if code:
        session.wire.write(f"* OK {code}Moved\r\n".encode())
    for uid in uids:
        view.folder.discard(uid)
    return "MOVE completed"


def _uids_and_target(
    session: Session, view: FolderView, arguments: Arguments, *, by_uid: bool
) -> tuple[list[int], MailFolder]:
    arguments.space()
    chosen = arguments.sequence_set()
    arguments.space()
    name = arguments.mailbox()
    arguments.end()
    uids = [uid for _number, uid in view.numbered(chosen, by_uid=by_uid)]
    return uids, session.folder(name, code="TRYCREATE")


def _copied(view: FolderView, uids: list[int], target: MailFolder, session: Session) -> str:
    """Copy, and return the COPYUID code (RFC 4315), empty when nothing was copied."""
    pairs: list[tuple[int, int]] = []
    for uid in uids:
        mail = view.folder.mail(uid)
        if mail is not None:
            pairs.append((uid, target.add(mail.content, mail.internaldate, mail.flags)))
    if not pairs or not session.offers("UIDPLUS"):
        return ""
    sources, copies = zip(*pairs, strict=True)
    return f"[COPYUID {target.uidvalidity} {uid_set(sources)} {uid_set(copies)}] "


async def expunge(session: Session, arguments: Arguments) -> str:
    r"""Remove the mails flagged \Deleted."""
    view = session.opened_for_writing()
    arguments.end()
    _expunge(view, view.uids)
    return "EXPUNGE completed"


async def uid_expunge(session: Session, arguments: Arguments) -> str:
    r"""Remove those of the named mails that are flagged \Deleted (RFC 4315)."""
    view = session.opened_for_writing()
    arguments.space()
    chosen = arguments.sequence_set()
    arguments.end()
    _expunge(view, [uid for _number, uid in view.numbered(chosen, by_uid=True)])
    return "UID EXPUNGE completed"


def _expunge(view: FolderView, uids: Iterable[int]) -> None:
    for uid in uids:
        mail = view.folder.mail(uid)
        if mail is not None and "\\Deleted" in mail.flags:
            view.folder.discard(uid)
