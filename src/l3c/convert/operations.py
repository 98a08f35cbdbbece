"""The operations of a folder run, encoding and decoding, as for single files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from l3c.container.constants import FILE_SUFFIX
from l3c.convert import files
from l3c.convert.files import TAKEN, DecodeOptions, EncodeOptions
from l3c.storage.draft import Draft
from l3c.storage.large import LargeFile


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
        return suffix in TAKEN or (self.everything and not (self.in_place and suffix == FILE_SUFFIX))

    def names(self, name: str) -> list[str]:
        return [name + FILE_SUFFIX]

    def name(self, name: str, raw: bytes | LargeFile) -> str:
        return name + FILE_SUFFIX

    def make(
        self,
        raw: bytes | LargeFile,
        name: str,
        target: str,
        draft: Draft,
        progress: Callable[[float], None] = files.unwatched,
    ) -> list[str]:
        return list(files.encode_file(raw, name, draft, self.options, progress).notes)

    def check(self, raw: bytes | LargeFile, data: bytes | LargeFile, name: str, target: str) -> tuple[str, ...]:
        return files.check_encoded(raw, data, name, self.options)

    def is_intact(self, data: bytes, target: str, raw: bytes | LargeFile | None) -> bool:
        return files.is_intact(data)

    def longer(self, name: str) -> list[str]:
        return []

    def others(self, name: str) -> list[str]:
        return [f"{name}.png{FILE_SUFFIX}"]

    def adds_nothing(self, raw: bytes | LargeFile, other: bytes, name: str, target: str) -> bool:
        return files.encoded_adds_nothing(other, raw, name)


@dataclass(frozen=True)
class Decoding:
    """l3c files to files: those that were kept whole, or pictures, each under a name that can hold it.

    Hidden ones too: an archive has them only where it was asked for everything.
    """

    options: DecodeOptions = field(default_factory=DecodeOptions)
    verb: str = "decode"
    everything: bool = True

    def takes(self, name: str) -> bool:
        return PurePosixPath(name).suffix.lower() == FILE_SUFFIX

    def names(self, name: str) -> list[str]:
        return files.possible_names(name)

    def name(self, name: str, raw: bytes | LargeFile) -> str:
        return files.target_name(name, files.contents_of(raw))

    def make(
        self,
        raw: bytes | LargeFile,
        name: str,
        target: str,
        draft: Draft,
        progress: Callable[[float], None] = files.unwatched,
    ) -> list[str]:
        made = files.decode_file(raw, name, target, draft, self.options, progress)
        return [files.dropping(made.dropped)] if made.dropped else []

    def check(self, raw: bytes | LargeFile, data: bytes | LargeFile, name: str, target: str) -> tuple[str, ...]:
        return files.check_decoded(raw, data, name, target, self.options)

    def is_intact(self, data: bytes, target: str, raw: bytes | LargeFile | None) -> bool:
        if raw is None and PurePosixPath(target).suffix.lower() not in TAKEN:
            return True  # only the source tells of a file that was kept; it appeared whole or not at all
        return (raw is not None and files.is_file_itself(files.contents_of(raw), data)) or files.is_picture(
            data, target
        )

    def longer(self, name: str) -> list[str]:
        return [name + suffix for suffix in files.APPENDED]

    def others(self, name: str) -> list[str]:
        return self.names(name)

    def adds_nothing(self, raw: bytes | LargeFile, other: bytes, name: str, target: str) -> bool:
        return files.decoded_adds_nothing(other, raw, target)
