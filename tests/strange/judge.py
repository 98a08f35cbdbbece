"""What became of a strange file: refused with its reason, given back equal, or a fault."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

from l3c.errors import L3CError
from tests.strange import composed, readers, through
from tests.strange.case import Case
from tests.strange.truth import differences, elsewhere

EQUAL, NOTED, REFUSED = "equal", "noted", "refused"
UNCLEAR, DIFFERS, CRASHED = "unclear", "differs", "crashed"
OTHERS = (".png", ".tif", ".pam")
FAULTS = (UNCLEAR, DIFFERS, CRASHED)
UNCLEAR_REASONS = re.compile(
    r"cannot be read: |not a picture in a format|unknown pixel mode|damaged|out of range|^\W*$"
)
"""A strange file is a valid one: these say nothing of what it is."""


@dataclass(frozen=True)
class Verdict:
    """kind: one of the above; reason: of a refusal or a fault, numbers left out."""

    kind: str
    reason: str = ""


def judge(case: Case) -> Verdict:
    """Encode, decode into the file's own format and into another one, and compare with what was written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _judge(case)
        except Exception as error:
            return Verdict(CRASHED, f"{type(error).__name__}: {plain(str(error), case.name)}")


def _judge(case: Case) -> Verdict:
    name = "strange" + case.suffix
    try:
        packed, lost = through.encode(case.data, name)
    except L3CError as error:
        reason = plain(str(error), name)
        return Verdict(UNCLEAR if UNCLEAR_REASONS.search(reason) else REFUSED, reason)
    try:
        back = through.decode(packed, name)
    except L3CError as error:
        return _other_format(case, packed, name, plain(str(error), name))
    if back == case.data:
        return Verdict(EQUAL, "the file itself")
    if case.truth.opaque:
        return Verdict(DIFFERS, f"taken, though {case.truth.opaque}")
    pictures, metadata = differences(case.truth, readers.read(back, case.suffix))
    if pictures:
        return Verdict(DIFFERS, "; ".join(plain(line, name) for line in pictures[:2]))
    if other := _differs_as(case, packed, name + case.fallback, case.fallback):
        return Verdict(DIFFERS, other)
    if metadata and not lost:
        return Verdict(DIFFERS, "silently " + ", ".join(metadata[:3]))
    return Verdict(NOTED, ", ".join(metadata[:3])) if metadata else Verdict(EQUAL)


def _differs_as(case: Case, packed: bytes, name: str, suffix: str) -> str:
    """What is wrong with the picture in another format; "" where nothing is, or that format cannot hold it."""
    try:
        back = through.decode(packed, name)
    except L3CError:
        return ""
    found = readers.read(back, suffix)
    if suffix != case.suffix and (composed.is_animated(case.truth) or composed.is_animated(found)):
        pictures = composed.differences(case.truth, found)
    else:
        pictures, _ = differences(elsewhere(case.truth), found)
    return f"as {suffix}: " + "; ".join(plain(line, name) for line in pictures[:2]) if pictures else ""


def _other_format(case: Case, packed: bytes, name: str, refusal: str) -> Verdict:
    """Its own format cannot hold it, or is not written: another one has to."""
    for suffix in OTHERS:
        try:
            through.decode(packed, name + suffix)
        except L3CError:
            continue
        wrong = f"as {suffix}, though {case.truth.opaque}" if case.truth.opaque else ""
        wrong = wrong or _differs_as(case, packed, name + suffix, suffix)
        return Verdict(DIFFERS, wrong) if wrong else Verdict(EQUAL, f"as {suffix}")
    return Verdict(DIFFERS, f"taken, and no format holds it: {refusal}")


def plain(message: str, name: str) -> str:
    """Without the file's name and numbers, so that equal reasons are counted together."""
    return re.sub(r"\d+", "#", message.replace(name + ".l3c", "").replace(name, "").strip(": "))[:150]
