"""Take a mail apart at its header, by bytes alone, as a mail server does."""

import re
from typing import Final

_HEADER_END: Final = re.compile(rb"\r?\n\r?\n")


def split_mail(content: bytes) -> tuple[bytes, bytes]:
    r"""Return header, with the empty line that ends it, and text.

    >>> split_mail(b"A: 1\r\n\r\nHello")
    (b'A: 1\r\n\r\n', b'Hello')
    """
    if content.startswith((b"\r\n", b"\n")):
        end = content.index(b"\n") + 1
    else:
        found = _HEADER_END.search(content)
        end = found.end() if found else len(content)
    return content[:end], content[end:]


def header_fields(content: bytes) -> list[tuple[bytes, bytes]]:
    r"""Return each field's name and its raw lines; lines that are no field are left out.

    >>> header_fields(b"A: 1\r\n 2\r\nB: 3\r\n\r\n")
    [(b'A', b'A: 1\r\n 2\r\n'), (b'B', b'B: 3\r\n')]
    """
    header, _text = split_mail(content)
    fields: list[tuple[bytes, list[bytes]]] = []
    takes_continuation = False
    for line in header.splitlines(keepends=True):
        if line.startswith((b" ", b"\t")):
            if takes_continuation:
                fields[-1][1].append(line)
            continue
        name, colon, _value = line.partition(b":")
        takes_continuation = bool(colon)
        if colon:
            fields.append((name.strip(), [line]))
    return [(name, b"".join(lines)) for name, lines in fields]


def field_value(content: bytes, name: bytes) -> bytes | None:
    """Return the first field of that name, in any case, unfolded; None when there is none."""
    for found, raw in header_fields(content):
        if found.lower() == name.lower():
            value = raw.partition(b":")[2]
            return re.sub(rb"\r?\n(?=[ \t])", b"", value).strip()
    return None
