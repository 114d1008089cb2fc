"""Hold the messages of one folder of the embedded IMAP server, and the journal of their changes.

The journal lets each open session be told exactly what changed since it last looked, at the cost
of the changes, however many messages there are. It is never shortened: a demo does not live long.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Final

from models.errors import SamedayError

_SYSTEM_FLAGS: Final = {
    flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")
}
_HIGHEST_UID: Final = 2**32 - 1
"""UIDs and UIDVALIDITY are 32 bits wide, and never 0 (RFC 3501 section 9, nz-number)."""


class NoSuchMail(SamedayError):
    """The folder has no mail with that UID (any more)."""


class NotAllowed(SamedayError):
    """The store refuses: INBOX can't be deleted, a date without a zone says nothing."""


class ChangeKind(Enum):
    """What happened to a mail."""

    APPENDED = auto()
    EXPUNGED = auto()
    FLAGGED = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One entry of a folder's journal."""

    kind: ChangeKind
    uid: int
    by: int = 0
    """The session that did it and needs no telling; 0: nobody's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredMail:
    """One message in one folder."""

    uid: int
    content: bytes
    """Exactly as given: line ends are not mended."""
    internaldate: datetime
    """Aware; its own offset is what FETCH shows."""
    flags: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderSnapshot:
    """A folder at one instant, from which its journal leads on."""

    incarnation: int
    uids: list[int]
    """Ascending; a copy, the receiver's own."""
    journal_position: int
    uidvalidity: int
    uidnext: int


class MailFolder:
    """The messages of one folder."""

    def __init__(
        self, name: str, special_use: str, uidvalidity: int, lock: "threading.RLock"
    ) -> None:
        """Begin empty; the lock is the store's."""
        self.name = name
        self.special_use = special_use
        """Like `\\Sent` (RFC 6154); empty: none."""
        self.deleted = False
        self.uidvalidity = uidvalidity
        self.uidnext = 1
        self.incarnation = 0
        """Counts how often the UIDs lost their meaning under those who have the folder open."""
        self._lock = lock
        self._mails: dict[int, StoredMail] = {}
        self._journal: list[Change] = []
        self._bells: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._mails)

    # --- reading --------------------------------------------------------------------------------

    def snapshot(self) -> FolderSnapshot:
        """Return what a session needs to open the folder."""
        with self._lock:
            return FolderSnapshot(
                incarnation=self.incarnation,
                # UIDs are only ever added at the end, and a dict keeps its order.
                uids=list(self._mails),
                journal_position=len(self._journal),
                uidvalidity=self.uidvalidity,
                uidnext=self.uidnext,
            )

    def mail(self, uid: int) -> StoredMail | None:
        """Return a mail, None when it is gone."""
        return self._mails.get(uid)

    def mails(self) -> tuple[StoredMail, ...]:
        """Return every mail, by UID."""
        with self._lock:
            return tuple(self._mails.values())

    def changes_since(self, journal_position: int) -> Sequence[Change]:
        """Return what happened since a position, oldest first."""
        with self._lock:
            return self._journal[journal_position:]

    @contextmanager
    def ringing(self, bell: Callable[[], None]) -> Iterator[None]:
        """Call `bell` after each change, from the thread that made it; it must return at once."""
        with self._lock:
            self._bells.append(bell)
        try:
            yield
        finally:
            with self._lock:
                self._bells.remove(bell)

    # --- changing -------------------------------------------------------------------------------

    def add(self, content: bytes, internaldate: datetime, flags: Iterable[str] = ()) -> int:
        """Store a mail and return its UID."""
        if internaldate.tzinfo is None:
            raise NotAllowed("an INTERNALDATE needs a zone. Pass an aware datetime.")
        with self._lock:
            uid = self.uidnext
            self._check_uid(uid)
            self.uidnext += 1
            self._mails[uid] = StoredMail(
                uid=uid,
                content=bytes(content),
                internaldate=internaldate,
                flags=canonical_flags(flags),
            )
            self._record(Change(kind=ChangeKind.APPENDED, uid=uid))
        return uid

    def remove(self, uid: int) -> StoredMail:
        """Expunge a mail and return it as it was."""
        with self._lock:
            mail = self._mails.pop(uid, None)
            if mail is None:
                raise NoSuchMail(f"{self.name!r} has no mail with UID {uid}.")
            self._record(Change(kind=ChangeKind.EXPUNGED, uid=uid))
        return mail

    def discard(self, uid: int) -> None:
        """Expunge a mail unless somebody did already."""
        with suppress(NoSuchMail):
            self.remove(uid)

    def change_flags(
        self, uid: int, change: Callable[[frozenset[str]], Iterable[str]], by: int = 0
    ) -> bool:
        """Give a mail the flags that `change` makes of its own; tell whether that was news.

        A mail that is gone is none.
        """
        with self._lock:
            mail = self._mails.get(uid)
            wanted = canonical_flags(change(mail.flags)) if mail else frozenset()
            if mail is None or wanted == mail.flags:
                return False
            self._mails[uid] = replace(mail, flags=wanted)
            self._record(Change(kind=ChangeKind.FLAGGED, uid=uid, by=by))
            return True

    def renew(self, uidvalidity: int, first_uid: int) -> None:
        """Change UIDVALIDITY, and number the mails anew from `first_uid` unless it is 0."""
        with self._lock:
            if first_uid:
                mails = enumerate(self._mails.values(), first_uid)
                self._mails = {uid: replace(mail, uid=uid) for uid, mail in mails}
                self.uidnext = first_uid + len(self._mails)
            self.uidvalidity = uidvalidity
            self.make_stale()

    def skip_to(self, uidnext: int) -> None:
        """Leave a gap: the next mail gets this UID."""
        with self._lock:
            if uidnext < self.uidnext:
                raise NotAllowed(f"UIDNEXT is {self.uidnext} already; UIDs only grow.")
            self._check_uid(uidnext)
            self.uidnext = uidnext

    def make_stale(self) -> None:
        """Tell those who have the folder open that what they know of it is void."""
        with self._lock:
            self.incarnation += 1
            self._ring()

    def _check_uid(self, uid: int) -> None:
        if uid > _HIGHEST_UID:
            raise NotAllowed(f"{self.name!r} has used up its UIDs; they are 32 bits wide.")

    def _record(self, change: Change) -> None:
        self._journal.append(change)
        self._ring()

    def _ring(self) -> None:
        for bell in tuple(self._bells):
            bell()


def canonical_flags(flags: Iterable[str]) -> frozenset[str]:
    r"""Return flags with system flags spelt as in RFC 3501, without \Recent, which nobody sets."""
    spelt = (_SYSTEM_FLAGS.get(flag.lower(), flag) for flag in flags)
    return frozenset(flag for flag in spelt if flag.lower() != "\\recent")
