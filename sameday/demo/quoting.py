"""Quote a mail the way mail programs do: attribution lines, header blocks, their HTML."""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from models.ids import Address
from sameday.demo.moments import MONTHS, WEEKDAYS, ZONE, Language
from sameday.demo.stories import Program

_SHORT_MONTHS_RU: Final = (
    *("янв.", "февр.", "мар.", "апр.", "мая", "июн."),
    *("июл.", "авг.", "сент.", "окт.", "нояб.", "дек."),
)
_SHORT_WEEKDAYS_RU: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")

_ATTRIBUTIONS: Final[dict[Program, dict[Language, str]]] = {
    Program.GMAIL: {
        "ru": "{short_weekday}, {day} {short_month} {year} г. в {clock}, {who}:",
        # Gmail wraps a line that grows too long: readers must join two lines.
        "en": "On {short_weekday}, {short_month} {day}, {year} at {clock_12} {who}\nwrote:",
    },
    Program.APPLE: {
        "ru": "{day} {short_month} {year} г., в {clock}, {who} написал(а):",
        "en": "On {day} {short_month} {year}, at {clock}, {who} wrote:",
    },
    Program.THUNDERBIRD: {
        "ru": "{numbers} {clock}, {name} пишет:",
        "en": "{numbers} {clock}, {name} wrote:",
    },
    Program.YANDEX: {
        "ru": '{numbers}, {clock}, "{name}" <{email}>:',
        "en": '{numbers}, {clock}, "{name}" <{email}>:',
    },
    Program.MAILRU: {
        "ru": "{weekday}, {day} {month} {year}, {clock} +03:00 от {who}:",
        "en": "{weekday}, {day} {month} {year}, {clock} +03:00 from {who}:",
    },
}
"""The line above a quotation by program and language; an iPhone writes Apple's, Outlook none."""

_OUTLOOK_FIELDS: Final[dict[Language, tuple[str, str, str, str]]] = {
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "en": ("From", "Sent", "To", "Subject"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """What a reply knows of the mail it quotes."""

    name: str
    email: Address
    to: str
    """The To header as people read it."""
    subject: str
    at: datetime
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """A quotation in both forms; the plain one ends without a line end."""

    plain: str
    html: str


def quote(program: Program, language: Language, original: Original) -> Quote:
    """Return a quotation of a mail in the style of a program."""
    if program is Program.OUTLOOK:
        return _outlook(language, original)
    line = attribution(program, language, original)
    lines = original.text.split("\n")
    plain = "\n".join(
        [
            line,
            "",
            *(">" + text if text.startswith(">") else f"> {text}".rstrip() for text in lines),
        ]
    )
    return Quote(plain=plain, html=_html(program, line, text_as_html(original.text)))


def attribution(program: Program, language: Language, original: Original) -> str:
    """Return the line that a program writes above a quotation; Gmail's for one without a line."""
    at = original.at.astimezone(ZONE)
    month, weekday = MONTHS[language][at.month - 1], WEEKDAYS[language][at.weekday()]
    russian = language == "ru"
    family = Program.APPLE if program is Program.IPHONE else program
    return _ATTRIBUTIONS.get(family, _ATTRIBUTIONS[Program.GMAIL])[language].format(
        name=original.name,
        email=original.email,
        who=f"{original.name} <{original.email}>",
        day=at.day,
        month=month,
        short_month=_SHORT_MONTHS_RU[at.month - 1] if russian else month[:3],
        year=at.year,
        weekday=weekday.capitalize(),
        short_weekday=_SHORT_WEEKDAYS_RU[at.weekday()] if russian else weekday[:3],
        numbers=f"{at:%d.%m.%Y}",
        clock=f"{at:%H:%M}",
        clock_12=f"{at.hour % 12 or 12}:{at:%M} {'AM' if at.hour < 12 else 'PM'}",
    )


def text_as_html(text: str) -> str:
    """Return a plain text as HTML lines."""
    return "\n".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))


def _outlook(language: Language, original: Original) -> Quote:
    """Return Outlook's header block; nothing marks the lines below it, Russian not even a rule."""
    at = original.at.astimezone(ZONE)
    month = MONTHS[language][at.month - 1]
    sent = (
        f"{at.day} {month} {at.year} г. {at:%H:%M}"
        if language == "ru"
        else f"{at.day} {month} {at.year} {at:%H:%M}"
    )
    values = (f"{original.name} <{original.email}>", sent, original.to, original.subject)
    fields = list(zip(_OUTLOOK_FIELDS[language], values, strict=True))
    block = "\n".join(f"{name}: {value}" for name, value in fields)
    rule = "" if language == "ru" else "-----Original Message-----\n"
    head = "<br>\n".join(f"<b>{name}:</b> {escape(value)}" for name, value in fields)
    border = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
    html = f'<div style="{border}"><p class="MsoNormal">{head}</p></div>\n'
    return Quote(plain=f"{rule}{block}\n\n{original.text}", html=html + text_as_html(original.text))


def _html(program: Program, line: str, body: str) -> str:
    """Return a quotation as HTML for the programs that use a blockquote."""
    line = escape(line)
    if program is Program.GMAIL:
        return (
            f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{line}<br></div>'
            f'<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
            f'border-left:1px solid rgb(204,204,204);padding-left:1ex">{body}</blockquote></div>'
        )
    if program is Program.THUNDERBIRD:
        cite = f'<div class="moz-cite-prefix">{line}</div>'
        return f'{cite}<blockquote type="cite">{body}</blockquote>'
    if program in (Program.YANDEX, Program.MAILRU):
        border = "border-left:1px solid #0857a6;margin:10px;padding:0 0 0 10px"
        return f'<div>{line}</div><blockquote style="{border}">{body}</blockquote>'
    return f'<div>{line}</div><blockquote type="cite">{body}</blockquote>'
