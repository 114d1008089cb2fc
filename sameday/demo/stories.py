"""Load the stories of the demo: who writes to whom, when, in which mail program, and what."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from models.ids import AccountId, Address
from sameday.demo.moments import Language
from sameday.demo.sample_agency import DOMAIN


class Program(StrEnum):
    """What a person writes mail with: it decides quoting, headers and encodings."""

    GMAIL = "gmail"
    OUTLOOK = "outlook"
    APPLE = "apple"
    IPHONE = "iphone"
    YANDEX = "yandex"
    THUNDERBIRD = "thunderbird"
    MAILRU = "mailru"
    MACHINE = "machine"
    """A server or a script: it quotes nothing and signs nothing."""


class Says(StrEnum):
    """What a mail is meant to say: for tests and for the reader of a story, never for the mail."""

    ASKS = "asks"
    CHASES = "chases"
    THANKS = "thanks"
    INFORMS = "informs"
    """Materials, a payment notice, an approval: needs no answer."""
    WITHDRAWS = "withdraws"
    ANSWERS = "answers"
    HOLDS = "holds"
    """Postpones until `until`."""
    PARTLY = "partly"
    REPORTS = "reports"
    """Ours, unasked: a report, an invoice, a question of our own."""
    INTERNAL = "internal"
    BOUNCES = "bounces"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, kw_only=True, slots=True)
class Writer:
    """Somebody who writes mail."""

    name: str
    email: Address
    program: Program
    language: Language = "en"
    """Language of the mail program, i.e. of its attribution lines."""
    signature: str = ""
    signature_ru: str = ""
    """Used instead of `signature` under a Russian text, when given."""
    host: str = ""
    """Right side of Message-IDs; empty means the domain of `email`."""

    @property
    def ours(self) -> bool:
        """True for a person or a machine of the agency."""
        return self.email.endswith("@" + DOMAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """One mail of a story."""

    id: str
    """Unique over all stories: Message-IDs derive from it."""
    writer: Writer
    at: str
    """See `sameday.demo.moments`."""
    text: str
    says: Says
    to: tuple[Address, ...] = ()
    """Empty: whoever wrote last on the other side, or else the recipients of the mail before."""
    cc: tuple[Address, ...] = ()
    via: Address | None = None
    """A shared mailbox that one of ours writes from; empty means his own address."""
    until: str = ""
    """For HOLDS and PARTLY: the moment promised, its day counted from the mail's ("+1d 15:00")."""
    complains: bool = False
    """The client is displeased with us: the demo's policy gives two working hours."""
    subject: str = ""
    """Empty: the subject of the conversation, with the program's reply prefix on a reply."""
    parent: str = ""
    """Id of the mail it replies to; empty means the one before, "none" begins anew."""
    quotes: bool = True
    signed: bool = True
    body: str = ""
    """"plain", "html" or "alternative"; empty means as the program does."""
    charset: str = ""
    encoding: str = ""
    """"quoted-printable", "base64" or "8bit"; empty means as the program does."""
    html: str = ""
    """HTML as it is, for newsletters; empty means made from the text."""
    reply_to: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[str, ...] = ()
    meeting: str = ""
    """Moment of a meeting the mail invites to, its day counted from the day of the mail."""
    bounce: bool = False
    """A delivery status notification for its parent."""
    clock_off_days: int = 0
    """How wrong the sender's clock is: shifts the Date header, never the arrival."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """Mails on one matter, in the order in which they are written."""

    id: str
    subject: str
    account: AccountId | None
    """None for mail that belongs to no client."""
    mails: tuple[Mail, ...]


_STORIES = files("sameday.demo") / "stories"


@cache
def conversations() -> tuple[Conversation, ...]:
    """Return every conversation of the stories, files in alphabetical order."""
    return tuple(talk for name in _file_names() for talk in _conversations_in(_table(name)))


@cache
def whole_cast() -> Mapping[str, Writer]:
    """Return everybody who writes in some story, by short name: unique over all stories."""
    cast: dict[str, Writer] = {}
    for name in _file_names():
        cast |= _cast(_table(name))
    return cast


@cache
def names_by_address() -> Mapping[Address, str]:
    """Return the display name of everybody who writes in a story, by address."""
    return {writer.email: writer.name for writer in whole_cast().values()}


def _conversations_in(table: Mapping[str, Any]) -> tuple[Conversation, ...]:
    """Return the conversations of one story file, given as parsed TOML."""
    cast = whole_cast()
    account = AccountId(table["account"]) if "account" in table else None
    return tuple(
        Conversation(
            id=entry["id"],
            subject=entry["subject"],
            account=account,
            mails=tuple(
                mail_from(f"{entry['id']}-{number}", mail, cast)
                for number, mail in enumerate(entry["mail"], start=1)
            ),
        )
        for entry in table.get("conversation", ())
    )


def _file_names() -> list[str]:
    """Return the names of the story files in alphabetical order."""
    return sorted(f.name for f in _STORIES.iterdir() if f.name.endswith(".toml"))


def _table(name: str) -> Mapping[str, Any]:
    """Return one story file as TOML."""
    return tomllib.loads((_STORIES / name).read_text(encoding="utf-8"))


def _cast(table: Mapping[str, Any]) -> dict[str, Writer]:
    """Return the writers that a story file introduces, by short name."""
    return {
        key: Writer(
            **{**entry, "program": Program(entry["program"]), "email": Address(entry["email"])}
        )
        for key, entry in table.get("cast", {}).items()
    }


def mail_from(default_id: str, entry: Mapping[str, Any], cast: Mapping[str, Writer]) -> Mail:
    """Return one mail with short names resolved; an unknown key is a TypeError."""
    fields = dict(entry)
    writer = cast[fields.pop("from")]
    for key in ("to", "cc"):
        fields[key] = tuple(_address(name, cast) for name in fields.get(key, ()))
    if "via" in fields:
        fields["via"] = _address(fields["via"], cast)
    return Mail(
        **{
            **fields,
            "id": fields.get("id", default_id),
            "writer": writer,
            "says": Says(fields["says"]),
            "text": fields["text"].strip(),
            "headers": tuple(fields.get("headers", {}).items()),
            "attachments": tuple(fields.get("attachments", ())),
        }
    )


def _address(name: str, cast: Mapping[str, Writer]) -> Address:
    """Return the address of a short name; one with "@" stands for itself."""
    if name in cast:
        return cast[name].email
    return Address(name if "@" in name else f"{name}@{DOMAIN}")
