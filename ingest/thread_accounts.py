"""Say whose mail each message of a thread is, from the thread's messages alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.accounts import account_of
from models.agency import Agency
from models.ids import UNKNOWN_ACCOUNT, AccountId, Address, MessageKey
from models.message import Direction, Message


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadAccounts:
    """Who is whose in one thread."""

    by_message: dict[MessageKey, AccountId | None]
    """None for internal mail; "unknown" when nothing tells."""
    by_address: dict[Address, AccountId]
    """Addresses outside the agency; those of no account are missing."""


def resolve_accounts(messages: Sequence[Message], agency: Agency) -> ThreadAccounts:
    """Assign accounts (SEMANTICS.md section 3): contact, domain, the thread's account, recipients.

    Who wrote to us in a thread that has just one account belongs to it, whatever the address: a
    client goes on from a private one. Who was only written to does not: it may be a third party.
    """
    by_address = _direct(messages, agency)
    of_thread = _only(by_address.values())
    by_message: dict[MessageKey, AccountId | None] = {}
    for message in messages:
        if message.direction is not Direction.INBOUND:
            continue
        account = (
            by_address.get(message.author.address) or of_thread or _shared(message, by_address)
        )
        by_message[message.key] = account or UNKNOWN_ACCOUNT
    for message in messages:
        account = by_message.get(message.key)
        if account is not None and account != UNKNOWN_ACCOUNT and not message.ignored_reason:
            by_address.setdefault(message.author.address, account)
    for message in messages:
        if message.direction is Direction.OUTBOUND:
            by_message[message.key] = _shared(message, by_address) or of_thread or UNKNOWN_ACCOUNT
        elif message.direction is Direction.INTERNAL:
            by_message[message.key] = None
    return ThreadAccounts(by_message=by_message, by_address=by_address)


def _direct(messages: Sequence[Message], agency: Agency) -> dict[Address, AccountId]:
    """Return the accounts that addresses tell by themselves."""
    addresses = {c.address for m in messages for c in (m.author, *m.recipients)}
    found = {a: account_of(a, agency) for a in sorted(addresses) if not agency.is_ours(a)}
    return {address: account for address, account in found.items() if account is not None}


def _shared(message: Message, by_address: dict[Address, AccountId]) -> AccountId | None:
    """Return the only account among a message's recipients; None when there are none or several."""
    return _only(by_address[r.address] for r in message.recipients if r.address in by_address)


def _only(accounts: Iterable[AccountId]) -> AccountId | None:
    distinct = set(accounts)
    return distinct.pop() if len(distinct) == 1 else None
