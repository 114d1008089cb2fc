"""List the words and signs by which mail programs introduce and mark quotation."""

import re
from typing import Final

from ingest.marks import MarkTable, mark

_DASHES: Final = r"[-_=*~—–‐]{2,60}"
_MESSAGE: Final = (
    r"(?:original (?:message|email|appointment)|forwarded (?:message|by.{0,80})|"
    r"reply message|begin message|"
    r"исходное (?:сообщение|письмо)|(?:пере|пре)сылаемое (?:сообщение|письмо)|"
    r"пересланное (?:сообщение|письмо)|"
    r"пере(?:адрес|направл)[а-я]{1,8} (?:сообщение|письмо)|"
    r"оригинал(?:ьное)?(?: сообщени[ея]| письм[оа])?|"
    r"вихідне повідомлення|пересилання повідомлення|переслане повідомлення|"
    r"ursprüngliche (?:nachricht|mail)|weitergeleitete nachricht|original-?nachricht|"
    r"message d[’']origine|message (?:original|transféré|initial)|mensaje original|"
    r"mensaje reenviado|"
    r"mensagem original|mensagem encaminhada|messaggio originale|"
    r"messaggio inoltrato|oorspronkelijk bericht|"
    r"oorspronkelijke bericht|doorgestuurd bericht|originalmeddelande|"
    r"oprindelig meddelelse|opprinnelig melding|"
    r"alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|"
    r"wiadomość przekazana|původní zpráva|"
    r"özgün ileti|orijinal mesaj|原始邮件|原始郵件|转发的邮件|元のメッセージ)"
)

# Everything below such a line is somebody's earlier mail.
SEPARATORS: Final = MarkTable(
    mark(
        "separator.dashed",
        rf"{_DASHES}\s*{_MESSAGE}\s*:?\s*{_DASHES}$",
        "-----Исходное сообщение-----",
        "Outlook, Android, Gmail forwards, Yandex, Proton; dashes of any kind on both sides",
    ),
    mark(
        "separator.zoho",
        r"-{2,10}\s?(?:on|вкл|am|le)\b.{5,200}\s-{2,10}$",
        "---- On Tue, 22 Dec 2015 14:17:36 +0300 Anna<anna@acme.example> wrote ----",
        "Zoho",
    ),
    mark(
        "separator.begin-forwarded",
        r"(?:begin forwarded message|начало (?:пере|пре)[а-я]{1,12} (?:сообщения|письма)|"
        r"anfang der weitergeleiteten (?:nachricht|e-mail)|"
        r"début du message (?:réexpédié|transféré)|"
        r"inicio del mensaje reenviado|inizio messaggio inoltrato)\s*:$",
        "Begin forwarded message:",
        "Apple Mail",
    ),
    mark(
        "separator.reply-above",
        r"\W{0,20}(?:please )?(?:type your )?(?:reply|respond|write|пишите|ответьте|"
        r"отвечайте|напишите ответ|"
        r"введите ответ)(?: ваш ответ)? (?:above|over|выше) (?:this|the|этой|"
        r"данной) (?:line|линии|строки|черты)\W{0,20}$",
        "##- Please type your reply above this line -##",
        "help desks, which quote the whole story below it",
    ),
)

# Header keys of a quoted mail, in the languages of the mailers clients use.
FROM_KEYS: Final = frozenset(
    {
        "from",
        "от",
        "от кого",
        "отправитель",
        "від",
        "von",
        "de",
        "da",
        "van",
        "från",
        "fra",
        "od",
        "kimden",
        "发件人",
        "寄件者",
        "lähettäjä",
    }
)
OTHER_KEYS: Final = {
    # No form and no itinerary has such a key: it makes a block a mail's without further proof.
    "sent": {
        "sent",
        "sent at",
        "отправлено",
        "надіслано",
        "відправлено",
        "gesendet",
        "envoyé",
        "enviado",
        "enviado el",
        "inviato",
        "verzonden",
        "skickat",
        "sendt",
        "wysłano",
    },
    # Keys of one line of the block count once, whichever language they are in.
    "date": {
        "message du",
        "date",
        "дата",
        "дата отправки",
        "datum",
        "envoyé le",
        "fecha",
        "data",
        "dato",
        "gönderme tarihi",
        "gönderildi",
        "发送时间",
        "寄件日期",
        "lähetetty",
        "odesláno",
        "date d'envoi",
    },
    "to": {
        "to",
        "кому",
        "получатель",
        "an",
        "à",
        "para",
        "a",
        "aan",
        "till",
        "til",
        "do",
        "kime",
        "收件人",
        "收件者",
        "vastaanottaja",
        "komu",
        "destinataire",
    },
    "cc": {
        "copie à",
        "cc",
        "копия",
        "копія",
        "kopie",
        "kopia",
        "cci",
        "抄送",
        "副本",
        "bcc",
        "reply-to",
    },
    "subject": {
        "sujet",
        "subject",
        "тема",
        "betreff",
        "objet",
        "asunto",
        "assunto",
        "oggetto",
        "onderwerp",
        "ämne",
        "emne",
        "temat",
        "konu",
        "主题",
        "主旨",
        "aihe",
        "předmět",
    },
}
KEY_LINE: Final = re.compile(
    r"^[\s>*|]{0,6}([^\W\d_][\w' ’-]{0,24}?)\s?\*{0,2}\s?[:：]\*{0,2}(.*)$"
)

# Signs by which a line that ends with a colon is known as "On ... X wrote:".
WROTE: Final = re.compile(
    r"\b(?:wrote|writes|said|написал(?:[аи]|\(а\))?|пишет|писали?|писала|пише|писав|"
    r"написав|schrieb(?:en)?|"
    r"escribi[óo]|escreveu|ha scritto|scrisse|schreef|skrev|napisał(?:\(?a\)?)?|"
    r"napsal|pisze|yazdı|kirjoitti|"
    r"följande|a écrit|geschreven)\b|写道|寫道|のメール",
    re.IGNORECASE,
)
_MONTHS: Final = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|янв|фев|мар|апр|ма[йя]|июн|"
    r"июл|авг|сен|окт|ноя|дек|"
    r"січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|mär|mai|okt|dez|janv|févr|avr|"
    r"juin|juil|août|déc|"
    r"ene|abr|ago|dic|gen|mag|giu|lug|set|ott|fev|out|maj|sty|lut|kwi|cze|lip|sie|"
    r"wrz|paź|lis|gru|mrt|mei)"
)
DATE: Final = re.compile(
    rf"\b\d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{2}}|\d{{4}})\b|"
    rf"\b\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b|"
    rf"\b\d{{1,2}}(?:\.|st|nd|rd|th)?(?: de)?[ -]{_MONTHS}|"
    rf"\b{_MONTHS}[a-zа-яё.]{{0,9}} \d{{1,2}}\b|"
    rf"\b\d{{1,2}}\.? [^\W\d_]{{3,12}}\.? \d{{4}}\b|\d{{4}}年|\b\d{{1,2}}/\d{{1,2}}\b",
    re.IGNORECASE,
)
TIME: Final = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2} ?[ap]\.?m\b", re.IGNORECASE)
ADDRESS: Final = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{2,190}|<https?://[^\s>]{1,200}>")
# The first words of an attribution: a date, a weekday, "On", "Вы писали" or a name with an address.
OPENER: Final = re.compile(
    r"^[*>\s]{0,4}(?:on\b|am\b|le\b|el\b|il\b|op\b|em\b|den\b|w dniu\b|dnia\b|dne\b|"
    r"at\b|from:|from\s|"
    r"mon|tue|wed|thu|fri|sat|sun|(?:пн|вт|ср|чт|пт|сб|вс|нд)\b|понедельник|вторник|"
    r"сред[аы]|четверг|пятниц|"
    r"суббот|воскресень|you wrote|вы писали|ты писал|в письме от|\d{1,2}[./ -]|"
    r"\d{4}[-/年]|"
    r"(?:в )?(?:пн|вт|ср|чт|пт|сб|вс)[.,]|в сообщении|quoting|citando|citát)",
    re.IGNORECASE,
)
YOU_WROTE: Final = re.compile(
    r"^(?:you wrote|вы писали|ты писал[аи]?|вы написали)\b", re.IGNORECASE
)
# ">", "> >", "|", and The Bat!'s initials "АС>"; code arrows and comparisons are no quotes.
QUOTED_LINE: Final = re.compile(r"^[ \t]{0,3}(?:[A-ZА-ЯЁ][A-ZА-ЯЁa-zа-яё]{0,3})?>(?!=)")
PLAIN_QUOTED_LINE: Final = re.compile(r"^[ \t]{0,3}>")
