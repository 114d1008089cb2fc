"""Run a real Cyrus in a chroot, since its Debian package tolerates no other IMAP server.

The recipe is that of research/imap.md section 4.3; users are u0, u1, ... with the password "pw".
"""

import imaplib
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.chroot import Chroot
from tests.dovecot import PASSWORD, free_port
from tests.writing_client import WritingClient, done, quoted

_PACKAGES = ("cyrus-imapd", "cyrus-admin", "sasl2-bin", "libsasl2-modules")
_START_SECONDS = 60.0

_IMAPD_CONF = """
configdirectory: /srv/cy/conf
proc_path: /srv/cy/proc
mboxname_lockpath: /srv/cy/lock
idlesocket: /srv/cy/socket/idle
lmtpsocket: /srv/cy/socket/lmtp
notifysocket: /srv/cy/socket/notify
defaultpartition: default
partition-default: /srv/cy/mail
altnamespace: yes
unixhierarchysep: yes
admins: cyrus
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: /srv/cy/sasldb2
sasl_mech_list: PLAIN LOGIN
autocreate_quota: 0
autocreate_inbox_folders: Sent | Drafts
autocreate_subscribe_folders: Sent | Drafts
xlist-sent: Sent
specialuse_protect: \\Trash
xlist-drafts: Drafts
conversations: yes
servername: cyrus.test
imapidlepoll: 1
skiplist_unsafe: yes
"""

_CYRUS_CONF = """
START {{
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C /srv/cy/imapd.conf -r"
  idled cmd="/usr/lib/cyrus/bin/idled -C /srv/cy/imapd.conf"
}}
SERVICES {{
  imap cmd="/usr/lib/cyrus/bin/imapd -C /srv/cy/imapd.conf -U 30" listen="127.0.0.1:{port}" prefork=0 maxchild=200
}}
EVENTS {{
  checkpoint cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C /srv/cy/imapd.conf -c" period=30
}}
"""  # noqa: E501 - the format knows no continuation of a line

_START = """
cd /srv/cy; password=$1; shift
mkdir -p conf/db conf/proc conf/socket conf/log conf/msg mail socket proc lock
for user do echo "$password" | saslpasswd2 -p -c -f /srv/cy/sasldb2 -u cyrus.test "$user"; done
chown -R cyrus:mail /srv/cy
setpriv --reuid=cyrus --regid=mail --clear-groups \\
    /usr/sbin/cyrmaster -C /srv/cy/imapd.conf -M /srv/cy/cyrus.conf -p /srv/cy/master.pid -D
"""


class Cyrus:
    """A server with some users; use it as a context manager."""

    def __init__(self, folder: Path, users: int) -> None:
        """Take an empty folder for the chroot, or one that an earlier server has left."""
        self.port = free_port()
        self.users = [f"u{index}" for index in range(users)]
        self._chroot = Chroot(folder)
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Build the system, start the server in it, and wait until it greets."""
        if not (self._chroot.folder / "etc").exists():
            self._chroot.build(_PACKAGES)
        self._chroot.write("/srv/cy/imapd.conf", _IMAPD_CONF)
        self._chroot.write("/srv/cy/cyrus.conf", _CYRUS_CONF.format(port=self.port))
        self._process = self._chroot.start(_START, PASSWORD, "cyrus", *self.users, log=self._log)
        try:
            wait_until_it_greets(self.port, self.users[0], _START_SECONDS, self._log)
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it and all that it started."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)


class CyrusServer:
    """A real Cyrus with one of its users, as the ingest tests see a server."""

    def __init__(self, port: int, user: str) -> None:
        """Log in once: the first login of a user makes his folders."""
        self.port = port
        self.user = user
        self._client = WritingClient(port, user)
        with self._client.session():
            pass

    def append_all(self, folder: str, mails: Sequence[tuple[bytes, datetime]]) -> list[int]:
        """Put mails into a folder and return their UIDs."""
        return self._client.append_all(folder, mails)

    def expunge(self, folder: str, uid: int) -> None:
        """Delete a mail for good."""
        self._client.expunge(folder, uid)

    def renumber(self, folder: str, uidvalidity: int) -> None:  # noqa: ARG002 - see below
        """Let UIDs mean something else: Cyrus has no command for it, so the folder is made anew.

        The UIDVALIDITY is then of Cyrus's own choice, and INBOX can't be renumbered.
        """
        mails = self._client.copy_of(folder)
        # It is made of the second at which the folder is created.
        time.sleep(1.1)
        with self._client.session() as client:
            done(client.delete(quoted(folder)))
            done(client.create(quoted(folder)))
        self._client.append_all(folder, mails)

    def add_folder(self, folder: str) -> None:
        """Make a folder without any attribute."""
        with self._client.session() as client:
            done(client.create(quoted(folder)))

    def flags(self, folder: str) -> list[tuple[str, ...]]:
        """Return the flags of every mail."""
        return self._client.flags(folder)


def wait_until_it_greets(port: int, user: str, seconds: float, log: Path) -> None:
    """Return as soon as a user can log in; RuntimeError with the log when that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with WritingClient(port, user).session():
                return
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-3000:]}")
