"""The words of `l3c encode` and `l3c decode`: which are inputs, and where each one's result goes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path

from l3c.cli.files import STANDARD, shown
from l3c.cli.folders import is_folder
from l3c.cli.streams import say
from l3c.errors import InputError, L3CError, explained
from l3c.storage.remote import is_remote, path_of

USAGE = "%(prog)s [options] IN [OUT]\n       %(prog)s [options] IN ... [-o DIR]"
"""Of both commands; the parser would list the words as one form."""

PATTERN = frozenset("*?[")
"""Characters of a pattern, which shells of Windows leave to programs."""


def add_inputs(parser: argparse.ArgumentParser, source: str, target: str) -> None:
    """source, target: what they are."""
    parser.usage = USAGE
    parser.add_argument("words", metavar="IN", nargs="+", help=f"{source}; a second word may be OUT, {target}")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="the file to write, or the folder for the results; of folders, the folder to write to",
    )


def run_each(
    options: argparse.Namespace, is_target: Callable[[str], bool], run: Callable[[argparse.Namespace], int]
) -> int:
    """Run the command on every input, whatever is wrong with the others; the exit code is the first failure's.

    is_target: whether the second of two words names the result. run: takes the options with `source`, and `target` or
    None; `into` is the folder for the result, or None; `output` is there for folders alone.
    """
    jobs = list(_jobs(options, is_target))
    if len(jobs) == 1:
        return run(jobs[0])
    codes = []
    for job in jobs:
        try:
            codes.append(run(job))
        except (L3CError, OSError, MemoryError) as error:
            if options.trace:
                import traceback

                traceback.print_exc()
            reason, code = explained(error, shown(job.source, "standard input"))
            say(f"l3c: {reason}")
            codes.append(code)
    return next((code for code in codes if code), 0)


def _jobs(options: argparse.Namespace, is_target: Callable[[str], bool]) -> Iterator[argparse.Namespace]:
    words, output = [word for given in options.words for word in _expanded(given)], options.output
    if len(words) == 2 and (is_target(words[1]) or (Path(words[1]).is_dir() and not is_folder(words[0]))):
        if output is not None:
            raise InputError(f"{words[1]}: a second target beside {output}")
        target = words.pop()
        yield _job(options, words[0], target, tree=False)
        return
    if len(words) == 1:
        yield _job(options, words[0], output, tree=is_folder(words[0]) and not _is_part(options))
        return
    for word in words:
        if word == STANDARD or is_folder(word):
            if word == STANDARD:
                raise InputError("standard input is taken alone")
            hint = "" if output else "; name the folder to write to: -o DIR"
            raise InputError(f"{word}: is a folder, or a URL of one, which is taken alone{hint}")
    if output is not None and is_remote(output):
        output = f"{output.rstrip('/')}/"
    elif output is not None:
        if Path(output).exists() and not Path(output).is_dir():
            raise InputError(f"{output}: is no folder; several inputs need one")
        output = f"{output}{os.sep}"
    for word in words:
        yield _job(options, word, output, tree=False)


def _is_part(options: argparse.Namespace) -> bool:
    """Whether only a part of one file is asked for, which a URL may name."""
    return options.command == "decode" and bool(options.region or options.preview)


def _job(options: argparse.Namespace, source: str, output: str | None, tree: bool) -> argparse.Namespace:
    """tree: the source is a folder, and the output, too."""
    job = copy(options)
    job.source, job.target, job.into, job.output = source, None, None, None
    if output is None or tree:
        job.output = output
    elif output.endswith(("/", os.sep)) or Path(output).is_dir():
        if source == STANDARD:
            raise InputError(f"{output}: is a folder; name the file for what standard input gives")
        job.into = output
        if not (job.dry_run or is_remote(output)):
            Path(output).mkdir(parents=True, exist_ok=True)
    else:
        job.target = output
    return job


def placed(job: argparse.Namespace, name: str) -> str:
    """The default name of a result, in the folder for results if there is one; of a URL, in this folder."""
    base = path_of(name).name if is_remote(name) else Path(name).name
    if job.into is not None:
        return f"{job.into.rstrip('/')}/{base}" if is_remote(job.into) else str(Path(job.into) / base)
    return base if is_remote(name) else name


def is_still_missing(job: argparse.Namespace) -> bool:
    """Whether a dry run has left a folder for results unmade, so that no target can be there."""
    return bool(job.dry_run and job.into) and not is_remote(job.into) and not Path(job.into).exists()


def _expanded(word: str) -> list[str]:
    """The files of a pattern, where the shell has not replaced it; a file may have such a name itself."""
    if not PATTERN & set(word) or "://" in word or os.path.lexists(word):
        return [word]
    anchor = Path(word).anchor
    found = sorted(map(str, Path(anchor or ".").glob(str(Path(word).relative_to(anchor)))))
    if not found:
        raise InputError(f"{word}: no file has such a name")
    return found
