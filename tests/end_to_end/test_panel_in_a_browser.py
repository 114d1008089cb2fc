"""Walk through the panel as a person does, in a real browser."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright
from werkzeug.serving import make_server

from models.agency import Role
from models.db.migrating import migrate
from models.db.store import open_store
from models.ids import Address
from models.message import Correspondent
from tests.panel_studio import PASSWORD, UNKNOWN, Studio, moscow

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EMAIL = "olga@studio.example"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists(),
        reason="needs a browser: apt-get install --no-install-recommends chromium",
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    store = open_store("sqlite:///sameday.db", tmp_path)
    migrate(store)
    studio = Studio(store=store)
    studio.login(Role.CURATOR, email=EMAIL)
    studio.reads(at=studio.now)
    yield studio
    store.close()


@pytest.fixture
def panel(studio: Studio) -> Iterator[str]:
    """Serve the panel on a free port; give its address."""
    server = make_server("127.0.0.1", 0, studio.app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, panel: str) -> Iterator[Page]:
    """Open a page that may show no dialog and log no error: both would mean that mail had run."""
    context = browser.new_context(base_url=panel, viewport={"width": 1280, "height": 700})
    page = context.new_page()
    faults: list[str] = []

    def note_dialog(dialog: Dialog) -> None:
        faults.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note_dialog)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: faults.append(message.text) if message.type == "error" else None,
    )
    yield page
    context.close()
    assert faults == []


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("wait")


def look_again(page: Page) -> None:
    """Make the page ask for news now instead of in a quarter of a minute."""
    with page.expect_response(lambda response: "fragment=1" in response.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_one_works_through_the_list_with_the_keyboard(studio: Studio, page: Page) -> None:
    studio.waits(subject="First", due_at=moscow(20, 19), breached=True)
    studio.waits(subject="Second", due_at=moscow(21, 15))
    studio.waits(subject="Third", due_at=moscow(22, 19))
    sign_in(page)
    for key, subject in (("j", "First"), ("j", "Second"), ("j", "Third"), ("k", "Second")):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=subject)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second")
    page.get_by_role("link", name="← Unanswered").click()
    page.keyboard.press("?")
    expect(page.get_by_text("open the conversation")).to_be_visible()


def test_the_whole_row_is_the_link_but_why_explains_in_place(studio: Studio, page: Page) -> None:
    studio.waits(subject="Question of Gleb")
    sign_in(page)
    page.get_by_text("why").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 client waits")
    page.get_by_role("cell", name="Anna").click(force=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Question of Gleb")


def test_a_new_mail_appears_without_moving_the_chosen_row(studio: Studio, page: Page) -> None:
    for number in range(30):
        studio.waits(subject=f"Letter {number:02}", due_at=moscow(21, 15))
    sign_in(page)
    for _ in range(12):
        page.keyboard.press("j")
    chosen = page.get_by_role("link", name="Letter 11")
    expect(chosen).to_be_focused()
    before = chosen.bounding_box()
    studio.waits(subject="Urgent", due_at=moscow(20, 19), breached=True)
    look_again(page)
    expect(page.get_by_role("link", name="Urgent")).to_be_attached()
    expect(chosen).to_be_focused()
    after = chosen.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) <= 1


def test_an_explanation_stays_open_while_the_list_is_renewed(studio: Studio, page: Page) -> None:
    studio.waits(subject="Question")
    sign_in(page)
    page.get_by_text("why").click()
    studio.now += timedelta(minutes=1)
    look_again(page)
    expect(page.get_by_text("in 6 h 55")).to_be_visible()
    expect(page.locator(".waiting details")).to_have_attribute("open", "")


def test_when_the_session_has_ended_the_page_asks_to_sign_in(studio: Studio, page: Page) -> None:
    studio.waits()
    sign_in(page)
    studio.now += timedelta(days=8)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_language_is_switched_with_one_click(studio: Studio, page: Page) -> None:
    studio.waits()
    sign_in(page)
    page.get_by_role("link", name="RU").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 клиент ждёт")


@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_mail_neither_runs_nor_breaks_the_layout(
    studio: Studio, page: Page, width: int
) -> None:
    studio.waits(subject="x" * 10_000, text="ы" * 10_000, breached=True, chased=3, bounced=True)
    studio.waits(
        account=UNKNOWN,
        subject="<img src=x onerror=alert(1)>",
        text='"><script>alert(1)</script>',
        author=Correspondent(address=Address("y" * 200 + "@evil.example"), name="z" * 5_000),
    )
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page)
    addresses = ["/", "/mailboxes"]
    addresses += [link.get_attribute("href") or "" for link in page.locator(".waiting td a").all()]
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
