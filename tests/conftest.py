"""No test sees what a person has fetched."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from l3c.places import CACHE_VARIABLE


@pytest.fixture(scope="session", autouse=True)
def empty_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield
