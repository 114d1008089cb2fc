"""Keep what one session knows of its open folder, and say what it has not been told yet.

Sequence numbers are the session's own: they shift only when an EXPUNGE has been sent (RFC 3501
section 7.4.1), whatever other sessions do meanwhile.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from models.errors import SamedayError
from sameday.demo.imap_folder import Change, ChangeKind, FolderSnapshot, MailFolder, StoredMail
from sameday.demo.imap_syntax import BadCommand, SequenceSet, flag_list


class FolderVanished(SamedayError):
    """The open folder was deleted or its UIDs became void: the session must end."""


class FolderView:
    """The messages of the open folder as far as the client has heard of them."""

    def __init__(self, folder: MailFolder, *, read_only: bool, session: int) -> None:
        """Open the folder as it stands now."""
        self.folder = folder
        self.read_only = read_only
        self.at_opening: FolderSnapshot = folder.snapshot()
        self.uids: list[int] = self.at_opening.uids
        """Ascending; the sequence number of a mail is its place counted from 1."""
        self._position = self.at_opening.journal_position
        self._session = session

    def check(self) -> None:
        """Raise FolderVanished when nothing the session knows holds any more."""
        if self.folder.deleted:
            raise FolderVanished("[NONEXISTENT] The folder was deleted under us")
        if self.folder.incarnation != self.at_opening.incarnation:
            raise FolderVanished("UIDVALIDITY of the folder has changed")

    def news(self, *, expunges: bool) -> bytes:
        """Return the untagged lines that bring the client up to date.

        Without `expunges` they go only as far as the first mail that vanished: the client uses
        sequence numbers at the moment.
        """
        self.check()
        changes = self.folder.changes_since(self._position)
        if not expunges:
            changes = list(_before_the_first_expunge(changes))
        self._position += len(changes)
        return b"".join(self._lines(changes))

    def _lines(self, changes: Sequence[Change]) -> Iterator[bytes]:
        grown = False
        for change in changes:
            if change.kind is ChangeKind.APPENDED:
                self.uids.append(change.uid)
                grown = True
                continue
            if grown:
                # The client must have heard of a mail before its number is used.
                yield self._exists()
                grown = False
            yield self._line(change)
        if grown:
            yield self._exists()

    def _line(self, change: Change) -> bytes:
        place = bisect_left(self.uids, change.uid)
        if change.kind is ChangeKind.EXPUNGED:
            del self.uids[place]
            return b"* %d EXPUNGE\r\n" % (place + 1)
        mail = self.folder.mail(change.uid)
        if mail is None or change.by == self._session:
            return b""
        return b"* %d FETCH (UID %d FLAGS %b)\r\n" % (place + 1, mail.uid, flag_list(mail.flags))

    def _exists(self) -> bytes:
        return b"* %d EXISTS\r\n" % len(self.uids)

    def numbered(self, chosen: SequenceSet, *, by_uid: bool) -> Iterator[tuple[int, int]]:
        """Yield sequence number and UID of the mails that a set names, ascending, each once.

        UIDs that do not exist are passed over; a sequence number that does not is BadCommand.
        """
        end = 0
        for start, stop in sorted(self._places(chosen, by_uid=by_uid)):
            for place in range(max(start, end), stop):
                yield place + 1, self.uids[place]
            end = max(end, stop)

    def _places(self, chosen: SequenceSet, *, by_uid: bool) -> Iterator[tuple[int, int]]:
        """Yield half-open ranges of places in `uids`, in the order of the set."""
        if by_uid:
            largest = self.uids[-1] if self.uids else 0
            for low, high in chosen.bounds(largest):
                yield bisect_left(self.uids, low), bisect_right(self.uids, high)
            return
        for low, high in chosen.bounds(len(self.uids)):
            if low == 0 or high > len(self.uids):
                raise BadCommand(f"The folder has {len(self.uids)} messages")
            yield low - 1, high

    def all_mails(self) -> Iterator[tuple[int, StoredMail]]:
        """Yield sequence number and mail, leaving out mails that another session expunged."""
        for number, uid in enumerate(self.uids, 1):
            mail = self.folder.mail(uid)
            if mail is not None:
                yield number, mail


def _before_the_first_expunge(changes: Sequence[Change]) -> Iterator[Change]:
    for change in changes:
        if change.kind is ChangeKind.EXPUNGED:
            return
        yield change
