"""Completion as each shell wants it."""

from __future__ import annotations

import re

from l3c.cli.completion_words import FILES, FOLDERS, L3C_FILES, Described, Word

TOP = ("--help", "--version")  # options of l3c itself

OF_BASH = {
    FILES: '_l3c_files "$cur"',
    FOLDERS: '_l3c_folders "$cur"',
    L3C_FILES: '_l3c_files "$cur" ".l3c"',
}
"""Kind of word to what completes it."""

OF_ZSH = {FILES: "_files", FOLDERS: "_files -/", L3C_FILES: '_files -g "*.(#i)l3c"'}
"""Kind of word to what completes it."""


def bash(commands: list[Described]) -> str:
    names = " ".join(command.name for command in commands)
    cases = "\n".join(_bash_case(command) for command in commands)
    return f"""# completion of l3c for bash, made by `l3c completion bash`
_l3c_words() {{ mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2"); }}
_l3c_folders() {{ compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$1"); }}
_l3c_files() {{
    local file
    compopt -o filenames 2>/dev/null
    COMPREPLY=()
    while IFS= read -r file; do
        if [[ -z ${{2-}} || -d $file || ${{file,,}} == *"$2" ]]; then COMPREPLY+=("$file"); fi
    done < <(compgen -f -- "$1")
}}
_l3c() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}
    local command=${{COMP_WORDS[1]-}} step=${{COMP_WORDS[2]-}}
    if (( COMP_CWORD == 1 )); then _l3c_words "{names} {" ".join(TOP)}" "$cur"; return; fi
    case $command in
{cases}
    esac
}}
complete -F _l3c l3c
"""


def _bash_case(command: Described) -> str:
    if command.steps:
        steps = " ".join(step.name for step in command.steps)
        below = "\n".join(_bash_case(step).replace("\n", "\n    ") for step in command.steps)
        return f"""    {command.name})
        if (( COMP_CWORD == 2 )); then _l3c_words "{steps}" "$cur"; return; fi
        case $step in
    {below}
        esac ;;"""
    values = "\n".join(
        f"            {'|'.join(word.flags)}) {_bash_value(word)}; return ;;"
        for word in command.options
        if word.value is not None
    )
    flags = " ".join(flag for word in command.options for flag in word.flags)
    plain = next((_bash_value(word) for word in command.plain), ":")
    return f"""    {command.name})
        case $prev in
{values}
        esac
        if [[ $cur == -* ]]; then _l3c_words "{flags}" "$cur"; else {plain}; fi ;;"""


def _bash_value(word: Word) -> str:
    if word.choices:
        return f'_l3c_words "{" ".join(word.choices)}" "$cur"'
    return OF_BASH.get(word.value or "", "COMPREPLY=()")


def zsh(commands: list[Described]) -> str:
    names = "\n".join(f"        {_quoted(f'{command.name}:{command.help}')}" for command in commands)
    cases = "\n".join(_zsh_case(command) for command in commands)
    return f"""#compdef l3c
# completion of l3c for zsh, made by `l3c completion zsh`
_l3c() {{
    local -a commands=(
{names}
    )
    if (( CURRENT == 2 )); then
        _describe -t commands command commands
        compadd -- {" ".join(TOP)}
        return
    fi
    local command=$words[2]
    shift words; (( CURRENT-- ))
    case $command in
{cases}
    esac
}}
if [[ $funcstack[1] == _l3c ]]; then _l3c "$@"; else compdef _l3c l3c; fi
"""


def _zsh_case(command: Described) -> str:
    if command.steps:
        steps = " ".join(_quoted(f"{step.name}:{step.help}") for step in command.steps)
        below = "\n".join(_zsh_case(step).replace("\n", "\n    ") for step in command.steps)
        return f"""    {command.name})
        local -a steps=({steps})
        if (( CURRENT == 2 )); then _describe step steps; return; fi
        local step=$words[2]
        shift words; (( CURRENT-- ))
        case $step in
    {below}
        esac ;;"""
    specs = [_zsh_option(word) for word in command.options]
    specs += [
        _quoted(f"*:{word.help.partition(';')[0][:40].replace(':', '')}:{_zsh_value(word)}")
        for word in command.plain[:1]
    ]
    return f"    {command.name})\n        _arguments -s " + " \\\n            ".join(specs) + " ;;"


def _zsh_option(word: Word) -> str:
    text = re.sub(r"([\[\]:\\])", r"\\\1", word.help)
    value = "" if word.value is None else f":value:{_zsh_value(word)}"
    others = f"({' '.join(word.flags)})"
    if len(word.flags) == 1:
        return _quoted(f"{others}{word.flags[0]}[{text}]{value}")
    return f"{_quoted(others)}{{{','.join(word.flags)}}}{_quoted(f'[{text}]{value}')}"


def _zsh_value(word: Word) -> str:
    if word.choices:
        return f"({' '.join(word.choices)})"
    return OF_ZSH.get(word.value or "", " ")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def fish(commands: list[Described]) -> str:
    lines = ["# completion of l3c for fish, made by `l3c completion fish`", "complete -c l3c -f"]
    lines += [f"complete -c l3c -n __fish_use_subcommand -l {flag.removeprefix('--')}" for flag in TOP]
    for command in commands:
        lines.append(f"complete -c l3c -n __fish_use_subcommand -a {command.name} -d {_fish(command.help)}")
        seen = f"__fish_seen_subcommand_from {command.name}"
        for step in command.steps:
            names = " ".join(step.name for step in command.steps)
            first = f'"{seen}; and not __fish_seen_subcommand_from {names}"'
            lines.append(f"complete -c l3c -n {first} -a {step.name} -d {_fish(step.help)}")
            lines += _fish_words(step, f'"{seen}; and __fish_seen_subcommand_from {step.name}"')
        lines += _fish_words(command, f'"{seen}"') if not command.steps else []
    return "\n".join([*lines, ""])


def _fish_words(command: Described, condition: str) -> list[str]:
    lines = []
    for word in command.options:
        flags = " ".join(f"-l {f[2:]}" if f.startswith("--") else f"-s {f[1:]}" for f in word.flags)
        lines.append(f"complete -c l3c -n {condition} {flags}{_fish_value(word)} -d {_fish(word.help)}")
    for word in command.plain[:1]:
        value = _fish_value(word)
        lines.append(f"complete -c l3c -n {condition}{value.replace(' -r', '').replace(' -x', '')}")
    return lines


def _fish_value(word: Word) -> str:
    if word.value is None:
        return ""
    if word.choices:
        return f" -x -a {_fish(' '.join(word.choices))}"
    if word.value == FOLDERS:
        return " -x -a '(__fish_complete_directories)'"
    if word.value == L3C_FILES:
        return " -x -a '(__fish_complete_suffix .l3c)'"
    return " -r -F" if word.value == FILES else " -x"


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
