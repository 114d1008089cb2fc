"""Read `config.toml` once into frozen Settings, or say in one sentence what is wrong with it."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.agency import Account, Agency, Person
from models.errors import ConfigurationError
from models.ids import AccountId, Address
from models.mailboxes import Mailbox, Tls
from sameday.config_file import (
    AgencyTable,
    CalendarTable,
    ConfigFile,
    MailboxTable,
    PolicyExceptionTable,
    PolicyTable,
    RuleTable,
)
from sameday.database_key import DatabaseKeySource, database_key_source
from sameday.hosts import is_loopback
from sameday.oauth_settings import token_source
from sameday.secret_sources import SecretSource
from sla.policy import Policy, PolicyException, Rule, SameDay, Within, parse_cutoff, parse_duration
from sla.public_holidays import PublicHolidays
from sla.work_calendar import WorkCalendar, parse_hours

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_JUDGING_TABLES = {"agency", "calendar", "policy", "people", "accounts", "mailboxes"}


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedMailbox:
    """A mailbox with the way to its secret."""

    mailbox: Mailbox
    secret: SecretSource


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All that `config.toml` says, checked and in our own values."""

    folder: Path
    """Where the file lies; relative paths in it start here."""
    agency: Agency
    calendar: WorkCalendar
    policy: Policy
    mailboxes: tuple[WatchedMailbox, ...]
    database_url: str
    database_key: DatabaseKeySource
    panel_host: str
    panel_port: int
    fingerprint: str
    """Changes with any setting by which mail is judged; then history is judged again."""


def load_settings(path: Path) -> Settings:
    """Return the settings of a file; ConfigurationError names file, key and accepted values."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"{path} is not there. Write one with: sameday init --config {path}"
        raise ConfigurationError(message) from error
    except OSError as error:
        message = f"{path} can't be read: {error.strerror}. Check its permissions."
        raise ConfigurationError(message) from error
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8."
        raise ConfigurationError(message) from error
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is not valid TOML: {error}."
        raise ConfigurationError(message) from error
    return settings_of(values, path)


def settings_of(values: Mapping[str, Any], path: Path) -> Settings:
    """Return the settings of a parsed file; `path` names it in messages and anchors paths."""
    try:
        file = ConfigFile.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(_explained(error, path)) from error
    _refuse_contradictions(file, path)
    with _naming(path, "panel.bind"):
        host, port = _bind_address(file.panel.bind)
    folder = path.parent
    return Settings(
        folder=folder,
        agency=_agency(file, path),
        calendar=_calendar(file.agency, file.calendar, path),
        policy=_policy(file.policy, path),
        mailboxes=tuple(_watched(table, index, path) for index, table in enumerate(file.mailboxes)),
        database_url=file.database.url,
        database_key=database_key_source(file.database, path),
        panel_host=host,
        panel_port=port,
        fingerprint=_fingerprint(file),
    )


# --- errors -------------------------------------------------------------------------------------


@contextmanager
def _naming(path: Path, key: str) -> Iterator[None]:
    """Put file and key before the message of whatever refuses a value."""
    try:
        yield
    except (ConfigurationError, ValueError) as error:
        message = f"{path}: {key}: {error}"
        raise ConfigurationError(message) from error


def _explained(error: ValidationError, path: Path) -> str:
    """Return one line per wrong key, as a person would say it."""
    return "\n".join(f"{path}: {_explained_one(detail)}" for detail in error.errors()[:10])


def _explained_one(detail: ErrorDetails) -> str:
    key = _key_of(detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            known = ", ".join(_keys_beside(detail["loc"]))
            return f"{key}: there is no such key. Known here: {known}"
        case "missing":
            return f"{key}: is missing"
        case "string_pattern_mismatch":
            return f"{key}: {detail['input']!r} is not of the right form, e.g. {_example(key)}"
        case "enum" | "literal_error":
            return f"{key}: {detail['input']!r} is not accepted; use {detail['ctx']['expected']}"
        case _:
            return f"{key}: {detail['input']!r}: {detail['msg']}"


def _key_of(location: Iterable[str | int]) -> str:
    """Return a key as people write it: mailboxes[0].tls, counted from 0."""
    key = ""
    for part in location:
        if part == "[key]":
            continue
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def _keys_beside(location: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are known in the table where an unknown one stands."""
    table: Any = ConfigFile
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        annotation = table.model_fields[part].annotation
        arguments = getattr(annotation, "__args__", ())
        tables = [a for a in (annotation, *arguments) if hasattr(a, "model_fields")]
        if not tables:
            return []
        table = tables[0]
    return list(table.model_fields)


def _example(key: str) -> str:
    return "studio.example" if "domains" in key else "anna@studio.example"


def _refuse_contradictions(file: ConfigFile, path: Path) -> None:
    """Refuse what no single key can show: doubles, and names that nobody bears."""
    people = [person.email for person in file.people]
    doubles = {
        "people: email": people,
        "accounts: id": [account.id for account in file.accounts],
        "mailboxes: address": [mailbox.address for mailbox in file.mailboxes],
    }
    for key, names in doubles.items():
        for name, count in Counter(names).items():
            if count > 1:
                message = f"{path}: {key} {name!r} stands {count} times. Keep one."
                raise ConfigurationError(message)
    for index, account in enumerate(file.accounts):
        named = [account.manager] if account.manager else []
        for email in (*named, *account.specialists):
            if email not in people:
                message = (
                    f"{path}: accounts[{index}]: {email!r} is nobody of [[people]]. "
                    f"Known: {', '.join(people) or 'nobody'}"
                )
                raise ConfigurationError(message)


# --- our values ---------------------------------------------------------------------------------


def _agency(file: ConfigFile, path: Path) -> Agency:
    table = file.agency
    _zone(table.zone, path)
    return Agency(
        name=table.name,
        domains=frozenset(table.domains),
        zone=table.zone,
        language=table.language,
        technical_senders=_addresses(table.technical_senders),
        extra_freemail_domains=frozenset(table.extra_freemail_domains),
        people=tuple(
            Person(
                email=Address(person.email),
                name=person.name,
                aliases=_addresses(person.aliases),
                roles=frozenset(person.roles),
                skills=tuple(person.skills),
            )
            for person in file.people
        ),
        accounts=tuple(
            Account(
                id=AccountId(account.id),
                name=account.name,
                domains=frozenset(account.domains),
                contacts=_addresses(account.contacts),
                manager=Address(account.manager) if account.manager else None,
                specialists=tuple(Address(email) for email in account.specialists),
            )
            for account in file.accounts
        ),
        mailbox_addresses=_addresses(mailbox.address for mailbox in file.mailboxes),
    )


def _addresses(texts: Iterable[str]) -> frozenset[Address]:
    return frozenset(Address(text) for text in texts)


def _zone(name: str, path: Path) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        message = f"{path}: agency.zone: {name!r} is no time zone; write one like Europe/Moscow"
        raise ConfigurationError(message) from error


def _calendar(agency: AgencyTable, table: CalendarTable, path: Path) -> WorkCalendar:
    weekly = {}
    for day, texts in table.hours.items():
        with _naming(path, f"calendar.hours.{day}"):
            weekly[_WEEKDAYS.index(day)] = parse_hours(texts)
    overrides = {}
    for date_, texts in table.overrides.items():
        with _naming(path, f"calendar.overrides.{date_}"):
            overrides[date_] = parse_hours(texts)
    with _naming(path, "calendar.country"):
        holidays = PublicHolidays.of(table.country)
    if not any(weekly.values()):
        message = f"{path}: calendar.hours: no day has working hours, so nothing could fall due"
        raise ConfigurationError(message)
    return WorkCalendar(
        zone=_zone(agency.zone, path), weekly=weekly, overrides=overrides, holidays=holidays
    )


def _policy(table: PolicyTable, path: Path) -> Policy:
    return Policy(
        rule=_rule(table, "policy", path),
        exceptions=tuple(
            _exception(exception, f"policy.exceptions[{index}]", path)
            for index, exception in enumerate(table.exceptions)
        ),
    )


def _exception(table: PolicyExceptionTable, key: str, path: Path) -> PolicyException:
    with _naming(path, key):
        return PolicyException(
            rule=_rule(table, key, path),
            tag=table.tag,
            account=AccountId(table.account) if table.account else None,
            mailbox=Address(table.mailbox) if table.mailbox else None,
        )


def _rule(table: RuleTable, key: str, path: Path) -> Rule:
    if table.rule == "same_day":
        with _naming(path, f"{key}.cutoff"):
            return SameDay(cutoff=parse_cutoff(table.cutoff))
    if table.within is None:
        message = f'{path}: {key}.within: is missing, and rule = "within" needs it, e.g. "4h"'
        raise ConfigurationError(message)
    with _naming(path, f"{key}.within"):
        return Within(business_time=parse_duration(table.within))


def _watched(table: MailboxTable, index: int, path: Path) -> WatchedMailbox:
    key = f"mailboxes[{index}]"
    if table.tls is Tls.NONE and not is_loopback(table.host):
        message = (
            f'{path}: {key}.tls: "none" is accepted for a server on this machine only; '
            f'use "implicit" or "starttls" for {table.host}'
        )
        raise ConfigurationError(message)
    mailbox = Mailbox(
        address=Address(table.address),
        host=table.host,
        port=table.port,
        tls=table.tls,
        user=table.user or table.address,
        folders=tuple(table.folders),
        sent=table.sent,
        backfill_days=table.backfill_days,
        ca_file=path.parent / table.ca_file if table.ca_file else None,
    )
    return WatchedMailbox(mailbox=mailbox, secret=_secret_source(table, key, path))


def _secret_source(table: MailboxTable, key: str, path: Path) -> SecretSource:
    sources = ("password_env", "password_file", "password_command", "oauth")
    given = [name for name in sources if getattr(table, name) is not None]
    if len(given) != 1:
        message = (
            f"{path}: {key}: write exactly one of {', '.join(sources)} "
            f"(there are {len(given)}: {', '.join(given) or 'none'})"
        )
        raise ConfigurationError(message)
    if table.oauth is not None:
        return token_source(table.oauth, key, path)
    return SecretSource(
        key=f"{path}: {key}",
        env=table.password_env or "",
        file=path.parent / table.password_file if table.password_file else None,
        command=tuple(table.password_command or ()),
    )


def _bind_address(text: str) -> tuple[str, int]:
    """Return host and port of "127.0.0.1:8025" or "[::1]:8025"."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        message = f"{text!r} is not of the form address:port, e.g. 127.0.0.1:8025"
        raise ValueError(message)
    return host.strip("[]") or "127.0.0.1", int(port)


def _fingerprint(file: ConfigFile) -> str:
    """Hash what mail is judged by; where mail is fetched from changes no verdict."""
    judged = file.model_dump(mode="json", include=_JUDGING_TABLES)
    judged["mailboxes"] = sorted(mailbox["address"] for mailbox in judged["mailboxes"])
    return hashlib.sha256(repr(judged).encode()).hexdigest()[:16]
