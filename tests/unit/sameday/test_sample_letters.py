"""Show that the mails of the sample agency are well-formed, varied and in the right folders."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

import pytest

from sameday.demo.compose import PlacedMail, placed_mails, written_until
from sameday.demo.moments import MomentError, instant
from sameday.demo.sample_agency import SENT_FOLDERS
from sameday.demo.stories import conversations
from sameday.demo.writing import WrittenMail

MOSCOW: Final = ZoneInfo("Europe/Moscow")

STARTS: Final = {
    "Monday 00:10": datetime(2026, 11, 23, 0, 10, tzinfo=MOSCOW),
    "Tuesday 18:01": datetime(2026, 11, 24, 18, 1, tzinfo=MOSCOW),
    "Wednesday 12:00": datetime(2026, 11, 25, 12, 0, tzinfo=MOSCOW),
    "Friday 00:10": datetime(2026, 11, 27, 0, 10, tzinfo=MOSCOW),
    "Friday 23:50": datetime(2026, 11, 27, 23, 50, tzinfo=MOSCOW),
    "Saturday 09:00": datetime(2026, 11, 28, 9, 0, tzinfo=MOSCOW),
    "Sunday 15:00": datetime(2026, 11, 22, 15, 0, tzinfo=MOSCOW),
    "1 January": datetime(2027, 1, 1, 0, 5, tzinfo=MOSCOW),
    "29 February": datetime(2028, 2, 29, 11, 30, tzinfo=MOSCOW),
}

at_every_start = pytest.mark.parametrize("now", STARTS.values(), ids=STARTS.keys())

WEDNESDAY: Final = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@at_every_start
def test_two_weeks_hold_at_least_120_messages_and_none_of_the_future(now: datetime) -> None:
    mails = placed_mails(now.astimezone(UTC))
    assert len({_message_id(mail) for mail in mails}) >= 120
    assert all(now - timedelta(days=14) < mail.internaldate <= now for mail in mails)


def test_a_working_day_at_noon_shows_at_least_150_messages() -> None:
    assert len({_message_id(mail) for mail in placed_mails(WEDNESDAY)}) >= 150


def test_mails_come_oldest_first_and_the_same_for_the_same_moment() -> None:
    mails = placed_mails(WEDNESDAY)
    assert mails == placed_mails(WEDNESDAY)
    assert [m.internaldate for m in mails] == sorted(m.internaldate for m in mails)


def test_a_message_id_names_one_message_only() -> None:
    contents = {(_message_id(mail), mail.content) for mail in placed_mails(WEDNESDAY)}
    assert len(contents) == len({message_id for message_id, _ in contents})


def test_message_ids_are_the_same_on_any_day() -> None:
    later = {_message_id(mail) for mail in placed_mails(WEDNESDAY + timedelta(days=400, hours=9))}
    assert {_message_id(mail) for mail in placed_mails(WEDNESDAY)} <= later


def test_every_mailbox_has_mail_in_both_folders() -> None:
    found = {(mail.mailbox, mail.folder) for mail in placed_mails(WEDNESDAY)}
    assert found == {(box, folder) for box in SENT_FOLDERS for folder in ("inbox", "sent")}


def test_our_mail_lies_in_sent_of_its_mailbox_and_in_no_other_sent() -> None:
    for mail in placed_mails(WEDNESDAY):
        author = _addresses(_parsed(mail), "From")[0]
        assert (mail.folder == "sent") == (mail.mailbox == author)


def test_mail_reaches_an_inbox_only_when_it_is_addressed_to_it() -> None:
    for mail in placed_mails(WEDNESDAY):
        if mail.folder == "inbox":
            assert mail.mailbox in _addresses(_parsed(mail), "To", "Cc")


def test_some_mail_lies_in_two_mailboxes() -> None:
    inboxes = Counter(_message_id(m) for m in placed_mails(WEDNESDAY) if m.folder == "inbox")
    assert max(inboxes.values()) >= 2


def test_every_subject_decodes() -> None:
    for mail in placed_mails(WEDNESDAY):
        subject = str(make_header(decode_header(_parsed(mail)["Subject"])))
        assert subject
        assert "=?" not in subject
        assert "\ufffd" not in subject


def test_every_text_part_decodes_in_the_charset_it_names() -> None:
    for mail in placed_mails(WEDNESDAY):
        for part in _parsed(mail).walk():
            if part.get_content_maintype() == "text" and part.get_content_charset():
                payload = cast("bytes", part.get_payload(decode=True))
                assert payload.decode(cast("str", part.get_content_charset())).strip()


def test_no_letter_is_defective_and_all_lines_end_in_crlf() -> None:
    for mail in placed_mails(WEDNESDAY):
        assert [part.defects for part in _parsed(mail).walk() if part.defects] == []
        assert b"\n" not in mail.content.replace(b"\r\n", b"")


def test_no_placeholder_is_left_in_a_text() -> None:
    for conversation in conversations():
        for written in written_until(conversation, WEDNESDAY):
            assert "{" not in written.text


def test_letters_come_in_the_charsets_and_encodings_of_both_worlds() -> None:
    parts = [part for mail in placed_mails(WEDNESDAY) for part in _parsed(mail).walk()]
    forms = {(part.get_content_charset(), part["Content-Transfer-Encoding"]) for part in parts}
    assert forms >= {
        ("koi8-r", "quoted-printable"),
        ("koi8-r", "base64"),
        ("windows-1251", "quoted-printable"),
        ("windows-1251", "base64"),
        ("utf-8", "quoted-printable"),
        ("utf-8", "base64"),
        ("utf-8", "8bit"),
    }


def test_letters_come_in_every_shape() -> None:
    kinds = {_parsed(mail).get_content_type() for mail in placed_mails(WEDNESDAY)}
    assert kinds >= {
        "text/plain",
        "text/html",
        "multipart/alternative",
        "multipart/mixed",
        "multipart/report",
    }


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("\nОтправлено: ", id="Outlook, Russian, bare block"),
        pytest.param("-----Original Message-----", id="Outlook, English"),
        pytest.param(" написал(а):", id="Apple Mail, Russian"),
        pytest.param(" г. в ", id="Gmail, Russian"),
        pytest.param("\nwrote:", id="Gmail, English, wrapped"),
        pytest.param('"Boris Volkov" <boris@studio-north.example>:', id="Yandex"),
        pytest.param(" пишет:", id="Thunderbird, Russian"),
        pytest.param(" +03:00 от ", id="Mail.ru"),
        pytest.param("Отправлено с iPhone", id="device footer"),
    ],
)
def test_mail_programs_quote_in_their_own_way(words: str) -> None:
    assert any(words in mail.text for mail in _all_written(STARTS["Friday 23:50"]))


def test_replies_name_their_parent_and_all_ancestors() -> None:
    for written in _all_written(WEDNESDAY):
        if written.references:
            assert written.parent is not None
            assert written.references == (*written.parent.references, written.parent.message_id)


def test_a_bounce_reports_the_message_it_is_about() -> None:
    reports = [
        mail
        for mail in placed_mails(WEDNESDAY)
        if _parsed(mail).get_content_type() == "multipart/report"
    ]
    sent = {_message_id(mail) for mail in placed_mails(WEDNESDAY) if mail.folder == "sent"}
    returned = [part.get_payload() for part in _parsed(reports[0]).walk()][-1]
    assert message_from_bytes(str(returned).encode())["Message-ID"] in sent


def test_a_web_form_writes_in_our_name_and_replies_go_to_the_client() -> None:
    forms = [m for m in map(_parsed, placed_mails(WEDNESDAY)) if m["X-Form-Id"]]
    assert {_addresses(form, "From")[0] for form in forms} == {"noreply@studio-north.example"}
    assert all(_addresses(form, "Reply-To")[0].endswith(".example") for form in forms)


def test_one_sender_has_a_clock_that_is_years_behind() -> None:
    years = {
        mail.internaldate.year - parsedate_to_datetime(_parsed(mail)["Date"]).year
        for mail in placed_mails(WEDNESDAY)
    }
    assert years == {0, 3}


@at_every_start
def test_no_address_lies_outside_the_example_domains(now: datetime) -> None:
    for mail in placed_mails(now.astimezone(UTC)):
        addresses = _addresses(_parsed(mail), "From", "To", "Cc", "Reply-To")
        assert all(address.endswith(".example") for address in addresses)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("0d 11:20", datetime(2026, 11, 23, 8, 20, tzinfo=UTC), id="day zero"),
        pytest.param("-3d 11:20", datetime(2026, 11, 18, 8, 20, tzinfo=UTC), id="over a weekend"),
        pytest.param("sat-1 22:10", datetime(2026, 11, 21, 19, 10, tzinfo=UTC), id="Saturday"),
        pytest.param(
            "sun-2 01:00", datetime(2026, 11, 14, 22, 0, tzinfo=UTC), id="Sunday at night"
        ),
        pytest.param("+0d 17:05", datetime(2026, 11, 20, 14, 5, tzinfo=UTC), id="the same day"),
        pytest.param("+1d 10:30", datetime(2026, 11, 23, 7, 30, tzinfo=UTC), id="from a Friday"),
    ],
)
def test_a_moment_is_counted_in_working_days(moment: str, expected: datetime) -> None:
    assert instant(moment, date(2026, 11, 23), date(2026, 11, 20)) == expected


def test_a_moment_in_another_form_is_refused_with_examples() -> None:
    with pytest.raises(MomentError, match=r"write e\.g\. '-3d 11:20'"):
        instant("yesterday", date(2026, 11, 23), date(2026, 11, 20))


def _all_written(now: datetime) -> list[WrittenMail]:
    return [w for talk in conversations() for w in written_until(talk, now)]


def _parsed(mail: PlacedMail) -> "Message[str, str]":
    return message_from_bytes(mail.content)


def _message_id(mail: PlacedMail) -> str:
    return cast("str", _parsed(mail)["Message-ID"])


def _addresses(message: "Message[str, str]", *headers: str) -> list[str]:
    return [a for name in headers for a in _addresses_in(message[name] or "")]


def _addresses_in(header: str) -> list[str]:
    return [address for _, address in getaddresses([header])]
