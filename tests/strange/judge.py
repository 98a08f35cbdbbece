"""What became of a strange file: refused with its reason, given back equal, or a fault."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import PurePath

from l3c.errors import L3CError
from tests.strange import composed, readers, through
from tests.strange.case import Case
from tests.strange.truth import differences, elsewhere

EQUAL, NOTED, REFUSED = "equal", "noted", "refused"
UNCLEAR, DIFFERS, CRASHED = "unclear", "differs", "crashed"
FAULTS = (UNCLEAR, DIFFERS, CRASHED)
UNCLEAR_REASONS = re.compile(
    r"cannot be read: |not a picture in a format|unknown pixel mode|damaged|out of range|unforeseen|^\W*$"
)
"""A strange file is a valid one: these say nothing of what it is."""


NAME = "strange"
NAMES = re.compile(r"strange(\.\w+)*:? ?")


@dataclass(frozen=True)
class Verdict:
    """kind: one of the above; reason: of a refusal or a fault, numbers left out."""

    kind: str
    reason: str = ""


def judge(case: Case, pixels: bool = True) -> Verdict:
    """Encode, decode under the name that the command chooses and into another format, compare with what was written.

    pixels: never keep the file itself, which proves little.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _judge(case, pixels)
        except Exception as error:
            return Verdict(CRASHED, f"{type(error).__name__}: {plain(str(error))}")


def _judge(case: Case, pixels: bool) -> Verdict:
    name = NAME + case.suffix
    try:
        packed = through.encode(case.data, name, pixels)
    except L3CError as error:
        reason = plain(str(error))
        return Verdict(UNCLEAR if UNCLEAR_REASONS.search(reason) else REFUSED, reason)
    try:
        lost = through.lost(case.data, packed, name)
        target = through.target(packed, name)
        back = through.decode(packed, name, target, named=False)
    except L3CError as error:
        return Verdict(DIFFERS, f"taken, and not given back: {plain(str(error))}")
    if back == case.data:
        return Verdict(EQUAL, "the file itself") if target == name else Verdict(DIFFERS, f"the file itself as {target}")
    if case.truth.opaque:
        return Verdict(DIFFERS, f"taken, though {case.truth.opaque}")
    own = PurePath(target).suffix.lower()
    if wrong := wrong_in(case, back, own) or _elsewhere(case, packed, name):
        return Verdict(DIFFERS, wrong)
    if own != case.suffix:
        return Verdict(EQUAL, f"as {own}")
    _, metadata = differences(case.truth, readers.read(back, own))
    if metadata and not lost:
        return Verdict(DIFFERS, "silently " + ", ".join(metadata[:3]))
    return Verdict(NOTED, ", ".join(metadata[:3])) if metadata else Verdict(EQUAL)


def wrong_in(case: Case, back: bytes, suffix: str) -> str:
    """What is wrong with the pictures that came back; "" where nothing is."""
    found = readers.read(back, suffix)
    if suffix == case.suffix:
        pictures, _ = differences(case.truth, found)
        return "; ".join(plain(line) for line in pictures[:2])
    if composed.is_animated(case.truth) or composed.is_animated(found):
        pictures = composed.differences(case.truth, found)
    else:
        pictures, _ = differences(elsewhere(case.truth), found)
    return f"as {suffix}: " + "; ".join(plain(line) for line in pictures[:2]) if pictures else ""


def _elsewhere(case: Case, packed: bytes, name: str) -> str:
    """As `wrong_in`, of another format that a person asks for; it may refuse."""
    try:
        back = through.decode(packed, name, NAME + case.fallback, named=True)
    except L3CError:
        return ""
    return wrong_in(case, back, case.fallback)


def plain(message: str) -> str:
    """Without the file's name and numbers, so that equal reasons are counted together."""
    return re.sub(r"\d+", "#", NAMES.sub("", message).strip(": "))[:150]
