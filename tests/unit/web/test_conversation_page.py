"""One conversation as a reader gets it."""

from models.agency import Role
from models.ids import Address, MessageKey
from models.message import Attachment, Correspondent, Defect, Direction, Origin, OriginFinding
from models.obligation import ObligationState, PromiseOutcome, Reason
from models.verdict import InboundVerdicts, Language, OutboundVerdicts, ReplyKind, Tone, Verdict
from tests.mails import read_mail
from tests.panel_studio import ANNA, Studio, moscow, promise

ANNA_WRITES = Correspondent(address=ANNA, name="Anna")


def verdict(what: str, *, holds: bool, evidence: str = "") -> Verdict:
    return Verdict(
        what=what,
        holds=holds,
        confidence=0.93,
        source=f"rule.{what}",
        evidence=(evidence,) if evidence else (),
    )


def page_of(studio: Studio, thread: str, language: str = "en") -> str:
    answer = studio.client(Role.CURATOR).get(f"/conversation/{thread}?lang={language}")
    assert answer.status_code == 200
    return answer.text


def test_mails_of_both_sides_stand_in_order_with_their_text(studio: Studio) -> None:
    studio.waits(subject="New theme", text="What does it cost?\nAnd when?")
    thread = studio.joins(
        author=ANNA_WRITES, direction=Direction.OUTBOUND, new_text="We will tell you on Thursday."
    )
    page = page_of(studio, thread)
    assert "What does it cost?\nAnd when?" in page
    assert page.index("What does it cost?") < page.index("We will tell you on Thursday.")
    assert "from the client" in page
    assert "from us" in page
    assert "Acme &amp; Sons" in page


def test_a_mail_that_does_not_count_is_shown_with_the_reason(studio: Studio) -> None:
    studio.waits()
    thread = studio.joins(
        new_text="I am on holiday.",
        origin=OriginFinding(origin=Origin.AUTO_REPLY, reason="Auto-Submitted"),
        ignored_reason="automatic reply (Auto-Submitted: auto-replied)",
    )
    page = page_of(studio, thread)
    assert "I am on holiday." in page
    assert "Left out of account: automatic reply (Auto-Submitted: auto-replied)" in page
    assert 'class="card mail inbound ignored"' in page


def test_the_deadline_is_explained_step_by_step(studio: Studio) -> None:
    thread = studio.waits(
        why=(
            Reason(code="arrived_after_cutoff", at=moscow(20, 18, 30), detail="18:00"),
            Reason(code="due", at=moscow(21, 19)),
        )
    )
    page = page_of(studio, thread)
    assert "<li><bdi>arrived Mon 20 Apr 18:30 after the cut-off 18:00</bdi></li>" in page
    assert "<li><bdi>due Tue 21 Apr 19:00</bdi></li>" in page


def test_a_promise_is_shown_with_its_outcome(studio: Studio) -> None:
    thread = studio.waits(breached=True, **promise(moscow(21, 11), PromiseOutcome.BROKEN))
    page = page_of(studio, thread)
    assert "<q>you will have it</q>" in page
    assert "for Tue, 21 Apr 2026, 11:00 · broken" in page


def test_a_settled_debt_says_when_and_by_whom(studio: Studio) -> None:
    thread = studio.waits(
        state=ObligationState.ANSWERED,
        answered_by=MessageKey("0" * 32),
        answered_at=moscow(20, 17, 30),
        answerer=ANNA,
    )
    page = page_of(studio, thread)
    assert "Mon, 20 Apr 2026, 17:30</a> · Anna" in page


def test_a_dismissal_by_the_client_is_called_the_clients(studio: Studio) -> None:
    thread = studio.waits(
        state=ObligationState.DISMISSED, answered_at=moscow(20, 17), dismissed_by="client"
    )
    assert "<dd>the client</dd>" in page_of(studio, thread)


def test_findings_are_shown_with_what_spoke_for_them(studio: Studio) -> None:
    studio.waits()
    thread = studio.joins(
        verdicts=InboundVerdicts(
            tags=(verdict("bug", holds=True, evidence="does not open"),),
            needs_answer=verdict("needs_answer", holds=True),
            chaser=verdict("chaser", holds=True),
            withdrawn=verdict("withdrawn", holds=False),
            tone=Tone.ANGRY,
            language=Language.EN,
        )
    )
    page = page_of(studio, thread)
    assert '<i class="tag bug">bug</i>' in page
    assert "bug: yes, 93 %" in page
    assert "rule.bug · <bdi>“does not open”</bdi>" in page
    assert "reminder" in page
    assert "angry" in page


def test_the_kind_of_our_reply_is_shown_in_the_readers_language(studio: Studio) -> None:
    studio.waits()
    thread = studio.joins(
        author=ANNA_WRITES,
        direction=Direction.OUTBOUND,
        verdicts=OutboundVerdicts(reply_kind=ReplyKind.HOLDING, reply_kind_source="rule"),
    )
    assert "ответ «вернёмся позже»" in page_of(studio, thread, "ru")


def test_attachments_and_defects_are_listed(studio: Studio) -> None:
    studio.waits()
    plain = read_mail("m1@studio.example", references=("m0@acme.example",)).parsed
    thread = studio.joins(
        parsed=type(plain)(
            message_id=plain.message_id,
            references=plain.references,
            attachments=(
                Attachment(name="макет.pdf", content_type="application/pdf", size_bytes=184_320),
                Attachment(name="", content_type="image/png"),
            ),
            defects=(Defect(code="header.charset-guessed"),),
        )
    )
    page = page_of(studio, thread)
    assert "макет.pdf" in page
    assert "184.3 kB" in page
    assert "(no name)" in page
    assert "header.charset-guessed" in page


def test_who_wrote_is_shown_with_the_address_behind_the_name(studio: Studio) -> None:
    thread = studio.waits(
        author=Correspondent(address=Address("thief@evil.example"), name="Anna, Studio")
    )
    assert "thief@evil.example" in page_of(studio, thread)


def test_a_conversation_that_is_not_there_is_a_page_with_a_way_back(studio: Studio) -> None:
    answer = studio.client(Role.CURATOR).get("/conversation/nosuch")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "Back to who waits" in answer.text
