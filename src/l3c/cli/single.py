"""One file in the command line: checked, written, reported, and its source deleted, where that is asked for."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from l3c.cli.files import STANDARD, attributes_of, put_draft, shown
from l3c.cli.streams import say
from l3c.errors import InputError, L3CError, unforeseen
from l3c.storage.atomic import is_special
from l3c.storage.draft import Draft
from l3c.storage.remote import is_remote
from l3c.storage.source import Source


class Single:
    """A command's work on one file. out: the target's name, "-" for standard output.

    Raises InputError where options do not go together.
    """

    def __init__(self, options: argparse.Namespace, out: str) -> None:
        self.source, self.out = options.source, out
        self._force, self._json, self._quiet = options.force, options.json, options.quiet
        self.checked, self._delete = options.verify or options.delete_source, options.delete_source
        if self._delete and STANDARD in (options.source, out):
            what = "source" if options.source == STANDARD else "target"
            raise InputError(f"--delete-source needs files; the {what} is a stream, or a link to one")
        for name in (options.source, out) if self._delete else ():
            if is_special(Path(name)):
                raise InputError(f"{name}: is a device or a pipe; --delete-source needs files")
        for name in (options.source, out) if self._delete else ():
            if is_remote(name):
                raise InputError(f"{name}: is a URL; --delete-source needs files of this machine")
        self._verbose, self._dry = options.verbose and not options.quiet, options.dry_run
        self._begun = time.monotonic()
        if self._json and out == STANDARD:
            raise InputError("--json writes to standard output, which is the target already")
        for name in ("list_left_out", "prune", "cluster", "jobs"):
            if getattr(options, name):
                raise InputError(f"--{name.replace('_', '-')} takes folders")
        self._before = Source(options.source) if self._delete else None

    @property
    def name(self) -> str:
        """The source's, for messages."""
        return shown(self.source, "standard input")

    def failing(self, work: Callable[[], int]) -> int:
        """work(), whose error `--json` has too."""
        try:
            return work()
        except Exception as error:
            if self._json:
                text = str(error) if isinstance(error, L3CError | OSError) else unforeseen(error)
                text = f"{self.name}: not enough memory" if isinstance(error, MemoryError) else text
                self._print("failed", error=text, code=getattr(error, "exit_code", 1))
            raise

    @property
    def dry(self) -> bool:
        """Whether nothing is to be written: `plan` then says what would be."""
        return bool(self._dry)

    def plan(self, size: int, what: str) -> int:
        """Say what would be done. what: the verb, and what of."""
        if self._json:
            self._print("planned", bytes_in=size)
        elif not self._quiet:
            self.say(f"{self.name}: would {what}: {shown(self.out, STANDARD)}")
        return 0

    def finish(
        self, draft: Draft, size: int, line: str, missing: tuple[str, ...], notes: tuple[str, ...],
        details: Iterable[str] = (),
    ) -> int:  # fmt: skip
        """Write the result, and remove the source where nothing of it is missing. Returns 0.

        size: of the source. line: for people, "" for none. details: for `--verbose`.
        """
        written = draft.size
        put_draft(draft, self.out, self._force, attributes_of(self.source))
        deleted = self._before is not None and not missing
        if self._before is not None and deleted:
            self._before.delete(self.out, written)
        if not self._quiet:
            if line:
                self.say(line if self.out == STANDARD else f"{line}: {shown(self.out, STANDARD)}")
            for note in notes:
                self.say(f"{self.name}: {note}")
        if self._verbose:
            seconds = time.monotonic() - self._begun
            self.say(f"{self.name}: {seconds:.2f} s, {size / 1e6 / max(seconds, 1e-9):.2f} MB/s")
            for row in details:
                say(row, lines=True)
        if missing and (self._delete or not self._quiet):
            subject = "the source is kept, since the result" if self._delete else "the result"
            self.say(f"{self.name}: {subject} lacks {', '.join(missing)}")
        if self._json:
            done = {"bytes_in": size, "bytes_out": written, "deleted": deleted, "missing": missing, "notes": notes}
            self._print("done", **done)
        return 0

    def say(self, line: str) -> None:
        """On standard error."""
        say(line)

    def _print(self, status: str, **what: object) -> None:
        named = {"source": self.name, "target": shown(self.out, STANDARD), "status": status}
        print(json.dumps({**named, **{key: value for key, value in what.items() if value or key.startswith("bytes")}}))
