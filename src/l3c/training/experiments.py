"""Experiment folders: `YYYYMMDD_HHMM MODEL DATA [overrides]`, each with `config.yaml` and `checkpoints/`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

from l3c.errors import InputError
from l3c.storage.atomic import write_whole
from l3c.training.checkpoints import Checkpoints
from l3c.training.config_files import AnyConfig, config_from, parse_file
from l3c.training.dct.config import DctConfig
from l3c.training.published.config import Config
from l3c.training.wave.config import WaveConfig

CONFIG = "config.yaml"  # in an experiment's folder: what it was asked for
EARLIER = "config_until_{:010d}.yaml"
"""The configuration of a run until an iteration at which it was continued with another."""

EARLIER_PATTERN = "config_until_*.yaml"  # configurations from before it was continued with another
LOG = "log.jsonl"  # in an experiment's folder: a line of JSON for each record
DATE = "%Y%m%d_%H%M"  # begins a folder's name, to the minute, in an order that sorts
MOST_OVERRIDES = 120
"""Characters of a folder's name spent on overrides."""

PATHS = ("train", "valid", "cache", "first_image", "pictures")
"""Keys whose values are paths: they stand in `config.yaml`, and would only make names long."""


# what there is instead of what only published networks can do: eval, sample, import
OTHERS: dict[type[Any], str] = {
    WaveConfig: "`l3c export` makes a model of one, which `l3c eval` takes and `l3c sample` does not",
    DctConfig: "`l3c export` makes a model of one, which codes JPEG files: not for `l3c eval`, nor `l3c sample`",
}


@dataclass(frozen=True)
class Experiment:
    """One folder."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self.folder / "checkpoints")

    def config(self) -> Config:
        """Of a published network. Raises InputError where it is the wave network's."""
        config = self.any_config()
        if isinstance(config, WaveConfig | DctConfig):
            raise InputError(f"{self.folder}: holds networks of kind {config.network.kind}; {OTHERS[type(config)]}")
        return config

    def any_config(self) -> AnyConfig:
        """Raises InputError naming file, place and reason."""
        path = self.folder / CONFIG
        values = parse_file(path)
        if not values:  # all keys have defaults, but a run's are all written down
            raise InputError(f"{path}: is empty")
        return config_from(values, str(path))

    def write_config(self, config: AnyConfig) -> None:
        import yaml

        text: str = yaml.safe_dump(config.to_dict(), sort_keys=False)
        write_whole(self.folder / CONFIG, text.encode())


def create_experiment(
    log_dir: Path, parts: Iterable[str], config: AnyConfig, now: datetime | None = None
) -> Experiment:
    """Make the folder of a new run; where the minute is taken, the next free one."""
    label = " ".join(parts)
    time = now or datetime.now()
    log_dir.mkdir(parents=True, exist_ok=True)
    while any(log_dir.glob(time.strftime(DATE) + "*")) or not _claim(log_dir / f"{time.strftime(DATE)} {label}"):
        time += timedelta(minutes=1)
    experiment = Experiment(log_dir / f"{time.strftime(DATE)} {label}")
    experiment.write_config(config)
    return experiment


def _claim(folder: Path) -> bool:
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True


def label_parts(model: Path, data: Path, overrides: Iterable[str]) -> list[str]:
    """Names for a folder: the configurations and what was overridden last, without characters that paths dislike.

    Paths are left out, and overrides that make the name too long.
    """
    last = {text.partition("=")[0].strip(): text for text in overrides}
    named = (text for key, text in last.items() if key.split(".")[-1] not in PATHS)
    extra = ""
    for text in sorted(re.sub(r"[^\w.=+-]+", "-", text) for text in named):
        extra += f" {text}" if len(extra) + len(text) < MOST_OVERRIDES else ""
    return [model.stem, data.stem, *([extra.strip()] if extra else [])]


def record_change(experiment: Experiment, config: AnyConfig, iteration: int) -> list[str]:
    """Write the configuration of a run that goes on. An earlier one that differs is copied beside it.

    Returns what differs, for people.
    """
    earlier = experiment.any_config()
    changes = _changes(earlier.to_dict(), config.to_dict())
    backup = experiment.folder / EARLIER.format(iteration)
    if changes and not backup.exists():
        write_whole(backup, (experiment.folder / CONFIG).read_bytes())
    experiment.write_config(config)
    return changes


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """`section.key: value -> value` of all that differ."""
    pairs = [(section, key) for section in after for key in after[section]]
    return [
        f"{section}.{key}: {before[section].get(key)} -> {after[section][key]}"
        for section, key in pairs
        if before[section].get(key) != after[section][key]
    ]


@contextmanager
def undone_unless_begun(experiment: Experiment, new: bool) -> Iterator[None]:
    """On an error before anything was recorded, remove a new folder; give another one back its configuration."""
    before, config = _records(experiment), (experiment.folder / CONFIG).read_bytes()
    earlier = set(experiment.folder.glob(EARLIER_PATTERN))
    try:
        yield
    except BaseException:
        if _records(experiment) == before:
            if new:
                rmtree(experiment.folder, ignore_errors=True)
            else:
                write_whole(experiment.folder / CONFIG, config)
                for path in set(experiment.folder.glob(EARLIER_PATTERN)) - earlier:
                    path.unlink()
        raise


def _records(experiment: Experiment) -> tuple[list[int], int]:
    """Checkpoints, and bytes of the log."""
    log = experiment.folder / LOG
    return list(experiment.checkpoints.all()), log.stat().st_size if log.exists() else 0


def is_experiment(wanted: str) -> bool:
    """Whether it is the path of an experiment's folder, which nothing else of such a name goes before."""
    return bool(wanted) and (Path(wanted) / CONFIG).is_file()


def find_experiment(wanted: str, log_dir: Path) -> Experiment:
    """Find the one experiment with this path, or whose name in `log_dir` (or in the path's folder) has this part."""
    path = Path(wanted)
    if is_experiment(wanted):
        return Experiment(path.resolve())
    if path.parent != Path():
        log_dir = path.parent
    known = list_experiments(log_dir)
    meant = [experiment for experiment in known if path.name in experiment.name]
    exact = [experiment for experiment in meant if experiment.name == path.name]
    if len(exact or meant) == 1:
        return (exact or meant)[0]
    if meant:
        raise InputError(f"{wanted}: several experiments in {log_dir} match: {_names(meant)}")
    close = difflib.get_close_matches(path.name, [experiment.name for experiment in known], 3, 0.3)
    hint = f"near: {', '.join(close)}" if close else f"there are {_names(known)}"
    raise InputError(f"{wanted}: no experiment in {log_dir} matches; {hint}")


def list_experiments(log_dir: Path) -> list[Experiment]:
    return [Experiment(path.parent.resolve()) for path in sorted(log_dir.glob(f"*/{CONFIG}"))]


def _names(experiments: list[Experiment]) -> str:
    return ", ".join(experiment.name for experiment in experiments) or "none"
