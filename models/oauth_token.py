"""Describe the refresh token that is in force for a sign-in, as it is stored."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredToken:
    """A refresh token at rest."""

    encrypted: bytes
    """Never the token itself."""
    version: int
    """Grows by one with each token written for the sign-in."""
