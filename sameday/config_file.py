"""Say what may stand in `config.toml`: names, types, defaults, and a sentence on each.

The reference in docs/configuration.md is generated from here (`make docs`).
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from models.agency import Role
from models.mailboxes import Tls
from models.verdict import Tag

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
EmailAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_lower=True, pattern=r"^[^@\s<>,;]{1,64}@[^@\s<>,;]{1,255}$"
    ),
]
Domain = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[^@\s/]+\.[^@\s/]+$")
]


class _Table(BaseModel):
    """A table of the file: an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AgencyTable(_Table):
    """The agency whose mailboxes are watched."""

    name: Text = Field(description="How the agency calls itself.")
    domains: list[Domain] = Field(
        min_length=1, description="Mail from these domains and their sub-domains is ours."
    )
    zone: Text = Field(
        default="Europe/Moscow", description="IANA time zone in which working days begin and end."
    )
    language: Literal["en", "ru"] = Field(
        default="en", description="Language of the panel and the digests until a person chooses."
    )
    technical_senders: list[EmailAddress] = Field(
        default=[], description="Our robots and web forms: their mail is the client's in Reply-To."
    )
    extra_freemail_domains: list[Domain] = Field(
        default=[], description="Further free-mail domains, which never tell an account."
    )


class CalendarTable(_Table):
    """When people work."""

    country: str = Field(
        default="",
        description='Country whose public holidays count, e.g. "RU"; "" for none.',
    )
    hours: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[str]] = Field(
        default={day: ["10:00-19:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
        description='Working intervals per weekday, e.g. ["10:00-13:00", "14:00-19:00"]; '
        "a day that is missing is a day off; 24:00 is a valid end.",
    )
    overrides: dict[date, list[str]] = Field(
        default={},
        description="Intervals of single dates, which win over everything; [] is a day off.",
    )


class RuleTable(_Table):
    """One rule that says when an answer is due."""

    rule: Literal["same_day", "within"] = Field(
        default="same_day",
        description='"same_day": what arrives before `cutoff` is due at closing time of that day, '
        'the rest at closing time of the next working day; "within": due after `within` of '
        "working time.",
    )
    cutoff: Text = Field(default="18:00", description="For same_day: HH:MM in the agency's zone.")
    within: Text | None = Field(
        default=None, description='For within: working time such as "4h" or "90m".'
    )


class PolicyExceptionTable(RuleTable):
    """A rule for some of the mail; the most urgent applicable rule wins."""

    tag: Tag | None = Field(default=None, description="Applies to mail with this tag.")
    account: Text | None = Field(default=None, description="Applies to this account's mail.")
    mailbox: EmailAddress | None = Field(default=None, description="Applies to this mailbox.")


class PolicyTable(RuleTable):
    """When an answer is due."""

    exceptions: list[PolicyExceptionTable] = Field(
        default=[], description="Rules for a tag, an account or a mailbox."
    )


class PersonTable(_Table):
    """One of ours."""

    email: EmailAddress = Field(description="The person's address; names the person elsewhere.")
    name: Text = Field(description="How the person is called.")
    aliases: list[EmailAddress] = Field(
        default=[], description="Further addresses the person writes from, private ones too."
    )
    roles: list[Role] = Field(default=[], description="What the person may do.")
    skills: list[Text] = Field(default=[], description="For specialists: tags or words.")


class AccountTable(_Table):
    """A client company."""

    id: Text = Field(description="Short stable name, used in exports.")
    name: Text = Field(description="How the client is called on the panel.")
    domains: list[Domain] = Field(
        default=[], description="Senders of these domains and their sub-domains belong to it."
    )
    contacts: list[EmailAddress] = Field(
        default=[], description="Addresses that belong to it whatever their domain."
    )
    manager: EmailAddress | None = Field(
        default=None, description="E-mail of the account manager, one of [[people]]."
    )
    specialists: list[EmailAddress] = Field(
        default=[], description="E-mails of specialists, each one of [[people]]."
    )


class OAuthTable(_Table):
    """Signing in by an access token (XOAUTH2) instead of a password."""

    token_command: list[Text] = Field(
        min_length=1,
        description="Command and arguments that print a fresh access token, run without a shell.",
    )


class MailboxTable(_Table):
    """One IMAP login that is watched, read-only."""

    address: EmailAddress = Field(description="The mailbox's address.")
    host: Text = Field(description="Name of the IMAP server.")
    port: int = Field(default=993, ge=1, le=65535, description="Its port: 993, or 143.")
    tls: Tls = Field(
        default=Tls.IMPLICIT,
        description='"implicit" (port 993), "starttls" (port 143), "none" on loopback only.',
    )
    user: Text | None = Field(default=None, description="Login name; the address if it is absent.")
    password_env: Text | None = Field(
        default=None, description="Environment variable that holds the password."
    )
    password_file: Text | None = Field(
        default=None, description="File whose first line is the password."
    )
    password_command: list[Text] | None = Field(
        default=None, description="Command and arguments that print the password; no shell."
    )
    oauth: OAuthTable | None = Field(default=None, description="Sign in by an access token.")
    backfill_days: int = Field(
        default=90, ge=0, description="How far back mail is read; 0 means everything."
    )
    folders: list[Text] = Field(
        default=[], description="Further folders to read beside INBOX and Sent."
    )
    sent: str = Field(default="", description="Name of the Sent folder; found by itself if empty.")

    @field_validator("password_command", mode="after")
    @classmethod
    def _needs_a_program(cls, command: list[str] | None) -> list[str] | None:
        if command == []:
            message = "name a program and its arguments"
            raise ValueError(message)
        return command


class DatabaseTable(_Table):
    """Where everything is kept."""

    url: Text = Field(
        default="sqlite:///sameday.db",
        description="SQLAlchemy URL; a relative SQLite path is beside the config file.",
    )


class PanelTable(_Table):
    """The web panel."""

    bind: Text = Field(default="127.0.0.1:8025", description="Address and port it listens on.")


class MailOutTable(_Table):
    """The SMTP server for mail to our own people."""

    host: Text = Field(description="Name of the SMTP server.")


class ConfigFile(_Table):
    """All of `config.toml`."""

    agency: AgencyTable
    calendar: CalendarTable = CalendarTable()
    policy: PolicyTable = PolicyTable()
    people: list[PersonTable] = []
    accounts: list[AccountTable] = []
    mailboxes: list[MailboxTable] = Field(min_length=1)
    database: DatabaseTable = DatabaseTable()
    panel: PanelTable = PanelTable()
    mail_out: MailOutTable | None = None
