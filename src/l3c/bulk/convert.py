"""One file from source to target: skipped where it is done, checked where that is asked for, never half written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from l3c.bulk.jobs import DONE, FAILED, SKIPPED, Job, Outcome
from l3c.bulk.kinds import Kind
from l3c.bulk.store import Stamp, Store, StoreError, open_store
from l3c.errors import InputError, L3CError


@dataclass(frozen=True)
class Convert:
    """source, target: roots, folders or URLs. check: decode and compare before a result gets its final name.

    delete: remove a source once its target is checked and on disk.
    """

    kind: Kind
    source: str
    target: str
    force: bool = False
    check: bool = False
    delete: bool = False

    @cached_property
    def _from(self) -> Store:
        return open_store(self.source)

    @cached_property
    def _to(self) -> Store:
        return open_store(self.target)

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in self.__dict__.items() if not key.startswith("_")}

    def __call__(self, job: Job, /) -> Outcome:
        try:
            return self._convert(job)
        except StoreError as error:
            return self._failed(job, str(error), error.exit_code, hopeless=True)
        except L3CError as error:
            return self._failed(job, str(error), error.exit_code)
        except MemoryError:
            return self._failed(job, f"{self._from.path(job.source)}: not enough memory")
        except OSError as error:
            return self._failed(job, f"{self._from.path(job.source)}: {error.strerror or error}")

    def _failed(self, job: Job, reason: str, code: int = 1, hopeless: bool = False) -> Outcome:
        return Outcome(job.source, job.target, FAILED, job.size, error=reason, code=code, hopeless=hopeless)

    def _convert(self, job: Job) -> Outcome:
        before = self._from.stamp(job.source)
        there = self._to.stamp(job.target)
        if before is None:
            return self._gone(job, there)
        if there is None or self.force:
            return self._make(job, before)
        return self._keep(job, before, there)

    def _gone(self, job: Job, there: Stamp | None) -> Outcome:
        """Where sources are deleted, another worker may have done so before its answer was lost."""
        if self.delete and there and self.kind.is_intact(self._to.read(job.target), job.target):
            return Outcome(job.source, job.target, SKIPPED, job.size, there.size, deleted=True)
        raise InputError(f"{self._from.path(job.source)}: is gone")

    def _make(self, job: Job, before: Stamp, replace: bool = False) -> Outcome:
        name = self._from.path(job.source)
        raw = self._from.read(job.source)
        data, notes = self.kind.make(raw, name, job.target)
        losses = self.kind.check(raw, data, name, job.target) if self.check or self.delete else []
        self._to.write(job.target, data, before.modified, replace or self.force)
        deleted = self._delete(job, before, losses)
        return Outcome(job.source, job.target, DONE, len(raw), len(data), deleted, (*notes, *self._kept(losses)))

    def _keep(self, job: Job, before: Stamp, there: Stamp) -> Outcome:
        """A target is there: leave it where it is intact and of this source, else make it again or refuse."""
        data = self._to.read(job.target)
        of_this_time = self._of_this_time(before, there)
        if self.kind.is_intact(data, job.target):
            if of_this_time and not self.delete:
                return Outcome(job.source, job.target, SKIPPED, before.size, there.size)
            return self._compare(job, before, data)
        if of_this_time:
            return self._make(job, before, replace=True)
        raise InputError(f"{self._to.path(job.target)}: exists, damaged or not of this kind; --force overwrites it")

    def _of_this_time(self, before: Stamp, there: Stamp) -> bool:
        """Whether the times say that the target was made of the source as it is now."""
        if before.modified is None or there.modified is None:
            return False
        return before.modified == there.modified if self._to.keeps_times else before.modified <= there.modified

    def _compare(self, job: Job, before: Stamp, data: bytes) -> Outcome:
        """The times do not tell, or a source is to be deleted: only decoding proves that nothing is lost."""
        raw = self._from.read(job.source)
        try:
            losses = self.kind.check(raw, data, self._from.path(job.source), job.target)
        except L3CError as error:
            text = f"{self._to.path(job.target)}: exists and holds something else; --force overwrites it"
            raise InputError(text) from error
        deleted = self._delete(job, before, losses)
        return Outcome(job.source, job.target, SKIPPED, before.size, len(data), deleted, self._kept(losses))

    def _kept(self, losses: list[str]) -> tuple[str, ...]:
        return (f"the source is kept, since the result lacks {', '.join(losses)}",) if losses and self.delete else ()

    def _delete(self, job: Job, before: Stamp, losses: list[str]) -> bool:
        """Remove the source, unless it has changed since, or the result lacks something of it."""
        if not self.delete or losses:
            return False
        self._to.settle(job.target)
        if self._from.stamp(job.source) != before:
            raise InputError(f"{self._from.path(job.source)}: has changed meanwhile; it is kept")
        self._from.remove(job.source)
        return True
