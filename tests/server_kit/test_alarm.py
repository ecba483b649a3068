"""The alarm: it calls when the clock reaches a time, also when it is moved there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from server_kit import Alarm, Clock


class _Calls:
    """Notes when the alarm calls, and sets it again every ten seconds until 150."""

    def __init__(self, clock: Clock) -> None:
        self.alarm = Alarm(clock, self.callback)
        self.due = 110
        self.times: list[int] = []

    async def callback(self) -> None:
        self.times.append(self.due)
        self.due += 10
        self.alarm.set(self.due if self.due <= 150 else None)


@asynccontextmanager
async def _alarm(clock: Clock) -> AsyncIterator[_Calls]:
    calls = _Calls(clock)
    calls.alarm.start()
    calls.alarm.set(calls.due)
    try:
        yield calls
    finally:
        await calls.alarm.close()


@pytest.mark.asyncio
async def test_alarm_calls_for_each_time_that_the_clock_passes() -> None:
    clock = Clock(stopped_at=100)
    async with _alarm(clock) as calls:
        await calls.alarm.settle()
        assert calls.times == []
        clock.advance(25)
        await calls.alarm.settle()
        assert calls.times == [110, 120]
        clock.advance(1000)
        await calls.alarm.settle()
        assert calls.times == [110, 120, 130, 140, 150]


@pytest.mark.asyncio
async def test_set_replaces_the_time_before() -> None:
    clock = Clock(stopped_at=100)
    async with _alarm(clock) as calls:
        calls.alarm.set(500)
        clock.advance(60)
        await calls.alarm.settle()
        assert calls.times == []
        calls.alarm.set(160)
        await calls.alarm.settle()
        assert calls.times == [110, 120, 130, 140, 150]


@pytest.mark.asyncio
async def test_alarm_calls_for_a_time_that_has_passed_when_it_is_set() -> None:
    clock = Clock(stopped_at=145)
    async with _alarm(clock) as calls:
        await calls.alarm.settle()
        assert calls.times == [110, 120, 130, 140]


@pytest.mark.asyncio
async def test_alarm_that_is_always_due_gives_others_their_turns() -> None:
    clock = Clock(stopped_at=100)

    async def callback() -> None:
        alarm.set(50)

    alarm = Alarm(clock, callback)
    alarm.start()
    alarm.set(50)
    for _ in range(10):
        await asyncio.sleep(0)
    await alarm.close()


@pytest.mark.asyncio
async def test_alarm_calls_by_itself_while_the_clock_runs() -> None:
    is_called = asyncio.Event()

    async def callback() -> None:
        is_called.set()

    clock = Clock()
    alarm = Alarm(clock, callback)
    alarm.start()
    alarm.set(clock.time() + 0.01)
    await asyncio.wait_for(is_called.wait(), 5)
    await alarm.close()


@pytest.mark.asyncio
async def test_close_cancels_a_callback_and_may_be_repeated() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def callback() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    clock = Clock(stopped_at=100)
    alarm = Alarm(clock, callback)
    alarm.start()
    alarm.set(100)
    await begun.wait()
    await alarm.close()
    await alarm.close()
    assert ended.is_set()
    await alarm.settle()  # nothing is called any more
