import asyncio
import threading

import pytest

from server_kit import Clock


def test_a_stopped_clock_stands_still_until_it_is_moved() -> None:
    clock = Clock(stopped_at=1000.0)
    assert clock.time() == 1000.0
    clock.advance(2.5)
    assert clock.time() == 1002.5
    assert clock.now().isoformat() == "1970-01-01T00:16:42.500000+00:00"


def test_a_running_clock_can_be_moved_ahead() -> None:
    clock, plain = Clock(), Clock()
    clock.advance(3600)
    assert clock.time() - plain.time() > 3599


def test_time_never_goes_back() -> None:
    clock = Clock(stopped_at=5.0)
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(-1)
    assert clock.time() == 5.0


def test_reset_takes_back_what_it_was_moved() -> None:
    clock = Clock(stopped_at=5.0)
    clock.advance(100)
    clock.reset()
    assert clock.time() == 5.0


@pytest.mark.asyncio
async def test_sleepers_wake_when_their_time_has_come_and_not_before() -> None:
    clock = Clock(stopped_at=0.0)
    woken: list[int] = []

    async def sleep(seconds: int) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    async with asyncio.TaskGroup() as group:
        tasks = {seconds: group.create_task(sleep(seconds)) for seconds in (10, 20, 30)}
        await asyncio.sleep(0)
        clock.advance(20)
        await asyncio.wait({tasks[10], tasks[20]})
        assert sorted(woken) == [10, 20]
        assert not tasks[30].done()
        clock.advance(10)


@pytest.mark.asyncio
async def test_a_running_clock_wakes_its_sleepers_by_itself() -> None:
    clock = Clock()
    before = clock.time()
    await clock.sleep(0.01)
    assert clock.time() >= before + 0.01


@pytest.mark.asyncio
async def test_moving_the_clock_in_another_thread_wakes_a_sleeper() -> None:
    clock = Clock(stopped_at=0.0)
    sleeping = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    threading.Thread(target=clock.advance, args=(10,)).start()
    async with asyncio.timeout(10):
        await sleeping
