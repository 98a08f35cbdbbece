"""One file in the command line: checked, written, reported, and its source deleted, where that is asked for."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from l3c.cli.files import STANDARD, Source, attributes_of, shown, target
from l3c.cli.streams import say
from l3c.errors import InputError, L3CError, unforeseen
from l3c.storage.atomic import is_special


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

    def finish(
        self, data: bytes, size: int, line: str, missing: tuple[str, ...], notes: tuple[str, ...], code: int = 0
    ) -> int:
        """Write the result, and remove the source where nothing of it is missing. Returns code.

        size: of the source. line: for people, "" for none.
        """
        with target(self.out, self._force, attributes_of(self.source)) as file:
            file.write(data)
        deleted = self._before is not None and not missing
        if self._before is not None and deleted:
            self._before.delete(self.out, len(data))
        if not self._quiet:
            if line:
                self.say(line if self.out == STANDARD else f"{line}: {shown(self.out, STANDARD)}")
            for note in notes:
                self.say(f"{self.name}: {note}")
        if missing and (self._delete or not self._quiet):
            subject = "the source is kept, since the result" if self._delete else "the result"
            self.say(f"{self.name}: {subject} lacks {', '.join(missing)}")
        if self._json:
            done = {"bytes_in": size, "bytes_out": len(data), "deleted": deleted, "missing": missing, "notes": notes}
            self._print("done", **done)
        return code

    def say(self, line: str) -> None:
        """On standard error."""
        say(line)

    def _print(self, status: str, **what: object) -> None:
        named = {"source": self.name, "target": shown(self.out, STANDARD), "status": status}
        print(json.dumps({**named, **{key: value for key, value in what.items() if value or key.startswith("bytes")}}))
