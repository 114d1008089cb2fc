"""Time a sync that finds nothing new, in many mailboxes one after the other and at once.

Run it as `python -m bench.no_change --mailboxes 50 --messages 200`.
"""

import argparse
import os
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench import agency
from bench.mailbox import drop_into_maildir, give_to, letters
from sameday.service import Parts
from sameday.settings import load_settings
from tests.dovecot import PASSWORD, Dovecot

_RUNS = 5


def run(mailboxes: int, messages: int, folder: Path) -> None:
    """Read every mailbox once, then again and again with nothing new."""
    with Dovecot(folder, users=mailboxes) as server:
        for number, user in enumerate(server.users):
            maildir = folder / "mail" / user / "Maildir"
            drop_into_maildir(letters(messages, seed=number), maildir)
            if os.getuid() == 0:
                give_to(maildir, "nobody")
        config = agency.write_config(folder, server.port, server.users)
        with closing(Parts(load_settings(config))) as parts:
            parts.sync_all()
            seconds = [_timed(parts) for _ in range(_RUNS)]
    median = sorted(seconds)[_RUNS // 2]
    print(
        f"{mailboxes} mailboxes of {messages} messages, nothing new: median {median:.2f} s", end=""
    )
    print(f" ({min(seconds):.2f}-{max(seconds):.2f}), logins included")


def _timed(parts: Parts) -> float:
    start = time.perf_counter()
    outcomes = parts.sync_all()
    assert not any(outcome.problem or outcome.read for outcome in outcomes), outcomes
    return time.perf_counter() - start


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mailboxes", type=int, default=50)
    parser.add_argument("--messages", type=int, default=40)
    arguments = parser.parse_args()
    os.environ[agency.PASSWORD_ENV] = PASSWORD
    with tempfile.TemporaryDirectory(prefix="sameday-bench-") as folder:
        Path(folder).chmod(0o755)
        run(arguments.mailboxes, arguments.messages, Path(folder))


if __name__ == "__main__":
    main()
