"""Released checkpoints into experiment folders, from wherever they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from l3c.errors import InputError, ModelError
from l3c.published.released import SIZE_MAX, Released, read_released
from l3c.storage.download import download
from l3c.training.checkpoints import Policy
from l3c.training.config_files import find_config, read_config
from l3c.training.experiments import Experiment
from l3c.training.published.config import Config, Optimizer
from l3c.training.published.publications import Publication, publication, publication_of

Progress = Callable[[float], None]


def import_released(
    source: str | Path, log_dir: Path, place: str = "", progress_for: Callable[[str], Progress] | None = None
) -> list[Experiment]:
    """Copy every checkpoint into `log_dir`; an experiment keeps its name. Its optimizer's state is left out.

    source: a released model's name or identifier, else a path or URL of a folder (not a URL's), archive or checkpoint.
    place: of a name, the folder or URL of a folder that has its archive; empty is the current folder, or else the
    authors' page. progress_for: called with the name of a download. The released optimizer state names parameters by
    addresses in memory, which mean nothing any more. Raises InputError and ModelError.
    """
    known = None if Path(source).exists() else publication(str(source))
    if known is None and place:
        raise InputError(f"{source}: --from is for the names of released models")
    where = str(source) if known is None else _archive(known, place)
    if known is None and "://" not in where and not Path(where).exists():
        raise InputError(f"{where}: no such file, and no released model: `l3c import-released` lists those")
    with _at_hand(where, progress_for) as path:
        checkpoints = read_released(path)
        if known is not None:
            checkpoints = [released for released in checkpoints if _is(released, known)]
            if not checkpoints:
                raise ModelError(f"{where}: holds no checkpoint of {known.name}, experiment {known.experiment}")
        experiments = {}
        for released in checkpoints:
            experiments[released.experiment] = _write(released, log_dir)
    return list(experiments.values())


def _archive(known: Publication, place: str) -> str:
    """Path or URL of an archive: in the place that is named; or in the current folder, else the authors'."""
    if "://" in place:
        return f"{place.rstrip('/')}/{known.archive}"
    path = Path(place, known.archive)
    if path.exists():
        return str(path)
    if place:
        raise InputError(f"{path}: no such file; it would be {known.name}, experiment {known.experiment}")
    return known.url


def _is(released: Released, known: Publication) -> bool:
    if publication_of(released.experiment) != known:
        return False
    if released.architecture.kind != known.network:
        raise ModelError(f"{released.place}: is {released.architecture.kind}, but {known.name} is {known.network}")
    return True


@contextmanager
def _at_hand(source: str, progress_for: Callable[[str], Progress] | None) -> Iterator[Path]:
    """Lend the path of a source, for as long as its download exists."""
    if "://" not in source:
        yield Path(source)
        return
    name = PurePosixPath(unquote(urlsplit(source).path)).name
    if not name:
        raise InputError(f"{source}: names no file")
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        with path.open("wb") as file:
            download(source, file, SIZE_MAX, *((progress_for(name),) if progress_for else ()))
        try:
            yield path
        except (InputError, ModelError) as error:
            raise type(error)(str(error).replace(str(path), source)) from error


def _write(released: Released, log_dir: Path) -> Experiment:
    experiment = Experiment(log_dir / released.experiment)
    config = _config(released)
    if experiment.folder.exists() and experiment.config().network != config.network:
        raise InputError(f"{experiment.folder}: exists already, with another network")
    experiment.folder.mkdir(parents=True, exist_ok=True)
    experiment.write_config(config)
    state = {"network": released.state, "iteration": released.iteration, "config": config.to_dict()}
    experiment.checkpoints.save(released.iteration, state, Policy(), permanent=True)
    return experiment


def _config(released: Released) -> Config:
    """What it was trained with, of a known one; the defaults of the paper otherwise."""
    known = publication_of(released.experiment)
    if known is None:
        return Config(network=released.architecture, optimizer=Optimizer(schedule="exp_0.75_e5"))
    config = read_config([find_config("model", known.model), find_config("data", known.data)])
    assert isinstance(config, Config)
    return replace(config, network=released.architecture)
