"""What a run tells: a line on the console, `log.jsonl`, and TensorBoard's scalars and pictures."""

from __future__ import annotations

import json
import logging
import math
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from l3c.errors import InputError
from l3c.published.network import Published, Scales
from l3c.storage.atomic import write_whole
from l3c.training.experiments import LOG

SHOWN_COMPONENTS = 10  # of a mixture, so that pictures stay readable
LATENTS_A_ROW = 5  # as many as the published networks have
logger = logging.getLogger(__name__)


class Monitor:
    """Writes into an experiment's folder from `iteration` on; what an earlier run wrote after that goes.

    board: whether to write for TensorBoard too, where that is installed.
    """

    def __init__(self, folder: Path, iteration: int, iterations: int | None, board: bool = True) -> None:
        self._log, self._iterations = folder / LOG, iterations
        self._board = _board(folder, iteration) if board else None
        self._shown = 0.0
        _cut(self._log, iteration)

    def scalars(self, iteration: int, values: dict[str, float]) -> None:
        """Write one line of the log; every value goes to TensorBoard too."""
        with self._log.open("a") as file:
            file.write(json.dumps({"iteration": iteration, **{k: float(f"{v:.9g}") for k, v in values.items()}}) + "\n")
        if self._board:
            for name, value in values.items():
                self._board.add_scalar(name, value, iteration)

    @property
    def shows(self) -> bool:
        """Whether pictures are of any use."""
        return bool(self._board)

    def line(self, iteration: int, text: str) -> None:
        self._wipe()
        print(f"{time.strftime('%H:%M:%S')} {iteration:>8}: {text}", flush=True)

    def progress(self, iteration: int) -> None:
        """Refresh a bar on a terminal, a few times a second."""
        now = time.monotonic()
        if not sys.stdout.isatty() or now - self._shown < 0.3:
            return
        self._shown = now
        share = iteration / self._iterations if self._iterations else None
        bar = f" [{'#' * int(30 * share):<30}] {share:.1%}" if share is not None else ""
        print(f"\r{iteration}{bar}\x1b[K", end="", flush=True)

    def pictures(self, iteration: int, kind: str, network: Published, scales: Scales) -> None:
        """Pictures of one batch's first image. kind: train or val."""
        if not self._board:
            return
        for name, picture in make_pictures(kind, network, scales).items():
            self._board.add_image(name, picture, iteration)
        if kind == "train":
            for scale, before in enumerate(scales.before):
                self._board.add_histogram(f"train/histo/enc_{scale}_after_1x1", before, iteration)
            self._board.add_histogram(f"train/histo_out/{len(scales.params)}", scales.symbols[-1], iteration)

    def close(self) -> None:
        self._wipe()
        if self._board:
            self._board.close()

    def _wipe(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", flush=True)


def _board(folder: Path, iteration: int) -> Any:
    """TensorBoard's writer, or nothing where it is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        logger.warning("tensorboard is not installed; %s has the scalars", folder / LOG)
        return None
    return SummaryWriter(str(folder), purge_step=iteration)  # type: ignore[no-untyped-call, unused-ignore]


def _cut(path: Path, iteration: int) -> None:
    """Leave the lines until an iteration. What a killed run, or a machine that lost power, wrote in part at the end is
    dropped; InputError where such a line stands before whole ones.
    """
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    known = [_iteration(line) for line in lines]
    while known and known[-1] is None:
        known.pop()
    kept = []
    for number, (line, at) in enumerate(zip(lines, known, strict=False), 1):
        if at is None:
            raise InputError(f"{path}: line {number} is no record of a run: {line[:40]!r}; remove it to go on")
        if at <= iteration:
            kept.append(f"{line}\n")
    write_whole(path, "".join(kept).encode())


def _iteration(line: str) -> int | None:
    """Of a line of the log; None where it is not a whole one."""
    try:
        return int(json.loads(line)["iteration"])
    except (ValueError, TypeError, KeyError):
        return None


def make_pictures(kind: str, network: Published, scales: Scales) -> dict[str, Tensor]:
    """Pictures by name, float [C, H, W] in 0..1, of the first image of a batch.

    {kind}/input; {kind}/bn/s: channels of z^(s+1) side by side; train/input_subsampled/s: baselines;
    val/dmll/s/cC: weights, means and log scales of channel C's components, a row each.
    """
    made = {f"{kind}/input": scales.values[0][0] / 255}
    learned = network.architecture.learned
    for scale, symbols in enumerate(scales.symbols[1:]):
        if learned:
            made[f"{kind}/bn/{scale}"] = _side_by_side(
                symbols[0].float() / (network.architecture.latent_levels - 1), LATENTS_A_ROW
            )
        elif kind == "train":
            made[f"train/input_subsampled/{scale}"] = symbols[0].float() / 255
    if kind == "val":
        made.update(_mixture_pictures(network, scales))
    return made


def _mixture_pictures(network: Published, scales: Scales) -> dict[str, Tensor]:
    made = {}
    for scale, params in enumerate(scales.params):
        mixture = network.mixture(scale)
        logits, means, log_scales = (part[0, :, :SHOWN_COMPONENTS] for part in mixture.split(params[:1])[:3])
        span = mixture.high - mixture.low
        parts = (torch.softmax(logits, 1), (means - mixture.low) / span, (log_scales + 7) / (7 + math.log(span)))
        for channel in range(mixture.channels):
            rows = [_side_by_side(part[channel].clamp(0, 1), SHOWN_COMPONENTS) for part in parts]
            made[f"val/dmll/{scale}/c{channel}"] = torch.cat(rows, 1)
    return made


def _side_by_side(maps: Tensor, a_row: int) -> Tensor:
    """[n, H, W] -> [1, rows * H, a_row * W]; what is missing in the last row is black."""
    count, height, width = maps.shape
    rows = -(-count // a_row)
    padded = torch.cat([maps, maps.new_zeros(rows * a_row - count, height, width)])
    return padded.reshape(rows, a_row, height, width).permute(0, 2, 1, 3).reshape(1, rows * height, a_row * width)
