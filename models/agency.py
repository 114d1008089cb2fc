"""Describe the agency: its people, its accounts, the mailboxes it watches."""

from dataclasses import dataclass, field
from enum import StrEnum

from models.ids import AccountId, Address


class Role(StrEnum):
    """What a person may do; one person may hold several."""

    ACCOUNT_MANAGER = "account_manager"
    SPECIALIST = "specialist"
    CURATOR = "curator"
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One of ours."""

    email: Address
    name: str
    aliases: frozenset[Address] = frozenset()
    """Further addresses the person writes from, private ones too; never a shared mailbox."""
    roles: frozenset[Role] = frozenset()
    skills: tuple[str, ...] = ()
    """For specialists: tags or words that route a question; empty for others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A client company."""

    id: AccountId
    name: str
    domains: frozenset[str] = frozenset()
    """Lower-case domains whose senders belong to the account, sub-domains included."""
    contacts: frozenset[Address] = frozenset()
    """Addresses that belong to the account whatever their domain."""
    manager: Address | None = None
    """`email` of the account manager, who owns the account's obligations; empty: nobody yet."""
    specialists: tuple[Address, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Agency:
    """Everything the pure layers must know to tell ours from theirs and one client from another."""

    name: str
    domains: frozenset[str]
    zone: str
    """IANA name, e.g. "Europe/Moscow"."""
    language: str = "en"
    """"en" or "ru": the default for digests and the panel."""
    technical_senders: frozenset[Address] = frozenset()
    """Our robots and web forms: mail from them is the client's who stands in Reply-To."""
    extra_freemail_domains: frozenset[str] = frozenset()
    people: tuple[Person, ...] = ()
    accounts: tuple[Account, ...] = ()
    mailbox_addresses: frozenset[Address] = frozenset()
    """The watched mailboxes themselves; they are ours even on a foreign domain."""
    _person_by_address: dict[Address, Person] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index people by every address they write from."""
        index = {a: p for p in self.people for a in (p.email, *p.aliases)}
        object.__setattr__(self, "_person_by_address", index)

    def person_at(self, address: Address) -> Person | None:
        """Return the person who writes from an address; None for a shared mailbox or a stranger."""
        return self._person_by_address.get(address)

    def is_ours(self, address: Address) -> bool:
        """Tell whether an address is the agency's (SEMANTICS.md section 2, "Ours")."""
        if address in self._person_by_address or address in self.mailbox_addresses:
            return True
        domain = address.rpartition("@")[2]
        return any(domain == own or domain.endswith("." + own) for own in self.domains)
