"""Thousands of strange files, and a table of what became of them: python -m tests.strange.run --help."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.strange import readers
from tests.strange.case import Case
from tests.strange.cases import KINDS, SHARES, make
from tests.strange.judge import FAULTS, Verdict, judge
from tests.strange.truth import Truth

CHUNK = 50
WHOLE = 5
"""Of each so many files one may be kept whole, as the command does where that is smaller."""

Result = tuple[str, Verdict, tuple[str, ...]]
ORDER = ("equal", "noted", "refused", *FAULTS)


def judged(kind: str, numbers: range) -> list[Result]:
    """Of each number (name, verdict, features)."""
    found = []
    for number in numbers:
        case = make(kind, number)
        found.append((case.name, judge(case, pixels=number % WHOLE > 0), case.features))
    return found


def run(kinds: Iterable[str], files: int, processes: int) -> list[Result]:
    """files: of all kinds together."""
    kinds = list(kinds)
    whole = sum(SHARES[kind] for kind in kinds)
    work = []
    for kind in kinds:
        count = round(files * SHARES[kind] / whole)
        work += [(kind, range(at, min(at + CHUNK, count))) for at in range(0, count, CHUNK)]
    with ProcessPoolExecutor(processes) as pool:
        return [result for results in pool.map(judged, *zip(*work, strict=True)) for result in results]


def of_files(paths: Iterable[Path]) -> list[Result]:
    """Of files that others wrote: what they mean is what the readers here say."""
    found = []
    for path in paths:
        data, suffix = path.read_bytes(), path.suffix.lower().replace(".tiff", ".tif")
        try:
            truth = readers.read(data, suffix)
        except Exception as error:  # a file of others may be broken in any way
            truth = Truth((), {}, f"a reader says {error!r}")
        case = Case(f"{suffix[1:]}:{path.name}", suffix, data, truth, ())
        found.append((case.name, judge(case), case.features))
    return found


def table(results: list[Result]) -> str:
    """Counts by kind and verdict, then reasons with examples."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        name, verdict, _ = result
        kind = name.split(":")[0]
        counts[kind][verdict.kind] += 1
        if verdict.reason:
            reasons[verdict.kind, f"{kind}: {verdict.reason}"].append(result)
    lines = ["kind      files " + "".join(f"{column:>9}" for column in ORDER)]
    counts["all"] = sum(list(counts.values()), Counter())
    for kind, row in counts.items():
        lines.append(f"{kind:8} {sum(row.values()):>6} " + "".join(f"{row[column]:>9}" for column in ORDER))
    for column in ORDER:
        found = {reason: those for (of, reason), those in reasons.items() if of == column}
        lines += ["", f"{column}:"] if found else []
        for reason, those in sorted(found.items(), key=lambda item: -len(item[1])):
            lines.append(f"{len(those):>6}  {reason}")
            if column in FAULTS:
                lines += [f"            {name}: {', '.join(features)}" for name, _, features in those[:2]]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.strange.run", description=__doc__)
    parser.add_argument("--files", type=int, default=40_000)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--only", help="one file, as tiff:17")
    parser.add_argument("--keep", type=Path, help="where --only writes the file")
    parser.add_argument("--folder", type=Path, help="judge the files of a folder, of whatever kind, in their place")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    if options.only:
        kind, _, number = options.only.partition(":")
        case = make(kind, int(number))
        if options.keep:
            (options.keep / f"{kind}-{number}{case.suffix}").write_bytes(case.data)
        print(case.name, *case.features, judge(case), sep="\n  ")
        return 0
    start = time.monotonic()
    if options.folder:
        results = of_files(path for path in sorted(options.folder.rglob("*")) if path.is_file())
    else:
        results = run(options.kinds.split(","), options.files, options.processes)
    print(table(results))
    print(f"\n{len(results)} files in {time.monotonic() - start:.0f} s")
    return int(any(verdict.kind in FAULTS for _, verdict, _ in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
