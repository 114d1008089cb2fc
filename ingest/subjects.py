"""Reduce a subject to what the conversation is about: without prefixes, gateway and list tags."""

import re
import unicodedata
from typing import Final

MAX_SUBJECT_CHARS: Final = 1_000
_MAX_ROUNDS: Final = 40
"""Horizon: nobody needs more prefixes taken off than this."""

# Words that mailers put before the subject of an answer or a forward, by language.
REPLY_WORDS: Final = {
    "en": ("re", "reply"),
    "ru": ("отв", "ответ", "на", "re"),
    "uk": ("відп", "відповідь"),
    "de": ("aw", "antw", "antwort"),
    "nordic": ("sv", "vs"),
    "nl": ("antw",),
    "fr": ("réf", "ref", "rép"),
    "it": ("rif", "r"),
    "pt": ("res",),
    "es": ("rta",),
    "pl": ("odp",),
    "tr": ("ynt",),
    "zh": ("回复", "回覆", "答复", "答覆"),
}
FORWARD_WORDS: Final = {
    "en": ("fw", "fwd", "forward"),
    "ru": ("пересл", "пер", "fwd", "пересылка"),
    "uk": ("пересл",),
    "de": ("wg",),
    "nordic": ("vb", "vl", "vs"),
    "nl": ("doorst",),
    "fr": ("tr",),
    "it": ("i",),
    "pt": ("enc",),
    "es": ("rv",),
    "pl": ("pd",),
    "tr": ("ilt",),
    "zh": ("转发", "轉寄"),
}


def _alternatives(words: dict[str, tuple[str, ...]]) -> str:
    unique = sorted({w for row in words.values() for w in row}, key=len, reverse=True)
    return "|".join(re.escape(word) for word in unique)


# "Re[2]:", "Re(2):", "Re^2:", "RE: ", "Отв：" - the count belongs to the prefix.
_COUNT: Final = r"(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4}|\*\d{1,4})?"
_REPLY: Final = re.compile(
    rf"(?:{_alternatives(REPLY_WORDS)}){_COUNT}\s{{0,3}}[:：]\s*", re.IGNORECASE
)
_FORWARD: Final = re.compile(
    rf"(?:{_alternatives(FORWARD_WORDS)}){_COUNT}\s{{0,3}}[:：]\s*", re.IGNORECASE
)
# "[EXT]", "[list-name]", "[SPAM]", "***SPAM***", "{Spam?}" - only where something remains.
_TAG: Final = re.compile(
    r"(?:\[[^\[\]]{1,40}\]|\*{2,5}\s?spam\s?\*{2,5}|\{spam\??\})\s*", re.IGNORECASE
)
# Security gateways write their tag in the middle, too; a client's own brackets stay there.
_GATEWAY_TAG: Final = re.compile(
    r"\[(?:ext|extern|external|external\s?e?mail|externalemail|public|"
    r"internal use only|spam|"
    r"внешн[а-я]{2}(?:\s(?:почта|письмо))?|внешний отправитель)\]\s*",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r"\s*\((?:fwd|was:[^()]{0,200}|было:[^()]{0,200})\)$", re.IGNORECASE)
_BLANKS: Final = re.compile(r"\s+")


def _without_one_prefix(subject: str) -> str:
    """Return the subject without its first prefix or tag; the same when it has none."""
    for pattern in (_REPLY, _FORWARD):
        if found := pattern.match(subject):
            return subject[found.end() :]
    tag = _TAG.match(subject)
    if tag and subject[tag.end() :].strip():
        return subject[tag.end() :]
    return subject


def base_subject(subject: str) -> str:
    """Return what is left of a subject, on one line, in the author's own letters.

    Empty when the subject is empty or nothing but prefixes.

    >>> base_subject("RE: [EXT] Отв: Fwd: Смета на сайт (fwd)")
    'Смета на сайт'
    """
    text = unicodedata.normalize("NFKC", subject[:MAX_SUBJECT_CHARS])
    text = _GATEWAY_TAG.sub("", _BLANKS.sub(" ", text)).strip() or _BLANKS.sub(" ", text).strip()
    for _ in range(_MAX_ROUNDS):
        shorter = _without_one_prefix(text).strip()
        shorter = _TAIL.sub("", shorter)
        if shorter == text:
            break
        text = shorter
    return text


def is_reply_subject(subject: str) -> bool:
    """Tell whether a subject begins with an answer's prefix, a tag or two before it."""
    return _starts_with(_REPLY, subject)


def is_forward_subject(subject: str) -> bool:
    """Tell whether a subject begins with a forward's prefix, a tag or two before it."""
    return _starts_with(_FORWARD, subject)


def _starts_with(pattern: re.Pattern[str], subject: str) -> bool:
    text = subject[:MAX_SUBJECT_CHARS].strip()
    for _ in range(3):
        if pattern.match(text):
            return True
        tag = _TAG.match(text)
        if not tag:
            return False
        text = text[tag.end() :]
    return False
