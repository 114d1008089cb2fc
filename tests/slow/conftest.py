"""Give slow tests Cyrus and Courier, each in a chroot that is built once where that is possible."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chroot import Chroot, reason_not_to_build
from tests.courier import Courier, CourierServer
from tests.cyrus import Cyrus, CyrusServer

_USERS = 60


@contextmanager
def _chroot(server: str) -> Iterator[Path]:
    """Yield a folder that the server's users can reach, and delete it in the end."""
    reason = reason_not_to_build()
    if reason is not None:
        pytest.skip(f"no chroot for {server}: {reason}")
    folder = Path(tempfile.mkdtemp(prefix="sameday-chroot-"))
    try:
        yield folder
    finally:
        Chroot(folder).remove()


@pytest.fixture(scope="session")
def fresh_cyrus() -> Iterator[Callable[[], CyrusServer]]:
    """Yield what returns Cyrus with a user that no test has touched."""
    with ExitStack() as stack:
        cyrus = stack.enter_context(Cyrus(stack.enter_context(_chroot("Cyrus")), _USERS))
        users = iter(cyrus.users)
        yield lambda: CyrusServer(cyrus.port, next(users))


@pytest.fixture(scope="session")
def fresh_courier() -> Iterator[Callable[[bool], CourierServer]]:
    """Yield what returns Courier with a user that no test has touched; told True, a stable one."""
    with ExitStack() as stack:
        courier = stack.enter_context(Courier(stack.enter_context(_chroot("Courier")), _USERS))
        users = iter(courier.users)
        yield lambda stable: CourierServer(courier, next(users), stable=stable)
