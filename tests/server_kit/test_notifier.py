import asyncio
import gc
import threading

import pytest

from server_kit import Notifier


@pytest.mark.asyncio
async def test_wait_for_returns_at_once_what_is_there() -> None:
    assert await Notifier().wait_for(lambda: "there", timeout=None) == "there"


@pytest.mark.asyncio
async def test_wait_for_looks_again_after_each_notify() -> None:
    notifier, looks = Notifier(), iter((None, None, "third"))
    looked = asyncio.Event()

    def look() -> str | None:
        looked.set()
        return next(looks)

    waiting = asyncio.create_task(notifier.wait_for(look, timeout=5))
    for _ in range(2):
        await looked.wait()
        looked.clear()
        notifier.notify()
    assert await waiting == "third"


@pytest.mark.asyncio
async def test_wait_for_raises_timeout_error_when_nothing_is_found_in_time() -> None:
    with pytest.raises(TimeoutError):
        await Notifier().wait_for(lambda: None, timeout=0)


@pytest.mark.asyncio
async def test_notify_in_another_thread_wakes_the_waiter() -> None:
    notifier, done = Notifier(), threading.Event()
    waiting = asyncio.create_task(
        notifier.wait_for(lambda: True if done.is_set() else None, timeout=5)
    )
    await asyncio.sleep(0)
    other = threading.Thread(target=lambda: (done.set(), notifier.notify()))
    other.start()
    assert await waiting
    other.join()


@pytest.mark.asyncio
async def test_notify_passes_over_a_waiter_whose_loop_is_closed() -> None:
    notifier, found = Notifier(), list[str]()
    abandoned = asyncio.new_event_loop()
    abandoned.set_exception_handler(lambda loop, context: None)  # its task is never finished
    waiting = notifier.wait_for(lambda: None, timeout=None)
    task = abandoned.create_task(waiting)

    def run_once() -> None:
        abandoned.call_soon(abandoned.stop)
        abandoned.run_forever()
        abandoned.close()

    await asyncio.to_thread(run_once)
    alive = asyncio.create_task(notifier.wait_for(lambda: found[0] if found else None, timeout=5))
    await asyncio.sleep(0)
    found.append("told")
    notifier.notify()
    assert await alive == "told"
    notifier.notify()
    waiting.close()
    del task
    gc.collect()
