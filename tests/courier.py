"""Run a real Courier in a chroot, since its Debian package tolerates no other IMAP server.

The recipe is that of research/imap.md section 4.3; users are u0, u1, ... with the password "pw".
"""

import os
import subprocess
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from imapclient.imap_utf7 import encode as encode_utf7

from tests.chroot import Chroot
from tests.cyrus import wait_until_it_greets
from tests.dovecot import PASSWORD, free_port
from tests.writing_client import WritingClient, done, quoted

_PACKAGES = ("courier-imap", "courier-authlib-userdb")
_START_SECONDS = 60.0

_START = """
port=$1; password=$2; shift 2
id vmail >/dev/null 2>&1 || useradd -m -d /srv/co/home -s /bin/false vmail
sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/' /etc/courier/authdaemonrc
rm -rf /etc/courier/userdb*
mkdir -m 700 /etc/courier/userdb
install -m 600 /dev/null /etc/courier/userdb/test
uid=$(id -u vmail) gid=$(id -g vmail) secret=$(echo "$password" | userdbpw -md5)
for user do
    home=/srv/co/mail/$user
    mkdir -p "$home"
    [ -d "$home/Maildir" ] || maildirmake "$home/Maildir"
    for folder in Sent Drafts; do
        [ -d "$home/Maildir/.$folder" ] || maildirmake -f "$folder" "$home/Maildir"
    done
    printf '%s\\tuid=%d|gid=%d|home=%s|mail=%s/Maildir|imappw=%s\\n' \\
        "$user" "$uid" "$gid" "$home" "$home" "$secret" >> /etc/courier/userdb/test
done
chown -R vmail:vmail /srv/co/mail
makeuserdb
sed -i "s/^ADDRESS=.*/ADDRESS=127.0.0.1/; s/^PORT=.*/PORT=$port/; s/^MAXPERIP=.*/MAXPERIP=40/
    s/^MAXDAEMONS=.*/MAXDAEMONS=200/; s/^IMAP_IDLE_TIMEOUT=.*/IMAP_IDLE_TIMEOUT=1/
    s/^IMAP_ULIMITD=.*/IMAP_ULIMITD=/" /etc/courier/imapd
rm -rf /run/courier
mkdir -p /run/courier/authdaemon
chown courier:courier /run/courier /run/courier/authdaemon
chmod 755 /run/courier /run/courier/authdaemon
/usr/sbin/authdaemond start
/usr/lib/courier/imapd start
sleep infinity
"""


class Courier:
    """A server with some users; use it as a context manager."""

    def __init__(self, folder: Path, users: int) -> None:
        """Take an empty folder for the chroot, or one that an earlier server has left."""
        self.port = free_port()
        self.users = [f"u{index}" for index in range(users)]
        self.mail = folder / "srv/co/mail"
        self._chroot = Chroot(folder)
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Build the system, start the server in it, and wait until it greets."""
        if not (self._chroot.folder / "etc").exists():
            self._chroot.build(_PACKAGES)
        self._process = self._chroot.start(
            _START, str(self.port), PASSWORD, *self.users, log=self._log
        )
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


class CourierServer:
    """A real Courier with one of its users, as the ingest tests see a server.

    Until somebody opens a folder for writing, its UIDVALIDITY is another at each EXAMINE.
    """

    def __init__(self, courier: Courier, user: str, *, stable: bool = True) -> None:
        """Take a server that runs; `stable` opens INBOX and Sent once as a mail program would."""
        self.port = courier.port
        self.user = user
        self._maildir = courier.mail / user / "Maildir"
        self._client = WritingClient(courier.port, user)
        self._numbers = count(1)
        if stable:
            self.open_as_a_person_would("INBOX")
            self.open_as_a_person_would("Sent")

    def open_as_a_person_would(self, folder: str) -> None:
        """Open a folder for writing, which freezes its UIDVALIDITY."""
        with self._client.folder(_inside(folder)):
            pass

    def append_all(self, folder: str, mails: Sequence[tuple[bytes, datetime]]) -> list[int]:
        """Put mails into a folder and return their UIDs."""
        return self._client.append_all(_inside(folder), mails)

    def deliver(self, folder: str, content: bytes, at: datetime) -> None:
        """Drop a mail as the system's own delivery does, past the IMAP server."""
        where = self._path(folder)
        name = f"{int(at.timestamp())}.{next(self._numbers)}.test"
        written = where / "tmp" / name
        # Maildirs hold lines as Unix ends them.
        written.write_bytes(content.replace(b"\r\n", b"\n"))
        os.utime(written, (at.timestamp(), at.timestamp()))
        written.rename(where / "new" / name)

    def delete_file(self, folder: str, index: int) -> None:
        """Take a mail away past the IMAP server; 0 is the oldest by its name."""
        where = self._path(folder)
        files = sorted([*(where / "new").iterdir(), *(where / "cur").iterdir()], key=_by_name)
        files[index].unlink()

    def expunge(self, folder: str, uid: int) -> None:
        """Delete a mail for good."""
        self._client.expunge(_inside(folder), uid)

    def renumber(self, folder: str, uidvalidity: int) -> None:
        """Let UIDs mean something else: the first line of the UID list holds the UIDVALIDITY."""
        path = self._path(folder) / "courierimapuiddb"
        version, _old, *rest = path.read_text().split(" ", 2)
        path.write_text(" ".join([version, str(uidvalidity), *rest]))

    def add_folder(self, folder: str) -> None:
        """Make a folder without any attribute."""
        with self._client.session() as client:
            done(client.create(quoted(_inside(folder))))

    def flags(self, folder: str) -> list[tuple[str, ...]]:
        """Return the flags of every mail."""
        return self._client.flags(_inside(folder))

    def _path(self, folder: str) -> Path:
        leaf = "" if folder == "INBOX" else f".{encode_utf7(folder).decode()}"
        return self._maildir / leaf


def _inside(folder: str) -> str:
    """Return a folder's name as Courier has it, where all lie below INBOX."""
    return folder if folder == "INBOX" else f"INBOX.{folder}"


def _by_name(path: Path) -> str:
    return path.name
