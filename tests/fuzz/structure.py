"""Files of l3c as the sections they are made of, and back: lengths and checksums are made right again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from l3c.container.constants import DATA, SIGNATURE, SOLE, VERSION
from l3c.container.cursor import Cursor
from l3c.container.read import read_section
from l3c.container.sole import is_compact, read_compact, write_compact
from l3c.container.write import section
from l3c.errors import FormatError

START = SIGNATURE + bytes([VERSION])


@dataclass(frozen=True)
class Part:
    """A section. inner: of the pages' data, the sections of all pages, one after another. compact: whether it makes a
    compact file, if it is alone.
    """

    tag: bytes
    content: bytes
    inner: tuple[Part, ...] = ()
    compact: bool = False

    def seal(self) -> bytes:
        return section(self.tag, b"".join(part.seal() for part in self.inner) if self.inner else self.content)


def parse(data: bytes) -> tuple[Part, ...]:
    """All sections of a good file. Raises FormatError."""
    if is_compact(data):
        return (Part(SOLE, read_compact(memoryview(data)), compact=True),)
    if not data.startswith(START):
        raise FormatError("no file of l3c")
    return _parts(data[len(START) :])


def _parts(body: bytes) -> tuple[Part, ...]:
    cursor, found = Cursor(memoryview(body)), []
    while cursor.left:
        tag, content = read_section(cursor)
        part = Part(tag, bytes(content.take(content.left, "content")))
        found.append(replace(part, inner=_pages(part.content)) if tag == DATA else part)
    return tuple(found)


def _pages(content: bytes) -> tuple[Part, ...]:
    """Sections in the data of a file of several pages; none in payloads, whose checksums never fit by chance."""
    try:
        return _parts(content)
    except FormatError:
        return ()


def seal(parts: tuple[Part, ...]) -> bytes:
    if len(parts) == 1 and parts[0].compact:
        return write_compact(parts[0].content)
    return START + b"".join(part.seal() for part in parts)
