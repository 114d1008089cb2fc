"""Who may open what."""

import pytest

from models.agency import Role
from models.ids import Address
from models.login import Login
from tests.panel_studio import Studio
from web.access import ROUTES, Decision, decide

CLIENT_PAGES = ("unanswered", "conversation", "mailboxes")
MONITORING_PAGES = ("metrics",)
PUBLIC_PAGES = ("static", "healthz", "login", "logout")


def login_with(*roles: Role) -> Login:
    return Login(
        id=1,
        email=Address("olga@studio.example"),
        name="Olga",
        password_hash="",
        roles=frozenset(roles),
    )


def test_every_route_has_a_row_and_every_row_a_route(studio: Studio) -> None:
    endpoints = {rule.endpoint for rule in studio.app().url_map.iter_rules()}
    assert endpoints == set(ROUTES)


def test_every_row_is_judged_here() -> None:
    judged = {*CLIENT_PAGES, *MONITORING_PAGES, *PUBLIC_PAGES}
    assert judged == set(ROUTES)


@pytest.mark.parametrize("endpoint", CLIENT_PAGES)
@pytest.mark.parametrize(
    ("login", "expected"),
    [
        (None, Decision.SIGN_IN),
        (login_with(), Decision.REFUSE),
        (login_with(Role.SPECIALIST), Decision.REFUSE),
        (login_with(Role.ACCOUNT_MANAGER), Decision.ALLOW),
        (login_with(Role.CURATOR), Decision.ALLOW),
        (login_with(Role.ADMIN), Decision.ALLOW),
        (login_with(Role.SPECIALIST, Role.ACCOUNT_MANAGER), Decision.ALLOW),
    ],
    ids=["stranger", "no role", "specialist", "manager", "curator", "admin", "both"],
)
def test_pages_with_clients_open_for_those_who_talk_to_clients(
    endpoint: str, login: Login | None, expected: Decision
) -> None:
    assert decide(endpoint, login) is expected


@pytest.mark.parametrize("endpoint", MONITORING_PAGES)
@pytest.mark.parametrize(
    ("login", "is_local", "expected"),
    [
        (None, True, Decision.ALLOW),
        (None, False, Decision.SIGN_IN),
        (login_with(Role.CURATOR), False, Decision.REFUSE),
        (login_with(Role.SPECIALIST), False, Decision.REFUSE),
        (login_with(Role.ADMIN), False, Decision.ALLOW),
    ],
    ids=["a program beside us", "stranger", "curator", "specialist", "admin"],
)
def test_numbers_open_for_programs_of_this_machine_and_for_administrators(
    endpoint: str, login: Login | None, is_local: bool, expected: Decision
) -> None:
    assert decide(endpoint, login, is_local=is_local) is expected


@pytest.mark.parametrize("endpoint", CLIENT_PAGES)
def test_to_be_of_this_machine_opens_no_page_with_clients(endpoint: str) -> None:
    assert decide(endpoint, None, is_local=True) is Decision.SIGN_IN


@pytest.mark.parametrize("endpoint", PUBLIC_PAGES)
def test_public_routes_open_for_everybody(endpoint: str) -> None:
    assert decide(endpoint, None) is Decision.ALLOW


def test_a_route_without_a_row_is_closed_even_for_an_administrator() -> None:
    assert decide("forgotten", login_with(Role.ADMIN)) is Decision.REFUSE


@pytest.mark.parametrize("address", ["/", "/mailboxes", "/?fragment=1", "/?owner=anna"])
def test_a_specialist_sees_nothing_of_clients_on_any_page(studio: Studio, address: str) -> None:
    studio.reads(at=studio.now)
    studio.waits(subject="Secret plan")
    answer = studio.client(Role.SPECIALIST).get(address)
    assert answer.status_code == 403
    assert "Your lists come later" in answer.text
    for secret in ("Secret", "Acme", "Gleb", "hello@", "Anna"):
        assert secret not in answer.text


def test_a_specialist_can_not_open_a_conversation_whose_address_he_knows(studio: Studio) -> None:
    thread = studio.waits(subject="Secret plan")
    answer = studio.client(Role.SPECIALIST).get(f"/conversation/{thread}")
    assert answer.status_code == 403
    assert "Secret" not in answer.text


def test_a_specialist_can_sign_out(studio: Studio) -> None:
    client = studio.client(Role.SPECIALIST)
    answer = client.post("/logout", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
