"""Write the settings under which Sameday is measured."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from bench.mailbox import CLIENT_DOMAINS, OUR_DOMAIN
from models.db.messages import count_messages
from models.db.store import open_store

PASSWORD_ENV: Final = "BENCH_PASSWORD"

_HEAD: Final = f"""
[agency]
name = "Bench"
domains = ["{OUR_DOMAIN}"]
zone = "Europe/Moscow"

[calendar]
country = "RU"

[calendar.hours]
mon = ["10:00-19:00"]
tue = ["10:00-19:00"]
wed = ["10:00-19:00"]
thu = ["10:00-19:00"]
fri = ["10:00-19:00"]

[policy]
rule = "same_day"
cutoff = "18:00"

[database]
url = "sqlite:///bench.db"
"""


def write_config(folder: Path, port: int, users: Sequence[str]) -> Path:
    """Write a config that watches each user's mailbox on a local server; return its path."""
    accounts = "".join(
        f'\n[[accounts]]\nid = "c{number}"\nname = "Client {number}"\ndomains = ["{domain}"]\n'
        for number, domain in enumerate(CLIENT_DOMAINS)
    )
    mailboxes = "".join(
        f'\n[[mailboxes]]\naddress = "{user}@{OUR_DOMAIN}"\nhost = "127.0.0.1"\nport = {port}\n'
        f'tls = "none"\nuser = "{user}"\npassword_env = "{PASSWORD_ENV}"\nbackfill_days = 0\n'
        for user in users
    )
    path = folder / "config.toml"
    path.write_text(_HEAD + accounts + mailboxes)
    return path


def count_stored(config: Path) -> int:
    """Return how many messages a finished run has stored."""
    with closing(open_store("sqlite:///bench.db", config.parent)) as store, store.read() as db:
        return count_messages(db)
