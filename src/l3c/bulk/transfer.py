"""One file from source to target: skipped where it is done, checked where that is asked for, never half written."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from l3c.bulk.jobs import DONE, FAILED, PLANNED, SKIPPED, Job, Outcome
from l3c.bulk.operation import Operation
from l3c.bulk.stores.open import open_store
from l3c.bulk.stores.store import Stamp, Store, StoreError
from l3c.bulk.watch import share_of_work
from l3c.errors import InputError, L3CError, explained
from l3c.storage.large import LargeFile

PLAIN = ".bin"
"""Suffix of a file that has none of its own, where its name is another source's."""


COMPARED = "the target stands, with another time: it would be decoded and compared"
"""What a dry run says of a file that only decoding tells of."""


@dataclass(frozen=True)
class Transfer:
    """source, target: roots, folders or URLs. check: decode and compare before a result gets its final name.

    delete: remove a source once its target is checked and on disk. prune: remove what runs with other options have
    left of the same source, once it is proven to hold nothing more. debug: tell where unforeseen errors are raised.
    dry: only say what would be done, and change nothing.
    """

    operation: Operation
    source: str
    target: str
    force: bool = False
    check: bool = False
    delete: bool = False
    prune: bool = False
    debug: bool = False
    dry: bool = False

    @cached_property
    def _from(self) -> Store:
        return open_store(self.source)

    @cached_property
    def _to(self) -> Store:
        return open_store(self.target)

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in self.__dict__.items() if not key.startswith("_")}

    def __call__(self, job: Job, /) -> Outcome:
        """Do it. No problem of one file is raised: a run goes on."""
        name = self._from.path(job.source)
        try:
            return self._convert(job)
        except StoreError as error:
            return self._failed(job, error, str(error), error.exit_code, hopeless=True)
        except L3CError as error:
            return self._failed(job, error, str(error), error.exit_code)
        except Exception as error:
            return self._failed(job, error, *explained(error, name))

    def _failed(self, job: Job, error: BaseException, reason: str, code: int = 1, hopeless: bool = False) -> Outcome:
        trace = "".join(traceback.format_exception(error)) if self.debug else ""
        return Outcome(
            job.source, job.target, FAILED, job.size, error=reason, code=code, hopeless=hopeless, trace=trace
        )

    def _convert(self, job: Job) -> Outcome:
        before = self._from.stamp(job.source)
        if before is None:
            return self._gone(job)
        raw = None if len(self.operation.names(job.source)) == 1 else self._from.open(job.source)
        target = job.target if raw is None else self._name(job, raw)
        there = self._to.stamp(target)
        if there is None or self.force:
            return self._make(job, target, before, raw)
        return self._reuse(job, target, before, there, raw)

    def _name(self, job: Job, raw: bytes | LargeFile) -> str:
        """The target's name. One that is another source's keeps the source's own suffix within."""
        path = self._from.path(job.source)
        try:
            name = self.operation.name(job.source, raw)
        except L3CError as error:
            raise type(error)(f"{path}: {str(error).removeprefix(f'{job.source}: ')}") from error
        if name not in job.others:
            return name
        longer = job.source + (PurePosixPath(name).suffix or PLAIN)
        if longer in job.others:
            raise InputError(f"{path}: another source has the same target; rename one of them")
        return longer

    def _gone(self, job: Job) -> Outcome:
        """Where sources are deleted, another worker may have done so before its answer was lost."""
        for target in self.operation.names(job.source) if self.delete else ():
            there = None if target in job.others else self._to.stamp(target)
            if there and self.operation.is_intact(self._to.read(target), target, None):
                return Outcome(job.source, target, SKIPPED, job.size, there.size, deleted=True)
        raise InputError(f"{self._from.path(job.source)}: is gone")

    def _make(
        self, job: Job, target: str, before: Stamp, raw: bytes | LargeFile | None, replace: bool = False
    ) -> Outcome:
        name = self._from.path(job.source)
        if self.dry:
            return Outcome(job.source, target, PLANNED, before.size)
        progress = share_of_work()
        progress(0.0)
        raw = self._from.open(job.source) if raw is None else raw
        with self._to.draft() as draft:
            notes = self.operation.make(raw, name, target, draft, progress)
            missing = self.operation.check(raw, draft.content(), name, target) if self.check or self.delete else ()
            for folder in [f.as_posix() for f in reversed(PurePosixPath(target).parents)][1:]:
                self._to.make_folder(folder, self._from.folder_mode(folder))
            size = draft.size
            self._to.write(target, draft, before.attributes, replace or self.force)
        left, pruned, said = self._others(job, target, before, raw)
        deleted = self._delete(job, target, before, missing)
        return Outcome(
            job.source, target, DONE, len(raw), size, deleted, missing, left, pruned,
            (*notes, *said, *self._why_left(missing)),
        )  # fmt: skip

    def _reuse(self, job: Job, target: str, before: Stamp, there: Stamp, raw: bytes | LargeFile | None) -> Outcome:
        """A target is there: leave it where it is intact and of this source, else make it again or refuse."""
        data = self._to.read(target)
        of_this_time = self._to.is_of(before, there)
        if self.operation.is_intact(data, target, raw):
            if self.dry and not of_this_time:
                return Outcome(job.source, target, PLANNED, before.size, notes=(COMPARED,))
            if of_this_time and (self.dry or not self.delete):
                left, pruned, said = self._others(job, target, before, raw)
                return Outcome(
                    job.source, target, SKIPPED, before.size, there.size, left=left, pruned=pruned, notes=said
                )
            return self._compare(job, target, before, data, raw)
        if of_this_time:
            return self._make(job, target, before, raw, replace=True)
        raise InputError(f"{self._to.path(target)}: exists, damaged or not of this kind; --force overwrites it")

    def _compare(self, job: Job, target: str, before: Stamp, data: bytes, raw: bytes | LargeFile | None) -> Outcome:
        """The times do not tell, or a source is to be deleted: only decoding proves that nothing is lost."""
        raw = self._from.open(job.source) if raw is None else raw
        try:
            missing = self.operation.check(raw, data, self._from.path(job.source), target)
        except L3CError as error:
            text = f"{self._to.path(target)}: exists and holds something else; --force overwrites it"
            raise InputError(text) from error
        left, pruned, said = self._others(job, target, before, raw)
        deleted = self._delete(job, target, before, missing)
        return Outcome(
            job.source, target, SKIPPED, before.size, len(data), deleted, missing, left, pruned,
            (*said, *self._why_left(missing)),
        )  # fmt: skip

    def _others(
        self, job: Job, target: str, before: Stamp, raw: bytes | LargeFile | None
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """What other runs have left of this source: names of what stays, of what is removed, and what to say."""
        left, pruned, said = [], [], []
        for other in job.left:
            if other == target:
                continue
            if self.dry or not self.prune:
                left.append(other)
                said.append(f"{other} stands there too, of a run with other options; --prune removes it")
                continue
            raw = self._from.open(job.source) if raw is None else raw
            stamp = self._to.stamp(other)
            made_of_it = stamp is not None and self._to.is_of(before, stamp)
            if made_of_it and self.operation.adds_nothing(
                raw, self._to.read(other), self._from.path(job.source), other
            ):
                self._to.settle(target)
                self._to.remove(other)
                pruned.append(other)
            else:
                left.append(other)
                said.append(f"{other} stands there too, and is not only of this source: it is kept")
        return tuple(left), tuple(pruned), tuple(said)

    def _why_left(self, missing: tuple[str, ...]) -> tuple[str, ...]:
        """Why a source stays that was to be deleted."""
        lacks = f"the source is kept, since the result lacks {', '.join(missing)}"
        return (lacks,) if missing and self.delete else ()

    def _delete(self, job: Job, target: str, before: Stamp, missing: tuple[str, ...]) -> bool:
        """Remove the source, unless it has changed since, or the result lacks something of it."""
        if not self.delete or missing:
            return False
        self._to.settle(target)
        if self._from.stamp(job.source) != before:
            raise InputError(f"{self._from.path(job.source)}: has changed meanwhile; it is kept")
        self._from.remove(job.source)
        return True
