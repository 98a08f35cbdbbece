"""l3c as a codec from arrays to bytes of zarr 3, which finds it by the entry point `zarr.codecs`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from math import prod
from typing import Any, Self

from zarr.abc.codec import ArrayBytesCodec
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import Buffer, NDBuffer

from l3c import api
from l3c.container.read import read_file
from l3c.errors import InputError
from l3c.plugins.chunks import check_dtype, check_header, to_chunk, to_image

NAME = "l3c"  # of the codec, in metadata of arrays
KINDS = {"model": str, "effort": int, "threads": int}  # of a configuration, by name


@dataclass(frozen=True)
class L3CCodec(ArrayBytesCodec):
    """Chunks of bool, integers or floats: the last axes are height and width, or height, width and 3 or 4 colours.

    model, effort: as for `l3c.encode`. threads: for each chunk. Arrays of other dtypes are refused when they are made.
    """

    model: str = "wave"
    threads: int = 1
    effort: int = api.DEFAULT_EFFORT
    is_fixed_size = False

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """From an array's metadata. Raises InputError for what no l3c codec has there."""
        found = data.get("configuration", {})
        if isinstance(found, dict) and all(type(value) is KINDS.get(name) for name, value in found.items()):
            return cls(**found)
        raise InputError("an array's metadata says of its codec l3c what that does not have")

    def to_dict(self) -> dict[str, Any]:
        """For an array's metadata; threads are no matter of the array."""
        return {"name": NAME, "configuration": {"model": self.model, "effort": self.effort}}

    def validate(self, *, shape: Any, dtype: Any, chunk_grid: Any) -> None:
        """Raise InputError, when an array is made, for a dtype that l3c cannot encode, or an effort that is none."""
        check_dtype(dtype.to_native_dtype())
        if not 1 <= self.effort <= api.EFFORT_MAX:
            raise InputError(f"effort {self.effort}: 1 to {api.EFFORT_MAX} are there")

    async def _encode_single(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer | None:
        data = await asyncio.to_thread(self._encode, chunk_array.as_numpy_array())
        return chunk_spec.prototype.buffer.from_bytes(data)

    def _encode(self, chunk: Any) -> bytes:
        return api.encode(to_image(chunk), model=self.model, threads=self.threads, effort=self.effort)

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        dtype, shape = chunk_spec.dtype.to_native_dtype(), chunk_spec.shape
        chunk = await asyncio.to_thread(self._decode, chunk_bytes.to_bytes(), dtype, shape)
        return chunk_spec.prototype.nd_buffer.from_numpy_array(chunk)

    def _decode(self, data: bytes, dtype: Any, shape: tuple[int, ...]) -> Any:
        contents = read_file(data)
        check_header(contents, dtype, prod(shape))
        return to_chunk(api.decode_contents(contents, threads=self.threads), dtype, shape)

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """Not known before."""
        raise NotImplementedError
