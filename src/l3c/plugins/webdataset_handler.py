"""l3c in WebDataset: a handler that decodes `.l3c` members of its tar files, and one that encodes them.

Nothing of webdataset is imported: handlers are functions of a name and bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l3c import api

SUFFIX = "l3c"  # of members, behind the sample's key


def decode_l3c(key: str, data: bytes) -> NDArray[Any] | None:
    """The samples of a member, as `l3c.decode` gives them, or None for members of other kinds.

    It goes into `WebDataset(...).decode(decode_l3c, "rgb")`. key: the member's suffix. Each worker of a loader decodes
    with one thread, since there are many.

    >>> import l3c, numpy as np
    >>> from l3c.plugins.webdataset_handler import decode_l3c
    >>> decode_l3c(".l3c", l3c.encode(np.zeros((2, 3), np.uint8))).shape, decode_l3c(".txt", b"words")
    ((2, 3), None)
    """
    if key.rpartition(".")[2].lower() != SUFFIX:
        return None
    return np.asarray(api.decode(data, threads=1))


def encode_l3c(samples: Any) -> bytes:
    """An l3c file of an array, for `TarWriter(..., encoder={"l3c": encode_l3c})`-like uses. Bytes pass as they are.

    Raises as `l3c.encode`.
    """
    return bytes(samples) if isinstance(samples, bytes | bytearray) else api.encode(samples, threads=1)
