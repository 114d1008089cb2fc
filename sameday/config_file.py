"""Say what may stand in `config.toml`: names, types, defaults, and a sentence on each.

The reference in docs/configuration.md is generated from here (`make docs`).
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from ingest.imap_values import TokenMechanism
from ingest.oauth import Flow
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
    """Signing in by a token (docs/oauth.md): `token_command`, or `provider` and what it needs."""

    token_command: list[Text] | None = Field(
        default=None,
        min_length=1,
        description="Command and arguments that print a fresh access token, run without a shell.",
    )
    provider: Literal["google", "microsoft", "custom"] | None = Field(
        default=None, description="Who gives the tokens; `custom` needs `token_url`."
    )
    flow: Flow = Field(
        default=Flow.REFRESH_TOKEN,
        description="`refresh_token`: a person has signed in and consented once; "
        "`client_credentials`: the application itself was granted access (Microsoft, app-only).",
    )
    client_id: Text | None = Field(default=None, description="Id of the registered application.")
    client_secret_env: Text | None = Field(
        default=None,
        description="Environment variable that holds the application's secret; a public client "
        "has none.",
    )
    client_secret_file: Text | None = Field(
        default=None, description="File whose first line is the application's secret."
    )
    refresh_token_env: Text | None = Field(
        default=None,
        description="Environment variable that holds the refresh token of the first sign-in; its "
        "successors are kept in the database, encrypted.",
    )
    refresh_token_file: Text | None = Field(
        default=None, description="File whose first line is the refresh token of the first sign-in."
    )
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$")] | None = Field(
        default=None,
        description="Microsoft: id or domain of the tenant; must be given for client_credentials, "
        "else `organizations`.",
    )
    token_url: Text | None = Field(
        default=None, description="For custom: address of the token endpoint, https."
    )
    scope: Text | None = Field(
        default=None, description="What to ask for; the provider's scope for IMAP if it is absent."
    )
    mechanism: TokenMechanism | None = Field(
        default=None,
        description="How the token is presented to the server; by what it announces if it is "
        "absent.",
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
    ca_file: Text | None = Field(
        default=None,
        description="PEM file with the certificate authority of a server of your own, trusted "
        "beside the system's.",
    )
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
    key_env: Text | None = Field(
        default=None,
        description="Environment variable with the key that encrypts refresh tokens; several keys "
        "between spaces, the one in use first.",
    )
    key_file: Text | None = Field(
        default=None,
        description="File with the key, several on lines of their own. Without either, SQLite gets "
        "a key file beside it, named after it with `.key`, that only its owner can read.",
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
