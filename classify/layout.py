"""Cut a text into blocks that no sentence crosses: paragraphs, list items, short lines.

Hard-wrapped lines are joined, because half a sentence is read wrongly. Offsets stay those of
the original text: characters are replaced one by one and never removed.
"""

import re
from dataclasses import dataclass

_BULLET = re.compile(
    r"[ \t>]{0,20}(?:[-*•–—·‣▪●]{1,2}[ \t]{1,8}|\(?[0-9a-zа-я]{1,2}[.)][ \t]{1,8}"
    r"|[0-9]{1,2}[.)](?=[^\W\d_]))"
)
_END_OF_SENTENCE = re.compile(r"[.?!:;…]['\")»]{0,2}$")
_SHORT_LINE = 45
"""Lines below this length were ended by their author, not by a mail program."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A stretch of text, `start` behind a bullet if there is one."""

    start: int
    end: int
    bullet: bool


def single_line(text: str) -> str:
    """Return the text of the same length with every control character and line end a space."""
    plain = text.replace("’", "'").replace("\n", " ")
    if plain.isprintable():
        return plain
    return "".join(c if c.isprintable() else " " for c in plain)


def blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text in order; blank lines belong to none."""
    found: list[Block] = []
    offset = 0
    previous = ""
    for line in text.split("\n"):
        end = offset + len(line.rstrip())
        bullet = _BULLET.match(line)
        start = offset + (bullet.end() if bullet else len(line) - len(line.lstrip()))
        if start < end:
            if bullet is None and previous and _continues(previous, line):
                found[-1] = Block(start=found[-1].start, end=end, bullet=found[-1].bullet)
            else:
                found.append(Block(start=start, end=end, bullet=bullet is not None))
        previous = line.strip()
        offset += len(line) + 1
    return tuple(found)


def _continues(previous: str, line: str) -> bool:
    """Tell whether a mail program broke the line before this one."""
    if _END_OF_SENTENCE.search(previous):
        return False
    if len(previous) >= _SHORT_LINE:
        return True
    return line.lstrip()[:1].islower() and not previous.endswith(",")
