"""l3c files in tar files of WebDataset."""

from __future__ import annotations

import importlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

import l3c
from l3c.plugins.webdataset_handler import decode_l3c, encode_l3c
from tests.checks import smooth_picture

PICTURES = [smooth_picture(20, 30 + number, 3) for number in range(3)]


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """A tar file of samples: an l3c file and a text each."""
    path = tmp_path / "shard.tar"
    with tarfile.open(path, "w") as tar:
        for number, picture in enumerate(PICTURES):
            for suffix, data in (("l3c", encode_l3c(picture)), ("txt", f"number {number}".encode())):
                entry = tarfile.TarInfo(f"{number:03}.{suffix}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return path


def test_the_handler_takes_its_members_alone(shard: Path) -> None:
    with tarfile.open(shard) as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            decoded = decode_l3c("." + member.name.partition(".")[2], file.read())
            if member.name.endswith(".txt"):
                assert decoded is None
            else:
                np.testing.assert_array_equal(decoded, PICTURES[int(member.name[:3])])
    assert encode_l3c(b"made already") == b"made already"
    with pytest.raises(l3c.FormatError):
        decode_l3c("photo.L3C", b"no l3c file")


@pytest.mark.filterwarnings("ignore")  # webdataset leaves its files to the collector
def test_webdataset_uses_the_handler(shard: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("webdataset")
    webdataset = importlib.import_module("webdataset")
    dataset = webdataset.WebDataset(str(shard), shardshuffle=False).decode(decode_l3c).to_tuple("l3c", "txt")
    for number, (samples, text) in enumerate(dataset):
        np.testing.assert_array_equal(samples, PICTURES[number])
        assert text == f"number {number}"
    assert number == len(PICTURES) - 1
