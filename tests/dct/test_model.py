"""Model files."""

from pathlib import Path

import numpy as np
import pytest

from l3c.dct.definition.plane import encode
from l3c.dct.model import file_content, read_model
from l3c.errors import ModelError
from tests.dct.examples import SMALL, picture, planes_of, random_networks, random_tensors


@pytest.fixture
def content() -> bytes:
    return file_content(SMALL, (random_tensors(SMALL[0], 1), random_tensors(SMALL[1], 2)))[0]


def test_a_model_codes_as_its_networks_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "small.safetensors").write_bytes(content)
    model = read_model(str(tmp_path / "small.safetensors"))
    planes = planes_of(picture(20, 20), 75, 2)
    payload = model.encode(planes)
    assert payload == encode(model.networks, planes, model.calibrated)
    assert model.name == "small"
    assert len(model.digest) == 32
    for plane, decoded in zip(planes, model.decode(payload, planes), strict=True):
        assert np.array_equal(plane.coefficients, decoded)
    assert [n.architecture for n in model.networks] == [n.architecture for n in random_networks()]


@pytest.mark.parametrize(("old", "new"), [(b"l3c-dct-1", b"l3c-dct-2"), (b'\\"hidden\\": 16', b'\\"hidden\\": 20')])
def test_other_files_are_refused(tmp_path: Path, content: bytes, old: bytes, new: bytes) -> None:
    assert old in content
    (tmp_path / "other.safetensors").write_bytes(content.replace(old, new))
    with pytest.raises(ModelError, match=r"other\.safetensors"):
        read_model(str(tmp_path / "other.safetensors"))


def test_changed_tensors_are_refused(tmp_path: Path, content: bytes) -> None:
    changed = bytearray(content)
    changed[-1000] ^= 1
    (tmp_path / "changed.safetensors").write_bytes(changed)
    with pytest.raises(ModelError, match="digest"):
        read_model(str(tmp_path / "changed.safetensors"))
