"""Hold the mail of the embedded IMAP server in memory: users and their folders.

Safe to use from any thread.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from models.errors import SamedayError
from sameday.demo.imap_folder import MailFolder, NoSuchMail, NotAllowed, StoredMail

INBOX: Final = "INBOX"


class NoSuchUser(SamedayError):
    """The store has no such user; `add_user` makes one."""


class NoSuchFolder(SamedayError):
    """The user has no such folder; `add_folder` makes one."""


class FolderExists(SamedayError):
    """A folder of that name is there already."""


class MailStore:
    """Every user's folders. INBOX is there from the start and can't be deleted."""

    def __init__(self, *, delimiter: str = "/", first_uidvalidity: int = 0) -> None:
        """Begin without users.

        UIDVALIDITY starts at the present second unless given, so that a later run of the program
        with other mail is not taken for this one.
        """
        self.delimiter = delimiter
        self._lock = threading.RLock()
        self._uidvalidity = first_uidvalidity or int(time.time())
        self._passwords: dict[str, str] = {}
        self._folders: dict[str, dict[str, MailFolder]] = {}

    # --- users ----------------------------------------------------------------------------------

    def add_user(self, user: str, password: str) -> None:
        """Make a user with an empty INBOX; for one who is there already, change the password."""
        with self._lock:
            self._passwords[user] = password
            if user not in self._folders:
                self._folders[user] = {INBOX: self._new_folder(INBOX, "")}

    def accepts(self, user: str, password: str) -> bool:
        """Tell whether the password is the user's."""
        return self._passwords.get(user) == password

    # --- folders --------------------------------------------------------------------------------

    def folders(self, user: str) -> tuple[MailFolder, ...]:
        """Return the user's folders, INBOX first, the others by name."""
        with self._lock:
            folders = self._folders_of(user).values()
            return tuple(sorted(folders, key=lambda folder: (folder.name != INBOX, folder.name)))

    def folder(self, user: str, name: str) -> MailFolder:
        """Return one folder."""
        with self._lock:
            folder = self._folders_of(user).get(_canonical(name))
        if folder is None:
            raise NoSuchFolder(f"{user!r} has no folder {name!r}.")
        return folder

    def add_folder(self, user: str, name: str, special_use: str = "") -> None:
        """Make a folder, and those above it that are missing."""
        name = _canonical(name)
        with self._lock:
            folders = self._folders_of(user)
            if name in folders:
                raise FolderExists(f"{user!r} has a folder {name!r} already.")
            if not all(name.split(self.delimiter)):
                raise NotAllowed(f"{name!r} has an empty part, so it can't name a folder.")
            for parent in self._parents(name):
                if parent not in folders:
                    folders[parent] = self._new_folder(parent, "")
            folders[name] = self._new_folder(name, special_use)

    def delete_folder(self, user: str, name: str) -> None:
        """Delete a folder with its mail; folders below it stay."""
        name = _canonical(name)
        if name == INBOX:
            raise NotAllowed("INBOX can't be deleted.")
        with self._lock:
            folder = self.folder(user, name)
            del self._folders_of(user)[name]
            folder.deleted = True
            folder.make_stale()

    def rename_folder(self, user: str, old: str, new: str) -> None:
        """Rename a folder and those below it; UIDs and UIDVALIDITY stay.

        INBOX stays too: its mail moves to the new folder (RFC 3501 section 6.3.5).
        """
        old, new = _canonical(old), _canonical(new)
        with self._lock:
            source = self.folder(user, old)
            if new.startswith(old + self.delimiter):
                raise NotAllowed(f"{old!r} can't move below itself.")
            folders = self._folders_of(user)
            below = [name for name in folders if name.startswith(old + self.delimiter)]
            taken = [new + name.removeprefix(old) for name in below if old != INBOX]
            if any(name in folders for name in taken):
                raise FolderExists(f"{user!r} has folders below {new!r} already.")
            self.add_folder(user, new)
            if old == INBOX:
                for mail in source.mails():
                    self.move(user, INBOX, mail.uid, new)
                return
            for name in (old, *below):
                folder = folders.pop(name)
                folder.name = new + name.removeprefix(old)
                folders[folder.name] = folder

    def set_uidvalidity(self, user: str, folder: str, value: int, first_uid: int = 0) -> None:
        """Make the folder's UIDs void, as after a restore; sessions that have it open end.

        The mails keep their numbers unless `first_uid` says where to number them anew from.
        """
        with self._lock:
            self.folder(user, folder).renew(value, first_uid)
            self._uidvalidity = max(self._uidvalidity, value + 1)

    def skip_uids(self, user: str, folder: str, uidnext: int) -> None:
        """Leave a gap in the UIDs of a folder."""
        self.folder(user, folder).skip_to(uidnext)

    # --- mail -----------------------------------------------------------------------------------

    def append(
        self,
        user: str,
        folder: str,
        content: bytes,
        internaldate: datetime,
        flags: Iterable[str] = (),
    ) -> int:
        """Store a mail and return its UID; `internaldate` must be aware."""
        return self.folder(user, folder).add(content, internaldate, flags)

    def mail(self, user: str, folder: str, uid: int) -> StoredMail:
        """Return one mail."""
        mail = self.folder(user, folder).mail(uid)
        if mail is None:
            raise NoSuchMail(f"{folder!r} has no mail with UID {uid}.")
        return mail

    def uids(self, user: str, folder: str) -> tuple[int, ...]:
        """Return the UIDs of a folder, ascending."""
        return tuple(self.folder(user, folder).snapshot().uids)

    def expunge(self, user: str, folder: str, uid: int) -> None:
        """Remove a mail for good."""
        self.folder(user, folder).remove(uid)

    def move(self, user: str, source: str, uid: int, target: str) -> int:
        """Move a mail to another folder of the user and return its UID there."""
        with self._lock:
            destination = self.folder(user, target)
            mail = self.folder(user, source).remove(uid)
            return destination.add(mail.content, mail.internaldate, mail.flags)

    def set_flags(self, user: str, folder: str, uid: int, flags: Iterable[str]) -> None:
        """Replace the flags of a mail."""
        wanted = tuple(flags)
        self.mail(user, folder, uid)
        self.folder(user, folder).change_flags(uid, lambda _old: wanted)

    # --- inside ---------------------------------------------------------------------------------

    def _folders_of(self, user: str) -> dict[str, MailFolder]:
        folders = self._folders.get(user)
        if folders is None:
            raise NoSuchUser(f"there is no user {user!r}.")
        return folders

    def _parents(self, name: str) -> Iterator[str]:
        parts = name.split(self.delimiter)
        return (self.delimiter.join(parts[:depth]) for depth in range(1, len(parts)))

    def _new_folder(self, name: str, special_use: str) -> MailFolder:
        folder = MailFolder(name, special_use, self._uidvalidity, self._lock)
        self._uidvalidity += 1
        return folder


def _canonical(name: str) -> str:
    """Return the name under which a folder is kept: INBOX has no case (RFC 3501 section 5.1)."""
    return INBOX if name.upper() == INBOX else name
