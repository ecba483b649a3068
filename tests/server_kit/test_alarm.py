"""The alarm: it rings when the clock reaches a time, however it gets there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from server_kit import Alarm, Clock


class _Rung:
    """Notes when the alarm rings, and sets it again every ten seconds until 150."""

    def __init__(self, clock: Clock) -> None:
        self.alarm = Alarm(clock, self.ring)
        self.due = 110
        self.times: list[int] = []

    async def ring(self) -> None:
        self.times.append(self.due)
        self.due += 10
        self.alarm.set(self.due if self.due <= 150 else None)


@asynccontextmanager
async def _alarm(clock: Clock) -> AsyncIterator[_Rung]:
    rung = _Rung(clock)
    rung.alarm.start()
    rung.alarm.set(rung.due)
    try:
        yield rung
    finally:
        await rung.alarm.close()


@pytest.mark.asyncio
async def test_it_rings_for_each_time_that_the_clock_passes() -> None:
    clock = Clock(stopped_at=100)
    async with _alarm(clock) as rung:
        await rung.alarm.settle()
        assert rung.times == []
        clock.advance(25)
        await rung.alarm.settle()
        assert rung.times == [110, 120]
        clock.advance(1000)
        await rung.alarm.settle()
        assert rung.times == [110, 120, 130, 140, 150]


@pytest.mark.asyncio
async def test_set_replaces_the_time_before() -> None:
    clock = Clock(stopped_at=100)
    async with _alarm(clock) as rung:
        rung.alarm.set(500)
        clock.advance(60)
        await rung.alarm.settle()
        assert rung.times == []
        rung.alarm.set(160)
        await rung.alarm.settle()
        assert rung.times == [110, 120, 130, 140, 150]


@pytest.mark.asyncio
async def test_it_rings_by_itself_while_the_clock_runs() -> None:
    rung = asyncio.Event()

    async def ring() -> None:
        rung.set()

    clock = Clock()
    alarm = Alarm(clock, ring)
    alarm.start()
    alarm.set(clock.time() + 0.01)
    await asyncio.wait_for(rung.wait(), 5)
    await alarm.close()


@pytest.mark.asyncio
async def test_close_cancels_a_ring_and_may_be_repeated() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def ring() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    clock = Clock(stopped_at=100)
    alarm = Alarm(clock, ring)
    alarm.start()
    alarm.set(100)
    await begun.wait()
    await alarm.close()
    await alarm.close()
    assert ended.is_set()
    await alarm.settle()  # nothing rings any more
