"""Variables of the environment: an empty one is as if it were not set; what cannot be read is named."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from l3c.cli.options import add_log_dir, traces
from l3c.errors import InputError, ModelError
from l3c.isa import chosen_isa
from l3c.models.fetch import page
from l3c.models.search_path import cache_folder, folders
from l3c.published.runtimes import runtime_name
from l3c.storage.remote import file_system


def log_dir() -> object:
    parser = argparse.ArgumentParser()
    add_log_dir(parser)
    return parser.parse_args([]).log_dir


def release_page() -> object:
    try:
        return page()
    except ModelError as error:  # none is known, while nothing is released
        return str(error)


READERS: dict[str, Callable[[], object]] = {
    "L3C_RUNTIME": runtime_name,
    "L3C_RUNS": log_dir,
    "L3C_FSSPEC": lambda: file_system("memory://folder")[1],
    "L3C_CACHE": cache_folder,
    "L3C_MODELS": folders,
    "L3C_ISA": chosen_isa,
    "L3C_RELEASE_PAGE": release_page,
    "L3C_DEBUG": lambda: traces(argparse.Namespace()),
}
"""What each variable decides."""


@pytest.mark.parametrize("variable", READERS)
def test_an_empty_variable_is_none(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable, raising=False)
    unset = READERS[variable]()
    monkeypatch.setenv(variable, "")
    assert READERS[variable]() == unset


def test_every_variable_is_tried() -> None:
    sources = Path(__file__).parents[1] / "src" / "l3c"
    named = {
        name
        for path in sources.rglob("*.py")
        for name in re.findall(r'"(L3C_[A-Z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert named == set(READERS)


@pytest.mark.parametrize("said", ["{", "[]", '{"memory": 3}'])
def test_options_of_file_systems_that_cannot_be_read_are_named(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L3C_FSSPEC", said)
    with pytest.raises(InputError, match=r"^L3C_FSSPEC: "):
        file_system("memory://folder")
