"""Prove what reading one mail gives, and that it always gives something."""

from datetime import UTC, datetime

import pytest

from classify.mail import InboundMail, OutboundMail
from ingest import reading
from ingest.reading import Reader
from models.agency import Account, Agency
from models.ids import AccountId, Address
from models.message import Direction, Origin, ParsedMail, RawMail, ReadMail
from models.verdict import InboundVerdicts, OutboundVerdicts, ReplyKind, Verdict

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
AGENCY = Agency(
    name="Studio",
    domains=frozenset({"studio.example"}),
    zone="Europe/Moscow",
    technical_senders=frozenset({Address("noreply@studio.example")}),
    accounts=(Account(id=AccountId("acme"), name="Acme", domains=frozenset({"acme.example"})),),
)


def _verdict(what: str, *, holds: bool) -> Verdict:
    return Verdict(what=what, holds=holds, confidence=1.0, source="fake")


class Listener:
    """A classifier that remembers what it was told; a robot asks only with "acknowledge"."""

    def __init__(self) -> None:
        self.heard: list[InboundMail | OutboundMail] = []

    def inbound(self, mail: InboundMail) -> InboundVerdicts:
        """Answer as a classifier would."""
        self.heard.append(mail)
        asks = not mail.robot or "acknowledge" in mail.new_text
        return InboundVerdicts(
            tags=(),
            needs_answer=_verdict("needs_answer", holds=asks),
            chaser=_verdict("chaser", holds=False),
            withdrawn=_verdict("withdrawn", holds=False),
        )

    def outbound(self, mail: OutboundMail) -> OutboundVerdicts:
        """Answer as a classifier would."""
        self.heard.append(mail)
        return OutboundVerdicts(reply_kind=ReplyKind.FULL, reply_kind_source="fake")


class Broken(Listener):
    """A classifier that fails."""

    def inbound(self, mail: InboundMail) -> InboundVerdicts:
        """Fail."""
        raise RuntimeError(f"model is gone: {mail.subject}")


def read(content: str, *, at: datetime | None = AT, classifier: Listener | None = None) -> ReadMail:
    raw = RawMail(content=content.encode(), size_bytes=len(content), internaldate=at)
    return Reader(AGENCY, classifier or Listener()).read(raw)


INBOUND = (
    "From: ivan@acme.example\nTo: hello@studio.example\nSubject: Re: Смета\n\nКогда?\n\n> old\n"
)
OUTBOUND = "From: anna@studio.example\nTo: ivan@acme.example\nSubject: Re: Смета\n\nЗавтра.\n"


def test_a_clients_mail_gets_inbound_verdicts_on_its_new_text() -> None:
    listener = Listener()
    mail = read(INBOUND, classifier=listener)
    assert (mail.direction, mail.origin.origin) == (Direction.INBOUND, Origin.HUMAN)
    assert isinstance(mail.verdicts, InboundVerdicts)
    assert listener.heard == [InboundMail(subject="Re: Смета", new_text="Когда?")]
    assert (mail.base_subject, mail.ignored_reason) == ("Смета", "")


def test_our_mail_gets_outbound_verdicts_relative_to_when_it_was_sent() -> None:
    listener = Listener()
    mail = read(OUTBOUND, classifier=listener)
    assert isinstance(mail.verdicts, OutboundVerdicts)
    assert listener.heard == [OutboundMail(subject="Re: Смета", new_text="Завтра.", sent_at=AT)]


def test_internal_mail_gets_none() -> None:
    mail = read("From: anna@studio.example\nTo: boris@studio.example\n\nКто ответит?")
    assert (mail.direction, mail.verdicts) == (Direction.INTERNAL, None)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Auto-Submitted: auto-replied", "auto-reply - Auto-Submitted: auto-replied"),
        ("X-Failed-Recipients: x@y.example", "bounce - X-Failed-Recipients: x@y.example"),
        ("Content-Type: text/calendar; method=REQUEST", "calendar - text/calendar, METHOD REQUEST"),
        ("Content-Type: text/calendar; method=REPLY", "calendar - text/calendar, METHOD REPLY"),
    ],
)
def test_what_no_person_wrote_is_ignored_with_its_reason(header: str, reason: str) -> None:
    mail = read(f"From: ivan@acme.example\nTo: hello@studio.example\n{header}\n\ntext")
    assert (mail.ignored_reason, mail.verdicts) == (reason, None)


def test_a_robot_counts_only_when_it_asks() -> None:
    head = "From: noreply@bank.example\nTo: hello@studio.example\n\n"
    silent, asking = read(head + "Report 7"), read(head + "Please acknowledge receipt")
    assert silent.ignored_reason.startswith("robot - ")
    assert silent.verdicts is None
    assert asking.ignored_reason == ""
    assert isinstance(asking.verdicts, InboundVerdicts)


def test_a_filter_that_takes_a_known_client_for_spam_is_overruled() -> None:
    spam = "From: {}\nTo: hello@studio.example\nX-Spam-Flag: YES\n\nСколько стоит?"
    assert read(spam.format("ivan@acme.example")).origin.origin is Origin.HUMAN
    assert read(spam.format("seller@other.example")).origin.origin is Origin.SPAM


def test_a_web_form_is_the_clients_human_mail() -> None:
    mail = read(
        "From: noreply@studio.example\nTo: hello@studio.example\nReply-To: ivan@acme.example\n"
        "Auto-Submitted: auto-generated\n\nСколько стоит сайт?"
    )
    assert mail.author.address == "ivan@acme.example"
    assert (mail.direction, mail.origin.origin) == (Direction.INBOUND, Origin.HUMAN)
    assert mail.ignored_reason == ""


def test_mail_without_an_author_waits_for_an_answer() -> None:
    mail = read("Subject: ?\n\nДобрый день, перезвоните, пожалуйста.")
    assert (mail.direction, mail.author.address) == (Direction.INBOUND, "unknown@invalid")
    assert isinstance(mail.verdicts, InboundVerdicts)
    assert mail.verdicts.needs_answer.holds


def test_a_failing_step_gives_a_readable_mail_that_needs_an_answer() -> None:
    mail = read(INBOUND, classifier=Broken())
    assert isinstance(mail.verdicts, InboundVerdicts)
    assert mail.verdicts.needs_answer.holds
    assert mail.parsed.defects[-1].code == "reading.failed"
    assert mail.author.address == "ivan@acme.example"
    assert "Когда?" in mail.new_text


def test_a_failing_parser_gives_the_raw_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(raw: RawMail) -> ParsedMail:
        raise ValueError("broken")

    monkeypatch.setattr(reading, "parse", fail)
    mail = read(INBOUND)
    assert "Когда?" in mail.new_text
    assert mail.direction is Direction.INBOUND
    assert mail.ignored_reason == ""


def test_the_same_bytes_give_the_same_mail() -> None:
    assert read(INBOUND) == read(INBOUND)
