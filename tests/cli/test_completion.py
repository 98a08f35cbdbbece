"""Completion, in the shells themselves, and the manual pages, read by man."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from l3c.cli import COMMANDS, command_parser
from l3c.cli.completion import SHELLS, script
from l3c.cli.completion_words import described
from tests.cli.conftest import Run
from tests.house.sources import ROOT

TIMEOUT = 60  # seconds that a shell may take

CASES = {
    "l3c enc": ({"encode"}, {"decode"}),
    "l3c ": (set(COMMANDS), set()),
    "l3c encode --eff": ({"--effort"}, {"--help"}),
    "l3c encode --effort ": ({"1", "9"}, {"photo.png"}),
    "l3c decode --device c": ({"cpu", "cuda"}, {"auto"}),
    "l3c encode pho": ({"photo.png", "photo two.png"}, {"notes.txt"}),
    "l3c decode a": ({"a.l3c"}, {"notes.txt"}),
    "l3c prepare re": ({"rescale"}, {"unpack"}),
    "l3c prepare rescale --se": ({"--seed"}, {"--size"}),
    "l3c completion ": (set(SHELLS), {"photo.png"}),
}
"""Line to what must, and what must not be offered."""


@pytest.fixture(autouse=True)
def _names(folder: Path) -> None:
    for name in ("a.png", "a.l3c", "notes.txt", "photo two.png"):
        Path(name).touch()


def by_bash(line: str) -> set[str]:
    words = line.split(" ")
    given = " ".join(f"'{word}'" for word in words)
    code = (
        f'source l3c.bash; COMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _l3c; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run(["bash", "--norc", "-c", code], capture_output=True, text=True, timeout=TIMEOUT)
    assert not done.stderr
    return set(done.stdout.splitlines())


def by_fish(line: str) -> set[str]:
    code = f"source l3c.fish; complete -C {line!r}"
    done = subprocess.run(["fish", "--no-config", "-c", code], capture_output=True, text=True, timeout=TIMEOUT)
    assert not done.stderr
    return {row.split("\t")[0] for row in done.stdout.splitlines()}


INNER = r"""
PROMPT=
autoload -Uz compinit
fpath=($PWD/functions $fpath)
compinit -u -D
mark() { print -r -- $'\x01' }
compprefuncs=(mark)
comppostfuncs=(mark exit)
bindkey '^I' complete-word
zstyle ':completion:*' list-grouped false
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    local -a hits
    builtin compadd -A hits "$@"
    (( $#hits )) && print -rl -- $'\r\n'$^hits
    builtin compadd "$@"
}
print -r -- $'\x02'
"""
"""Set up in the shell that completes: what is offered is printed, one a line, between marks."""

CAPTURE = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'source ./inner.zsh'
zpty -r shell text $'*\n\x02*'
zpty -n -w shell "$1"$'\t'
zpty -r shell text $'*\x01*' && zpty -r shell text $'*\x01*'
print -r -- "$text"
zpty -d shell
"""
"""A terminal in which the line is typed, and the key for completion."""


def by_zsh(line: str) -> set[str]:
    place = Path("functions/_l3c")
    place.parent.mkdir(exist_ok=True)
    place.write_text(script("zsh"))
    Path("inner.zsh").write_text(INNER)
    done = subprocess.run(["zsh", "-f", "-c", CAPTURE, "zsh", line], capture_output=True, text=True, timeout=TIMEOUT)
    return {name.strip() for name in done.stdout.replace("\r", "\n").split("\n")}


@pytest.mark.parametrize("line", CASES)
@pytest.mark.parametrize("shell", SHELLS)
def test_shells_complete(shell: str, line: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    Path(f"l3c.{shell}").write_text(script(shell))
    offered = {"bash": by_bash, "fish": by_fish, "zsh": by_zsh}[shell](line)
    wanted, others = CASES[line]
    assert wanted <= {name.replace("\\ ", " ") for name in offered}
    assert not others & offered


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_are_read_without_a_complaint(shell: str, run: Run) -> None:
    done = run("completion", shell)
    assert done.out.decode() == script(shell)
    assert json.loads(run("completion", shell, "--json").out)["script"] == script(shell)
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    checked = subprocess.run([shell, "-n", "/dev/stdin"], input=done.out, capture_output=True, timeout=TIMEOUT)
    assert (checked.returncode, checked.stderr) == (0, b"")


def test_every_option_is_in_every_script() -> None:
    texts = {shell: script(shell) for shell in SHELLS}
    for command in described():
        for word in command.options:
            for flag in word.flags:
                assert flag in texts["bash"], flag
                assert flag in texts["zsh"], flag
                assert f"-l {flag[2:]}" in texts["fish"] or f"-s {flag[1:]}" in texts["fish"], flag


def test_manual_pages_hold_every_option_and_are_read_by_man(tmp_path: Path) -> None:
    made = tmp_path / "share"
    subprocess.run([sys.executable, ROOT / "scripts" / "man_pages.py", made], check=True, timeout=TIMEOUT)
    pages = {path.name: path.read_text() for path in (made / "man" / "man1").iterdir()}
    assert set(pages) == {"l3c.1", *(f"l3c-{name}.1" for name in COMMANDS)}
    for name in COMMANDS:
        text = pages[f"l3c-{name}.1"].replace("\\-", "-")
        for action in command_parser(name)._actions:
            assert all(flag in text for flag in action.option_strings), name
    assert "128 + n" in pages["l3c.1"]
    assert (made / "zsh" / "site-functions" / "_l3c").read_text() == script("zsh")
    if shutil.which("man") is None:
        pytest.skip("no man here")
    for name in pages:
        command = ["man", "--warnings", "-E", "UTF-8", "-l", str(made / "man" / "man1" / name)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT, env={**os.environ, "MANWIDTH": "80"}
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.split()[0].startswith("L3C")
