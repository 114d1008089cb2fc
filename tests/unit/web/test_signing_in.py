"""Signing in and out, and how the cookie is kept."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from models.agency import Role
from tests.panel_studio import PASSWORD, SAME_ORIGIN, Studio, sign_in
from web.sessions import LIFETIME
from web.signing_in import local_path


def test_a_stranger_is_sent_to_the_login_page_and_back(studio: Studio) -> None:
    studio.login(Role.CURATOR)
    client = studio.app().test_client()
    answer = client.get("/mailboxes?x=1")
    assert answer.status_code == 303
    assert answer.location == "/login?next=/mailboxes?x%3D1"
    answer = sign_in(client, email="olga@studio.example", next="/mailboxes?x=1")
    assert answer.location == "/mailboxes?x=1"


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/ok\r\nSet-Cookie: a=b",
        "//[",
        "",
    ],
)
def test_next_leads_only_to_pages_of_ours(asked: str) -> None:
    assert local_path(asked) == "/"


def test_the_address_may_be_typed_with_capitals_and_spaces(studio: Studio) -> None:
    studio.login(Role.CURATOR)
    answer = sign_in(studio.app().test_client(), email=" Olga@Studio.Example ")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [("olga@studio.example", "wrong wrong wrong"), ("nobody@studio.example", PASSWORD)],
    ids=["wrong password", "unknown address"],
)
def test_both_kinds_of_failure_look_the_same(studio: Studio, email: str, password: str) -> None:
    studio.login(Role.CURATOR)
    answer = sign_in(studio.app().test_client(), email=email, password=password)
    assert answer.status_code == 401
    assert "The address or the password is wrong." in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_sixth_guess_must_wait_even_with_the_right_password(studio: Studio) -> None:
    studio.login(Role.CURATOR)
    client = studio.app().test_client()
    for _ in range(5):
        sign_in(client, email="olga@studio.example", password="wrong wrong wrong")
    answer = sign_in(client, email="olga@studio.example")
    assert answer.status_code == 429
    assert "Try again in 1 minute." in answer.text
    studio.now += timedelta(minutes=1)
    assert sign_in(client, email="olga@studio.example").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(studio: Studio) -> None:
    studio.login(Role.CURATOR)
    cookie = sign_in(studio.app().test_client(), email="olga@studio.example").headers["Set-Cookie"]
    assert cookie.startswith("sameday=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_with_tls_the_cookie_is_bound_to_this_host(studio: Studio) -> None:
    studio.login(Role.CURATOR)
    answer = (
        studio.app()
        .test_client()
        .post(
            "/login",
            base_url="https://panel.studio.example",
            data={"email": "olga@studio.example", "password": PASSWORD},
            headers=SAME_ORIGIN,
        )
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sameday=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_database_holds_no_token_that_opens_a_session(studio: Studio) -> None:
    client = studio.client(Role.CURATOR)
    cookie = client.get_cookie("sameday")
    assert cookie is not None
    with studio.store.read() as connection:
        stored = connection.execute(text("SELECT token_hash FROM web_session")).scalars().all()
    assert len(stored) == 1
    assert cookie.value not in stored


def test_signing_out_ends_the_session_on_the_server(studio: Studio) -> None:
    client = studio.client(Role.CURATOR)
    cookie = client.get_cookie("sameday")
    assert cookie is not None
    client.post("/logout", headers=SAME_ORIGIN)
    client.set_cookie("sameday", cookie.value)
    assert client.get("/").status_code == 303


def test_a_session_ends_by_itself(studio: Studio) -> None:
    client = studio.client(Role.CURATOR)
    studio.now += LIFETIME - timedelta(seconds=1)
    assert client.get("/mailboxes").status_code == 200
    studio.now += timedelta(seconds=1)
    assert client.get("/mailboxes").status_code == 303


def test_the_login_page_says_what_to_do_when_nobody_can_sign_in(studio: Studio) -> None:
    assert "sameday user add" in studio.app().test_client().get("/login").text


def test_a_form_sent_by_another_site_is_refused(studio: Studio) -> None:
    studio.login(Role.CURATOR)
    answer = (
        studio.app()
        .test_client()
        .post(
            "/login",
            data={"email": "olga@studio.example", "password": PASSWORD},
            headers={"Sec-Fetch-Site": "cross-site"},
        )
    )
    assert answer.status_code == 403


def test_one_who_is_signed_in_is_led_past_the_login_page(studio: Studio) -> None:
    answer = studio.client(Role.CURATOR).get("/login?next=/mailboxes")
    assert answer.location == "/mailboxes"
