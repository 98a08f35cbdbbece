"""Coverage-guided fuzzing of the containers: `python -m tests.fuzz.atheris_containers [MINUTES] [FOLDER]`.

Needs `pip install atheris`; says so, and succeeds, where that is missing. libFuzzer mutates whole files, and what it
makes is sealed again, lengths and checksums right, wherever it can still be taken apart. FOLDER keeps its corpus.
Allowed are results and errors of l3c; anything else ends the run, and the file lies in the working directory.
"""

from __future__ import annotations

import contextlib
import importlib.util
import random
import sys
import tempfile
import warnings
from pathlib import Path

MEMORY = 3000
"""MB that libFuzzer allows the process."""

LONGEST = 1 << 14
"""Bytes of a file."""

WAYS = ("decode", "describe", "verify", "salvage", "pillow")
"""All but those that run commands or write pictures, which are too slow for this."""

TIMEOUT = 60
"""Seconds for one file."""


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    minutes = float(given[0]) if given else 20.0
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed (pip install atheris): containers are not fuzzed by coverage")
        return 0
    import atheris

    with atheris.instrument_imports(include=["l3c.container", "l3c.codec", "l3c.history"]):
        import l3c.codec.decode
        import l3c.codec.salvage
        import l3c.container.damaged
        import l3c.container.read  # noqa: F401
        from l3c.errors import FormatError
        from tests.fuzz.mutate import mutated  # these import what is to be instrumented
        from tests.fuzz.seeds import seeds
        from tests.fuzz.structure import parse, seal
        from tests.fuzz.ways import examine

    def mutate(data: bytes, size: int, seed: int) -> bytes:
        """One of libFuzzer's mutations, or one of ours; then sealed, if it can be."""
        if random.Random(seed).random() < 0.3:
            return mutated(seed, 0)[1][:size]
        found = bytes(atheris.Mutate(data, size))
        with contextlib.suppress(FormatError):
            found = seal(parse(found))
        return found[:size]

    def read(data: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcomes = examine(data, WAYS)
        wrong = {way: outcome for way, outcome in outcomes.items() if outcome.startswith("!")}
        if wrong:
            raise RuntimeError(f"read wrongly: {wrong}")

    with tempfile.TemporaryDirectory() as place:
        folder = Path(given[1] if len(given) > 1 else place)
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(seeds().values()):
            (folder / f"seed-{number}").write_bytes(data)
        limits = [f"-max_len={LONGEST}", f"-timeout={TIMEOUT}", f"-rss_limit_mb={MEMORY}", "-print_final_stats=1"]
        command = [sys.argv[0], f"-max_total_time={round(60 * minutes)}", *limits, str(folder)]
        atheris.Setup(command, read, custom_mutator=mutate)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
