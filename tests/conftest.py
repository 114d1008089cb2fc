"""Give integration tests an IMAP server, the embedded one and a real one in turn."""

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from models.db.migrating import migrate
from models.db.store import Store, open_store
from tests import dovecot
from tests.imap_servers import AnyServer, DovecotServer, embedded_server

_USERS = 300


@pytest.fixture(scope="session")
def real_dovecot() -> Iterator[dovecot.Dovecot]:
    """Yield one Dovecot for the session; each test takes a user of its own.

    Its folder is not one of pytest's: those are closed to the unprivileged user that it runs as,
    and every other pytest session on the machine closes them again.
    """
    if not dovecot.is_installed():
        pytest.skip("the system package dovecot-imapd is not installed")
    with (
        tempfile.TemporaryDirectory(prefix="sameday-dovecot-") as folder,
        dovecot.Dovecot(Path(folder), users=_USERS) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def fresh_users(real_dovecot: dovecot.Dovecot) -> Iterator[str]:
    """Yield users of the session's Dovecot that no test has touched."""
    return (real_dovecot.users[index] for index in count())


@pytest.fixture
def dovecot_server(real_dovecot: dovecot.Dovecot, fresh_users: Iterator[str]) -> DovecotServer:
    """Return the real Dovecot with a fresh user."""
    return DovecotServer(real_dovecot, next(fresh_users))


@pytest.fixture(params=["embedded", pytest.param("dovecot", marks=pytest.mark.dovecot)])
def server(request: pytest.FixtureRequest) -> Iterator[AnyServer]:
    """Yield a running server whose user has an empty INBOX and an empty Sent."""
    if request.param == "embedded":
        with embedded_server() as embedded:
            yield embedded
    else:
        yield request.getfixturevalue("dovecot_server")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield an empty store in a file."""
    opened = open_store("sqlite:///sameday.db", tmp_path)
    migrate(opened)
    yield opened
    opened.close()
