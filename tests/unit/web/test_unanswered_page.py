"""The first page as a reader gets it."""

import re
from datetime import timedelta

import pytest

from models.agency import Role
from models.obligation import PromiseOutcome, Reason
from models.verdict import Tag
from tests.panel_studio import ANNA, HELLO, STRANGER, UNKNOWN, Studio, moscow, promise


def words_of(html: str) -> str:
    """Return the page as it reads, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_waiting_client_is_shown_with_all_that_one_must_know(studio: Studio) -> None:
    studio.reads(at=studio.now)
    studio.waits(
        subject="Price for the new theme",
        text="Could you send us\nthe figures?",
        due_at=moscow(21, 19),
        tags=frozenset({Tag.ESTIMATE}),
        chased=2,
        bounced=True,
        why=(
            Reason(code="arrived_after_cutoff", at=moscow(20, 18, 30), detail="18:00"),
            Reason(code="due", at=moscow(21, 19)),
        ),
    )
    words = words_of(studio.client(Role.CURATOR).get("/").text)
    assert "1 client waits" in words
    assert "19:00 in 6 h 56" in words
    assert "arrived Mon 20 Apr 18:30 after the cut-off 18:00" in words
    assert "Acme &amp; Sons Gleb Orlov" in words
    assert "estimate Price for the new theme chased ×2 bounced" in words
    assert "Could you send us the figures?" in words
    assert "yesterday 16:31 Anna" in words


def test_the_page_speaks_russian_when_asked_and_remembers_it(studio: Studio) -> None:
    studio.reads(at=studio.now)
    for _ in range(2):
        studio.waits(due_at=moscow(20, 19), breached=True)
    client = studio.client(Role.CURATOR)
    assert '<html lang="en">' in client.get("/").text
    client.get("/?lang=ru")
    page = client.get("/").text
    assert '<html lang="ru">' in page
    words = words_of(page)
    assert "1 клиент ждёт за нами 2 ответа" in words
    assert "Просрочено 2" in words
    assert "вчера 19:00 опоздание 2 ч 04 раб." in words


def test_the_agencys_language_is_the_default(studio: Studio) -> None:
    studio.agency = type(studio.agency)(
        name="Студия", domains=frozenset(), zone="Europe/Moscow", language="ru"
    )
    assert "Войти" in studio.app().test_client().get("/login").text


def test_lateness_is_counted_in_working_time(studio: Studio) -> None:
    studio.waits(due_at=moscow(17, 19), breached=True)
    # Friday evening to Tuesday 12:04: all of Monday and two hours of today.
    assert "late by 11 h of work" in studio.client(Role.CURATOR).get("/").text


def test_a_broken_promise_is_named_so(studio: Studio) -> None:
    studio.reads(at=studio.now)
    studio.waits(breached=True, **promise(moscow(21, 11), PromiseOutcome.BROKEN))
    studio.waits(**promise(moscow(21, 15)))
    page = studio.client(Role.CURATOR).get("/").text
    assert page.count("promise broken") == 1
    assert page.count('<em class="promised">promised</em>') == 1


def test_an_unknown_sender_is_shown_by_his_address(studio: Studio) -> None:
    studio.waits(account=UNKNOWN, author=STRANGER)
    words = words_of(studio.client(Role.CURATOR).get("/").text)
    assert "unknown sender karim@delmon.example" in words
    assert "nobody’s 1" in words


def test_a_number_of_the_strip_opens_its_list(studio: Studio) -> None:
    studio.reads(at=studio.now)
    studio.waits(subject="Red one", due_at=moscow(20, 19), breached=True)
    studio.waits(subject="Calm one", due_at=moscow(23, 19))
    client = studio.client(Role.CURATOR)
    assert 'href="/?show=overdue"' in client.get("/").text
    page = client.get("/?show=overdue").text
    assert "Red one" in page
    assert "Calm one" not in page


def test_a_chip_shows_one_manager_and_keeps_the_strips_filter(studio: Studio) -> None:
    studio.waits(subject="Of Anna", account="acme", chased=1)
    studio.waits(subject="Of Boris", account="taiga", chased=1)
    page = studio.client(Role.CURATOR).get(f"/?owner={ANNA}&show=chasing").text
    assert "Of Anna" in page
    assert "Of Boris" not in page
    assert 'href="/?show=chasing&amp;owner=boris@studio.example"' in page


@pytest.mark.parametrize(
    "query",
    ["show=nonsense", "page=x", "page=99", "owner=%00", "lang=xx", "_external=1&endpoint=x"],
)
def test_a_query_that_means_nothing_does_no_harm(studio: Studio, query: str) -> None:
    studio.waits()
    assert studio.client(Role.CURATOR).get(f"/?{query}").status_code == 200


# --- the freshness fence ------------------------------------------------------------------------


def test_a_dark_mailbox_is_named_with_its_problem(studio: Studio) -> None:
    studio.reads(at=moscow(20, 21, 14), problem="The server refused the login.")
    studio.waits()
    words = words_of(studio.client(Role.CURATOR).get("/").text)
    assert f"Mailbox {HELLO} is dark since yesterday 21:14. The server refused the login." in words
    assert "0 of 1 mailbox · 1 dark" in words


def test_a_mailbox_that_was_never_read_is_named(studio: Studio) -> None:
    words = words_of(studio.client(Role.CURATOR).get("/").text)
    assert f"Mailbox {HELLO} has not been read to the end yet." in words
    assert "Nothing is known to wait, but not everything was read." in words


def test_all_is_well_when_everything_was_read(studio: Studio) -> None:
    studio.reads(at=studio.now - timedelta(minutes=1))
    page = studio.client(Role.CURATOR).get("/").text
    assert "Every client has an answer or a date." in page
    assert "data as of 12:03" in page
    assert "banner" not in page


def test_a_miss_that_the_mailboxes_do_not_confirm_yet_says_so(studio: Studio) -> None:
    studio.reads(at=moscow(21, 11, 55))
    studio.waits(due_at=moscow(21, 12))
    client = studio.client(Role.CURATOR)
    assert "unconfirmed" in client.get("/").text
    studio.reads(at=moscow(21, 12, 1))
    assert "unconfirmed" not in client.get("/").text


# --- the part that updates itself ---------------------------------------------------------------


def test_an_unchanged_list_is_not_sent_again(studio: Studio) -> None:
    studio.reads(at=studio.now)
    studio.waits()
    client = studio.client(Role.CURATOR)
    first = client.get("/?fragment=1")
    assert first.status_code == 200
    assert "<html" not in first.text
    again = client.get("/?fragment=1", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


@pytest.mark.parametrize("change", ["a client", "a minute", "a language", "a filter"])
def test_whatever_is_shown_differently_is_sent(studio: Studio, change: str) -> None:
    studio.reads(at=studio.now)
    studio.waits()
    client = studio.client(Role.CURATOR)
    seen = {"If-None-Match": client.get("/?fragment=1").headers["ETag"]}
    address = "/?fragment=1"
    if change == "a client":
        studio.waits(subject="Another")
    elif change == "a minute":
        studio.now += timedelta(minutes=1)
    elif change == "a language":
        address += "&lang=ru"
    else:
        address += "&show=chasing"
    assert client.get(address, headers=seen).status_code == 200


def test_a_few_seconds_change_nothing(studio: Studio) -> None:
    studio.reads(at=studio.now)
    studio.waits()
    client = studio.client(Role.CURATOR)
    seen = {"If-None-Match": client.get("/?fragment=1").headers["ETag"]}
    studio.now += timedelta(seconds=15)
    assert client.get("/?fragment=1", headers=seen).status_code == 200  # minutes are rounded down
    seen = {"If-None-Match": client.get("/?fragment=1").headers["ETag"]}
    studio.now += timedelta(seconds=15)
    assert client.get("/?fragment=1", headers=seen).status_code == 304


def test_two_hundred_russian_rows_weigh_less_than_150_kilobytes(studio: Studio) -> None:
    studio.reads(at=studio.now)
    for number in range(200):
        studio.waits(
            account="taiga",
            subject=f"Нужен счёт на второй этап и реквизиты, и акт за октябрь {number}",
            text="Пришлите, пожалуйста, счёт на второй этап и актуальные реквизиты компании. " * 3,
            due_at=moscow(20, 19),
            breached=True,
            chased=1,
            tags=frozenset({Tag.PAYMENT, Tag.COMPLAINT}),
            why=(
                Reason(code="arrived_before_cutoff", at=moscow(20, 16, 31), detail="18:00"),
                Reason(code="due", at=moscow(20, 19)),
            ),
        )
    page = studio.client(Role.CURATOR).get("/?lang=ru")
    assert page.text.count("<tr><td>") == 200
    assert len(page.data) < 150 * 1024
