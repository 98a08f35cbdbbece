"""Errors that nobody thought of: one line from every command, and where they were raised for those who ask."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import pytest

from l3c import cli
from l3c.bulk.jobs import Job
from l3c.cli import COMMANDS, command_parser
from l3c.cli.folders import Report
from l3c.cli.options import DEBUG_VARIABLE
from l3c.prepare.tree import failure
from tests.cli.conftest import Run

# what each command has to be given
ARGUMENTS = {
    "encode": ["a.png"],
    "decode": ["a.l3c"],
    "info": ["a.l3c"],
    "verify": ["a.l3c"],
    "diff": ["a.png", "b.png"],
    "bench": ["folder"],
    "models": [],
    "export": ["exp", "a.safetensors"],
    "train": ["l3c", "folder", "runs"],
    "eval": ["wave", "folder"],
    "sample": ["exp", "folder", "out"],
    "prepare": ["rescale", "folder", "-o", "out"],
    "import-released": [],
    "serve": ["folder"],
    "desktop": ["--install"],
    "completion": ["bash"],
}


@dataclass
class Failing:
    """A command's module that ends by an error which is a bug's."""

    module: ModuleType

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        self.module.add_arguments(parser)

    def run(self, _: argparse.Namespace) -> int:
        raise KeyError("weights")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_module", lambda name: Failing(import_module(f"l3c.cli.{name.replace('-', '_')}")))
    monkeypatch.delenv(DEBUG_VARIABLE, raising=False)


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_bug_is_one_line_and_where_it_is_for_those_who_ask(
    command: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = "L3C_DEBUG=1" if command == "train" else "--debug"
    line = f"l3c: unforeseen KeyError: 'weights' ({how} shows where)"
    done = run(command, *ARGUMENTS[command])
    assert (done.code, done.out, done.lines) == (1, b"", [line])
    asked = run(command, *ARGUMENTS[command], "--debug")
    monkeypatch.setenv(DEBUG_VARIABLE, "1")
    for done in (asked, run(command, *ARGUMENTS[command])):
        assert (done.code, done.lines[0], done.lines[-1]) == (1, "Traceback (most recent call last):", line)
    monkeypatch.setenv(DEBUG_VARIABLE, "0")
    assert run(command, *ARGUMENTS[command]).lines == [line]


def test_every_step_of_a_command_has_the_option() -> None:
    (steps,) = (a for a in command_parser("prepare")._actions if isinstance(a, argparse._SubParsersAction))
    assert len(steps.choices) == 7
    assert all("--debug" in step.format_help() for step in steps.choices.values())


@pytest.mark.parametrize("as_json", [True, False])
def test_a_step_over_a_folder_shows_where_a_bug_is(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    from l3c.bulk.run import RunSummary

    try:
        raise KeyError("weights")
    except KeyError as error:
        outcome = failure(Job("a.png", "b.png", 3), error)
    shown = {}
    for trace in (False, True):
        Report(argparse.Namespace(json=as_json, quiet=True, trace=trace))(outcome, RunSummary("rescale", 1, 3))
        captured = capsys.readouterr()
        shown[trace] = captured.err + captured.out
    assert "l3c: a.png: unforeseen KeyError: 'weights' (--debug shows where)\n" in shown[True]
    assert "Traceback" in shown[True]
    assert "race" not in shown[False]
