"""Place the mails of the stories into mailboxes, at instants relative to the present.

Nothing lies in the future: a mail whose moment has not come yet is left out, and so are the mails
after it in its conversation. A demo begun at night or on a weekend thus shows what the mailboxes
would show at that hour; enough mail is older than day zero for every kind of row to be there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from models.ids import Address
from sameday.demo.letter import letter_bytes
from sameday.demo.moments import ZONE, day_zero, instant
from sameday.demo.sample_agency import SENT_FOLDERS
from sameday.demo.stories import Conversation, conversations
from sameday.demo.writing import WrittenMail, write_conversation

WATCHED: Final = frozenset(SENT_FOLDERS)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedMail:
    """One copy of a mail, ready to be appended to a folder."""

    mailbox: Address
    folder: Literal["inbox", "sent"]
    internaldate: datetime
    """Aware UTC."""
    content: bytes


def placed_mails(now: datetime) -> list[PlacedMail]:
    """Return every copy of every mail that the mailboxes hold at `now`, oldest first.

    The same for the same `now`; Message-IDs are the same for any.
    """
    return sorted(
        placed(written for talk in conversations() for written in written_until(talk, now)),
        key=lambda copy: (copy.internaldate, copy.mailbox, copy.folder),
    )


def written_until(conversation: Conversation, now: datetime) -> list[WrittenMail]:
    """Return the mails of a conversation whose moments have come."""
    return write_conversation(conversation, list(_moments_until(conversation, now)))


def placed(mails: Iterable[WrittenMail]) -> Iterator[PlacedMail]:
    """Yield the copies of mails: in Sent where they left from, in each INBOX that they reach."""
    for written in mails:
        content = letter_bytes(written)
        for seconds, (mailbox, folder) in enumerate(_places(written)):
            yield PlacedMail(
                mailbox=mailbox,
                folder=folder,
                # A server needs a moment for each further copy of one mail.
                internaldate=written.at + timedelta(seconds=seconds),
                content=content,
            )


def _places(written: WrittenMail) -> Iterator[tuple[Address, Literal["inbox", "sent"]]]:
    """Yield the folders that hold a copy."""
    if written.sender in WATCHED:
        yield written.sender, "sent"
    for address in dict.fromkeys((*written.to, *written.cc)):
        if address in WATCHED and address != written.sender:
            yield address, "inbox"


def _moments_until(conversation: Conversation, now: datetime) -> Iterator[datetime]:
    """Yield when the mails of a conversation are written, as far as that is past."""
    zero = day_zero(now)
    previous = zero
    for mail in conversation.mails:
        at = instant(mail.at, zero, previous)
        # The last copy may lie some seconds after the first.
        if at + timedelta(seconds=len(WATCHED)) > now:
            return
        yield at
        previous = at.astimezone(ZONE).date()
