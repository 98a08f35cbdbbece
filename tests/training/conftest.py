"""What tests of training share."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """The order of floating-point sums depends on the threads, so runs that are compared all have one.

    Nor does PyTorch's second thread wait for the first one, and for all else that runs on a busy machine.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
