"""Files of arrays: they come back as they are, however they lie in memory."""

import numpy as np
from safetensors.numpy import load

from l3c.models.tensors import tensor_bytes


def test_arrays_of_any_layout_come_back() -> None:
    plain = np.arange(24, dtype=np.int8).reshape(2, 3, 4)
    arrays = {
        "plain": plain,
        "transposed": plain.transpose(2, 0, 1),
        "of Fortran": np.asfortranarray(plain),
        "steps": plain[:, ::2, ::-1],
        "a number": np.int32(7) * np.ones((), np.int32),
    }
    read = load(tensor_bytes(arrays, {"format": "of this test"}))
    assert {name: array.shape for name, array in read.items()} == {name: a.shape for name, a in arrays.items()}
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
