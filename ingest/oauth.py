"""Decide what to ask of an OAuth 2 token endpoint and what its answer means (RFC 6749); pure.

What providers answer is sorted like the words of IMAP servers: a token endpoint that is busy or
down says nothing about the credentials (research/imap.md section 2.8, rows 17 and 18).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from ingest.imap_errors import (
    LoginRefused,
    MailboxError,
    Misconfigured,
    Throttled,
    TransientFailure,
)
from ingest.imap_values import Secret

_DEFAULT_LIFETIME = timedelta(minutes=5)
"""For an answer without expires_in: short, so that a wrong guess costs a request, not a login."""
_LONGEST_LIFETIME = timedelta(days=1)
_LONGEST_WAIT = timedelta(hours=1)
_SHOWN_CHARS = 300


class Flow(StrEnum):
    """How a token is obtained."""

    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of the grant type
    """Somebody has signed in and consented once; his refresh token stands for him."""
    CLIENT_CREDENTIALS = "client_credentials"
    """The application itself was granted access by the tenant's administrator."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenClient:
    """What an application needs to ask for access tokens."""

    flow: Flow
    token_url: str
    client_id: str
    client_secret: Secret | None
    """None for a public client, such as a program registered as "desktop"."""
    scope: str
    """Empty: what was consented to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpAnswer:
    """What a token endpoint answered."""

    status: int
    body: bytes
    retry_after: str = ""
    """As in the header: seconds or a date; empty when it is absent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenGrant:
    """An access token, and the refresh token that takes the place of the one used, if any."""

    access_token: Secret
    expires_at: datetime
    refresh_token: Secret | None
    """None when the one that was used stays valid (Google)."""


def token_request(client: TokenClient, refresh_token: Secret | None) -> dict[str, str]:
    """Return the form that asks for an access token (RFC 6749 sections 4.4.2 and 6).

    The client's secret stands in the form, which is what Google and Microsoft document.
    """
    form = {"grant_type": client.flow.value, "client_id": client.client_id}
    if client.client_secret is not None:
        form["client_secret"] = client.client_secret.value
    if refresh_token is not None:
        form["refresh_token"] = refresh_token.value
    if client.scope:
        form["scope"] = client.scope
    return form


# --- answers ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """What one refusal means: `codes` are values of "error", `pattern` is found in the words."""

    id: str
    kind: type[MailboxError]
    codes: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None
    advice: str
    examples: tuple[str, ...] = ()
    """"code: words" as providers write them; a test sorts each by this rule."""


_SIGN_IN_AGAIN = (
    "Sign in again, consent, and put the new refresh token where the config says (docs/oauth.md)."
)
_TRIED_AGAIN = "It will be tried again by itself."

RULES: tuple[_Rule, ...] = (
    # What passes by itself comes first: Microsoft says some of it as invalid_grant or
    # invalid_request with a code of its own.
    _Rule(
        id="slow-down",
        kind=Throttled,
        codes=frozenset({"slow_down", "rate_limit_exceeded"}),
        pattern=re.compile(r"AADSTS(90055|50196)\b"),
        advice=_TRIED_AGAIN,
        examples=("slow_down: ", "invalid_grant: AADSTS50196: a loop was detected"),
    ),
    _Rule(
        id="busy",
        kind=TransientFailure,
        codes=frozenset({"temporarily_unavailable", "server_error", "internal_failure"}),
        pattern=re.compile(r"AADSTS(90033|90024)\b|transient", re.IGNORECASE),
        advice=_TRIED_AGAIN,
        examples=("temporarily_unavailable: AADSTS90033: A transient error has occurred",),
    ),
    # Next what names the application: the user's own sign-in is fine then.
    _Rule(
        id="client-secret",
        kind=Misconfigured,
        pattern=re.compile(r"AADSTS(7000215|7000222|7000218)\b|client.secret", re.IGNORECASE),
        advice=(
            "Make a new client secret for the application, and check client_secret_env or "
            "client_secret_file (Microsoft: the secret's value, not its id)."
        ),
        examples=(
            "invalid_client: AADSTS7000222: the provided client secret keys are expired",
            "invalid_client: AADSTS7000215: Invalid client secret provided",
        ),
    ),
    _Rule(
        id="tenant",
        kind=Misconfigured,
        pattern=re.compile(r"AADSTS(90002|900023|700016|50194)\b"),
        advice="Check oauth.tenant and oauth.client_id: the tenant does not know them.",
        examples=("invalid_request: AADSTS90002: Tenant 'x' not found",),
    ),
    _Rule(
        id="client",
        kind=Misconfigured,
        codes=frozenset({"invalid_client", "unauthorized_client", "deleted_client"}),
        advice=(
            "Check oauth.client_id and the client secret: the provider does not accept the "
            "application."
        ),
        examples=("invalid_client: The OAuth client was not found.", "unauthorized_client: "),
    ),
    _Rule(
        id="scope",
        kind=Misconfigured,
        codes=frozenset({"invalid_scope", "invalid_target"}),
        pattern=re.compile(r"AADSTS(70011|1002012)\b"),
        advice="Check oauth.scope, and that the application was given this permission.",
        examples=("invalid_scope: Some requested scopes were invalid",),
    ),
    _Rule(
        id="consent",
        kind=LoginRefused,
        codes=frozenset({"consent_required", "interaction_required", "login_required"}),
        pattern=re.compile(r"AADSTS(65001|50076|50079|53003|50158|530\d\d)\b|invalid_rapt"),
        advice=(
            "The provider wants a person: sign in again and consent; an administrator may have to "
            "allow the application or exempt it from a policy (docs/oauth.md)."
        ),
        examples=(
            "invalid_grant: AADSTS65001: The user or administrator has not consented",
            "interaction_required: AADSTS50076: you must use multi-factor authentication",
        ),
    ),
    _Rule(
        id="grant",
        kind=LoginRefused,
        codes=frozenset({"invalid_grant", "access_denied"}),
        advice=(
            "The refresh token is no longer valid: a changed password, a revoked consent, or six "
            f"months without use. {_SIGN_IN_AGAIN}"
        ),
        examples=(
            "invalid_grant: Token has been expired or revoked.",
            "invalid_grant: AADSTS700082: The refresh token has expired due to inactivity",
        ),
    ),
    _Rule(
        id="request",
        kind=Misconfigured,
        codes=frozenset({"invalid_request", "unsupported_grant_type", "org_internal"}),
        advice="Check the [mailboxes.oauth] table: provider, flow, client_id, token_url, scope.",
        examples=("unsupported_grant_type: ", "invalid_request: Missing parameter"),
    ),
)


def grant_of(answer: HttpAnswer, *, endpoint: str, now: datetime) -> TokenGrant:
    """Return what a token endpoint granted; a MailboxError says why it granted nothing.

    `endpoint` names it in messages. Neither token ever stands in a message.
    """
    fields = _fields(answer.body)
    if answer.status != 200:
        raise _refusal(answer, fields, endpoint, now)
    token = fields.get("access_token")
    if not isinstance(token, str) or not token:
        message = (
            f"{endpoint} answered without an access token. Check oauth.token_url, and whether a "
            "proxy stands in between."
        )
        raise Misconfigured(message)
    rotated = fields.get("refresh_token")
    return TokenGrant(
        access_token=Secret(value=token, is_token=True),
        expires_at=now + _lifetime(fields.get("expires_in")),
        refresh_token=Secret(value=rotated) if isinstance(rotated, str) and rotated else None,
    )


def _fields(body: bytes) -> Mapping[str, object]:
    """Return the fields of a JSON object; none of anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _lifetime(expires_in: object) -> timedelta:
    """Return how long a token lives; some endpoints write the number as text."""
    try:
        seconds = float(expires_in) if isinstance(expires_in, int | float | str) else 0.0
        lifetime = timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return _DEFAULT_LIFETIME
    return min(lifetime, _LONGEST_LIFETIME) if lifetime > timedelta() else _DEFAULT_LIFETIME


def _refusal(
    answer: HttpAnswer, fields: Mapping[str, object], endpoint: str, now: datetime
) -> MailboxError:
    code, words = _said(fields)
    said = f"{endpoint} says: {code or 'status ' + str(answer.status)}{words and ', ' + words}"
    wait = wait_of(answer.retry_after, now)
    if answer.status == 429 or (answer.status >= 500 and wait):
        return Throttled(f"{said}. {_TRIED_AGAIN}", wait=wait)
    if answer.status >= 500 or answer.status == 408:
        return TransientFailure(f"{said}. {_TRIED_AGAIN}")
    rule = rule_of(code, words)
    if rule is None:
        # Nothing says that the credentials are wrong, and a person must look.
        return Misconfigured(f"{said}. Check oauth.token_url and the application (docs/oauth.md).")
    return rule.kind(f"{said}. {rule.advice}")


def _said(fields: Mapping[str, object]) -> tuple[str, str]:
    """Return the error's code and its words on one line, as shown to people.

    Google nests them for some errors: {"error": {"status": ..., "message": ...}}.
    """
    error = fields.get("error", "")
    words = fields.get("error_description", "")
    if isinstance(error, dict):
        error, words = error.get("status", ""), error.get("message", "")
    subtype = fields.get("error_subtype", "")
    return _line(error), ", ".join(filter(None, (_line(words), _line(subtype))))


def _line(value: object) -> str:
    """Return a text as one printable line; what is left out is marked."""
    if not isinstance(value, str):
        return ""
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split()).rstrip(".")
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


def rule_of(code: str, words: str) -> _Rule | None:
    """Return the first rule for a refusal; None for an unknown one."""
    for rule in RULES:
        if code in rule.codes or (rule.pattern and rule.pattern.search(words)):
            return rule
    return None


def wait_of(retry_after: str, now: datetime) -> timedelta:
    """Return how long Retry-After asks to wait, an hour at most; zero when it says nothing.

    >>> wait_of("120", datetime(2026, 4, 24, 9, 0, tzinfo=UTC))
    datetime.timedelta(seconds=120)
    >>> wait_of("Fri, 24 Apr 2026 09:00:30 GMT", datetime(2026, 4, 24, 9, 0, tzinfo=UTC))
    datetime.timedelta(seconds=30)
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        # Nine digits are many years, and Python refuses to read thousands of them.
        return min(timedelta(seconds=int(text[:9])), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return timedelta()
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return max(timedelta(), min(wait, _LONGEST_WAIT))
