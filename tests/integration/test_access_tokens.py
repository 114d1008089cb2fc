"""Access tokens come from a real HTTP endpoint, and a refresh token's successor is never lost.

Rows of the catalogue in research/imap.md section 3 are named where a test plays them.
"""

import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ingest.access_tokens import AccessTokens, SignIn
from ingest.imap_errors import (
    LoginRefused,
    MailboxError,
    Misconfigured,
    Throttled,
    TransientFailure,
)
from ingest.imap_values import Secret
from ingest.oauth import Flow, HttpAnswer, TokenClient
from ingest.token_endpoint import TokenEndpoint
from ingest.token_vault import HeldToken, TokenVault, new_key
from models.db import schema
from models.db.store import Store
from models.errors import ConfigurationError, StoreError
from tests.certificates import write_certificates
from tests.token_endpoint import Answer, FakeTokenEndpoint

NOW = datetime(2026, 4, 24, 9, 0, tzinfo=UTC)
KEY = new_key()


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def endpoint() -> Iterator[FakeTokenEndpoint]:
    """Yield an endpoint that rotates refresh tokens, and refuses used ones."""
    with FakeTokenEndpoint() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def process(store: Store, clock: Clock) -> Callable[[], AccessTokens]:
    """Return what starts another process's tokens on the same database."""
    return lambda: AccessTokens(
        endpoint=TokenEndpoint(),
        vault=lambda: TokenVault(store, [KEY]),
        clock=clock,
        pause=lambda _seconds: time.sleep(0.02),
    )


@pytest.fixture
def sign_in(endpoint: FakeTokenEndpoint) -> SignIn:
    return SignIn(
        client=TokenClient(
            flow=Flow.REFRESH_TOKEN,
            token_url=endpoint.url,
            client_id="app",
            client_secret=Secret(value="client-s3cret"),
            scope="imap",
        ),
        first_token=Secret(value="first-token"),
    )


def _in_force(store: Store, sign_in: SignIn) -> str:
    assert sign_in.first_token is not None
    return TokenVault(store, [KEY]).current(sign_in.name, sign_in.first_token, NOW).token.value


# --- renewing -----------------------------------------------------------------------------------


def test_a_token_is_asked_for_once_and_kept_until_shortly_before_its_end(
    process: Callable[[], AccessTokens], endpoint: FakeTokenEndpoint, sign_in: SignIn, clock: Clock
) -> None:
    tokens = process()
    assert tokens.token(sign_in).value == "access-1"
    clock.now += timedelta(minutes=57)
    assert tokens.token(sign_in).value == "access-1"
    clock.now += timedelta(minutes=2)
    assert tokens.token(sign_in).value == "access-2"
    assert [form["refresh_token"] for form in endpoint.forms] == ["first-token", "refresh-1"]


def test_a_refused_token_is_renewed_and_the_newer_one_is_not(
    process: Callable[[], AccessTokens], sign_in: SignIn
) -> None:
    tokens = process()
    old = tokens.token(sign_in)
    assert tokens.token(sign_in, refused=old).value == "access-2"
    assert tokens.token(sign_in, refused=old).value == "access-2"


def test_the_successor_is_used_after_a_restart(
    process: Callable[[], AccessTokens], endpoint: FakeTokenEndpoint, sign_in: SignIn
) -> None:
    process().token(sign_in)
    assert process().token(sign_in).value == "access-2"
    assert [form["refresh_token"] for form in endpoint.forms] == ["first-token", "refresh-1"]


def test_a_new_sign_in_in_the_settings_takes_the_place_of_the_stored_one(
    process: Callable[[], AccessTokens], endpoint: FakeTokenEndpoint, sign_in: SignIn
) -> None:
    process().token(sign_in)
    endpoint.in_force = "after-new-consent"
    again = replace(sign_in, first_token=Secret(value="after-new-consent"))
    assert process().token(again).value == "access-2"


def test_two_mailboxes_of_one_sign_in_share_its_tokens(
    process: Callable[[], AccessTokens], endpoint: FakeTokenEndpoint, sign_in: SignIn
) -> None:
    tokens = process()
    assert tokens.token(sign_in) == tokens.token(replace(sign_in))
    assert len(endpoint.forms) == 1


def test_an_application_signs_in_without_any_refresh_token_or_database(
    endpoint: FakeTokenEndpoint, sign_in: SignIn, clock: Clock
) -> None:
    def no_vault() -> TokenVault:
        raise AssertionError("nothing is to be stored")

    app_only = SignIn(
        client=replace(sign_in.client, flow=Flow.CLIENT_CREDENTIALS), first_token=None
    )
    tokens = AccessTokens(endpoint=TokenEndpoint(), vault=no_vault, clock=clock)
    assert tokens.token(app_only).value == "access-1"
    assert endpoint.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": "app",
            "client_secret": "client-s3cret",
            "scope": "imap",
        }
    ]


# --- two at once --------------------------------------------------------------------------------


def test_two_threads_of_one_process_ask_once(
    process: Callable[[], AccessTokens], sign_in: SignIn
) -> None:
    tokens = process()
    with FakeTokenEndpoint(thinking_seconds=0.1) as slow, ThreadPoolExecutor(8) as pool:
        there = replace(sign_in, client=replace(sign_in.client, token_url=slow.url))
        values = {secret.value for secret in pool.map(tokens.token, [there] * 8)}
        assert (values, len(slow.forms)) == ({"access-1"}, 1)


def test_two_processes_never_use_one_refresh_token_twice(
    process: Callable[[], AccessTokens], sign_in: SignIn, store: Store
) -> None:
    """Row 18: the provider is strict, so a second use would end the sign-in."""
    processes = [process() for _ in range(4)]
    with FakeTokenEndpoint(thinking_seconds=0.05) as strict, ThreadPoolExecutor(4) as pool:
        there = replace(sign_in, client=replace(sign_in.client, token_url=strict.url))
        secrets = list(pool.map(lambda tokens: tokens.token(there), processes))
        used = [form["refresh_token"] for form in strict.forms]
        assert used == ["first-token", "refresh-1", "refresh-2", "refresh-3"]
        assert len({secret.value for secret in secrets}) == 4
        assert _in_force(store, there) == strict.in_force == "refresh-4"


class Overtaken:
    """An endpoint whose answer arrives after another process has taken over and renewed."""

    def __init__(self, real: TokenEndpoint, meanwhile: Callable[[], None], *, asks_first: bool):
        self._real = real
        self._meanwhile = meanwhile
        self._asks_first = asks_first

    def post(self, url: str, form: dict[str, str]) -> HttpAnswer:
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        if self._asks_first:
            answer = self._real.post(url, form)
            meanwhile()
            return answer
        meanwhile()
        return self._real.post(url, form)


def test_an_old_answer_is_not_written_over_a_newer_one(
    process: Callable[[], AccessTokens],
    endpoint: FakeTokenEndpoint,
    sign_in: SignIn,
    store: Store,
    clock: Clock,
) -> None:
    """Row 18: a slow process comes back with a successor when its reservation has ended."""

    def take_over() -> None:
        clock.now += timedelta(minutes=5)
        endpoint.in_force = "first-token"  # a lenient provider lets it be used again
        assert process().token(sign_in).value == "access-2"

    slow = AccessTokens(
        endpoint=Overtaken(TokenEndpoint(), take_over, asks_first=True),
        vault=lambda: TokenVault(store, [KEY]),
        clock=clock,
    )
    assert slow.token(sign_in).value == "access-1"
    assert _in_force(store, sign_in) == "refresh-2"


def test_a_refusal_because_another_was_faster_is_no_refusal(
    process: Callable[[], AccessTokens], sign_in: SignIn, store: Store, clock: Clock
) -> None:
    """Row 18: the refresh token was used by the one who took over, so its successor is tried."""

    def take_over() -> None:
        clock.now += timedelta(minutes=5)
        process().token(sign_in)

    slow = AccessTokens(
        endpoint=Overtaken(TokenEndpoint(), take_over, asks_first=False),
        vault=lambda: TokenVault(store, [KEY]),
        clock=clock,
    )
    assert slow.token(sign_in).value == "access-2"
    assert _in_force(store, sign_in) == "refresh-2"


def test_whoever_waits_too_long_for_another_process_says_so(
    sign_in: SignIn, store: Store, clock: Clock
) -> None:
    vault = TokenVault(store, [KEY])
    assert sign_in.first_token is not None
    held = vault.current(sign_in.name, sign_in.first_token, NOW)
    assert vault.claim(sign_in.name, held, now=NOW, until=NOW + timedelta(seconds=90))
    tokens = AccessTokens(
        endpoint=TokenEndpoint(), vault=lambda: vault, clock=clock, pause=lambda _seconds: None
    )
    with pytest.raises(TransientFailure, match="another Sameday process"):
        tokens.token(sign_in)


def test_a_reservation_of_one_who_died_ends_by_itself(
    process: Callable[[], AccessTokens], sign_in: SignIn, store: Store, clock: Clock
) -> None:
    vault = TokenVault(store, [KEY])
    assert sign_in.first_token is not None
    held = vault.current(sign_in.name, sign_in.first_token, NOW)
    assert vault.claim(sign_in.name, held, now=NOW, until=NOW + timedelta(seconds=90))
    clock.now += timedelta(seconds=90)
    assert process().token(sign_in).value == "access-1"


class LockedOnce(TokenVault):
    """A vault whose database is locked when the successor is to be stored for the first time."""

    locked = True

    def rotate(self, sign_in: str, used: HeldToken, successor: Secret, now: datetime) -> bool:
        if self.locked:
            self.locked = False
            raise StoreError("The database is locked by another program.")
        return super().rotate(sign_in, used, successor, now)


def test_a_successor_that_could_not_be_stored_is_stored_before_the_next_use(
    endpoint: FakeTokenEndpoint, sign_in: SignIn, store: Store, clock: Clock
) -> None:
    """Row 18: a locked database must not cost the sign-in."""
    vault = LockedOnce(store, [KEY])
    tokens = AccessTokens(endpoint=TokenEndpoint(), vault=lambda: vault, clock=clock)
    first = tokens.token(sign_in)
    assert (first.value, _in_force(store, sign_in)) == ("access-1", "first-token")
    assert tokens.token(sign_in, refused=first).value == "access-2"
    assert [form["refresh_token"] for form in endpoint.forms] == ["first-token", "refresh-1"]


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=400, fields={"error": "invalid_grant"}), LoginRefused),
        (Answer(status=401, fields={"error": "invalid_client"}), Misconfigured),
        (Answer(status=429, headers={"Retry-After": "7"}), Throttled),
        (Answer(status=500), TransientFailure),
        (Answer(status=503, body=b"<html>busy"), TransientFailure),
        (Answer(status=302, headers={"Location": "https://other.example/"}), Misconfigured),
    ],
    ids=["400", "401", "429", "500", "503", "redirect"],
)
def test_a_refusal_is_sorted_and_leaves_the_sign_in_as_it_was(
    process: Callable[[], AccessTokens],
    endpoint: FakeTokenEndpoint,
    sign_in: SignIn,
    answer: Answer,
    kind: type[MailboxError],
) -> None:
    """Row 17."""
    endpoint.scripted.append(answer)
    tokens = process()
    with pytest.raises(MailboxError) as caught:
        tokens.token(sign_in)
    assert type(caught.value) is kind
    assert tokens.token(sign_in).value == "access-1"


def test_retry_after_travels_with_the_failure(
    process: Callable[[], AccessTokens], endpoint: FakeTokenEndpoint, sign_in: SignIn
) -> None:
    """Row 17."""
    endpoint.scripted.append(Answer(status=429, headers={"Retry-After": "7"}))
    with pytest.raises(Throttled) as caught:
        process().token(sign_in)
    assert caught.value.wait == timedelta(seconds=7)


def test_an_endpoint_that_is_down_is_transient(
    process: Callable[[], AccessTokens], endpoint: FakeTokenEndpoint, sign_in: SignIn
) -> None:
    """Row 17."""
    with FakeTokenEndpoint() as gone:
        url = gone.url
    there = replace(sign_in, client=replace(sign_in.client, token_url=url))
    with pytest.raises(TransientFailure, match="can't be reached"):
        process().token(there)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=200, body=b" " * 40, seconds_per_byte=0.05),
        Answer(status=200, body=b" ", seconds_per_byte=1.0),
    ],
    ids=["drips", "stalls"],
)
def test_a_slow_endpoint_is_transient(endpoint: FakeTokenEndpoint, answer: Answer) -> None:
    endpoint.scripted.append(answer)
    with pytest.raises(TransientFailure, match="can't be reached"):
        TokenEndpoint(read_seconds=0.3).post(endpoint.url, {})


def test_an_endless_answer_is_cut(endpoint: FakeTokenEndpoint) -> None:
    endpoint.scripted.append(Answer(status=200, body=b"x" * 3_000_000))
    assert len(TokenEndpoint().post(endpoint.url, {}).body) < 300_000


@contextmanager
def _untrusted(folder: Path) -> Iterator[FakeTokenEndpoint]:
    certificates = write_certificates(folder, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.folder / "server.pem", certificates.folder / "server.key")
    with FakeTokenEndpoint(tls=context) as endpoint:
        yield endpoint


def test_an_endpoint_that_can_not_be_trusted_gets_no_secret(tmp_path: Path) -> None:
    with _untrusted(tmp_path) as endpoint:
        with pytest.raises(Misconfigured, match="can't be trusted"):
            TokenEndpoint().post(endpoint.url, {"refresh_token": "s3cret"})
        assert endpoint.forms == []


# --- secrets ------------------------------------------------------------------------------------


def test_no_secret_stands_in_a_failure(
    process: Callable[[], AccessTokens], endpoint: FakeTokenEndpoint, sign_in: SignIn
) -> None:
    """Some endpoints quote the request when they refuse it."""
    words = "no such token first-token of client-s3cret"
    fields = {"error": "invalid_grant", "error_description": words}
    endpoint.scripted.append(Answer(status=400, fields=fields))
    with pytest.raises(LoginRefused, match=r"no such token \*\*\* of \*\*\*") as caught:
        process().token(sign_in)
    assert caught.value.__cause__ is None


def test_the_database_holds_no_token_in_the_clear(
    process: Callable[[], AccessTokens], sign_in: SignIn, store: Store
) -> None:
    process().token(sign_in)
    with store.read() as db:
        row = db.execute(select(schema.oauth_token)).one()
    assert not any(secret in repr(row) for secret in ("refresh-1", "first-token", "access-1"))


def test_another_key_is_explained_and_destroys_nothing(
    process: Callable[[], AccessTokens], sign_in: SignIn, store: Store, clock: Clock
) -> None:
    process().token(sign_in)
    wrong = AccessTokens(
        endpoint=TokenEndpoint(), vault=lambda: TokenVault(store, [new_key()]), clock=clock
    )
    with pytest.raises(ConfigurationError, match="Put the key back"):
        wrong.token(sign_in)
    assert _in_force(store, sign_in) == "refresh-1"


def test_a_key_is_replaced_while_the_old_one_still_decrypts(
    process: Callable[[], AccessTokens], sign_in: SignIn, store: Store, clock: Clock
) -> None:
    process().token(sign_in)
    newer = new_key()
    both = AccessTokens(
        endpoint=TokenEndpoint(), vault=lambda: TokenVault(store, [newer, KEY]), clock=clock
    )
    both.token(sign_in)
    assert sign_in.first_token is not None
    held = TokenVault(store, [newer]).current(sign_in.name, sign_in.first_token, NOW)
    assert held.token.value == "refresh-2"


def test_a_key_of_the_wrong_form_is_explained_without_showing_it(store: Store) -> None:
    with pytest.raises(ConfigurationError, match="not of the right form") as caught:
        TokenVault(store, [b"s3cret"])
    assert "s3cret" not in str(caught.value)
