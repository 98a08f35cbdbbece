"""A killed run loses nothing; `make kill` does it fifty times."""

from tests.long import kill_folder


def test_killed_runs_lose_nothing() -> None:
    kill_folder.main(times=2, seed=1)
