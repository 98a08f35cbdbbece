"""Checkpoints that strangers made."""

import io
import zipfile
from pathlib import Path

import pytest
import torch

from l3c.errors import ModelError
from l3c.published.dense import load_dense

CONTENT = {"net": {"a": torch.arange(6.0).view(2, 3)}, "iteration": 7}


def saved(new: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(CONTENT, file, _use_new_zipfile_serialization=new)
    return file.getvalue()


@pytest.mark.parametrize("new", [True, False])
def test_both_forms_of_checkpoints_are_read(new: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    path.write_bytes(saved(new))
    for source in (path, path.read_bytes()):
        content = load_dense(source, "here")
        assert content["iteration"] == 7
        assert torch.equal(content["net"]["a"], torch.arange(6.0).view(2, 3))


def test_a_small_file_that_would_become_a_large_one_is_refused_before_it_does() -> None:
    """PyTorch reads deflated records, a thousand times as large as the file, and writes none."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved())) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as other:
        for entry in archive.infolist():
            other.writestr(entry.filename, archive.read(entry))
    assert torch.load(io.BytesIO(packed.getvalue()), weights_only=True)["iteration"] == 7, "as PyTorch reads it"
    with pytest.raises(ModelError, match=r"here: .* bytes that would become .* no checkpoint is compressed"):
        load_dense(packed.getvalue(), "here")


@pytest.mark.parametrize("content", [b"", b"PK", b"no checkpoint", saved()[:-30], saved()[:200]])
def test_damage_is_named(content: bytes) -> None:
    with pytest.raises(ModelError, match="here: not a checkpoint"):
        load_dense(content, "here")
