"""A config file is understood whole, or refused with file, key, and what is accepted."""

import tomllib
from copy import deepcopy
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.agency import Role
from models.errors import ConfigurationError
from models.mailboxes import Tls
from models.verdict import Tag
from sameday.commands.setting_up import example_config
from sameday.settings import Settings, load_settings, settings_of
from sla.policy import SameDay, Within

PATH = Path("config.toml")
ROOT = Path(__file__).parents[3]


def _example() -> dict[str, Any]:
    return tomllib.loads(example_config())


def _settings(**changes: Any) -> Settings:
    return settings_of(_example() | changes, PATH)


def _with(values: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return a copy of a config with one key changed, e.g. "mailboxes.0.tls"."""
    changed = deepcopy(values)
    *path, last = key.split(".")
    table: Any = changed
    for part in path:
        table = table[int(part) if part.isdigit() else part]
    table[last] = value
    return changed


def test_the_example_in_the_root_is_what_init_writes() -> None:
    assert (ROOT / "config.toml").read_text(encoding="utf-8") == example_config()


def test_the_example_is_read_into_our_values() -> None:
    settings = load_settings(ROOT / "config.toml")
    assert settings.agency.domains == {"studio.example"}
    assert settings.agency.people[0].roles == {Role.ACCOUNT_MANAGER}
    assert settings.agency.accounts[0].manager == "anna@studio.example"
    assert settings.agency.mailbox_addresses == {"hello@studio.example"}
    assert settings.policy.rule == SameDay(cutoff=time(18))
    assert settings.policy.exceptions[0].tag is Tag.COMPLAINT
    assert settings.policy.exceptions[0].rule == Within(business_time=timedelta(hours=2))
    assert settings.calendar.is_working_day(date(2026, 4, 20))
    assert not settings.calendar.is_working_day(date(2026, 5, 1))
    assert settings.mailboxes[0].mailbox.tls is Tls.IMPLICIT
    assert (settings.panel_host, settings.panel_port) == ("127.0.0.1", 8025)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("agency.zone", "Moscow", r"agency\.zone: 'Moscow' is no time zone"),
        ("agency.zone", "../etc", r"agency\.zone"),
        ("agency.language", "de", r"agency\.language: 'de' is not accepted; use 'en' or 'ru'"),
        ("agency.domains", ["studio"], r"agency\.domains\[0\]: 'studio' is not of the right form"),
        ("agency.domain", "x.example", r"agency\.domain: there is no such key. Known here: name"),
        ("mailboxes.0.tls", "ssl", r"mailboxes\[0\]\.tls: 'ssl' is not accepted; use 'implicit'"),
        ("mailboxes.0.tls", "none", r"mailboxes\[0\]\.tls: \"none\" is accepted for a server on"),
        ("mailboxes.0.port", 0, r"mailboxes\[0\]\.port: 0"),
        ("mailboxes.0.pasword_env", "X", r"there is no such key. Known here: address, host"),
        (
            "mailboxes.0.password_file",
            "x",
            r"exactly one of .*there are 2: password_env, password_file",
        ),
        ("mailboxes.0.backfill_days", -1, r"mailboxes\[0\]\.backfill_days: -1"),
        ("accounts.0.manager", "nobody@studio.example", r"accounts\[0\]: 'nobody@.*Known: anna@"),
        ("people.0.roles", ["boss"], r"people\[0\]\.roles\[0\]: 'boss' is not accepted; use"),
        ("calendar.country", "XX", r"calendar\.country: country 'XX' is not known"),
        ("calendar.hours", {"mon": ["10-19"]}, r"calendar\.hours\.mon: hours '10-19'"),
        ("calendar.hours", {"mon": []}, r"calendar\.hours: no day has working hours"),
        ("calendar.hours", {"monday": []}, r"calendar\.hours\.monday"),
        ("policy.cutoff", "6pm", r"policy\.cutoff: time '6pm'"),
        ("policy.rule", "within", r"policy\.within: is missing"),
        ("policy.exceptions.0.within", "2x", r"policy\.exceptions\[0\].*'2x'"),
        ("policy.exceptions.0.tag", "spam", r"policy\.exceptions\[0\]\.tag: 'spam'"),
        ("panel.bind", "8025", r"panel\.bind: '8025' is not of the form address:port"),
        ("panel.bind", "127.0.0.1:99999", r"panel\.bind"),
        ("database.url", "", r"database\.url"),
    ],
)
def test_a_bad_value_is_refused_by_file_key_and_accepted_values(
    key: str, value: Any, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words) as raised:
        settings_of(_with(_example(), key, value), PATH)
    assert str(raised.value).startswith("config.toml: ")


@pytest.mark.parametrize("table", ["people", "accounts", "mailboxes"])
def test_a_double_is_refused(table: str) -> None:
    values = _example()
    values[table] = [*values[table], values[table][0]]
    with pytest.raises(ConfigurationError, match="stands 2 times"):
        settings_of(values, PATH)


def test_every_wrong_key_is_named_at_once() -> None:
    values = _with(_with(_example(), "agency.nam", 1), "panel.port", 1)
    with pytest.raises(ConfigurationError, match=r"agency\.nam: .*\n.*panel\.port: "):
        settings_of(values, PATH)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[agency", "is not valid TOML"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"", r"agency: is missing"),
    ],
    ids=["broken", "utf-16", "empty"],
)
def test_a_file_that_is_no_config_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        load_settings(path)


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"is not there.*sameday init"):
        load_settings(tmp_path / "config.toml")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        load_settings(tmp_path)


def test_a_server_on_this_machine_may_be_spoken_to_without_tls() -> None:
    values = _with(_with(_example(), "mailboxes.0.tls", "none"), "mailboxes.0.host", "127.0.0.1")
    assert settings_of(values, PATH).mailboxes[0].mailbox.tls is Tls.NONE


def test_what_mail_is_judged_by_changes_the_fingerprint() -> None:
    before = _settings().fingerprint
    assert settings_of(_with(_example(), "policy.cutoff", "17:00"), PATH).fingerprint != before
    assert settings_of(_with(_example(), "accounts.0.domains", []), PATH).fingerprint != before


def test_where_mail_comes_from_does_not_change_the_fingerprint() -> None:
    before = _settings().fingerprint
    assert settings_of(
        _with(_example(), "mailboxes.0.host", "other.example"), PATH
    ).fingerprint == (before)
    assert settings_of(_with(_example(), "panel.bind", "127.0.0.1:1"), PATH).fingerprint == before
