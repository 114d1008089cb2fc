"""Tell which clients a mail of ours really reached, once bounces are known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from models.agency import Agency
from models.event import ClientWrote, Event, MailBounced, WeWrote
from models.ids import UNKNOWN_ACCOUNT, AccountId, Address, MessageKey


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What came back in a thread, and who writes for which account there."""

    bounced: Mapping[MessageKey, frozenset[Address]]
    """Addresses that a mail of ours did not reach; empty means nobody was reached."""
    writers: Mapping[Address, AccountId]
    """Addresses that wrote in the thread, private ones too."""
    agency: Agency

    @classmethod
    def of(cls, events: Iterable[Event], agency: Agency) -> "Delivery":
        """Return the deliveries of a thread from all its events, in any order.

        A bounce may bear an earlier time than the mail that failed: two servers, two clocks.
        """
        bounced: dict[MessageKey, frozenset[Address]] = {}
        writers: dict[Address, AccountId] = {}
        for event in events:
            if isinstance(event, MailBounced):
                bounced[event.failed] = _both(bounced.get(event.failed), event.recipients)
            elif isinstance(event, ClientWrote) and event.account != UNKNOWN_ACCOUNT:
                writers[event.author] = event.account
        return cls(bounced=bounced, writers=writers, agency=agency)

    def as_delivered(self, mail: WeWrote) -> WeWrote:
        """Return a mail of ours without the recipients and accounts that it did not reach."""
        failed = self.bounced.get(mail.message)
        if failed is None:
            return mail
        reached = mail.recipients - failed
        # A server may name an address that we never wrote to (the client redirects his mail).
        # Nobody can tell then who got it; a missed request costs more than a false alarm.
        if not failed or reached == mail.recipients:
            reached = frozenset()
        owners = {self._account_of(address, mail.accounts) for address in reached}
        return replace(mail, recipients=reached, accounts=mail.accounts & owners)

    def _account_of(self, address: Address, among: frozenset[AccountId]) -> AccountId:
        """Return to which of some accounts an address belongs; unknown when to none of them."""
        if address in self.writers:
            return self.writers[address]
        domain = address.rpartition("@")[2]
        for account in self.agency.accounts:
            if account.id in among and (
                address in account.contacts
                or any(domain == own or domain.endswith("." + own) for own in account.domains)
            ):
                return account.id
        return UNKNOWN_ACCOUNT


def _both(earlier: frozenset[Address] | None, later: frozenset[Address]) -> frozenset[Address]:
    """Join what two bounces of one mail say; empty (everybody) stays everybody."""
    if earlier is None:
        return later
    return earlier | later if earlier and later else frozenset()
