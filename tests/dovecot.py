"""Run a real Dovecot without any privilege, on loopback, in a folder of its own.

The recipe is that of research/imap.md section 4.2; users are u0, u1, ... with the password "pw".
"""

import base64
import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from imapclient.imap_utf7 import encode as encode_utf7

_BINARY = Path("/usr/sbin/dovecot")
_NOBODY = "nobody"
_START_SECONDS = 15.0
PASSWORD = "pw"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
instance_name = t{port}
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_uid = {user}
mail_gid = {group}
mail_location = maildir:{folder}/mail/%u/Maildir
mail_max_userip_connections = 50
mail_fsync = never
# Where inotify's instances run out (128 a user), Dovecot looks this often instead of every 30 s.
mailbox_idle_check_interval = 1s
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/passwd
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = {sent_special_use}
    auto = {sent_auto}
  }}
  mailbox Drafts {{
    special_use = \\Drafts
    auto = create
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service stats {{
  chroot =
}}
default_process_limit = 1000
auth_failure_delay = 0
"""
_TOKENS = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf.ext
}}
"""
_TOKEN_VALIDATION = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = sub
"""


def is_installed() -> bool:
    """Tell whether this machine has Dovecot 2.3 with IMAP."""
    return _BINARY.exists()


class Dovecot:
    """A server with some users; use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        users: int = 1,
        *,
        with_sent: bool = True,
        tls: Path | None = None,
        mechanisms: str = "plain login",
        token_secret: bytes = b"",
    ) -> None:
        """Prepare the server; `tls` is a folder with server.pem and server.key.

        With `token_secret`, JSON Web Tokens signed by it are accepted for their `sub`, if
        `mechanisms` name xoauth2 or oauthbearer.
        """
        self.folder = folder
        self.port = free_port()
        self.tls_port = free_port() if tls else 0
        self.users = [f"u{index}" for index in range(users)]
        self._with_sent = with_sent
        self.passwords: dict[str, str] = {}
        """Passwords of further users; set them before the start."""
        self._tls = tls
        self._mechanisms = mechanisms
        self._token_secret = token_secret
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it greets."""
        self._write_files()
        command = [str(_BINARY), "-F", "-c", str(self.folder / "dovecot.conf")]
        as_nobody = {"user": _NOBODY, "group": _group_of(_NOBODY)} if os.getuid() == 0 else {}
        with (self.folder / "stderr.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=log,
                extra_groups=[] if as_nobody else None,
                **as_nobody,  # type: ignore[call-overload]  # keyword sets mypy can't see
            )
        self._wait_until_it_greets()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it and its children."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=10)

    def append(self, user: str, folder: str, content: bytes, internaldate: datetime) -> int:
        """Put a mail into a folder as another client would; return its UID."""
        return self.append_all(user, folder, [(content, internaldate)])[0]

    def append_all(
        self, user: str, folder: str, mails: Sequence[tuple[bytes, datetime]]
    ) -> list[int]:
        """Put mails into a folder over one connection; return their UIDs."""
        uids = []
        name = encode_utf7(folder).decode()
        with self.login(user) as client:
            for content, internaldate in mails:
                date = imaplib.Time2Internaldate(internaldate)
                _typ, data = client.append(name, "", date, content)
                # [APPENDUID validity uid] (RFC 4315)
                uids.append(int(data[0].split(b"]")[0].split()[-1]))
        return uids

    def login(self, user: str) -> imaplib.IMAP4:
        """Return a session of another client, which may write."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        # imaplib writes a command in two pieces; without this each costs 40 ms (Nagle).
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.login(user, PASSWORD)
        return client

    def admin(self, *arguments: str) -> None:
        """Run doveadm on the server."""
        command = ["doveadm", "-c", str(self.folder / "dovecot.conf"), *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=20)

    def _write_files(self) -> None:
        for name in ("run", "mail", "state"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        lines = [f"{user}:{{PLAIN}}{PASSWORD}\n" for user in self.users]
        lines += [f"{user}:{{PLAIN}}{word}\n" for user, word in self.passwords.items()]
        (self.folder / "passwd").write_text("".join(lines), encoding="utf-8")
        user = _NOBODY if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        config = _CONFIG.format(
            folder=self.folder,
            port=self.port,
            tls_port=self.tls_port,
            user=user,
            group=_group_of(user),
            ssl=self._ssl(),
            mechanisms=self._mechanisms,
            sent_special_use="\\Sent" if self._with_sent else "\\Trash",
            sent_auto="create" if self._with_sent else "no",
        )
        if self._token_secret:
            config += self._tokens()
        (self.folder / "dovecot.conf").write_text(config)
        if os.getuid() == 0:
            self._give_to_nobody()

    def _tokens(self) -> str:
        """Write what validates tokens, and return the part of the configuration for it."""
        key = self.folder / "keys" / "default" / "HS256" / "default"
        key.parent.mkdir(parents=True)
        key.write_bytes(base64.b64encode(self._token_secret))
        validation = _TOKEN_VALIDATION.format(folder=self.folder)
        (self.folder / "oauth2.conf.ext").write_text(validation)
        return _TOKENS.format(folder=self.folder)

    def _ssl(self) -> str:
        if self._tls is None:
            return "no"
        return f"yes\nssl_cert = <{self._tls}/server.pem\nssl_key = <{self._tls}/server.key"

    def _give_to_nobody(self) -> None:
        """Let the unprivileged server have its folder."""
        for path in (self.folder, *self.folder.rglob("*")):
            shutil.chown(path, _NOBODY, _group_of(_NOBODY))

    def _wait_until_it_greets(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                self.login(self.users[0]).logout()
            except (OSError, imaplib.IMAP4.error):
                time.sleep(0.05)
            else:
                return
        log = (self.folder / "stderr.log").read_text() + self._log()
        raise RuntimeError(f"Dovecot did not start: {log}")

    def _log(self) -> str:
        log = self.folder / "dovecot.log"
        return log.read_text() if log.exists() else ""


def free_port() -> int:
    """Return a TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _group_of(user: str) -> str:
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
