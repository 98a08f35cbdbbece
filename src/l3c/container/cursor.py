"""Reading bytes with their bounds checked, and the varints of the format (LEB128, unsigned, shortest form)."""

from __future__ import annotations

from l3c.errors import FormatError

Buffer = bytes | bytearray | memoryview
"""The types that a file may be given as."""


def varint(value: int) -> bytes:
    """LEB128: 7 bits a byte, the least first; the high bit of a byte says that more follow."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


class Cursor:
    """A place in a buffer. Every read raises FormatError, naming the file's offset, before it would pass the end."""

    def __init__(self, data: memoryview, origin: int = 0) -> None:
        self._data, self._origin, self._at = data, origin, 0

    @property
    def offset(self) -> int:
        """Offset from the start of the file."""
        return self._origin + self._at

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def fail(self, reason: str) -> FormatError:
        return FormatError(f"byte {self.offset}: {reason}")

    def take(self, count: int, what: str) -> memoryview:
        if count > self.left:
            raise self.fail(f"{what} needs {count} bytes, {self.left} are left")
        self._at += count
        return self._data[self._at - count : self._at]

    def integer(self, size: int, what: str) -> int:
        return int.from_bytes(self.take(size, what), "little")

    def varint(self, limit: int, what: str) -> int:
        """At most `limit`; a longer form than needed is refused, so that every file has one spelling."""
        value = shift = 0
        while True:
            byte = self.take(1, what)[0]
            value |= (byte & 127) << shift
            if value > limit or shift > limit.bit_length():
                raise self.fail(f"{what} exceeds {limit}")
            if byte < 128:
                if byte == 0 and shift:
                    raise self.fail(f"{what} is not in its shortest form")
                return value
            shift += 7

    def part(self, count: int, what: str) -> Cursor:
        start = self.offset
        return Cursor(self.take(count, what), start)

    def rewind(self) -> None:
        self._at = 0

    def finish(self, what: str) -> None:
        if self.left:
            raise self.fail(f"{what} has {self.left} bytes too many")
