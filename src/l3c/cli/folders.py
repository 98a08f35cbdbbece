"""Folders in the command line: options, lines of progress, the closing summary."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from l3c.cli.files import is_file_url
from l3c.cli.options import positive
from l3c.cli.progress import Line
from l3c.cli.streams import say

if TYPE_CHECKING:
    from l3c.bulk.jobs import Outcome
    from l3c.bulk.operation import Operation
    from l3c.bulk.run import RunSummary
    from l3c.bulk.watch import Watch

NAMED = 3  # files in progress that the line names; more do not fit


def add_folder_options(parser: argparse.ArgumentParser, writes: bool = True) -> None:
    if writes:
        parser.add_argument("--verify", action="store_true", help="decode and compare before a file gets its name")
        parser.add_argument(
            "--delete-source", action="store_true", help="remove a source when its result is verified and on disk"
        )
    group = parser.add_argument_group("folders")
    if writes:
        group.add_argument("--list-left-out", action="store_true", help="name the files that are left out")
        group.add_argument(
            "--prune", action="store_true", help="remove results that runs with other options left of the same sources"
        )
    add_workers(group)


def add_workers(parser: argparse._ActionsContainer) -> None:
    """Who does the work."""
    parser.add_argument("-j", "--jobs", type=positive, metavar="N", help="processors to use (default: all)")
    parser.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers do it, as tcp://HOST:8786")
    parser.add_argument("--json", action="store_true", help="one JSON object a file, and one at the end of a folder")


def is_folder(source: str) -> bool:
    """Whether a source is a tree: a folder, or a URL that is not named as a file."""
    return not is_file_url(source) if "://" in source else Path(source).is_dir()


def convert_tree(operation: Operation, options: argparse.Namespace, changed: str = "") -> int:
    """Encode or decode a tree. changed: options that would have changed the files that are done already."""
    from l3c.bulk.run import convert_folder
    from l3c.bulk.transfer import Transfer
    from l3c.errors import InputError

    if options.output is None:
        what = "is a URL not named as a picture or an l3c file, so a folder"
        what = what if "://" in options.source else "is a folder"
        raise InputError(f"{options.source}: {what}; name the folder to write to: -o DIR")
    source, output = root_of(options.source, options), root_of(options.output, options)
    task = Transfer(
        operation, source, output, options.force, options.verify, options.delete_source, options.prune, options.trace,
        options.dry_run,
    )  # fmt: skip
    with Report(options, changed) as report:
        try:
            summary = convert_folder(task, report, options.jobs or options.threads, options.cluster, report.watch)
        except KeyboardInterrupt:
            report.interrupted()
            raise
        return report.close(summary)


def root_of(name: str, options: argparse.Namespace) -> str:
    """A root as the workers of a cluster understand it."""
    from l3c.bulk.stores.store import absolute

    return absolute(name) if options.cluster else name


class Report:
    """Hears of every file: failures at once, progress on a terminal, JSON lines where wanted.

    watch: to be told of what is in progress.
    """

    def __init__(self, options: argparse.Namespace, changed: str = "") -> None:
        self._json, self._quiet, self._changed = options.json, options.quiet, changed
        self._named = getattr(options, "list_left_out", False)
        self._dry = getattr(options, "dry_run", False)
        self._trace = options.trace
        self._all = (self._dry or getattr(options, "verbose", False)) and not options.json
        self._summary: RunSummary | None = None
        from l3c.bulk.watch import Watch

        self.watch = Watch()
        self._line = Line(lambda: progress(self._summary, self.watch), options.quiet)

    def __enter__(self) -> Self:
        self._line.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._line.end()

    def __call__(self, outcome: Outcome, summary: RunSummary) -> None:
        self._summary = summary
        outcome = outcome if self._trace else replace(outcome, trace="")
        if self._json:
            self._line.wipe()
            print(json.dumps(outcome.to_dict()), flush=True)
        if outcome.trace:
            self._say(outcome.trace.rstrip(), lines=True)
        if outcome.error:
            self._say(f"l3c: {outcome.error}")
        elif self._all and not self._quiet:
            self._say(outcome_line(outcome, summary.verb))
        for note in outcome.notes if not self._quiet else ():
            self._say(f"{outcome.source}: {note}")

    def _say(self, text: str, lines: bool = False) -> None:
        self._line.wipe()
        say(text, lines)

    def interrupted(self) -> None:
        """Say how far a run came that a signal ends; the same command goes on from there."""
        done = closing_lines(self._summary).splitlines()[0] if self._summary else "nothing was done yet"
        self._say(f"l3c: interrupted: {done}")

    def close(self, summary: RunSummary) -> int:
        """The summary, and the exit code."""
        from l3c.bulk.jobs import SKIPPED

        self._line.end()
        for kind, names in summary.left_out.items():
            for name in names if self._named or self._json else ():
                if self._json:
                    print(json.dumps({"source": name, "status": "left out", "kind": kind}), flush=True)
                else:
                    self._say(f"left out: {name} ({kind})")
        if self._json:
            print(json.dumps({"summary": summary.to_dict()}), flush=True)
        if not self._quiet:
            self._say(closing_lines(summary), lines=True)
            if self._changed and summary.files[SKIPPED]:
                self._say(f"what is done stays as it was made; to make it again with {self._changed}: --force")
        return summary.exit_code


def outcome_line(outcome: Outcome, verb: str) -> str:
    """A line on a file that did not fail."""
    from l3c.bulk.jobs import DONE, PLANNED, SKIPPED

    if outcome.status == PLANNED:
        return f"{outcome.source}: would {verb} to {outcome.target}"
    if outcome.status == DONE and outcome.target:
        size = f"{outcome.bytes_in:,} -> {outcome.bytes_out:,} bytes"
        return f"{outcome.source}: {size} ({outcome.bytes_out / max(1, outcome.bytes_in):.1%}): {outcome.target}"
    if outcome.status == SKIPPED:
        return f"{outcome.source}: is done already: {outcome.target}"
    return f"{outcome.source}: {'intact' if verb == 'verify' else outcome.status}"


def progress(summary: RunSummary | None, watch: Watch) -> str:
    """How far, how fast, how small, how long still, and which files: by bytes of sources.

    The rate is that of files that were worked on, since the first of them was begun: what is skipped takes no time, and
    says nothing of the time that the others take.
    """
    names = watch.names
    shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    if summary is None:
        return f"0 files done: {shown}" if names else "looking for files"
    seconds = summary.seconds if watch.since is None else time.monotonic() - watch.since
    partly = watch.bytes_done
    worked = summary.bytes_worked + partly
    text = f"{summary.finished} of {summary.total} files, {clock(summary.seconds)}"
    if worked and seconds:
        rate = worked / seconds
        left = max(0, summary.total_bytes - summary.bytes_seen - partly) / rate
        ratio = f", to {summary.bytes_out / summary.bytes_in:.1%}" if summary.bytes_in else ""
        text += f", {rate / 1e6:.2f} MB/s{ratio}, {clock(left)} left"
    return f"{text}: {shown}" if names else text


def clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def closing_lines(summary: RunSummary) -> str:
    """One line or two."""
    from l3c.bulk.jobs import DONE

    counts = {"deleted": summary.deleted, "pruned": summary.pruned, "not tried": summary.total - summary.finished}
    done = "intact" if summary.verb == "verify" else DONE
    parts = [f"{n:,} {done if status == DONE else status}" for status, n in (summary.files | counts).items() if n]
    text = f"{summary.verb}: {summary.total:,} files" + (f" ({', '.join(parts)})" if parts else "")
    if summary.bytes_in and summary.verb != "verify":
        share = summary.bytes_out / summary.bytes_in
        text += f", {summary.bytes_in:,} -> {summary.bytes_out:,} bytes ({share:.1%})"
    text += f" in {clock(summary.seconds)}"
    left_out = ", ".join(f"{len(names):,} {kind}" for kind, names in summary.left_out.items())
    return f"{text}\nleft out: {left_out}" if left_out else text
