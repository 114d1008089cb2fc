"""List the signs of bounces and read receipts, each with its weight."""

from typing import Final

from ingest.origin_signs import rule

BOUNCE_SUBJECT: Final = (
    r"^\W{0,5}(?:undeliver(?:able|ed)|non-?delivery|undelivered mail|"
    r"(?:mail )?deliver\w+ (?:status )?(?:notification|fail\w+|report|error|"
    r"problem|has failed|delayed|subsystem|notice)|returned mail|mail (?:could not|"
    r"not|fail\w*|error|returned|delivery|system error|"
    r"undeliverable|status report)|failure (?:notice|delivery)|failed(?: mail|"
    r" to deliver| delivery)|message (?:delivery|undeliverable|not delivered|"
    r"status)|"
    r"(?:your )?(?:mail|message|e-?mail) (?:was |is |has )?(?:not|couldn.t|"
    r"could not|been returned|delayed|refused|rejected|bounced)|"
    r"notification:? (?:d.état|d'état|of failure)|warning: (?:could not|message|"
    r"mail)|delayed mail|rejected:? |delivery (?:incomplete|status)|"
    r"automatically rejected mail|nondeliverable mail|user unknown|unzustellbar|"
    r"mailzustellung|returned to sender|"
    r"не ?доставлен|недоставленн|сообщение не доставлен|ваше (?:сообщение|"
    r"письмо) не (?:было )?(?:доставлен|отправлен)|не удалось доставить|"
    r"(?:уведомление|отч[её]т|сообщение) о (?:недоставк|не ?доставк|"
    r"состоянии доставки|доставке|задержке)|возврат (?:письма|почты|сообщения)|"
    r"ошибка доставки|доставка (?:письма|сообщения) (?:не|отложена|задерж)|"
    r"письмо не доставлено|невозможно доставить|邮件传输失败|系统退信|退信)"
)

BOUNCE_TEXT: Final = (
    r"could ?n[o']t be delivered|(?:was|were|been|is) not (?:been )?delivered|"
    r"not delivered to|unable to deliver|cannot (?:be )?deliver|"
    r"undeliverable|permanent (?:fatal )?(?:error|failure)|fatal errors|"
    r"delivery (?:to the following|has failed|failed|failure|attempt)|"
    r"failed to deliver|"
    r"failed permanently|returned (?:to sender|message|mail)|unknown (?:user|"
    r"address|recipient|local)|user (?:is )?unknown|no such (?:user|mailbox|account|"
    r"recipient)|"
    r"(?:mailbox|inbox|quota) (?:is |has )?(?:full|unavailable|exceeded|not found|"
    r"disabled|over)|over ?quota|recipient (?:address )?(?:rejected|unknown|not)|"
    r"address(?:es)? (?:not found|had|rejected|failed|unknown)|doesn.t (?:have|"
    r"exist)|does not exist|not a valid|account (?:has been|is) (?:disabled|"
    r"inactive|closed)|"
    r"\b(?:550|551|552|553|554|421|450|451|452)[ -]#?[45]?\.?|"
    r"\b[45]\.\d{1,3}\.\d{1,3}\b|this is the (?:\w+ ){0,4}(?:mail|qmail|postfix|"
    r"system)|"
    r"mail (?:system|delivery|server) |returned below|was undeliver|"
    r"have been rejected|has been delayed|will (?:continue|keep|"
    r"be) (?:to )?(?:be )?(?:try|retr)|"
    r"не (?:было |может быть |удалось |удается )?(?:доставлен|доставить)|"
    r"недоставленн|неизвестн\w+ (?:адрес|пользовател|получател)|"
    r"(?:почтовый )?ящик (?:\S{1,40} )?(?:переполнен|не найден|не существует|отключ|"
    r"недоступен)|"
    r"адрес\w* (?:получателя )?(?:не существует|не найден)|такого (?:пользователя|"
    r"адреса|ящика)|отклонено (?:сервером|получател)|доставка .{0,60}(?:невозможна|"
    r"отложена|не удалась)"
)

DELIVERY_RULES: Final = (
    # Delivery reports come first: Auto-Submitted: auto-replied stands on most bounces, too.
    rule(
        "bounce.report",
        1.0,
        "type",
        r"report-type=\"?(?:delivery-status|feedback-report)",
        "multipart/report; report-type=delivery-status",
        "RFC 3464 and RFC 5965",
    ),
    rule(
        "bounce.failed-recipients",
        0.9,
        "x-failed-recipients",
        r"\S",
        "bob@acme.example",
        "Exim, Gmail",
    ),
    rule(
        "bounce.sender",
        0.6,
        "author",
        r"^(?:mailer-?_?daemon|mail-?daemon|maildaemon|post_?master|mdaemon|mailadm|"
        r"mail\.?system|mail-?delivery|mailmaster|mailer|smtpd?|"
        r"microsoftexchange[0-9a-f]{10,40}|(?:.{0,40}[-_.])?(?:mailer-daemon|postmaster|"
        r"bounce|bounces|delivery-?(?:status|report)))(?:$|[-+_.])",
        "mailer-daemon",
        "mail systems write from these",
    ),
    rule(
        "bounce.sender-name",
        0.4,
        "name",
        r"mail(?:er)?[ -]*deliver|mailer-?daemon|mail delivery (?:sub)?system|"
        r"postmaster|delivery (?:subsystem|service|system|status)|mail (?:administrator|"
        r"system|server|router|gateway)|"
        r"system administrator|системный администратор|почтовая система|служба доставки",
        "Mail Delivery Subsystem",
        "the same by display name",
    ),
    rule(
        "bounce.subject",
        0.4,
        "subject",
        BOUNCE_SUBJECT,
        "Undelivered Mail Returned to Sender",
        "what they put into the subject; never after Re:",
    ),
    rule(
        "bounce.complaint",
        0.9,
        "subject",
        r"^complaint about message from \d",
        "complaint about message from 192.0.2.1",
        "Hotmail's feedback without the report type",
    ),
    rule(
        "bounce.text",
        0.35,
        "text",
        BOUNCE_TEXT,
        "<bob@acme.example>: User unknown",
        "what they say; a client who quotes it has no other sign",
    ),
    rule(
        "bounce.null-sender",
        0.3,
        "return-path",
        r"^\s*<?\s*>?\s*$",
        "<>",
        "alone it means nothing: redirected human mail has it",
    ),
    rule(
        "bounce.auto-submitted",
        0.2,
        "auto-submitted",
        r"^\s*auto-(?:replied|generated|notified)",
        "auto-replied",
        "supports, never decides",
    ),
    rule(
        "bounce.exchange",
        0.5,
        "x-ms-exchange-message-is-ndr",
        r"",
        "",
        "Exchange marks its reports",
    ),
    rule(
        "bounce.no-sender",
        0.3,
        "x-empty-author",
        r"yes",
        "yes",
        "a mail without a readable From is hardly a person's",
    ),
    rule(
        "bounce.enclosed",
        0.3,
        "x-returned-mail",
        r"yes",
        "yes",
        "a mail came back inside: message/rfc822, or its headers below the words",
    ),
    rule(
        "bounce.is-answer", -0.3, "x-answer-subject", r"yes", "yes", "a person talks about a bounce"
    ),
    # Read receipts
    rule(
        "receipt.report",
        1.0,
        "type",
        r"report-type=\"?disposition-notification",
        "multipart/report; report-type=disposition-notification",
        "RFC 8098",
    ),
    rule(
        "receipt.subject",
        0.6,
        "subject",
        r"^\s*(?:read|not read|gelesen|lu|leído|letto|прочитано|прочтено|не прочитано|"
        r"прочтение|read receipt|return receipt|delivery receipt|delivered|доставлено|"
        r"(?:disposition|уведомление о прочтении|подтверждение прочтения)[^:]{0,40})\s?[:-]",
        "Прочитано: Смета",
        "Outlook and others without the report part",
    ),
    rule(
        "receipt.text",
        0.4,
        "text",
        r"(?:was|has been) (?:read|displayed|opened|deleted)|your message\s{1,5}(?:to|"
        r"was)|прочитано|было (?:прочитано|открыто)|no guarantee that the message|"
        r"доставлено следующим",
        "Your message was read on Monday",
        "together with the subject only",
    ),
    rule(
        "receipt.subject-delivered",
        0.3,
        "subject",
        r"^(?:relayed|delivered|успешно доставлено)\s?:",
        "Relayed: Estimate",
        "reports of success",
    ),
)
