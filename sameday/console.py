"""Talk to a person on a terminal: logs, progress, and nothing that disturbs a pipe."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from ingest.sync import Progress as MailboxProgress
from models.mailboxes import Mailbox
from sameday.importing import ImportProgress
from sameday.log_privacy import MaskingFormatter, mask_event, say_where


def configure_logging(*, verbose: bool) -> None:
    """Send logs to stderr: for people on a terminal, as JSON otherwise."""
    on_terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            say_where,
            mask_event,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.INFO if verbose else logging.ERROR
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries may speak of what they did with a client's mail: only their warnings pass.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("waitress").setLevel(logging.ERROR)


@contextmanager
def mailbox_progress() -> Iterator[MailboxProgress]:
    """Show one bar per mailbox on a terminal, and nothing elsewhere."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        tasks: dict[str, TaskID] = {}

        def show(mailbox: Mailbox, done: int, total: int) -> None:
            if mailbox.address not in tasks:
                tasks[mailbox.address] = bars.add_task(mailbox.address, total=total)
            bars.update(tasks[mailbox.address], completed=done, total=total)

        yield show


@contextmanager
def file_progress() -> Iterator[ImportProgress]:
    """Show one bar over the bytes of all files on a terminal, and nothing elsewhere."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        task = bars.add_task("import", total=None)

        def show(done_bytes: int, total_bytes: int) -> None:
            bars.update(task, completed=done_bytes, total=total_bytes)

        yield show
