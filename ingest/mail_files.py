"""Hold one mail as it was found in a file, with no more of it than is ever read."""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final

from models.message import RawMail

_PIECE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class FileMail:
    """One mail of a file."""

    source: str
    """Where it was found, for people: a path, and the number of the mail in an mbox."""
    content: bytes
    """Its first bytes: all of it, unless `size_bytes` is more."""
    size_bytes: int
    delivered_at: datetime | None = None
    """What the file says of the delivery, aware UTC: the date of a "From " line, or the name of a
    Maildir file. Never an INTERNALDATE: whoever made the file may have written it. The time at
    which the file was changed is nowhere used, since every copying of files changes it."""

    def raw(self, first_bytes: int) -> RawMail:
        """Return at most the first bytes, as a server would have sent them."""
        content = self.content[:first_bytes]
        return RawMail(
            content=content,
            size_bytes=self.size_bytes,
            internaldate=None,
            complete=len(content) == self.size_bytes,
        )


class FirstBytes:
    """Collects a mail piece by piece: keeps the first bytes, and counts the rest."""

    def __init__(self, largest_bytes: int) -> None:
        """Begin with nothing; no more than `largest_bytes` will be kept."""
        self._largest_bytes = largest_bytes
        self._kept = bytearray()
        self._size_bytes = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        self._size_bytes += len(piece)
        room = self._largest_bytes - len(self._kept)
        if room > 0:
            self._kept += piece[:room]

    def mail(self, source: str, delivered_at: datetime | None) -> FileMail:
        """Return the mail that the pieces make."""
        return FileMail(
            source=source,
            content=bytes(self._kept),
            size_bytes=self._size_bytes,
            delivered_at=delivered_at,
        )


def read_one(
    file: BinaryIO, source: str, largest_bytes: int, delivered_at: datetime | None
) -> FileMail:
    """Return a file that holds one mail, without reading beyond `largest_bytes`."""
    content = file.read(largest_bytes)
    size = len(content)
    if size == largest_bytes:
        size = max(size, file.seek(0, 2))
    return FileMail(source=source, content=content, size_bytes=size, delivered_at=delivered_at)
