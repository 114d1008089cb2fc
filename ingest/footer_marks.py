"""List the words and signs of signatures, footers, disclaimers and gateway banners."""

import re
from typing import Final

from ingest.marks import MarkTable, mark

# What such a footer names; "sent by courier" is the author's own sentence.
_DEVICE: Final = (
    r"(?:\bmy\b|\bмо(?:его|ей)\b|phone|iphone|ipad|ipod|android|mobile|device|galaxy|samsung|blackberry|"
    r"windows|outlook|yahoo|gmail|\bapp\b|e?-?mail|spark|proton|thunderbird|sparrow|\bcell\b|tablet|pixel|"
    r"телефон|смартфон|устройств|планшет|пошт|почт|приложени|яндекс|xiaomi|redmi|huawei|honor|nokia|realme|"
    r"телеграм|whatsapp)"
)

DEVICE_FOOTERS: Final = MarkTable(
    mark(
        "device.sent-from",
        r"[<(\[—–-]{0,3}\s?(?:sent|sended) (?:from|via|with|by|using|on)\b"
        rf"(?! (?:my |our )?(?:desk|home|house|office)\b).{{0,60}}{_DEVICE}.{{0,60}}$",
        "Sent from my iPhone",
        "phones and apps in English; a courier or a desk is no device",
    ),
    mark(
        "device.get-app",
        r"(?:get|скачать|загрузить|установить|получить|завантажити)\s\[?(?:outlook|"
        r"почту|mail|yandex|яндекс).{1,90}$",
        "Get Outlook for iOS",
        "Outlook for phones",
    ),
    mark(
        "device.otpravleno",
        r"[<(\[—–-]{0,3}\s?(?:отправлен[оа]?|послано|написано|надіслано|відправлено|"
        r"від моєї|отослано)"
        rf"\s(?:с|со|из|через|при помощи|з|із)\s.{{0,60}}{_DEVICE}.{{0,60}}$",
        "Отправлено с моего iPhone",
        "phones and apps in Russian and Ukrainian, Yandex, Mail.ru, Windows Mail",
    ),
    mark(
        "device.other-languages",
        r"(?:envoyé (?:de|depuis|à partir)|von mein\w{0,2} .{1,40} gesendet|"
        r"gesendet (?:von|mit|aus)|enviado (?:desde|de|do|a partir)|"
        r"inviato da|skickat från|verzonden (?:vanaf|met|via)|verstuurd vanaf|sendt fra|"
        r"wysłane z|wysłano z|odesláno z|"
        r"lähetetty|iphone'umdan|diese nachricht wurde von mein).{0,90}$",
        "Von meinem iPhone gesendet",
        "phones in other languages of Europe",
    ),
    mark(
        "device.from-my",
        r"from my (?:iphone|ipad|android|mobile|phone|samsung|blackberry|pixel).{0,40}$",
        "From my iPhone 6",
        "written by hand into the settings",
    ),
    mark(
        "device.chinese",
        r"(?:從我的|从我的|发自我的|發自我的).{1,30}$",
        "发自我的 iPhone",
        "phones in Chinese",
    ),
)

# A line that takes leave; names and contacts follow it.
CLOSINGS: Final = MarkTable(
    mark(
        "closing.russian",
        r"(?:(?:с|всегда с)\s(?:наилучшими|лучшими|добрыми|тёплыми|теплыми|"
        r"самыми)?\s?(?:искренним |глубоким |большим )?"
        r"(?:уважением|пожеланиями|приветом|любовью|благодарностью)|с ув|"
        r"всего (?:доброго|хорошего|наилучшего)|"
        r"хорошего (?:дня|вечера)|искренне ваш\w{0,2}|з повагою|наилучшие пожелания|"
        r"с надеждой на сотрудничество)\b.{0,60}$",
        "С уважением, Анна",
        "Russian and Ukrainian letters close with these",
    ),
    mark(
        "closing.english",
        r"(?:(?:with\s)?(?:(?:my|our|all|the)\s)?(?:very\s)?(?:best|kind|kindest|warm|"
        r"warmest|many)?\s?(?:regards|wishes)|"
        r"best|rgds|brgds|br|kr|cheers|sincerely(?: yours)?|yours (?:sincerely|truly|"
        r"faithfully)|(?:very )?respectfully|"
        r"take care|cordially|all the best|"
        r"warmly)[,.!]?(?:\s?[,–-]?\s?(?-i:[A-ZА-ЯЁ])[\w.'-]{0,25}){0,3}$",
        "Best regards, John",
        "English letters close with these; a sentence that goes on is no closing",
    ),
    mark(
        "closing.german",
        r"(?:mit (?:freundlichen|besten|lieben|herzlichen) grü(?:ß|ss)en|(?:viele|liebe|"
        r"beste|herzliche|schöne) grü(?:ß|ss)e|mfg|"
        r"cordialement|bien à vous|saludos(?: cordiales)?|atentamente|cordiali saluti|"
        r"met vriendelijke groet\w{0,2}|pozdrawiam)"
        r"[,.!]?.{0,40}$",
        "Mit freundlichen Grüßen",
        "clients abroad",
    ),
)

POSTSCRIPT: Final = re.compile(
    r"^(?:p\.?\s?p?\.?\s?s\b\.?|з\.?\s?ы\b\.?|пс\b|п\.\s?с\.)\s?[:.,-]?", re.IGNORECASE
)
SIGNATURE_RULE: Final = re.compile(
    r"^(?:--|—|–|__|___|-- ?-|-{3,5}|={3,5}|_{3,5}|\*{3}|#{3,}|~{3,}|\+{5,}|ᐧ)\s{0,2}$"
)
LONG_RULE: Final = re.compile(r"^[-_=*~—–]{10,}$")
CONTACT: Final = re.compile(
    r"(?:\b(?:тел|моб|факс|сайт|почта|tel|mob|mobile|cell|phone|ph|fax|skype|"
    r"telegram|whatsapp|e-?mail|web|www)\b\.?\s?[:.)]?)|"
    r"\+?\d[\d ()–-]{8,18}\d|https?://|www\.|[^\s@]{1,64}@[^\s@]{3,100}",
    re.IGNORECASE,
)
LIST_FOOTER: Final = re.compile(
    r"mailing list|listinfo|unsubscribe|to post to this group|"
    r"you received this message because|отписаться|"
    r"вы получили это (?:сообщение|письмо),? (?:поскольку|потому|так как)|"
    r"visit topic|to respond, reply to this",
    re.IGNORECASE,
)

# Signs of a lawyer's text, searched in a whole paragraph: one with three of them is a disclaimer.
DISCLAIMERS: Final = MarkTable(
    mark(
        "disclaimer.confidential",
        r"confidential|конфиденциальн|vertraulich|privileged",
        "This e-mail is confidential",
        "the word itself",
    ),
    mark(
        "disclaimer.this-mail",
        r"\bthis (?:e-?mail|message|communication|transmission)|(?:настоящее|данное|"
        r"это) (?:электронное )?"
        r"(?:сообщение|письмо)|информация, содержащаяся|diese e-?mail",
        "Данное сообщение",
        "it speaks of itself",
    ),
    mark(
        "disclaimer.addressee",
        r"intended (?:only |solely )?(?:for|recipient)|addressee|адресат|"
        r"предназначен[аоы]?\b.{0,60}(?:лиц|получател|использован)",
        "intended only for the addressee",
        "whom it is for",
    ),
    mark(
        "disclaimer.by-mistake",
        r"\bin error\b|by mistake|по ошибке|ошибочно|if you (?:are not|have received)|"
        r"если вы не являетесь|если вы получили|irrtümlich",
        "received in error",
        "the wrong reader",
    ),
    mark(
        "disclaimer.destroy",
        r"\bdelete|destroy|notify the sender|удалит|уничтож|"
        r"сообщите (?:об этом )?отправител|уведомит",
        "please delete it",
        "what he must do",
    ),
    mark(
        "disclaimer.forbidden",
        r"unauthori[sz]ed|prohibited|strictly forbidden|запрещ|не допускается|disclos|"
        r"разглаш|распростран|копирован",
        "is strictly prohibited",
        "what he must not do",
    ),
    mark(
        "disclaimer.no-contract",
        r"not (?:constitute|an) (?:an )?offer|не является (?:публичной )?оферт|"
        r"legally binding",
        "не является офертой",
        "lawyers' reserve",
    ),
)

# One such line is enough.
FOOTERS: Final = MarkTable(
    mark(
        "footer.environment",
        r".{0,60}(?:consider the environment|think before you print|"
        r"подумайте (?:об окружающей|о природе|об экологии)|берегите (?:природу|лес))",
        "Please consider the environment before printing",
        "green footers",
    ),
    mark(
        "footer.antivirus",
        r"(?:virus-free\.|без вирусов\.|this (?:e-?mail|message) has been (?:checked|"
        r"scanned) (?:for|by)|(?:это (?:сообщение|"
        r"письмо) )?проверено (?:на (?:отсутствие )?вирус|антивирус)|"
        r"данное письмо проверено|не содержит вирусов|scanned by)",
        "Virus-free. www.avast.example",
        "virus scanners",
    ),
    mark(
        "footer.notice",
        r"(?:confidentiality notice|disclaimer|privacy notice|legal notice|"
        r"уведомление о конфиденциальности|отказ от ответственности)\s?[:.]?",
        "CONFIDENTIALITY NOTICE:",
        "headings of disclaimers",
    ),
)

GATEWAY_BANNERS: Final = MarkTable(
    mark(
        "banner.caution",
        r"\W{0,6}(?:caution|warning|attention|external(?: e?-?mail| sender)?|"
        r"внимание)\W{1,4}.{0,120}(?:external|outside|originated|внешн|за пределами|"
        r"неизвестн)",
        "CAUTION: This email originated from outside the organization.",
        "security gateways put it above the text",
    ),
    mark(
        "banner.external-mail",
        r"\W{0,6}(?:this (?:e?-?mail|message) (?:originated|came|"
        r"is) (?:from )?(?:outside|an external)|письмо от внешнего отправителя|"
        r"внешн(?:ее|яя) (?:письмо|почта)\W{0,3}$|"
        r"you don't (?:often )?get e?-?mail from|вы нечасто получаете письма)",
        "You don't often get email from anna@acme.example.",
        "gateways and Outlook's first-contact tip",
    ),
    mark(
        "banner.links",
        r"\W{0,6}(?:do not click|не (?:открывайте|переходите|"
        r"нажимайте)).{0,60}(?:links?|attachments?|ссылк|вложени)",
        "Do not click links or open attachments unless you recognize the sender.",
        "second line of such a banner",
    ),
)


def is_gateway_banner(line: str) -> bool:
    """Tell whether a line was put above the text by a security gateway."""
    return GATEWAY_BANNERS.matches(line.strip())
