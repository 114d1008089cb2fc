"""Find the client account of an address: known contact first, then the longest domain."""

from functools import lru_cache
from typing import Final

from ingest.freemail import FREEMAIL_DOMAINS
from models.agency import Account, Agency
from models.ids import AccountId, Address

_DOTLESS_DOMAINS: Final = frozenset({"gmail.com"})
"""Providers that ignore dots in the local part."""

# One mailbox, several names of its provider.
_SAME_PROVIDER: Final = {
    "googlemail.com": "gmail.com",
    "ya.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
    "yandex.by": "yandex.ru",
    "yandex.kz": "yandex.ru",
    "yandex.ua": "yandex.ru",
    "narod.ru": "yandex.ru",
}


@lru_cache(maxsize=4096)
def canonical_domain(domain: str) -> str:
    """Return a domain in lower-case ASCII, so that "пример.рф" equals its punycode."""
    low = domain.strip().strip(".").lower()
    if low.isascii() or len(low) > 255:
        return low
    try:
        return low.encode("idna").decode("ascii")
    except UnicodeError:
        return low


@lru_cache(maxsize=4096)
def canonical_address(address: Address) -> Address:
    """Return an address as it is compared: no plus-tag, one spelling of its provider."""
    local, _, domain = address.strip().lower().rpartition("@")
    domain = canonical_domain(domain)
    domain = _SAME_PROVIDER.get(domain, domain)
    # A plus at the very start is part of the name.
    local = local[:1] + local[1:].partition("+")[0]
    if domain in _DOTLESS_DOMAINS:
        local = local.replace(".", "")
    if domain == "yandex.ru":
        local = local.replace("-", ".")
    return Address(f"{local}@{domain}")


def is_freemail(domain: str, agency: Agency) -> bool:
    """Tell whether anybody can have an address on a domain."""
    name = canonical_domain(domain)
    return name in FREEMAIL_DOMAINS or name in {
        canonical_domain(extra) for extra in agency.extra_freemail_domains
    }


def _by_contact(address: Address, agency: Agency) -> set[AccountId]:
    wanted = canonical_address(address)
    return {
        account.id
        for account in agency.accounts
        if any(canonical_address(contact) == wanted for contact in account.contacts)
    }


def _longest_match(account: Account, domain: str) -> int:
    """Return the length of the account's longest domain that covers a domain; 0 for none."""
    names = {canonical_domain(name) for name in account.domains} - FREEMAIL_DOMAINS
    return max(
        (len(n) for n in names if n and (domain == n or domain.endswith("." + n))), default=0
    )


def account_of(address: Address, agency: Agency) -> AccountId | None:
    """Return the account an address belongs to; None for a stranger and when two claim it.

    A contact decides before a domain, a longer domain before a shorter one. A free-mail
    domain decides nothing, even if somebody wrote it into the settings.
    """
    contacts = _by_contact(address, agency)
    if contacts:
        return contacts.pop() if len(contacts) == 1 else None
    domain = canonical_domain(address.rpartition("@")[2])
    if not domain or is_freemail(domain, agency):
        return None
    lengths = {account.id: _longest_match(account, domain) for account in agency.accounts}
    longest = max(lengths.values(), default=0)
    claimants = [account for account, length in lengths.items() if length == longest > 0]
    return claimants[0] if len(claimants) == 1 else None
