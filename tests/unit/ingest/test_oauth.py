"""What a token endpoint answers is sorted: only what a person must mend is called wrong."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.imap_errors import (
    LoginRefused,
    MailboxError,
    Misconfigured,
    Throttled,
    TransientFailure,
)
from ingest.imap_values import Secret
from ingest.oauth import (
    RULES,
    Flow,
    HttpAnswer,
    TokenClient,
    grant_of,
    rule_of,
    token_request,
    wait_of,
)

NOW = datetime(2026, 4, 24, 9, 0, tzinfo=UTC)
ENDPOINT = "the token endpoint login.example"


def _answer(status: int, retry_after: str = "", **fields: object) -> HttpAnswer:
    return HttpAnswer(status=status, body=json.dumps(fields).encode(), retry_after=retry_after)


def _failure(answer: HttpAnswer) -> MailboxError:
    with pytest.raises(MailboxError) as caught:
        grant_of(answer, endpoint=ENDPOINT, now=NOW)
    return caught.value


# --- asking -------------------------------------------------------------------------------------


def test_a_refresh_names_the_token_the_client_and_the_scope() -> None:
    client = TokenClient(
        flow=Flow.REFRESH_TOKEN,
        token_url="https://login.example/token",
        client_id="app",
        client_secret=Secret(value="s3cret"),
        scope="imap offline_access",
    )
    assert token_request(client, Secret(value="r1")) == {
        "grant_type": "refresh_token",
        "client_id": "app",
        "client_secret": "s3cret",
        "refresh_token": "r1",
        "scope": "imap offline_access",
    }


def test_a_public_client_sends_no_secret_and_an_empty_scope_is_not_sent() -> None:
    client = TokenClient(
        flow=Flow.CLIENT_CREDENTIALS,
        token_url="https://login.example/token",
        client_id="app",
        client_secret=None,
        scope="",
    )
    form = token_request(client, None)
    assert form == {"grant_type": "client_credentials", "client_id": "app"}


# --- granted ------------------------------------------------------------------------------------


def test_a_grant_has_its_end_and_its_successor() -> None:
    answer = _answer(200, access_token="a1", expires_in=3599, refresh_token="r2")
    grant = grant_of(answer, endpoint=ENDPOINT, now=NOW)
    assert (grant.access_token.value, grant.access_token.is_token) == ("a1", True)
    assert grant.expires_at == NOW + timedelta(seconds=3599)
    assert grant.refresh_token == Secret(value="r2")


@pytest.mark.parametrize("refresh_token", [None, "", 5])
def test_without_a_successor_the_old_refresh_token_stays(refresh_token: object) -> None:
    answer = _answer(200, access_token="a1", refresh_token=refresh_token)
    assert grant_of(answer, endpoint=ENDPOINT, now=NOW).refresh_token is None


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (60, 60),
        ("60", 60),
        (10**9, 86_400),
        (None, 300),
        (0, 300),
        (-5, 300),
        ("soon", 300),
        ("nan", 300),
        ("1e999", 300),
    ],
)
def test_an_odd_lifetime_is_taken_for_a_short_one(expires_in: object, seconds: int) -> None:
    answer = _answer(200, access_token="a1", expires_in=expires_in)
    grant = grant_of(answer, endpoint=ENDPOINT, now=NOW)
    assert grant.expires_at - NOW == timedelta(seconds=seconds)


def test_a_grant_does_not_show_its_tokens() -> None:
    answer = _answer(200, access_token="a1-s3cret", refresh_token="r2-s3cret")
    assert "s3cret" not in repr(grant_of(answer, endpoint=ENDPOINT, now=NOW))


# --- refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (_answer(400, error="invalid_grant"), LoginRefused, "Sign in again"),
        (_answer(401, error="invalid_client"), Misconfigured, "client_id"),
        (_answer(401), Misconfigured, "status 401"),
        (_answer(429), Throttled, "tried again by itself"),
        (_answer(429, error="invalid_grant"), Throttled, "tried again by itself"),
        (_answer(503, retry_after="30"), Throttled, "tried again by itself"),
        (_answer(503), TransientFailure, "tried again by itself"),
        (_answer(500, error="invalid_grant"), TransientFailure, "tried again by itself"),
        (_answer(408), TransientFailure, "tried again by itself"),
        (HttpAnswer(status=502, body=b"<html>"), TransientFailure, "status 502"),
        (HttpAnswer(status=404, body=b"<html>"), Misconfigured, "token_url"),
        (HttpAnswer(status=302, body=b""), Misconfigured, "token_url"),
        (HttpAnswer(status=200, body=b"<html>Welcome to the hotel"), Misconfigured, "proxy"),
        (HttpAnswer(status=200, body=b"[" * 100_000), Misconfigured, "proxy"),
        (_answer(400, error={"status": "INVALID", "message": "No"}), Misconfigured, "INVALID, No"),
    ],
)
def test_an_answer_without_a_grant_is_sorted(
    answer: HttpAnswer, kind: type[MailboxError], words: str
) -> None:
    """Row 17 of research/imap.md section 3: busy is never "wrong credentials"."""
    failure = _failure(answer)
    assert type(failure) is kind
    assert words in str(failure)
    assert ENDPOINT in str(failure)


@pytest.mark.parametrize(
    ("example", "rule"),
    [(example, rule.id) for rule in RULES for example in rule.examples],
)
def test_each_example_is_sorted_by_its_rule(example: str, rule: str) -> None:
    code, _, words = example.partition(": ")
    found = rule_of(code, words)
    assert found is not None
    assert found.id == rule


def test_a_throttled_answer_says_how_long_to_stay_away() -> None:
    failure = _failure(_answer(429, retry_after="120"))
    assert isinstance(failure, Throttled)
    assert failure.wait == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("0", 0),
        ("-5", 0),
        ("90", 90),
        ("9" * 5000, 3600),
        ("86400", 3600),
        ("Fri, 24 Apr 2026 09:01:00 GMT", 60),
        ("Fri, 24 Apr 2026 08:00:00 GMT", 0),
        ("Fri, 24 Apr 2026 09:01:00 -0000", 60),
        ("tomorrow", 0),
        ("١٢", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: int) -> None:
    assert wait_of(header, NOW) == timedelta(seconds=seconds)


@given(
    st.sampled_from([200, 302, 400, 401, 403, 429, 500]),
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode())),
    st.text(max_size=40),
)
def test_any_answer_is_a_mailbox_error(status: int, body: bytes, header: str) -> None:
    failure = _failure(HttpAnswer(status=status, body=body, retry_after=header))
    assert str(failure).isprintable()


def test_what_an_endpoint_says_is_one_line_and_marked_when_it_is_cut() -> None:
    failure = str(_failure(_answer(400, error="x", error_description="a\r\n\x1b[1m" + "b" * 999)))
    assert failure.isprintable()
    assert "b…" in failure
