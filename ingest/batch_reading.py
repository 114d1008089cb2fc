"""Read batches of mails and make them ready for the store, here or wherever there is a core."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingest.arrival import arrival_of
from models.db.packing import PackedMail, pack
from models.message import RawMail, ReadMail


class MailReader(Protocol):
    """Turns bytes into what they say; total: it never raises on what a stranger sent."""

    def read(self, raw: RawMail) -> ReadMail:
        """Read one mail."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What came of one mail."""

    packed: PackedMail | None = None
    error: str = ""
    """Why there is nothing to store; empty when there is."""
    wants_more: bool = False
    """No text was found in the bytes that were fetched, and there are more."""


class BatchReader(Protocol):
    """Reads batches, perhaps several at once."""

    ahead: int
    """So many batches may be under way while the next is fetched."""

    def submit(self, raws: Sequence[RawMail], now: datetime) -> "Future[list[Reading]]":
        """Have a batch read; the readings come in the order of the mails."""
        ...


class InlineReader:
    """Reads in the calling thread: right for a few mails, not worth starting a process."""

    ahead = 0

    def __init__(self, reader: MailReader) -> None:
        self._reader = reader

    def submit(self, raws: Sequence[RawMail], now: datetime) -> "Future[list[Reading]]":
        """Read a batch at once."""
        done: Future[list[Reading]] = Future()
        done.set_result(read_batch(self._reader, raws, now))
        return done


def read_batch(reader: MailReader, raws: Sequence[RawMail], now: datetime) -> list[Reading]:
    """Read mails one after another; each stands or falls alone."""
    return [_read_one(reader, raw, now) for raw in raws]


def _read_one(reader: MailReader, raw: RawMail, now: datetime) -> Reading:
    read = reader.read(raw)
    wants_more = not raw.complete and not read.parsed.text
    try:
        packed = pack(read, raw, arrival_of(raw, read.parsed, now))
    except Exception as error:  # noqa: BLE001 - the edge of one mail: no letter stops the others
        return Reading(error=f"can't be stored: {error}", wants_more=wants_more)
    return Reading(packed=packed, wants_more=wants_more)
