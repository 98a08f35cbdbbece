"""Packages that only some commands need."""

from __future__ import annotations

from importlib.util import find_spec

from l3c.errors import InputError, install_command

TRAINING = ("torch", "yaml")  # import names of what the extra `train` brings and no other command needs


def need_training() -> None:
    """Raise InputError where the packages for training and evaluation are not installed."""
    missing = [name for name in TRAINING if find_spec(name) is None]
    if missing:
        raise InputError(f"this command needs {' and '.join(missing)}: {install_command('train')}")
