"""Prove that any bytes become a mail, and that the right things are read from it."""

import base64
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parse import parse
from models.message import Attachment, ParsedMail, RawMail

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def read(content: bytes, *, complete: bool = True, at: datetime | None = AT) -> ParsedMail:
    raw = RawMail(content=content, size_bytes=len(content), internaldate=at, complete=complete)
    return parse(raw)


def codes(parsed: ParsedMail) -> set[str]:
    return {defect.code for defect in parsed.defects}


SIMPLE = """\
From: =?utf-8?B?0JjQstCw0L0=?= <Ivan@Acme.Example>
To: hello@studio.example, "Snow, Anna" <anna@studio.example>
Cc: petr@acme.example
Reply-To: office@acme.example
Subject: =?utf-8?B?0KHQvNC10YLQsA==?=
Date: Mon, 2 Nov 2026 12:29:00 +0300
Message-ID: <1@acme.example>
In-Reply-To: <0@studio.example>
References: <a@studio.example>
 <0@studio.example>
Content-Type: text/plain; charset=utf-8

Сколько стоит доработка?
""".encode()


def test_the_fields_of_a_plain_mail_are_read() -> None:
    parsed = read(SIMPLE)
    assert parsed.author is not None
    assert (parsed.author.address, parsed.author.name) == ("ivan@acme.example", "Иван")
    assert [who.name for who in parsed.to] == ["", "Snow, Anna"]
    assert [who.address for who in (*parsed.cc, *parsed.reply_to)] == [
        "petr@acme.example", "office@acme.example",
    ]  # fmt: skip
    assert parsed.subject == "Смета"
    assert parsed.date == datetime(2026, 11, 2, 9, 29, tzinfo=UTC)
    assert parsed.message_id == "1@acme.example"
    assert parsed.in_reply_to == ("0@studio.example",)
    assert parsed.references == ("a@studio.example", "0@studio.example")
    assert parsed.text == "Сколько стоит доработка?"
    assert parsed.header("content-type") == "text/plain; charset=utf-8"
    assert parsed.defects == ()


def test_alias_ids_join_the_references() -> None:
    parsed = read(
        b"From: a@acme.example\nX-Microsoft-Original-Message-ID: <old@acme.example>\n\nhi"
    )
    assert parsed.references == ("old@acme.example",)


def _multipart(kind: str, *parts: str) -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return (
        f"From: a@acme.example\nContent-Type: multipart/{kind}; boundary=b\n\n{body}--b--\n"
    ).encode()


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nПлан"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>План</p>"


def test_of_two_forms_the_plain_one_is_the_text_and_the_html_is_kept() -> None:
    parsed = read(_multipart("alternative", PLAIN, HTML))
    assert (parsed.text, parsed.html) == ("План", "<p>План</p>")


def test_mail_of_html_alone_gives_text() -> None:
    parsed = read(_multipart("mixed", HTML))
    assert (parsed.text, parsed.html) == ("План", "<p>План</p>")


def test_an_empty_plain_form_does_not_hide_the_html() -> None:
    parsed = read(_multipart("alternative", "Content-Type: text/plain\n\n", HTML))
    assert parsed.text == "План"


def test_a_footer_of_a_list_does_not_hide_the_html() -> None:
    parsed = read(_multipart("mixed", HTML, "Content-Type: text/plain\n\nlist footer"))
    assert parsed.text == "План\nlist footer"


def test_attachments_are_listed_with_name_and_size() -> None:
    data = base64.b64encode(b"x" * 1000).decode()
    part = (
        "Content-Type: application/pdf; name*=utf-8''%D1%81%D1%87%D1%91%D1%82.pdf\n"
        f"Content-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n{data}"
    )
    parsed = read(_multipart("mixed", PLAIN, part))
    expected = Attachment(name="счёт.pdf", content_type="application/pdf", size_bytes=1000)
    assert parsed.attachments == (expected,)


def test_a_name_can_not_lead_out_of_its_folder() -> None:
    part = 'Content-Type: text/csv\nContent-Disposition: attachment; filename="../../x.csv"\n\n1'
    assert read(_multipart("mixed", PLAIN, part)).attachments[0].name == ".._.._x.csv"


def test_a_part_beyond_what_was_fetched_has_no_size() -> None:
    part = "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nAAAA"
    content = _multipart("mixed", PLAIN, part)[:-8]
    assert read(content, complete=False).attachments[0].size_bytes is None


def test_an_attached_message_is_an_attachment_and_never_text() -> None:
    part = "Content-Type: message/rfc822\n\nFrom: x@other.example\nSubject: Old\n\nforeign text"
    parsed = read(_multipart("mixed", PLAIN, part))
    assert parsed.text == "План"
    assert [a.name for a in parsed.attachments] == ["Old.eml"]


def test_the_method_of_an_invitation_is_read() -> None:
    by_parameter = "Content-Type: text/calendar; method=request\n\nBEGIN:VCALENDAR"
    by_content = "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:CANCEL"
    assert read(_multipart("alternative", PLAIN, by_parameter)).calendar_method == "REQUEST"
    assert read(_multipart("mixed", PLAIN, by_content)).calendar_method == "CANCEL"


def _report(action: str, status: str) -> bytes:
    return f"""\
From: MAILER-DAEMON@mx.example
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Not delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Ivan@acme.example
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: <7@studio.example>
Subject: Estimate
--b--
""".encode()


def test_a_report_of_failure_names_mail_and_recipient() -> None:
    report = read(_report("failed", "5.1.1")).report
    assert report is not None
    assert (report.permanent, report.failed_message_id) == (True, "7@studio.example")
    assert report.failed_recipients == ("ivan@acme.example",)


def test_a_report_of_delay_is_not_permanent() -> None:
    report = read(_report("delayed", "4.4.1")).report
    assert report is not None
    assert not report.permanent


def test_a_report_of_success_is_none() -> None:
    assert read(_report("delivered", "2.0.0")).report is None


def test_the_kind_of_a_report_is_kept() -> None:
    kind = read(_report("failed", "5.0.0")).content_type
    assert kind == "multipart/report; report-type=delivery-status"


def test_raw_eight_bit_headers_are_read_by_the_charset_of_the_body() -> None:
    content = (
        "From: a@acme.example\nSubject: Смета\nContent-Type: text/plain; charset=koi8-r\n\nСмета\n"
    ).encode("koi8-r")
    parsed = read(content)
    assert (parsed.subject, parsed.text) == ("Смета", "Смета")
    assert "header.charset-guessed" in codes(parsed)


def test_lone_carriage_returns_end_lines() -> None:
    parsed = read(b"From: a@acme.example\rSubject: Hi\r\rone\rtwo\r")
    assert (parsed.subject, parsed.text) == ("Hi", "one\ntwo")


def test_without_any_date_the_received_chain_is_asked() -> None:
    content = b"Received: from a by b; Mon, 2 Nov 2026 12:29:00 +0300\nFrom: a@acme.example\n\nhi"
    parsed = read(content, at=None)
    assert parsed.date == datetime(2026, 11, 2, 9, 29, tzinfo=UTC)
    assert "date.from-received" in codes(parsed)


@pytest.mark.parametrize("date", ["", "tomorrow", "Mon, 99 Nov 2026 99:99:99 +9999", "1" * 5000])
def test_an_unreadable_date_is_none(date: str) -> None:
    assert read(f"From: a@acme.example\nDate: {date}\n\nhi".encode()).date is None


HEAD = b"From: a@acme.example\nSubject: x\nMIME-Version: 1.0\n"


def _nested(depth: int) -> bytes:
    levels = (f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(depth))
    return HEAD + b"Content-Type: multipart/mixed; boundary=b0\n\n" + "".join(levels).encode()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff" * 200_000, id="no text at all"),
        pytest.param(_nested(3_000), id="multiparts in multiparts"),
        pytest.param(HEAD + b"Content-Type: message/rfc822\n\n" * 3_000, id="mail in mail"),
        pytest.param(
            HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 30_000,
            id="parts",
        ),
        pytest.param(b"From: a@acme.example\nCc: " + b"a@acme.example, " * 40_000, id="recipients"),
        pytest.param(HEAD + b"Content-Type: text/plain" + b';"' * 100_000, id="parameters"),
        pytest.param(b"X-A: y\n" * 200_000, id="headers"),
        pytest.param(b"From: " + b'"\\' * 50_000, id="quotes"),
        pytest.param(HEAD + b"\n" * 2_000_000, id="empty lines"),
        pytest.param(b"References: " + b"<a@b.example> " * 50_000, id="references"),
    ],
)  # fmt: skip
def test_hostile_mail_is_bounded_and_says_so(content: bytes) -> None:
    parsed = read(content)
    assert len(parsed.headers) <= 1_000
    assert len(parsed.references) <= 200
    assert len(parsed.attachments) <= 1_000


def test_what_was_cut_is_a_defect() -> None:
    assert "text.cut" in codes(read(HEAD + b"\n" + b"word " * 100_000))
    assert "header.cut" in codes(read(b"X-A: y\n" * 200_000 + b"\nhi"))


def test_nul_bytes_are_shown_and_told() -> None:
    parsed = read(b"From: a@acme.example\nSubject: a\x00b\n\nc\x00d")
    assert (parsed.subject, parsed.text) == ("a\ufffdb", "c\ufffdd")
    assert {"header.nul", "text.nul"} <= codes(parsed)


@given(st.binary(max_size=2_000))
def test_any_bytes_give_a_mail(content: bytes) -> None:
    read(content, at=None)


@pytest.mark.parametrize(
    "base",
    [SIMPLE, _report("failed", "5.1.1"), _multipart("alternative", PLAIN, HTML)],
    ids=["plain", "report", "forms"],
)
def test_mutated_mail_gives_a_mail(base: bytes) -> None:
    chance = random.Random(7)
    for _ in range(150):
        content = bytearray(base)
        for _ in range(chance.randint(1, 30)):
            content[chance.randrange(len(content))] = chance.choice(b'\x00\n\r;:="<>?-\xff\xd0 ')
        read(bytes(content), complete=chance.random() < 0.5, at=None)


@pytest.mark.parametrize("length", range(0, len(SIMPLE), 37))
def test_a_truncated_head_gives_a_mail(length: int) -> None:
    read(SIMPLE[:length], complete=False)
