"""Mutated files whose places, lengths and checksums are right: what sections hold is what a reader must judge."""

from __future__ import annotations

import random
from dataclasses import replace

from l3c.container.cursor import varint
from tests.fuzz.seeds import seeds
from tests.fuzz.structure import Part, parse, seal

Random = random.Random
NUMBERS = (0, 1, 2, 3, 15, 16, 127, 128, 255, 256, 319, 320, 321, 65535, 65536, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64)
"""Where bounds lie."""


def mutated(seed: int, number: int) -> tuple[str, bytes]:
    """File `number` of a run, the same for the same seed: (name of what it was made from, bytes)."""
    r = Random(f"fuzz/{seed}/{number}")
    name = r.choice(list(seeds()))
    parts = parse(seeds()[name])
    for _ in range(r.choice([1, 1, 1, 2, 4])):
        parts = _changed(parts, r)
    data = seal(parts)
    return name, data[: r.randrange(len(data))] if r.random() < 0.02 else data


def _changed(parts: tuple[Part, ...], r: Random) -> tuple[Part, ...]:
    """One mutation, of a section or of their order."""
    found = list(parts)
    at = r.randrange(len(found)) if found else 0
    if not found or r.random() < 0.08:
        found.insert(at, _foreign(r))
    elif r.random() < 0.1:
        action = r.randrange(3)
        if action == 0:
            found.pop(at)
        elif action == 1:
            found.insert(r.randrange(len(found)), found[at])
        else:
            found.insert(r.randrange(len(found)), found.pop(at))
    elif found[at].inner and r.random() < 0.9:
        found[at] = replace(found[at], inner=_changed(found[at].inner, r))
    else:
        donors = [part.content for part in _others(r) if part.tag == found[at].tag]
        found[at] = replace(found[at], content=content(found[at].content, r, donors), inner=())
    return tuple(found)


def _others(r: Random) -> tuple[Part, ...]:
    return parse(seeds()[r.choice(list(seeds()))])


def _foreign(r: Random) -> Part:
    """A section of another file, or of a name that nobody knows."""
    others = _others(r)
    return r.choice(others) if others and r.random() < 0.8 else Part(bytes(r.choices(b"abHZ", k=4)), r.randbytes(9))


def content(data: bytes, r: Random, donors: list[bytes]) -> bytes:
    """One mutation of bytes that are numbers, most of them varints."""
    at = r.randrange(len(data)) if data else 0
    action = r.randrange(9)
    if action == 0:
        return data[:at] + bytes([data[at] ^ 1 << r.randrange(8)] if data else []) + data[at + 1 :]
    if action == 1:
        return data[:at] + bytes([r.choice([0, 1, 127, 128, 255, r.randrange(256)])]) + data[at + 1 :]
    if action in (2, 3):  # a number in place of another one
        end = at
        while end < len(data) and data[end] & 128 and end - at < 9:
            end += 1
        return data[:at] + varint(r.choice(NUMBERS)) + data[end + 1 :]
    if action == 4:
        return data[:at] + r.randbytes(r.choice([1, 2, 8])) + data[at:]
    if action == 5:
        return data[:at] + data[at + r.choice([1, 2, 8, len(data)]) :]
    if action == 6:
        size = r.choice([1, 2, 4, 40, len(data) or 1])
        return data[:at] + r.randbytes(min(size, len(data) - at)) + data[at + size :]
    if action == 7 and donors:
        other = r.choice(donors)
        return r.choice([other, data[:at] + other[at:], data + other])
    size = r.choice([1, 2, 16])
    return data[:at] + data[at : at + size] * r.choice([2, 3, 300]) + data[at + size :]
