"""Read the few SEARCH keys that the embedded server knows, and find the mails they name."""

from collections.abc import Callable
from typing import Final

from sameday.demo.imap_folder import StoredMail
from sameday.demo.imap_headers import header_fields
from sameday.demo.imap_syntax import Arguments, Refused
from sameday.demo.imap_view import FolderView

_Key = Callable[[int, StoredMail], bool]
"""Tells from sequence number and mail whether the mail is meant."""
_CHARSETS: Final = frozenset({"UTF-8", "US-ASCII"})


def search_keys(arguments: Arguments, view: FolderView) -> tuple[_Key, ...]:
    """Read the keys of a SEARCH, all of which a mail must meet; Refused for one we don't know."""
    if arguments.skip(b"CHARSET "):
        charset = arguments.words().upper()
        if charset not in _CHARSETS:
            raise Refused("[BADCHARSET (UTF-8 US-ASCII)] Unknown charset")
        arguments.space()
    keys = [_key(arguments, view)]
    while not arguments.at_end():
        arguments.space()
        keys.append(_key(arguments, view))
    return tuple(keys)


def _key(arguments: Arguments, view: FolderView) -> _Key:
    if arguments.at_sequence_set():
        return _among(arguments, view, by_uid=False)
    word = arguments.atom() if not arguments.follows(b"(") else "("
    if word == "ALL":
        return lambda _number, _mail: True
    arguments.skip(b" ")
    if word == "UID":
        return _among(arguments, view, by_uid=True)
    if word in {"SINCE", "BEFORE"}:
        # Compared by the day as the mail's own offset has it (RFC 3501 section 6.4.4).
        day = arguments.date()
        if word == "SINCE":
            return lambda _number, mail: mail.internaldate.date() >= day
        return lambda _number, mail: mail.internaldate.date() < day
    if word == "HEADER":
        return _header(arguments)
    raise Refused(f"[CANNOT] This server does not search by {word}")


def _among(arguments: Arguments, view: FolderView, *, by_uid: bool) -> _Key:
    chosen = arguments.sequence_set()
    uids = frozenset(uid for _number, uid in view.numbered(chosen, by_uid=by_uid))
    return lambda _number, mail: mail.uid in uids


def _header(arguments: Arguments) -> _Key:
    name = arguments.astring().lower()
    arguments.space()
    wanted = arguments.astring().lower()

    def key(_number: int, mail: StoredMail) -> bool:
        return any(
            found.lower() == name and wanted in raw.partition(b":")[2].lower()
            for found, raw in header_fields(mail.content)
        )

    return key
