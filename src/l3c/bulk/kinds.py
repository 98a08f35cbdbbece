"""What a folder run does with each file: encoding or decoding, as single files are."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from l3c import convert
from l3c.container.read import read_file
from l3c.convert import SUFFIX, TAKEN, DecodeOptions, EncodeOptions


class Kind(Protocol):
    """Encoding or decoding, with its options."""

    @property
    def verb(self) -> str:
        """What is done, for the account."""
        ...

    @property
    def everything(self) -> bool:
        """Whether hidden files are sources too."""
        ...

    def takes(self, name: str) -> bool:
        """Whether a file of this name is one of the sources."""
        ...

    def names(self, name: str) -> list[str]:
        """All names that the target of a source may have, the likeliest first."""
        ...

    def name(self, name: str, raw: bytes) -> str:
        """The target's name for a source's, one of `names`. Raises L3CError."""
        ...

    def make(self, raw: bytes, name: str, target: str) -> tuple[bytes, list[str]]:
        """The target's bytes, and notes for people. Raises L3CError."""
        ...

    def check(self, raw: bytes, data: bytes, name: str, target: str) -> tuple[str, ...]:
        """What of the source the target does not give back; L3CError where it gives something else."""
        ...

    def is_intact(self, data: bytes, target: str, raw: bytes | None) -> bool:
        """Whether a target is whole, without decoding by a model. raw: the source, where the name took reading it."""
        ...

    def longer(self, name: str) -> list[str]:
        """Names that the target has where another source has one of `names`."""
        ...

    def others(self, name: str) -> list[str]:
        """Names under which runs with other options, or of other releases, may have left this source's target."""
        ...

    def adds_nothing(self, raw: bytes, other: bytes, name: str, target: str) -> bool:
        """Whether such a target holds nothing but what the source holds."""
        ...


@dataclass(frozen=True)
class Encoding:
    """Files to l3c files: a/b.png to a/b.png.l3c, whatever b.png holds, so that no two sources share a target.

    in_place: targets are written among the sources, so that files of ours are none of these.
    """

    options: EncodeOptions = field(default_factory=EncodeOptions)
    in_place: bool = False
    verb: str = "encode"

    @property
    def everything(self) -> bool:
        return self.options.everything

    def takes(self, name: str) -> bool:
        suffix = PurePosixPath(name).suffix.lower()
        return suffix in TAKEN or (self.everything and not (self.in_place and suffix == SUFFIX))

    def names(self, name: str) -> list[str]:
        return [name + SUFFIX]

    def name(self, name: str, raw: bytes) -> str:
        return name + SUFFIX

    def make(self, raw: bytes, name: str, target: str) -> tuple[bytes, list[str]]:
        made = convert.encode_file(raw, name, self.options)
        return made.data, list(made.notes)

    def check(self, raw: bytes, data: bytes, name: str, target: str) -> tuple[str, ...]:
        return convert.check_encoded(raw, data, name, self.options)

    def is_intact(self, data: bytes, target: str, raw: bytes | None) -> bool:
        return convert.is_intact(data)

    def longer(self, name: str) -> list[str]:
        return []

    def others(self, name: str) -> list[str]:
        return [f"{name}.png{SUFFIX}"]

    def adds_nothing(self, raw: bytes, other: bytes, name: str, target: str) -> bool:
        return convert.encoded_adds_nothing(other, raw, name)


@dataclass(frozen=True)
class Decoding:
    """l3c files to files: those that were kept whole, or pictures, each under a name that can hold it.

    Hidden ones too: an archive has them only where it was asked for everything.
    """

    options: DecodeOptions = field(default_factory=DecodeOptions)
    verb: str = "decode"
    everything: bool = True

    def takes(self, name: str) -> bool:
        return PurePosixPath(name).suffix.lower() == SUFFIX

    def names(self, name: str) -> list[str]:
        return convert.possible_names(name)

    def name(self, name: str, raw: bytes) -> str:
        return convert.target_name(name, read_file(raw))

    def make(self, raw: bytes, name: str, target: str) -> tuple[bytes, list[str]]:
        made = convert.decode_file(raw, name, target, self.options)
        dropped = f"the format cannot hold {', '.join(made.dropped)}, which was dropped"
        return made.data, [dropped] if made.dropped else []

    def check(self, raw: bytes, data: bytes, name: str, target: str) -> tuple[str, ...]:
        return convert.check_decoded(raw, data, name, target, self.options)

    def is_intact(self, data: bytes, target: str, raw: bytes | None) -> bool:
        return (raw is not None and convert.is_file_itself(read_file(raw), data)) or convert.is_picture(data, target)

    def longer(self, name: str) -> list[str]:
        return [name + suffix for suffix in convert.APPENDED]

    def others(self, name: str) -> list[str]:
        return self.names(name)

    def adds_nothing(self, raw: bytes, other: bytes, name: str, target: str) -> bool:
        return convert.decoded_adds_nothing(other, raw, target)
