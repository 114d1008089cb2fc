"""Write and read folder names as IMAP does, and match them to LIST patterns (RFC 3501)."""

import base64
import binascii
import re
from itertools import groupby

_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*)-")
_DIRECT = re.compile(rb"[\x20-\x25\x27-\x7e]*\Z")


def encode_name(name: str) -> bytes:
    """Return a name in modified UTF-7 (RFC 3501 section 5.1.3).

    >>> encode_name("Отправленные & др.")
    b'&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1- &- &BDQEQA-.'
    """
    pieces = []
    for is_direct, run in groupby(name, key=lambda letter: " " <= letter <= "~"):
        text = "".join(run)
        pieces.append(text.replace("&", "&-").encode() if is_direct else _shifted(text))
    return b"".join(pieces)


def _shifted(text: str) -> bytes:
    encoded = base64.b64encode(text.encode("utf-16-be"), altchars=b"+,")
    return b"&" + encoded.rstrip(b"=") + b"-"


def decode_name(raw: bytes) -> str:
    """Return the name that modified UTF-7 stands for; ValueError when it is none.

    >>> decode_name(b"&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-")
    'Отправленные'
    """
    name, position = [], 0
    for shift in _SHIFTED.finditer(raw):
        name.append(_direct(raw[position : shift.start()]))
        name.append(_unshifted(shift[1]))
        position = shift.end()
    name.append(_direct(raw[position:]))
    return "".join(name)


def _direct(raw: bytes) -> str:
    if not _DIRECT.match(raw):
        raise ValueError(f"{raw!r} is not modified UTF-7")
    return raw.decode("ascii")


def _unshifted(encoded: bytes) -> str:
    if not encoded:
        return "&"
    padding = b"=" * (-len(encoded) % 4)
    try:
        return base64.b64decode(encoded + padding, altchars=b"+,").decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{encoded!r} is not modified UTF-7") from error


def name_matches(name: str, pattern: str, delimiter: str) -> bool:
    """Tell whether a LIST pattern covers a name: `*` is anything, `%` anything within one level.

    Walks name and pattern once, side by side, so that no pattern can make it slow.

    >>> name_matches("Клиенты/Acme", "Клиенты/%", "/"), name_matches("a/b", "%", "/")
    (True, False)
    """
    reached = _past_wildcards({0}, pattern)
    for letter in name:
        followed = set()
        for place in reached:
            expected = pattern[place : place + 1]
            if expected == "*" or (expected == "%" and letter != delimiter):
                followed.add(place)
            elif expected == letter:
                followed.add(place + 1)
        reached = _past_wildcards(followed, pattern)
    return len(pattern) in reached


def _past_wildcards(places: set[int], pattern: str) -> set[int]:
    """Add the places behind wildcards, since each may stand for nothing."""
    reached = set(places)
    for place in places:
        behind = place
        while pattern[behind : behind + 1] in {"*", "%"}:
            behind += 1
            reached.add(behind)
    return reached
