"""How fast a run is, and its line on the console."""

from __future__ import annotations

import time


class Meter:
    """Speed since the last report."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._start, self._pictures, self._waited, self._batches = time.perf_counter(), 0, 0.0, 0

    def add(self, pictures: int, waited: float) -> None:
        self._pictures += pictures
        self._waited += waited
        self._batches += 1

    def rates(self, pixels: int) -> dict[str, float]:
        per_second = self._pictures / (time.perf_counter() - self._start)
        waited = self._waited / self._batches
        self._reset()
        return {"speed/images": per_second, "speed/pixels": per_second * pixels, "speed/load": waited}

    @staticmethod
    def line(values: dict[str, float]) -> str:
        return (
            f"bpsp {values['train/bpsp']:.3f} | loss {values['train/loss']:.3f} // {values['speed/images']:.1f} img/s, "
            f"{values['speed/pixels']:,.0f} pixels/s [{values['speed/load']:.1e} s/batch load]"
        )
