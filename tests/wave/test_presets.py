"""The packaged models are the ones their digests name."""

from pathlib import Path

import pytest

from l3c.errors import ModelError
from l3c.wave import presets


@pytest.mark.parametrize(("name", "channels"), presets.PRESETS)
def test_presets_load_and_are_found_by_digest(name: str, channels: int) -> None:
    model = presets.load(name, channels)
    assert model is not None
    assert (model.name, model.channels) == (name, channels)
    for digest in (model.digest, model.digest[:16]):
        found = presets.by_digest(digest)  # two names may share a model
        assert found is not None
        assert found.digest == model.digest


def test_unknown_models_are_not_found() -> None:
    assert presets.load("tsunami", 3) is None
    assert presets.by_digest(bytes(32)) is None


def test_a_changed_weight_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preset = presets.PRESETS[("wave", 3)]
    changed = bytearray((presets.FOLDER / preset.file).read_bytes())
    changed[-1] ^= 1
    (tmp_path / preset.file).write_bytes(changed)
    monkeypatch.setattr(presets, "FOLDER", tmp_path)
    with pytest.raises(ModelError, match="digest"):
        presets.load.__wrapped__("wave", 3)
