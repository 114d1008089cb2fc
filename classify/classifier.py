"""Give verdicts on mails: the one class of this package that others use."""

from functools import lru_cache
from typing import Final, NamedTuple

from classify.inbound import InboundReader, is_reply_subject
from classify.language import LanguageFinding, detect
from classify.lexicon import (
    RULES_VERSION,
    Lexicon,
    RawLexicon,
    compile_lexicon,
    load_raw_lexicon,
)
from classify.mail import InboundMail, OutboundMail
from classify.moments import MomentTable, compile_moments
from classify.patterns import Coded
from classify.pipeline import MAX_CHARACTERS, Pipeline
from classify.promises import PromiseFinder
from classify.reply_kind import ClientAsk, ReplyJudge
from models.verdict import InboundVerdicts, OutboundVerdicts
from models.working_time import WorkingTime

_MAX_SUBJECT: Final = 500
_REMEMBERED_MAILS: Final = 512


class Machinery(NamedTuple):
    """What is built once per process and shared by all classifiers."""

    raw: RawLexicon
    pipeline: Pipeline
    lexicon: Lexicon
    moments: MomentTable


@lru_cache(maxsize=1)
def load_machinery() -> Machinery:
    """Read the lexicons and build the pipeline: takes about a second, once per process."""
    raw = load_raw_lexicon()
    pipeline = Pipeline(raw.lemmas)
    lexicon = compile_lexicon(raw, pipeline.lemmas_of)
    return Machinery(raw, pipeline, lexicon, compile_moments(raw.moments))


class Classifier:
    """Judge single mails: total, any text gives verdicts."""

    version: str = RULES_VERSION
    """Of the rules; stored with verdicts."""

    def __init__(self, working_time: WorkingTime) -> None:
        self._machinery = load_machinery()
        lexicon = self._machinery.lexicon
        self._inbound = InboundReader(lexicon)
        outbound = lexicon.tables["outbound"]
        self._promises = PromiseFinder(outbound, self._machinery.moments, working_time)
        self._replies = ReplyJudge(outbound, lexicon.tables["questions"], self._promises)
        # A thread is folded again with every mail that joins it, and the same mails are asked for.
        self._outbound = lru_cache(maxsize=_REMEMBERED_MAILS)(self._judge_outbound)
        self._ask = lru_cache(maxsize=_REMEMBERED_MAILS)(self._read_ask)
        self._detect = lru_cache(maxsize=_REMEMBERED_MAILS)(self._detect_language)

    def inbound(self, mail: InboundMail) -> InboundVerdicts:
        """Return what a client's mail says; text beyond MAX_CHARACTERS is not read."""
        language = self._detect((mail.new_text or mail.subject)[:MAX_CHARACTERS])
        inherited = is_reply_subject(mail.subject)
        subject = () if inherited else self._read(mail.subject[:_MAX_SUBJECT])
        return self._inbound.judge(mail, subject, self._read(mail.new_text), language)

    def outbound(self, mail: OutboundMail) -> OutboundVerdicts:
        """Return what our mail does and promises, relative to when it was sent."""
        return self._outbound(mail)

    def _judge_outbound(self, mail: OutboundMail) -> OutboundVerdicts:
        sentences = self._read(mail.new_text)
        kind, source = self._replies.judge(
            sentences,
            mail.sent_at,
            self._ask(mail.client_text),
            is_reply=is_reply_subject(mail.subject),
        )
        return OutboundVerdicts(
            reply_kind=kind,
            reply_kind_source=source,
            promises=self._promises.find(sentences, mail.sent_at),
            language=self._detect(mail.new_text[:MAX_CHARACTERS]).language,
        )

    def _read(self, text: str) -> tuple[Coded, ...]:
        bounded = text[:MAX_CHARACTERS]
        language = self._detect(bounded)
        sentences = self._machinery.pipeline.read(bounded, language)
        return tuple(self._machinery.lexicon.vocabulary.code(s) for s in sentences)

    def _detect_language(self, text: str) -> LanguageFinding:
        return detect(text, self._machinery.raw.markers)

    def _read_ask(self, client_text: str) -> ClientAsk:
        if not client_text.strip():
            return ClientAsk(known=False, waits=False)
        mail = InboundMail(subject="", new_text=client_text)
        language = self._detect(client_text[:MAX_CHARACTERS])
        sentences = self._read(client_text)
        verdicts = self._inbound.judge(mail, (), sentences, language)
        return self._replies.ask_of(verdicts, sentences)
