"""Write certificates for servers of tests: a right one, and each kind of wrong one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import trustme


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificates:
    """A folder with server.pem and server.key, and the authority that has signed them."""

    folder: Path
    ca_file: Path


def write_certificates(
    folder: Path, name: str = "localhost", *, not_after: datetime | None = None
) -> Certificates:
    """Write a certificate made out to a name, by an authority of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    server = authority.issue_cert(name, not_after=not_after)
    for blob in server.cert_chain_pems:
        blob.write_to_path(folder / "server.pem", append=True)
    server.private_key_pem.write_to_path(folder / "server.key")
    ca_file = folder / "authority.pem"
    authority.cert_pem.write_to_path(ca_file)
    return Certificates(folder=folder, ca_file=ca_file)
