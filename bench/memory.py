"""Measure how much memory one huge mail costs: its attachment must never be fetched.

Run it as `python -m bench.memory`. The mail's text is small in one run, and lies behind the
attachment in the other, where more than the first bytes must be asked for.
"""

import argparse
import os
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from bench import agency
from bench.memory_use import forget_peak, peak_megabytes, resident_megabytes
from sameday.service import Parts
from sameday.settings import load_settings
from tests.dovecot import PASSWORD, Dovecot

_AT = datetime(2026, 4, 24, 9, tzinfo=UTC)


def huge_mail(megabytes: int, *, text_first: bool) -> bytes:
    """Return a mail of about that size."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@client1.example", "The film"
    mail["Message-ID"] = f"<film-{text_first}@client1.example>"
    mail.set_content("When will the film be on the site?")
    content = b"\x00film" * (megabytes * 1_000_000 * 3 // 4 // 5)
    mail.add_attachment(content, maintype="video", subtype="mp4", filename="film.mp4")
    if not text_first:
        parts = mail.get_payload()
        assert isinstance(parts, list)
        parts.reverse()
    return mail.as_bytes()


def run(megabytes: int, folder: Path, *, text_first: bool) -> None:
    """Read a mailbox with one huge mail and print the growth."""
    with Dovecot(folder, users=1) as server:
        server.append(
            "u0", "INBOX", b"From: a@client1.example\r\nSubject: Warm\r\n\r\nHi?\r\n", _AT
        )
        config = agency.write_config(folder, server.port, server.users)
        with closing(Parts(load_settings(config))) as parts:
            parts.sync_all()
            server.append("u0", "INBOX", huge_mail(megabytes, text_first=text_first), _AT)
            before = resident_megabytes()
            forget_peak()
            parts.sync_all()
            growth = peak_megabytes() - before
        place = "before" if text_first else "behind"
        stored = agency.count_stored(config)
        print(f"{megabytes} MB, text {place} the attachment: peak growth {growth:.0f} MB, ", end="")
        print(f"{stored} of 2 mails stored")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=60)
    arguments = parser.parse_args()
    os.environ[agency.PASSWORD_ENV] = PASSWORD
    for text_first in (True, False):
        with tempfile.TemporaryDirectory(prefix="sameday-bench-") as folder:
            Path(folder).chmod(0o755)
            run(arguments.megabytes, Path(folder), text_first=text_first)


if __name__ == "__main__":
    main()
