"""Fields that are added later change nothing for files from before."""

import json
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pytest

from l3c.errors import ModelError
from l3c.models.digest import digest_of, stated
from l3c.published import architecture, models
from l3c.wave.definition import architecture as wave_architecture
from l3c.wave.definition import learning

SHIPPED = Path(__file__).parents[2] / "weights"


@dataclass(frozen=True)
class Grown(architecture.Architecture):
    """An architecture of a later version."""

    attention: int = 0


def test_a_later_field_is_named_where_it_is_not_its_default() -> None:
    before = architecture.Architecture(features=8)
    assert stated(Grown(features=8), architecture.FIRST_FIELDS) == before.stated() == vars(before)
    assert stated(Grown(attention=2), architecture.FIRST_FIELDS)["attention"] == 2


def test_a_later_field_needs_a_default() -> None:
    @dataclass
    class Careless:
        width: int

    with pytest.raises(TypeError, match="width: a field that was added later needs a default"):
        stated(Careless(3), ())


def test_digests_depend_on_all_that_differs() -> None:
    tensors = {"a.weight": np.arange(4, dtype=np.int8)}
    plain = digest_of(["format", {"width": 1}], tensors)
    assert plain == digest_of(["format", {"width": 1}], dict(tensors))
    others = [
        digest_of(["format", {"width": 2}], tensors),
        digest_of(["format", {"width": 1}], {"a.weight": tensors["a.weight"].astype(np.int16)}),
        digest_of(["format", {"width": 1}], {"b.weight": tensors["a.weight"]}),
        digest_of(["format", {"width": 1}], {"a.weight": tensors["a.weight"][::-1]}),
    ]
    assert len({plain, *others}) == 5


@pytest.mark.parametrize(
    ("cls", "first"),
    [
        (architecture.Architecture, architecture.FIRST_FIELDS),
        (wave_architecture.Architecture, wave_architecture.FIRST_FIELDS),
        (learning.Learning, learning.FIRST_FIELDS),
    ],
)
def test_first_fields_exist(cls: type, first: tuple[str, ...]) -> None:
    assert [field.name for field in fields(cls)][: len(first)] == list(first)


def test_a_field_from_the_future_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    said = {"format": "l3c-published-1", "architecture": json.dumps({"kind": "l3c", "attention": 2})}
    save_file({"x": np.zeros(1, np.int8)}, str(tmp_path / "m.safetensors"), said)
    with pytest.raises(ModelError, match=r"m\.safetensors: not an exported model: .*attention"):
        models.read_stored(str(tmp_path / "m.safetensors"))


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="weights are not in source archives")
def test_shipped_files_keep_their_digests() -> None:
    files = sorted(SHIPPED.glob("*.safetensors"))
    assert [models.read_stored(str(file)).digest for file in files]
