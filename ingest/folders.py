"""Choose which folders of a mailbox to read, and say why: INBOX, Sent, and those configured.

An allow-list, not "all folders": Exchange lists calendars whose items can't be fetched, and every
further folder is mail that somebody already put away (research/imap.md section 2.7).
"""

import re
import unicodedata
from collections.abc import Sequence

from ingest.imap_values import ListedFolder
from models.mailboxes import FolderRole, Mailbox, MonitoredFolder

_UNSELECTABLE = frozenset({"\\noselect", "\\nonexistent"})

_SENT_NAMES = frozenset(
    {
        # English: Dovecot and Courier, Outlook, Gmail, Apple, Netscape
        "sent",
        "sent items",
        "sent mail",
        "sent messages",
        "sent-mail",
        # Russian: Yandex and Mail.ru, Gmail, Outlook. "Исходящие" is the outbox, not Sent.
        "отправленные",
        "отправленные письма",
        "отправленные элементы",
        # Ukrainian, Belarusian, Kazakh, Bulgarian
        "надіслані",
        "відправлені",
        "адпраўленыя",
        "жіберілген",
        "изпратени",
        # German, French, Polish, Spanish
        "gesendet",
        "gesendete elemente",
        "gesendete objekte",
        "éléments envoyés",
        "envoyés",
        "wysłane",
        "enviados",
    }
)


def choose_folders(
    listed: Sequence[ListedFolder], mailbox: Mailbox
) -> tuple[tuple[MonitoredFolder, ...], str]:
    """Return the folders to read, and what is wrong with the choice in one sentence or "".

    A mailbox without a Sent folder is still read, and said to be incomplete: replies would be
    invisible and every client would seem to wait.
    """
    selectable = [folder for folder in listed if not folder.attributes & _UNSELECTABLE]
    inbox = next((f for f in selectable if f.raw_name.upper() == b"INBOX"), None)
    chosen = [_monitored(inbox, FolderRole.INBOX, "every mailbox has INBOX")] if inbox else []
    sent, problem = _choose_sent(selectable, mailbox)
    chosen += [sent] if sent else []
    taken = {folder.raw_name for folder in chosen}
    for name in mailbox.folders:
        extra = _by_name(selectable, name)
        if extra is None:
            problem = problem or f"the folder {name!r} of `folders` is not there. {_seen(listed)}"
        elif extra.raw_name not in taken:
            chosen.append(_monitored(extra, FolderRole.EXTRA, "named in `folders`"))
    if inbox is None:
        problem = "the server lists no INBOX. Check the user."
    return tuple(chosen), problem


def _choose_sent(
    selectable: Sequence[ListedFolder], mailbox: Mailbox
) -> tuple[MonitoredFolder | None, str]:
    """Find Sent by configuration, then the special-use attribute (RFC 6154), then by name."""
    if mailbox.sent:
        configured = _by_name(selectable, mailbox.sent)
        if configured is None:
            return None, f"the folder `sent = {mailbox.sent!r}` is not there. {_seen(selectable)}"
        return _monitored(configured, FolderRole.SENT, "named by `sent`"), ""
    marked = [f for f in selectable if "\\sent" in f.attributes]
    named = [f for f in selectable if _leaf(f) in _SENT_NAMES]
    for candidates, reason in (
        (marked, "marked \\Sent by the server"),
        (named, "recognised by its name"),
    ):
        if len(candidates) == 1:
            return _monitored(candidates[0], FolderRole.SENT, reason), ""
        if candidates:
            names = ", ".join(repr(f.name) for f in candidates)
            return None, (
                f"several folders look like Sent ({names}), so replies would be missed. "
                "Name the right one with `sent` in the config."
            )
    return None, (
        "no Sent folder was found, so replies would be invisible. "
        f"Name it with `sent` in the config. {_seen(selectable)}"
    )


def role_by_name(name: str) -> FolderRole:
    """Return what a folder is for when nothing but its name is known, as of imported files."""
    leaf = _normalised(re.split(r"[/.\\]", name)[-1])
    if leaf in _SENT_NAMES:
        return FolderRole.SENT
    return FolderRole.INBOX if _normalised(name) == "inbox" else FolderRole.EXTRA


def _by_name(listed: Sequence[ListedFolder], name: str) -> ListedFolder | None:
    wanted = _normalised(name)
    return next((f for f in listed if _normalised(f.name) == wanted), None)


def _leaf(folder: ListedFolder) -> str:
    """Return the last part of a folder's name, made comparable."""
    name = folder.name.rpartition(folder.delimiter)[2] if folder.delimiter else folder.name
    return _normalised(name)


def _normalised(name: str) -> str:
    """Fold case, compatibility forms, ё, and the invisible mark that some servers append."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return folded.replace("ё", "е").replace("\u200e", "").strip()


def _monitored(folder: ListedFolder, role: FolderRole, reason: str) -> MonitoredFolder:
    return MonitoredFolder(name=folder.name, raw_name=folder.raw_name, role=role, reason=reason)


def _seen(listed: Sequence[ListedFolder]) -> str:
    names = ", ".join(repr(folder.name) for folder in listed[:12])
    return f"The server has: {names or 'nothing'}."
