"""Results keep the order of their items; errors come out."""

import threading
import time
from collections.abc import Iterator

import pytest

from l3c.errors import InputError
from l3c.threads import Cancelled, WorkerPool, at_work, in_order, one_ahead, thread_count, within_pool


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_results_come_in_order(threads: int | None) -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return item * item

    assert list(in_order(work, range(20), threads)) == [item * item for item in range(20)]


def test_nothing_to_do_gives_nothing() -> None:
    assert list(in_order(abs, [], 3)) == []


def test_one_thread_works_in_the_caller() -> None:
    assert set(in_order(lambda _: threading.get_ident(), range(3), 1)) == {threading.get_ident()}


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_ends_the_work(threads: int) -> None:
    done = []

    def work(item: int) -> None:
        if item == 2:
            raise RuntimeError("item 2")
        time.sleep(0.001)
        done.append(item)

    with pytest.raises(RuntimeError, match="item 2"):
        list(in_order(work, range(1000), threads))
    assert len(done) < 900


@pytest.mark.parametrize("threads", [1, 2])
def test_items_are_made_ahead_in_their_order(threads: int) -> None:
    makers = set()

    def items() -> Iterator[int]:
        for item in range(5):
            makers.add(threading.get_ident())
            yield item
        raise RuntimeError("no item 5")

    found: list[int] = []
    with pytest.raises(RuntimeError, match="no item 5"):
        found.extend(one_ahead(items(), threads))
    assert found == [0, 1, 2, 3, 4]
    assert (threading.get_ident() in makers) == (threads == 1)
    assert list(one_ahead(iter([]), threads)) == []


def test_items_that_nobody_wants_are_not_made() -> None:
    made = []

    def items() -> Iterator[int]:
        for item in range(100):
            made.append(item)
            yield item

    coming = one_ahead(items(), 2)
    assert [next(coming) for _ in range(3)] == [0, 1, 2]
    coming.close()
    assert len(made) <= 4


def test_threads_are_at_least_one() -> None:
    assert thread_count(None) >= 1
    assert thread_count(7) == 7
    for threads in (0, -3):
        with pytest.raises(InputError, match=f"threads: {threads}, at least 1"):
            thread_count(threads)


def test_a_thread_holds_one_processor_of_a_crew_however_often_it_asks() -> None:
    def work(item: int) -> int:
        with at_work(), at_work():
            return sum(in_order(abs, [item], None))

    with WorkerPool(1) as pool:
        assert [within_pool(pool, work, item) for item in (3, -4)] == [3, 4]
        assert pool.do(abs, -1) == 1


def test_a_crew_that_is_cancelled_begins_nothing() -> None:
    begun: list[int] = []

    def work(_: int) -> list[None]:
        return list(in_order(begun.append, range(9), None))

    with WorkerPool(2) as pool:
        pool.cancel()
        with pytest.raises(Cancelled):
            within_pool(pool, work, 0)
    assert not begun
