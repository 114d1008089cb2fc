"""Load the packaged lexicons: word classes, rule tables, lemma exceptions, moments.

Everything lies in `classify/lexicons/*.toml`; nothing is read when a module is imported.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from importlib import resources
from operator import or_
from typing import Any, Final, NamedTuple

from classify.patterns import Coded, Pattern, Span, Vocabulary, find
from classify.pipeline import LemmaTable

RULES_VERSION: Final = "rules-2"
"""Raise with every change of a lexicon or of a rule, so that stored verdicts tell their source."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One row of a rule table."""

    id: str
    gives: str
    """What a match speaks for: a tag, a verdict, or "not:" and a tag."""
    weight: float
    """Share of sentences that the rule reads rightly, as believed; 1 is certain."""
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    """Patterns that silence the rule in the same sentence."""
    reach: int
    """Bits of its patterns: none of them possible in a sentence, none is tried."""
    comment: str
    examples: tuple[str, ...]


class Hit(NamedTuple):
    """A rule that matched, with the words it matched."""

    rule: Rule
    words: str
    span: Span


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleTable:
    """Rules of one concern in order."""

    rules: tuple[Rule, ...]

    def hits(self, coded: Coded) -> tuple[Hit, ...]:
        """Return every rule that matches a sentence, with its first match, in order."""
        known: tuple[Hit, ...] | None = coded.heard.get(id(self))
        if known is None:
            known = coded.heard[id(self)] = tuple(self._hits(coded))
        return known

    def _hits(self, coded: Coded) -> Iterator[Hit]:
        for rule in self.rules:
            if not coded.possible & rule.reach:
                continue
            span = next((s for p in rule.patterns if (s := find(p, coded))), None)
            if span is None or any(find(p, coded) for p in rule.unless):
                continue
            yield Hit(rule, _words_of(coded, span), span)

    def first(self, coded: Coded, gives: str) -> Hit | None:
        """Return the first rule for one finding that matches a sentence, or None."""
        return next((hit for hit in self.hits(coded) if hit.rule.gives == gives), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class RawLexicon:
    """The lexicon files as parsed, before words are turned into lemmas."""

    lemmas: LemmaTable
    classes: Mapping[str, tuple[str, ...]]
    markers: Mapping[str, frozenset[str]]
    """Commonest words per language name, for `classify.language.detect`."""
    tables: Mapping[str, tuple[Mapping[str, Any], ...]]
    moments: Mapping[str, Any]
    """`moments.toml` as parsed; `classify.moments` knows its form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """Everything compiled and ready to match."""

    vocabulary: Vocabulary
    tables: Mapping[str, RuleTable]


def load_raw_lexicon() -> RawLexicon:
    """Read the packaged files; a broken file is a programming error and raises."""
    parsed = {
        path.name.removesuffix(".toml"): tomllib.loads(path.read_text(encoding="utf-8"))
        for path in resources.files("classify").joinpath("lexicons").iterdir()
        if path.name.endswith(".toml")
    }
    lemmas = parsed.pop("lemmas")
    markers = parsed.pop("languages")
    moments = parsed.pop("moments")
    classes: dict[str, tuple[str, ...]] = {}
    for content in parsed.values():
        for name, members in content.get("classes", {}).items():
            classes[name] = (*classes.get(name, ()), *_listed(members))
    return RawLexicon(
        lemmas=LemmaTable(russian=_forms(lemmas["russian"]), english=_forms(lemmas["english"])),
        classes=classes,
        markers={name: frozenset(words.split()) for name, words in markers.items()},
        tables={name: tuple(content.get("rule", ())) for name, content in parsed.items()},
        moments=moments,
    )


def compile_lexicon(raw: RawLexicon, lemmas_of: Callable[[str], tuple[str, ...]]) -> Lexicon:
    """Return the lexicon with every word reduced to its lemma; ValueError names a bad pattern."""
    vocabulary = Vocabulary(raw.classes, lemmas_of)
    tables = {
        name: RuleTable(rules=tuple(_rule(vocabulary, row) for row in rows))
        for name, rows in raw.tables.items()
    }
    return Lexicon(vocabulary=vocabulary, tables=tables)


def _rule(vocabulary: Vocabulary, row: Mapping[str, Any]) -> Rule:
    patterns = tuple(vocabulary.compile(p) for p in row["any"])
    return Rule(
        id=row["id"],
        gives=row["gives"],
        weight=float(row.get("weight", 0.9)),
        patterns=patterns,
        reach=reduce(or_, (pattern.bit for pattern in patterns)),
        unless=tuple(vocabulary.compile(p) for p in row.get("unless", ())),
        comment=row["comment"],
        examples=tuple(row["examples"]),
    )


def _forms(table: str) -> dict[str, str]:
    """Read lines "lemma: form form" into form -> lemma."""
    pairs = (line.split(":", 1) for line in table.strip().splitlines())
    return {form: lemma for lemma, forms in pairs for form in forms.split()}


def _listed(members: str) -> Iterator[str]:
    return (m.strip().lower().replace("ё", "е") for m in members.split(",") if m.strip())


def _words_of(coded: Coded, span: Span) -> str:
    words = coded.sentence.words[span.start : span.end]
    if not words:
        return ""
    offset = coded.sentence.start
    return coded.sentence.text[words[0].start - offset : words[-1].end - offset]
