"""Bring mail from files into the store, by the same reading as mail from a server."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import structlog

from ingest.arrival import arrival_of
from ingest.folders import role_by_name
from ingest.import_files import LARGEST_BYTES, MailFile, UnreadableFile, find_mail, mails_of
from ingest.mail_files import FileMail
from ingest.sync import FIRST_BYTES
from models.db import ledger
from models.db.imports import ensure_import_folder, place_imported
from models.db.messages import save_message
from models.db.store import Transaction
from models.errors import StoreError
from models.ids import Address
from models.message import RawMail, ReadMail
from sameday.service import Parts

_MAILS_PER_TRANSACTION = 20

_log = structlog.get_logger(__name__)


class ImportProgress(Protocol):
    """Is told how far an import has come."""

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        """Note that so many bytes of the files have been read."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """What an import did."""

    new: int = 0
    """Copies that were not in the folder before."""
    known: int = 0
    """Mails of which the folder had a copy already."""
    passed_over: int = 0
    """Files met in folders that are no mail."""
    failures: tuple[str, ...] = ()
    """A sentence for each file or mail that could not be imported."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ready:
    """A mail that waits to be stored."""

    source: str
    raw: RawMail
    read: ReadMail
    file_mail: FileMail


class Import:
    """Imports files into one folder of one mailbox; importing them again changes nothing."""

    def __init__(
        self, parts: Parts, mailbox: Address, folder: str, progress: ImportProgress | None = None
    ) -> None:
        """Take where the mail goes; the folder is one of its own, whatever the server has."""
        self._parts = parts
        self._progress = progress
        self._new = self._known = self._done_bytes = 0
        self._failures: list[str] = []
        with parts.store.write() as db:
            self._folder_id = ensure_import_folder(
                db, ledger.ensure_mailbox(db, mailbox), folder, role_by_name(folder)
            )

    def run(self, paths: Sequence[Path]) -> ImportReport:
        """Import all mail under some paths, judge it, and return what came of it."""
        found = find_mail(paths)
        self._failures += map(str, found.unreadable)
        total_bytes = sum(file.size_bytes for file in found.files)
        mails = self._mails(found.files, total_bytes)
        while batch := tuple(islice(mails, _MAILS_PER_TRANSACTION)):
            self._store([self._read(mail) for mail in batch])
        self._parts.judge.judge_stale()
        self._parts.judge.tick()
        return ImportReport(
            new=self._new,
            known=self._known,
            passed_over=found.passed_over,
            failures=tuple(self._failures),
        )

    def _mails(self, files: Iterable[MailFile], total_bytes: int) -> Iterator[FileMail]:
        """Yield the mails of all files; a file that breaks off is noted, and the next is begun."""
        end_of_file = 0
        for file in files:
            end_of_file += file.size_bytes
            try:
                for mail in mails_of(file):
                    yield mail
                    self._tell(self._done_bytes + mail.size_bytes, total_bytes)
            except UnreadableFile as error:
                self._failures.append(str(error))
            self._tell(end_of_file, total_bytes)

    def _tell(self, done_bytes: int, total_bytes: int) -> None:
        self._done_bytes = done_bytes
        if self._progress is not None:
            self._progress(done_bytes, total_bytes)

    def _read(self, mail: FileMail) -> _Ready:
        """Read a mail's first bytes, and more only when the text lies beyond them, as a sync does.

        What is kept in the store is what was read: never more than the sync would have kept.
        """
        raw = mail.raw(FIRST_BYTES)
        read = self._parts.reader.read(raw)
        if not raw.complete and not read.parsed.text:
            raw = mail.raw(LARGEST_BYTES)
            read = self._parts.reader.read(raw)
        return _Ready(source=mail.source, raw=raw, read=read, file_mail=mail)

    def _store(self, batch: Sequence[_Ready]) -> None:
        with self._parts.store.write() as db:
            for ready in batch:
                self._store_one(db, ready)

    def _store_one(self, db: Transaction, ready: _Ready) -> None:
        now = self._parts.clock()
        arrived_at = arrival_of(
            ready.raw, ready.read.parsed, now, delivered_at=ready.file_mail.delivered_at
        )
        try:
            with db.begin_nested():
                pk, _thread = save_message(db, ready.read, ready.raw, arrived_at)
                is_new = place_imported(db, self._folder_id, pk, ready.raw.size_bytes, now)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of one mail: no letter stops the others
            _log.warning("mail_not_imported", error=type(error).__name__)
            self._failures.append(f"{ready.source} can't be stored ({type(error).__name__}).")
            return
        if is_new:
            self._new += 1
        else:
            self._known += 1
