"""Match small grammars over lemmas: the language in which every rule table is written.

A pattern is a row of elements divided by blanks:

=============  ==================================================================
``word``       a lemma, given in any form; ``a_b`` is a phrase
``{price}``    a member of a word class, one word or a phrase
``#1per``      a grammatical mark of the word (`classify.sentence.Word.marks`)
``a|{b}|#c``   any of these
``{a}&#b|#c``  one word that is the first and bears one of the marks
``!a|{b}``     the next word is none of these (takes no word)
``a?``         may be missing
``*3``         any words, at most three
``^``  ``$``   start and end of the sentence
``5~ a {b}``   the elements in any order, within a stretch of that many words
=============  ==================================================================

All repeats are bounded, so a pattern costs at most a few steps per word of a sentence.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from classify.sentence import Sentence, Word

_MARKS: Final = (
    "1per", "2per", "3per", "futr", "pres", "past", "impr", "inf", "short", "num", "cap", "name",
    "plur",
)  # fmt: skip
_START: Final = 1
_END: Final = 2
_INDEXED: Final = 3
"""So many required elements are looked up; few patterns have more."""
_REMEMBERED_WORDS: Final = 50_000


class Element(NamedTuple):
    """One step of a pattern, its alternatives folded into a bit mask."""

    mask: int
    optional: bool = False
    forbidden: bool = False
    gap: int = 0
    """Above 0: up to that many words of any kind; `mask` is 0 then."""
    anchor: int = 0
    also: int = 0
    """Above 0: marks of which the same single word must bear one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """One compiled pattern."""

    source: str
    elements: tuple[Element, ...]
    window: int = 0
    """Above 0: the elements stand in any order within that many words."""
    required: tuple[int, ...]
    """Masks of which every one must occur in the sentence, the rarest first."""
    bit: int = 0
    """Of all patterns of a vocabulary, this one; `Coded.possible` is made of such bits."""
    first: int = 0
    """Above 0: the word at which a match begins bears one of these, or begins a phrase."""


Openings = tuple[int, ...]
"""Per place in `Pattern.required`: the patterns that a word gives what stands there."""


class Coded(NamedTuple):
    """A sentence as bit masks: which classes each word belongs to or begins."""

    sentence: Sentence
    masks: tuple[int, ...]
    phrases: tuple[tuple[tuple[int, int], ...], ...]
    """Per word, the phrases that begin there: (bit, number of words)."""
    openings: tuple[Openings, ...]
    """Per word, its phrases included."""
    possible: int
    """Bits of the patterns that have all they require; nearly all others are never tried."""
    heard: dict[int, tuple[Any, ...]]
    """Hits per rule table, found once and read by several parts; no part of the sentence."""


def part_of(coded: Coded, start: int, end: int) -> Coded:
    """Return some words of a coded sentence; phrases that reach beyond them are gone."""
    sentence = coded.sentence
    words = sentence.words[start:end]
    if not words:
        return Coded(replace(sentence, text="", words=()), (), (), (), 0, {})
    low, high = words[0].start - sentence.start, words[-1].end - sentence.start
    piece = replace(
        sentence,
        text=sentence.text[low:high],
        start=words[0].start,
        end=words[-1].end,
        words=words,
    )
    phrases = tuple(
        tuple(p for p in begun if at + p[1] <= end) if begun else begun
        for at, begun in enumerate(coded.phrases[start:end], start)
    )
    openings = coded.openings[start:end]
    # Never more than the whole has; a phrase that is gone may leave a pattern to be tried in vain.
    possible = coded.possible & _possible(openings)
    return Coded(piece, coded.masks[start:end], phrases, openings, possible, {})


def _possible(openings: Iterable[Openings]) -> int:
    """Return the patterns of which every required element occurs among some words."""
    first = second = third = 0
    for one, two, three in openings:
        first |= one
        second |= two
        third |= three
    return first & second & third


class Span(NamedTuple):
    """Where a pattern matched, in words."""

    start: int
    end: int


class Vocabulary:
    """Give each word class, literal and mark a bit, and code sentences by them."""

    def __init__(
        self,
        classes: Mapping[str, Iterable[str]],
        lemmas_of: Callable[[str], tuple[str, ...]],
    ) -> None:
        self._lemmas_of = lemmas_of
        self._bits: dict[str, int] = {}
        self._literals_done = 0
        self._words: dict[str, int] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._mark_bits = {mark: self._bit("#" + mark) for mark in _MARKS}
        self._patterns: list[Pattern] = []
        self._opened_by: list[dict[int, int]] = [{} for _ in range(_INDEXED)]
        """Per place in `required`: the patterns by bit of a word or phrase."""
        self._coded: dict[tuple[str, frozenset[str]], tuple[int, Openings]] = {}
        for name, members in classes.items():
            bit = self._bit("{" + name + "}")
            for member in members:
                self._enter(lemmas_of(member), bit)

    def code(self, sentence: Sentence) -> Coded:
        """Return a sentence with the classes of its words."""
        words = sentence.words
        masks: list[int] = []
        phrases: list[tuple[tuple[int, int], ...]] = []
        openings: list[Openings] = []
        for at, word in enumerate(words):
            coded = self._coded.get((word.lemma, word.marks))
            mask, opened = coded or self._code_word(word)
            begun: tuple[tuple[int, int], ...] = ()
            if word.lemma in self._phrases:
                begun = tuple(self._begun(words, at))
                if begun:
                    opened = self._openings(sum({bit for bit, _ in begun}) | mask)
            masks.append(mask)
            phrases.append(begun)
            openings.append(opened)
        possible = _possible(openings)
        return Coded(sentence, tuple(masks), tuple(phrases), tuple(openings), possible, {})

    def _code_word(self, word: Word) -> tuple[int, Openings]:
        """Return what a word is by itself, and remember it: texts say the same words again."""
        mask = self._words.get(word.lemma, 0)
        for mark in word.marks:
            mask |= self._mark_bits[mark]
        if len(self._coded) >= _REMEMBERED_WORDS:
            self._coded.clear()
        coded = self._coded[word.lemma, word.marks] = mask, self._openings(mask)
        return coded

    def _openings(self, mask: int) -> Openings:
        return tuple(_union(opened_by, mask) for opened_by in self._opened_by)

    def compile(self, source: str) -> Pattern:
        """Return a pattern ready to match; ValueError for an unknown class or mark."""
        parts = source.split()
        window = int(parts.pop(0)[:-1]) if parts and parts[0].endswith("~") else 0
        elements = tuple(self._element(part) for part in parts)
        needed = (e.mask for e in elements if e.mask and not e.optional and not e.forbidden)
        required = tuple(sorted(needed, key=int.bit_count))
        if not required:
            raise ValueError(f"pattern {source!r} matches without any word; name one word in it")
        first = elements[0].mask if _begins_at_word(elements[0]) and not window else 0
        pattern = Pattern(
            source=source,
            elements=elements,
            window=window,
            required=required,
            bit=1 << len(self._patterns),
            first=first,
        )
        self._index(pattern)
        return pattern

    def _index(self, pattern: Pattern) -> None:
        """Note which words open a pattern; those of a short one are needed at every place."""
        self._patterns.append(pattern)
        self._coded.clear()
        for place, opened_by in enumerate(self._opened_by):
            mask = pattern.required[min(place, len(pattern.required) - 1)]
            while mask:
                bit = mask & -mask
                opened_by[bit] = opened_by.get(bit, 0) | pattern.bit
                mask ^= bit

    def mask_of(self, *names: str) -> int:
        """Return the mask of word classes, or of marks written "#mark", given by name."""
        bits = {self._known(n if n.startswith("#") else "{" + n + "}") for n in names}
        return sum(bits)

    def _begun(self, words: tuple[Word, ...], at: int) -> Iterator[tuple[int, int]]:
        for phrase, bit in self._phrases[words[at].lemma]:
            if at + len(phrase) <= len(words) and all(
                words[at + k].lemma == phrase[k] for k in range(1, len(phrase))
            ):
                yield bit, len(phrase)

    def _bit(self, name: str) -> int:
        return self._bits.setdefault(name, 1 << len(self._bits))

    def _known(self, name: str) -> int:
        try:
            return self._bits[name]
        except KeyError:
            raise ValueError(f"no word class or mark {name}; define it in a lexicon") from None

    def _enter(self, member: tuple[str, ...], bit: int) -> None:
        if len(member) == 1:
            self._words[member[0]] = self._words.get(member[0], 0) | bit
        elif member:
            self._phrases.setdefault(member[0], []).append((member, bit))

    def _literal(self, word: str) -> int:
        lemmas = self._lemmas_of(word.replace("_", " "))
        if not lemmas:
            raise ValueError(f"no word in {word!r}; remove the stray sign from the pattern")
        bit = self._bit("=" + " ".join(lemmas))
        if not self._literals_done & bit:
            self._literals_done |= bit
            self._enter(lemmas, bit)
        return bit

    def _element(self, part: str) -> Element:
        if part == "^":
            return Element(0, anchor=_START)
        if part == "$":
            return Element(0, anchor=_END)
        if part.startswith("*"):
            return Element(0, gap=int(part[1:]))
        body, _, marks = part.lstrip("!").rstrip("?").partition("&")
        return Element(
            self._alternatives(body),
            optional=part.endswith("?"),
            forbidden=part.startswith("!"),
            also=self._alternatives(marks) if marks else 0,
        )

    def _alternatives(self, names: str) -> int:
        mask = 0
        for name in names.split("|"):
            mask |= self._known(name) if name[:1] in ("{", "#") else self._literal(name)
        return mask


def find(pattern: Pattern, coded: Coded) -> Span | None:
    """Return the first place where a pattern matches, or None."""
    if not coded.possible & pattern.bit:
        return None
    if pattern.window:
        return _find_near(pattern, coded)
    first, phrases = pattern.first, coded.phrases
    for start, mask in enumerate(coded.masks):
        if first and not (mask & first or phrases[start]):
            continue
        end = _walk(pattern.elements, coded, start)
        if end is not None:
            return Span(start, end)
    return None


def _begins_at_word(element: Element) -> bool:
    """Tell whether an element must be met by the very word at which a match begins."""
    return not (element.optional or element.forbidden or element.gap or element.anchor)


def _union(opened_by: Mapping[int, int], mask: int) -> int:
    patterns = 0
    while mask:
        bit = mask & -mask
        patterns |= opened_by.get(bit, 0)
        mask ^= bit
    return patterns


def _ends(mask: int, coded: Coded, at: int) -> Iterator[int]:
    if coded.masks[at] & mask:
        yield at + 1
    for bit, length in coded.phrases[at]:
        if bit & mask:
            yield at + length


def _walk(elements: tuple[Element, ...], coded: Coded, start: int) -> int | None:
    """Return the nearest end of a match that begins at a word: all states at once, no backtrack."""
    states = {start}
    for element in elements:
        after: set[int] = set()
        for at in states:
            after.update(_step(element, coded, at))
        if not after:
            return None
        states = after
    return min(states)


def _step(element: Element, coded: Coded, at: int) -> Iterable[int]:
    """Return where the match may go on once an element has been met at a word."""
    size = len(coded.masks)
    if element.anchor:
        return (at,) if at == (0 if element.anchor == _START else size) else ()
    if element.gap:
        return range(at, min(at + element.gap, size) + 1)
    met = tuple(_met(element, coded, at)) if at < size else ()
    if element.forbidden:
        return () if met else (at,)
    return (at, *met) if element.optional else met


def _met(element: Element, coded: Coded, at: int) -> Iterator[int]:
    if not element.also:
        yield from _ends(element.mask, coded, at)
    elif coded.masks[at] & element.also and coded.masks[at] & element.mask:
        yield at + 1


def _find_near(pattern: Pattern, coded: Coded) -> Span | None:
    size = len(coded.masks)
    places = [
        [(at, end) for at in range(size) for end in _ends(mask, coded, at)]
        for mask in pattern.required
    ]
    for anchor, anchor_end in places[0]:
        low, high = anchor, anchor_end
        for options in places[1:]:
            near = [
                p
                for p in options
                if max(high, p[1]) - min(low, p[0]) <= pattern.window
                and (p[1] <= anchor or p[0] >= anchor_end)
            ]
            if not near:
                break
            chosen = min(near, key=lambda p: abs(p[0] - anchor))
            low, high = min(low, chosen[0]), max(high, chosen[1])
        else:
            return Span(low, high)
    return None
