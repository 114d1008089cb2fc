"""Describe the sample agency of `sameday demo`, Studio North, in the form of config.toml.

Public holidays are off (`country = ""`), so that the demo shows the same picture on every day of
the year: in the first days of January a Russian calendar would have nothing overdue to show.
"""

from typing import Final

from models.ids import Address

DOMAIN: Final = "studio-north.example"
ZONE_NAME: Final = "Europe/Moscow"

_WORKDAY: Final = ("10:00-13:00", "14:00-19:00")
_MANAGER: Final = "account_manager"


def _ours(local: str) -> Address:
    """Return one of the agency's addresses."""
    return Address(f"{local}@{DOMAIN}")


HELLO: Final = _ours("hello")
SUPPORT: Final = _ours("support")
ANNA: Final = _ours("anna")
BORIS: Final = _ours("boris")
VERA: Final = _ours("vera")
OLGA: Final = _ours("olga")
ILYA: Final = _ours("ilya")
MARK: Final = _ours("mark")
WEB_FORM: Final = _ours("noreply")

SENT_FOLDERS: Final[dict[Address, tuple[str, str]]] = {
    HELLO: ("Sent", "\\Sent"),
    # An old Outlook made this one: nothing but its name tells what it is for.
    SUPPORT: ("Sent Items", ""),
    # A Russian name on the wire in modified UTF-7, found by its special use.
    ANNA: ("Отправленные", "\\Sent"),
    BORIS: ("Sent", "\\Sent"),
    VERA: ("Sent Messages", "\\Sent"),
}
"""The watched mailboxes, each with the name of its Sent folder and the special use it announces;
an empty special use means that the server announces none (RFC 6154)."""


def _person(
    email: Address,
    name: str,
    roles: tuple[str, ...],
    skills: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
) -> dict[str, object]:
    """Return one `[[people]]` table."""
    return {
        "email": email,
        "name": name,
        "aliases": list(aliases),
        "roles": list(roles),
        "skills": list(skills),
    }


_PEOPLE: Final = (
    _person(ANNA, "Anna Snow", (_MANAGER,), aliases=(_ours("a.snow"),)),
    _person(BORIS, "Boris Volkov", (_MANAGER,)),
    _person(VERA, "Vera Klein", (_MANAGER,)),
    _person(OLGA, "Olga Petrova", ("curator", "admin")),
    _person(
        ILYA, "Ilya Sokolov", ("specialist",), ("bug", "developer", "вёрстка", "интеграция", "api")
    ),
    _person(MARK, "Mark Hale", ("specialist",), ("seo", "ads", "design", "реклама", "дизайн")),
)


def _account(
    account_id: str,
    name: str,
    domain: str,
    manager: Address,
    specialists: tuple[Address, ...],
    contacts: tuple[str, ...] = (),
) -> dict[str, object]:
    """Return one `[[accounts]]` table."""
    return {
        "id": account_id,
        "name": name,
        "domains": [domain],
        "contacts": list(contacts),
        "manager": manager,
        "specialists": list(specialists),
    }


_ACCOUNTS: Final = (
    _account("sevles", "Северный лес", "sevles.example", BORIS, (ILYA, MARK)),
    _account("kedr", "Мебельная фабрика «Кедр»", "kedr-mebel.example", BORIS, (ILYA,)),
    _account("belline", "Клиника «Белая линия»", "belaya-liniya.example", VERA, (MARK,)),
    # The owner writes from a free-mail address, which no domain can tell: he is named as a contact.
    _account(
        "zerno",
        "Кофейни «Зерно»",
        "zerno-cafe.example",
        ANNA,
        (ILYA, MARK),
        contacts=("tkachenko.zerno@pochta.example",),
    ),
    _account("lukomor", "Книги «Лукоморье»", "lukomor.example", VERA, (ILYA,)),
    _account("harbour", "Harbour Bank", "harbour-bank.example", ANNA, (ILYA,)),
    _account("tidewater", "Tidewater Logistics", "tidewater.example", BORIS, (ILYA,)),
    _account("ledgerly", "Ledgerly", "ledgerly.example", ANNA, (ILYA, MARK)),
    _account("oakfield", "Oakfield School", "oakfield-school.example", VERA, (ILYA,)),
    _account("fernhill", "Fernhill Garden Shop", "fernhill.example", VERA, (MARK,)),
)

AGENCY_SETTINGS: Final[dict[str, object]] = {
    "agency": {
        "name": "Studio North",
        "domains": [DOMAIN],
        "zone": ZONE_NAME,
        "language": "en",
        "technical_senders": [WEB_FORM],
        "extra_freemail_domains": ["pochta.example"],
    },
    "calendar": {
        "country": "",
        "hours": {day: list(_WORKDAY) for day in ("mon", "tue", "wed", "thu", "fri")},
    },
    "policy": {
        "rule": "same_day",
        "cutoff": "18:00",
        "exceptions": [{"tag": "complaint", "rule": "within", "within": "2h"}],
    },
    "people": list(_PEOPLE),
    "accounts": list(_ACCOUNTS),
}
"""All that does not depend on where the demo runs; `settings` adds the rest."""


def settings(
    imap_port: int, database_url: str, panel_bind: str, password_env: str
) -> dict[str, object]:
    """Return complete settings, in the structure of config.toml, for servers on loopback.

    `password_env` names the environment variable that holds the password of every mailbox.
    """
    return {
        **AGENCY_SETTINGS,
        "mailboxes": [_mailbox(address, imap_port, password_env) for address in SENT_FOLDERS],
        "database": {"url": database_url},
        "panel": {"bind": panel_bind},
    }


def _mailbox(address: Address, imap_port: int, password_env: str) -> dict[str, object]:
    """Return one `[[mailboxes]]` table; its Sent folder is left to be found."""
    return {
        "address": address,
        "host": "127.0.0.1",
        "port": imap_port,
        "tls": "none",
        "user": address,
        "password_env": password_env,
        "backfill_days": 90,
    }
