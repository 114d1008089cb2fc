"""Find the mails in files and folders: .eml, mbox and Maildir, as mail programs leave them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import Final

from ingest.mail_files import FileMail, read_one
from ingest.mbox import begins_mbox, split_mbox
from models.errors import SamedayError

LARGEST_BYTES: Final = 4 * 1024 * 1024
"""As much of a mail as a server would be asked for; no more is held in memory."""
_PEEKED_BYTES: Final = 1024
_MAILDIR_PARTS: Final = ("cur", "new")
_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[!-9;-~]+[ \t]*:")
_MAILDIR_MOMENT = re.compile(r"(\d{9,11})\.")


class UnreadableFile(SamedayError):
    """A file or folder can't be read as mail; the message names it and says why."""


class FileKind(Enum):
    """What a file holds."""

    ONE_MAIL = auto()
    MBOX = auto()
    MAILDIR_MAIL = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class MailFile:
    """A file in which mail was found."""

    path: Path
    kind: FileKind
    size_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What lies under some paths."""

    files: tuple[MailFile, ...]
    """In a stable order: as the paths were given, then by name."""
    unreadable: tuple[UnreadableFile, ...]
    passed_over: int
    """Files met on the way that are no mail, such as a mail program's indexes."""


def find_mail(paths: Sequence[Path]) -> Found:
    """Return the mail files under some paths, folders walked to the bottom.

    A path that was named must be mail; of what is merely met in a folder, only files that end in
    .eml or begin like an mbox are. In a Maildir every file of `cur` and `new` is mail, and none of
    `tmp`: those were never delivered. Links to folders are not followed, so no loop is possible.
    """
    files: list[MailFile] = []
    unreadable: list[UnreadableFile] = []
    passed_over = 0
    waiting = [(path, True) for path in reversed(paths)]
    while waiting:
        path, named = waiting.pop()
        try:
            if path.is_dir() and (named or not path.is_symlink()):
                waiting += [(entry, False) for entry in reversed(_entries(path))]
                continue
            kind = _kind_of(path, named=named)
            if kind is None:
                passed_over += 1
            else:
                size = path.stat().st_size
                files.append(MailFile(path=path, kind=kind, size_bytes=size))
        except OSError as error:
            unreadable.append(_unreadable(path, error))
        except UnreadableFile as error:
            unreadable.append(error)
    return Found(files=tuple(files), unreadable=tuple(unreadable), passed_over=passed_over)


def mails_of(file: MailFile) -> Iterator[FileMail]:
    """Yield the mails of one file; UnreadableFile when it breaks off."""
    source = str(file.path)
    try:
        with file.path.open("rb") as opened:
            if file.kind is FileKind.MBOX:
                yield from split_mbox(opened, source, LARGEST_BYTES)
                return
            mail = read_one(opened, source, LARGEST_BYTES, _maildir_moment(file))
    except OSError as error:
        raise _unreadable(file.path, error) from error
    if not mail.content.strip():
        message = f"{source} is empty."
        raise UnreadableFile(message)
    yield mail


def _entries(folder: Path) -> list[Path]:
    """Return what lies in a folder by name; of a Maildir not `tmp`."""
    entries = sorted(folder.iterdir())
    is_maildir = all((folder / part).is_dir() for part in _MAILDIR_PARTS)
    return [entry for entry in entries if not (is_maildir and entry.name == "tmp")]


def _kind_of(path: Path, *, named: bool) -> FileKind | None:
    """Return what a file is; None for one that is no mail and that nobody asked for by name."""
    if not path.is_file():
        # A missing path, or a device or pipe, of which the end may never come.
        if not named:
            return None
        path.stat()
        message = f"{path} is neither a file nor a folder."
        raise UnreadableFile(message)
    if _lies_in_maildir(path):
        return FileKind.MAILDIR_MAIL
    with path.open("rb") as file:
        first = file.read(_PEEKED_BYTES)
    if begins_mbox(first):
        # An .eml that begins so is an mbox with one mail.
        return FileKind.MBOX
    if path.suffix.lower() == ".eml" or (named and _HEADER.match(first.lstrip(b"\r\n"))):
        return FileKind.ONE_MAIL
    if named and first.strip():
        message = f"{path} is no mail: it neither begins with headers nor like an mbox."
        raise UnreadableFile(message)
    # An empty mbox is what mail programs leave of an empty folder.
    return None


def _lies_in_maildir(path: Path) -> bool:
    folder = path.parent
    return folder.name in _MAILDIR_PARTS and all(
        (folder.parent / part).is_dir() for part in _MAILDIR_PARTS
    )


def _maildir_moment(file: MailFile) -> datetime | None:
    """Return the delivery by which a Maildir file is named: "1777021200.M1P2.host:2,S"."""
    named = _MAILDIR_MOMENT.match(file.path.name)
    if file.kind is not FileKind.MAILDIR_MAIL or named is None:
        return None
    return datetime.fromtimestamp(int(named[1]), UTC)


def _unreadable(path: Path, error: OSError) -> UnreadableFile:
    return UnreadableFile(f"{path} can't be read: {error.strerror or error}.")
