"""Hold the state of one IMAP session: who is logged in, which folder is open, what it is told."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sameday.demo.imap_faults import ImmediateFault
from sameday.demo.imap_folder import MailFolder
from sameday.demo.imap_syntax import BadCommand, Refused
from sameday.demo.imap_view import FolderVanished, FolderView
from sameday.demo.imap_wire import Wire
from sameday.demo.mail_store import MailStore, NoSuchFolder


class Session:
    """One client. Lives in the server's thread; only the bell is rung from others."""

    def __init__(
        self, *, number: int, wire: Wire, store: MailStore, capabilities: tuple[str, ...]
    ) -> None:
        """Begin before the login."""
        self.number = number
        self.wire = wire
        self.store = store
        self.capabilities = capabilities
        self.user = ""
        self.view: FolderView | None = None
        self.is_ending = False
        self.fault: ImmediateFault | None = None
        """What goes wrong with the present command."""
        self._is_pushing = False

    def offers(self, capability: str) -> bool:
        """Tell whether a capability is announced."""
        return capability in self.capabilities

    def folder(self, name: str, *, code: str = "NONEXISTENT") -> MailFolder:
        """Return a folder of the user; Refused, with the response code, when there is none."""
        try:
            return self.store.folder(self.user, name)
        except NoSuchFolder as error:
            raise Refused(f"[{code}] There is no such folder") from error

    def open(self, folder: MailFolder, *, read_only: bool) -> FolderView:
        """Open a folder in place of the present one."""
        self.view = FolderView(folder, read_only=read_only, session=self.number)
        return self.view

    def opened(self) -> FolderView:
        """Return the open folder."""
        if self.view is None:
            raise BadCommand("No folder is open")
        return self.view

    def opened_for_writing(self) -> FolderView:
        """Return the open folder; Refused when it was opened by EXAMINE."""
        view = self.opened()
        if view.read_only:
            raise Refused("[READ-ONLY] The folder is open for reading only")
        return view

    def tell_news(self, *, expunges: bool) -> None:
        """Write what changed in the open folder since the client last heard of it."""
        if self.view is not None:
            self.wire.write(self.view.news(expunges=expunges))

    # --- IDLE -----------------------------------------------------------------------------------

    @contextmanager
    def pushing(self) -> Iterator[None]:
        """Send news of the open folder as they happen."""
        if self.view is None:
            yield
            return
        loop = asyncio.get_running_loop()

        def bell() -> None:
            # The loop may be closed already when a change races with the server's stop.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._push)

        self._is_pushing = True
        try:
            with self.view.folder.ringing(bell):
                self._push()
                yield
        finally:
            self._is_pushing = False

    def _push(self) -> None:
        # A bell rung just before DONE arrives after it; its news wait for the next command.
        if self.view is None or not self._is_pushing:
            return
        try:
            self.wire.push(self.view.news(expunges=True))
        except FolderVanished as vanished:
            self.wire.push(f"* BYE {vanished}\r\n".encode())
            self.wire.close()
