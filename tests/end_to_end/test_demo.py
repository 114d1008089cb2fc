"""A newcomer's first minutes: the demo starts by itself, shows who waits, and leaves nothing."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from sameday.demo.arrivals import arrival
from sameday.demo.compose import placed_mails
from sameday.demo.sample_agency import SENT_FOLDERS
from sameday.service import system_clock

pytestmark = pytest.mark.timeout(90)


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "TMPDIR": str(folder), "LANG": "C.UTF-8"}


def test_the_check_reads_everything_over_imap_and_fetches_the_panel(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sameday", "demo", "--check"],
        env=_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=80,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    seen = json.loads(line)
    assert list(seen) == [
        "mailboxes",
        "messages",
        "obligations_open",
        "overdue",
        "seconds_to_panel",
    ]
    assert seen["mailboxes"] == len(SENT_FOLDERS)
    assert seen["messages"] >= 120
    assert seen["obligations_open"] > seen["overdue"] > 0
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_the_demo_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sameday", "demo", "--port", "0"],
        env=_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        said = ""
        while "Ctrl-C ends the demo" not in said:
            said += demo.stdout.readline()
        url = re.search(r"The panel is at (\S+)", said)
        assert url is not None
        assert re.search(r"Sign in as \S+@studio-north\.example with the password \S+", said)
        with urllib.request.urlopen(url[1], timeout=10) as page:
            assert "<form" in page.read().decode()
        demo.send_signal(signal.SIGINT)
        rest, errors = demo.communicate(timeout=20)
    assert demo.returncode == 0, errors
    assert "Traceback" not in errors + rest
    assert list(tmp_path.iterdir()) == []


def test_what_arrives_in_the_demo_is_new_mail_for_its_mailboxes() -> None:
    now = system_clock()
    known = {placed.content for placed in placed_mails(now)}
    for index in range(5):
        placed = arrival(index, now)
        assert placed
        assert all(p.mailbox in SENT_FOLDERS and p.content not in known for p in placed)
