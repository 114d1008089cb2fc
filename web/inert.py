"""Make words that strangers wrote harmless to the layout, beyond what escaping does."""

import re
from typing import Any, Final

from markupsafe import Markup

_DISTURBING: Final = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, but tab and line ends
    "\u202a-\u202e\u2066-\u2069"  # direction embeddings and overrides: "exe.gpj" read as "jpg.exe"
    "\u2028\u2029\ufeff"  # line separators, byte order mark
    "\ud800-\udfff"  # halves of characters, which can't even be sent
    "\ufff9-\ufffb"  # interlinear annotation
    "\U000e0000-\U000e007f"  # invisible tag characters
    "]"
)
_SEEN: Final = "\ufffd"
"""What stands for a removed character: nothing disappears in silence."""


def inert(value: Any) -> Any:
    """Return text with characters that disturb others made visible; any other value as it is.

    The templates pass everything through it that they print (Jinja's `finalize`), so that no page
    can forget it. Escaped text stays marked as escaped.
    """
    if not isinstance(value, str) or _DISTURBING.search(value) is None:
        return value
    if isinstance(value, Markup):
        return Markup(_DISTURBING.sub(_SEEN, str(value)))  # noqa: S704 - it was escaped before
    return _DISTURBING.sub(_SEEN, value)


def one_line(text: str, limit: int) -> str:
    """Return text as one line of at most `limit` characters, with "…" where more follows.

    >>> one_line("a  b c ", 10)
    'a b c'
    >>> one_line("abcdef", 4)
    'abc…'
    """
    # Cut first: ten thousand characters need not be split to show a hundred.
    line = " ".join(text[: limit * 4].split())
    if len(line) <= limit and len(text) <= limit * 4:
        return line
    return line[: limit - 1].rstrip() + "…"
