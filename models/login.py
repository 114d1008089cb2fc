"""Describe who may sign in to the panel."""

from dataclasses import dataclass

from models.agency import Role
from models.ids import Address


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """A person with a password for the panel."""

    id: int
    email: Address
    name: str
    password_hash: str
    roles: frozenset[Role]
