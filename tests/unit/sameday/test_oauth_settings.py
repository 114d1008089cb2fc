"""A [mailboxes.oauth] table becomes a source of tokens, or is refused with what is missing."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ingest.imap_values import TokenMechanism
from ingest.oauth import Flow
from models.errors import ConfigurationError
from sameday.commands.setting_up import example_config
from sameday.config_file import OAuthTable
from sameday.oauth_settings import token_source
from sameday.secret_sources import NamedSecret, SecretSource, SignInSource
from sameday.settings import settings_of

PATH = Path("folder/config.toml")
GUIDE = Path(__file__).parents[3] / "docs" / "oauth.md"
GOOGLE = {
    "provider": "google",
    "client_id": "app",
    "client_secret_env": "APP_SECRET",
    "refresh_token_file": "token.txt",
}
APP_ONLY = {
    "provider": "microsoft",
    "flow": "client_credentials",
    "client_id": "app",
    "client_secret_env": "APP_SECRET",
    "tenant": "studio.example",
}
CUSTOM = GOOGLE | {"provider": "custom", "token_url": "https://login.example/token"}


def _source(values: dict[str, Any]) -> SecretSource:
    return token_source(OAuthTable.model_validate(values), "mailboxes[0]", PATH)


def _sign_in(values: dict[str, Any]) -> SignInSource:
    source = _source(values).sign_in
    assert source is not None
    return source


def test_google_needs_an_application_and_a_refresh_token() -> None:
    assert _sign_in(GOOGLE) == SignInSource(
        flow=Flow.REFRESH_TOKEN,
        token_url="https://oauth2.googleapis.com/token",
        client_id="app",
        scope="",
        client_secret=NamedSecret(
            key="folder/config.toml: mailboxes[0].oauth.client_secret", env="APP_SECRET"
        ),
        refresh_token=NamedSecret(
            key="folder/config.toml: mailboxes[0].oauth.refresh_token",
            file=Path("folder/token.txt"),
        ),
    )


def test_microsoft_is_asked_for_a_successor_and_any_tenant() -> None:
    source = _sign_in(GOOGLE | {"provider": "microsoft"})
    assert source.token_url == "https://login.microsoftonline.com/organizations/oauth2/v2.0/token"
    assert source.scope == "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"


def test_a_public_client_has_no_secret() -> None:
    public = {key: value for key, value in GOOGLE.items() if key != "client_secret_env"}
    assert _sign_in(public).client_secret is None


def test_an_application_of_microsoft_acts_within_its_tenant() -> None:
    source = _sign_in(APP_ONLY)
    assert source.token_url == "https://login.microsoftonline.com/studio.example/oauth2/v2.0/token"
    assert source.scope == "https://outlook.office365.com/.default"
    assert source.refresh_token is None


def test_a_custom_provider_has_its_own_address_and_scope() -> None:
    source = _sign_in(CUSTOM | {"scope": "imap"})
    assert (source.token_url, source.scope) == ("https://login.example/token", "imap")


def test_a_custom_provider_on_this_machine_needs_no_tls() -> None:
    assert _sign_in(CUSTOM | {"token_url": "http://127.0.0.1:8080/token"}).token_url


def test_a_token_command_stands_alone() -> None:
    source = _source({"token_command": ["get-token"], "mechanism": "oauthbearer"})
    assert source.token_command == ("get-token",)
    assert source.mechanism is TokenMechanism.OAUTHBEARER
    assert source.sign_in is None


def _without(values: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, r"mailboxes\[0\]\.oauth: write either token_command or provider"),
        (GOOGLE | {"token_command": ["x"]}, "write either token_command or provider"),
        ({"token_command": ["x"], "scope": "y"}, "scope has no meaning beside token_command"),
        (_without(GOOGLE, "client_id"), r"oauth\.client_id: is missing"),
        (_without(GOOGLE, "refresh_token_file"), r"oauth\.refresh_token_env: is missing"),
        (GOOGLE | {"refresh_token_env": "X"}, r"refresh_token_env: stands beside refresh_token_fi"),
        (GOOGLE | {"tenant": "x"}, r"oauth\.tenant: has a meaning with provider = \"microsoft\""),
        (
            GOOGLE | {"token_url": "https://x.example"},
            r"oauth\.token_url: is accepted with provide",
        ),
        (GOOGLE | {"flow": "client_credentials"}, r"oauth\.flow: .* does not exist at Google"),
        (_without(APP_ONLY, "tenant"), r"oauth\.tenant: is missing"),
        (_without(APP_ONLY, "client_secret_env"), r"oauth\.client_secret_env: is missing"),
        (APP_ONLY | {"refresh_token_env": "X"}, r"refresh_token_env: has no meaning with client_c"),
        (_without(CUSTOM, "token_url"), r"oauth\.token_url: is missing"),
        (CUSTOM | {"token_url": "http://login.example/token"}, "is not of the form https://"),
        (CUSTOM | {"token_url": "https://u:p@login.example/"}, "is not of the form https://"),
        (CUSTOM | {"token_url": "https://[login/"}, "is not of the form https://"),
        (CUSTOM | {"token_url": "file:" + "///etc/passwd"}, "is not of the form https://"),
    ],
)
def test_a_table_that_can_not_work_is_refused_by_key(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        _source(values)
    assert str(caught.value).startswith("folder/config.toml: mailboxes[0].oauth")


def test_a_missing_part_of_a_sign_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APP_SECRET", raising=False)
    with pytest.raises(ConfigurationError, match=r"oauth\.client_secret_env: .* APP_SECRET is not"):
        _sign_in(GOOGLE).read()


@pytest.mark.parametrize(
    "block", re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
)
def test_each_example_of_the_guide_is_accepted(block: str) -> None:
    block = re.sub(r"(?m)^ +", "", block)
    settings = settings_of(tomllib.loads(example_config()) | tomllib.loads(block), PATH)
    assert settings.mailboxes[0].secret.sign_in is not None


def test_the_commented_example_of_the_config_is_accepted() -> None:
    table = re.search(r"(?m)^# \[mailboxes\.oauth\]\n((?:# .*\n)+)", example_config())
    assert table is not None
    text = re.sub(r"(?m)^# ", "", table[1])
    assert _sign_in(tomllib.loads(text)).refresh_token is not None
