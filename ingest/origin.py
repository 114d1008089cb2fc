"""Judge what kind of sender made a mail, by weighed evidence that can be shown to people."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from ingest.address_list import address_of
from ingest.message_ids import message_id_of
from ingest.origin_rules import ORIGIN_RULES
from ingest.origin_signs import ENOUGH, OriginRule
from ingest.subjects import is_forward_subject, is_reply_subject
from models.ids import Address, MessageId
from models.message import DeliveryReport, Direction, Origin, OriginFinding, ParsedMail

_LOOKED_AT_CHARS: Final = 6_000
_MAX_RECIPIENTS: Final = 50

# Where two origins have evidence enough, the earlier one is the more telling.
_ORDER: Final = (
    Origin.BOUNCE,
    Origin.RECEIPT,
    Origin.CALENDAR,
    Origin.AUTO_REPLY,
    Origin.SPAM,
    Origin.BULK,
    Origin.ROBOT,
)

_TEXT_PLACES: Final = frozenset({"text", "x-returned-mail"})
_TEXT_RULES: Final = tuple(rule for rule in ORIGIN_RULES if rule.place in _TEXT_PLACES)
_HEADER_RULES: Final = tuple(rule for rule in ORIGIN_RULES if rule.place not in _TEXT_PLACES)
_TEXT_WEIGHT: Final = {o: sum(r.weight for r in _TEXT_RULES if r.origin is o) for o in Origin}
_NAMES: Final = {"author": "From", "name": "From", "type": "Content-Type"}
_FACTS: Final = {
    "x-empty-author": "no readable sender",
    "x-returned-mail": "a returned mail inside",
    "x-human-reply-to": "Reply-To names a person",
    "x-answer-subject": "the subject is an answer's",
}

_RETURNED_ID: Final = re.compile(
    r"^[\s>|]{0,20}message-?id:\s{0,80}<([^<>\s]{3,250})>", re.IGNORECASE | re.MULTILINE
)
_RETURNED_HEADERS: Final = re.compile(
    r"^[\s>|]{0,20}(?:received: (?:from|by)|message-?id: )", re.IGNORECASE | re.MULTILINE
)
_FAILED_ADDRESS: Final = re.compile(
    r"^[\s>]{0,10}(?:(?:final-|original-)?recipient:\s{0,5}(?:rfc822;\s{0,3})?|"
    r"кому:\s{0,3}|"
    r"адрес(?:ат)?:?\s{0,3})?<?([\w.+=-]{1,64}@[\w.-]{3,190}\w)>?\s{0,3}(?::|\.{3}|"
    r"$|\s\()",
    re.IGNORECASE | re.MULTILINE,
)
_DELAYED: Final = re.compile(
    r"\bdelay|will (?:continue|keep|be) (?:to )?(?:be )?(?:try|retr)|"
    r"not yet been delivered|could not send message for|warning message only|"
    r"do not need to resend|still being retried|отложена|задерж\w+|"
    r"будут? (?:продолжен|повторен|предпринят)|попытк\w+ доставки (?:будут|продолж)",
    re.IGNORECASE,
)
_PERMANENT: Final = re.compile(
    r"permanent|fatal|\b5\.\d\.\d|\b55\d\b|gave up|giving up|не будет|unknown|"
    r"not exist|undeliverable",
    re.IGNORECASE,
)


def _values_of(parsed: ParsedMail) -> dict[str, list[str]]:
    """Return what the rules look at, by place."""
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in parsed.headers:
        values[name].append(value[:2_000])
    author = parsed.author
    values["subject"] = [parsed.subject[:500]]
    values["author"] = [author.address.partition("@")[0] if author else ""]
    values["name"] = [author.name if author else ""]
    values["type"] = [parsed.content_type]
    if is_reply_subject(parsed.subject) or is_forward_subject(parsed.subject):
        values["x-answer-subject"] = ["yes"]
    values["x-empty-author"] = [] if author else ["yes"]
    if author and any(
        r.address != author.address and not _is_robot(r.address) for r in parsed.reply_to
    ):
        values["x-human-reply-to"] = ["yes"]
    return values


def _values_of_text(parsed: ParsedMail) -> dict[str, list[str]]:
    """Return the places that cost time to look at."""
    text = parsed.text[:_LOOKED_AT_CHARS]
    kinds = {attachment.content_type for attachment in parsed.attachments}
    returned = "message/rfc822" in kinds or "text/rfc822-headers" in kinds
    if returned or _RETURNED_HEADERS.search(text):
        return {"text": [text], "x-returned-mail": ["yes"]}
    return {"text": [text]}


def _is_robot(address: Address) -> bool:
    local = address.partition("@")[0]
    return any(r.id == "robot.sender" and r.pattern.search(local) for r in ORIGIN_RULES)


def _matches(rule: OriginRule, values: Mapping[str, list[str]]) -> str | None:
    """Return the value that a rule speaks of; None when it says nothing."""
    for value in values.get(rule.place, ()):
        if found := rule.pattern.search(value):
            return found[0] if rule.place in ("text", "subject") else value
    return None


def _shown(rule: OriginRule, value: str) -> str:
    """Word one piece of evidence: "Auto-Submitted: auto-replied"."""
    if rule.place in _FACTS:
        return _FACTS[rule.place]
    name = _NAMES.get(rule.place) or "-".join(part.capitalize() for part in rule.place.split("-"))
    return f"{name}: {' '.join(value.split())[:80]}"


def judge_origin(parsed: ParsedMail, direction: Direction) -> OriginFinding:
    """Return the origin with the strongest evidence; human when none has enough.

    No single weak header decides (SEMANTICS.md section 2). Mail of ours is never spam or bulk
    by what a server wrote into it on its way.
    """
    if parsed.calendar_method and parsed.calendar_method != "PUBLISH":
        reason = f"text/calendar, METHOD {parsed.calendar_method}"
        return OriginFinding(origin=Origin.CALENDAR, reason=reason)
    scores, evidence = _weighed(parsed)
    candidates = [o for o in _ORDER if round(scores[o], 3) >= ENOUGH]
    if direction is not Direction.INBOUND:
        candidates = [o for o in candidates if o not in (Origin.SPAM, Origin.BULK)]
    if not candidates:
        loudest = max(scores.values(), default=0.0)
        return OriginFinding(
            origin=Origin.HUMAN, reason="no sign of a machine", score=1.0 - max(0.0, loudest) / 2
        )
    origin = candidates[0]
    strongest = sorted(evidence[origin], key=lambda piece: -piece[0])[:3]
    return OriginFinding(
        origin=origin,
        reason="; ".join(words for _, words in strongest),
        score=round(min(1.0, scores[origin]), 2),
        report=_report_of(parsed) if origin is Origin.BOUNCE else None,
    )


def _weighed(
    parsed: ParsedMail,
) -> tuple[dict[Origin, float], dict[Origin, list[tuple[float, str]]]]:
    """Return the sum of the evidence for each origin, and the pieces that spoke for it."""
    scores: dict[Origin, float] = defaultdict(float)
    evidence: dict[Origin, list[tuple[float, str]]] = defaultdict(list)
    _weigh(_HEADER_RULES, _values_of(parsed), scores, evidence)
    # Words alone never decide: they are searched only where they could tip the scales.
    doubtful = [r for r in _TEXT_RULES if scores[r.origin] + _TEXT_WEIGHT[r.origin] >= ENOUGH]
    if doubtful:
        _weigh(doubtful, _values_of_text(parsed), scores, evidence)
    _settle_reports(parsed, scores, evidence)
    return scores, evidence


def _weigh(
    rules: Iterable[OriginRule],
    values: Mapping[str, list[str]],
    scores: dict[Origin, float],
    evidence: dict[Origin, list[tuple[float, str]]],
) -> None:
    """Add what some rules find to the scales."""
    for rule in rules:
        if rule.place not in values:
            continue
        value = _matches(rule, values)
        if value is not None:
            scores[rule.origin] += rule.weight
            if rule.weight > 0:
                evidence[rule.origin].append((rule.weight, _shown(rule, value)))


def _settle_reports(
    parsed: ParsedMail,
    scores: dict[Origin, float],
    evidence: dict[Origin, list[tuple[float, str]]],
) -> None:
    """Tell a report of success, which is a receipt, from one of failure."""
    is_status = "delivery-status" in parsed.content_type
    has_part = any(a.content_type == "message/delivery-status" for a in parsed.attachments)
    if is_status and has_part and parsed.report is None:
        scores[Origin.RECEIPT] += scores.pop(Origin.BOUNCE, 0.0)
        evidence[Origin.RECEIPT] += [(1.0, "delivery report: delivered")]


def _report_of(parsed: ParsedMail) -> DeliveryReport:
    """Return what a bounce tells: from its report part, else from its words."""
    if "feedback-report" in parsed.content_type:
        # A complaint about a mail that did arrive: nothing is to be sent again.
        return DeliveryReport(permanent=False, failed_message_id=_failed_id(parsed))
    if parsed.report is not None:
        failed = parsed.report.failed_message_id or _failed_id(parsed)
        return DeliveryReport(
            permanent=parsed.report.permanent,
            failed_message_id=failed,
            failed_recipients=parsed.report.failed_recipients,
        )
    words = parsed.subject + "\n" + parsed.text[:_LOOKED_AT_CHARS]
    return DeliveryReport(
        permanent=not _DELAYED.search(words) or bool(_PERMANENT.search(words)),
        failed_message_id=_failed_id(parsed),
        failed_recipients=_failed_recipients(parsed),
    )


def _failed_id(parsed: ParsedMail) -> MessageId | None:
    """Return the id of the mail that came back: from its quoted headers, else what is answered."""
    found = _RETURNED_ID.search(parsed.text)
    if found and (returned := message_id_of(found[1])) and returned != parsed.message_id:
        return returned
    answered = parsed.in_reply_to or parsed.references
    return answered[-1] if answered else None


def _failed_recipients(parsed: ParsedMail) -> tuple[Address, ...]:
    """Return whom a bounce without a report part names; empty when it names nobody."""
    named = parsed.header("x-failed-recipients").split(",")
    found = [address_of(text) for text in named if text.strip()]
    if not found:
        own_words = parsed.text[:_LOOKED_AT_CHARS]
        if headers := _RETURNED_HEADERS.search(own_words):
            own_words = own_words[: headers.start()]
        found = [address_of(m[1]) for m in _FAILED_ADDRESS.finditer(own_words)]
    return tuple(dict.fromkeys(a for a in found[:_MAX_RECIPIENTS] if a is not None))
