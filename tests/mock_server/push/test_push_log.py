import asyncio

import attrs
import pytest

from mock_server import PushOutcome, PushRecord
from mock_server.features.push.push_log import PushLog


def record(name: str) -> PushRecord:
    return PushRecord(id=name, event="7", user_id="ada", time=0.0)


@pytest.mark.asyncio
async def test_wait_for_looks_at_each_change_of_a_record_once() -> None:
    log, looked_at = PushLog(), list[tuple[str, PushOutcome]]()

    def is_sent(each: PushRecord) -> bool:
        looked_at.append((each.id, each.outcome))
        return each.outcome is PushOutcome.SENT

    names = [str(number) for number in range(500)]
    waiting = asyncio.create_task(log.wait_for(is_sent))
    for name in names:
        await asyncio.sleep(0)
        log.put(record(name))
    await asyncio.sleep(0)
    log.put(attrs.evolve(record("7"), outcome=PushOutcome.SENT))
    assert (await waiting).id == "7"
    assert looked_at == [*((name, PushOutcome.PENDING) for name in names), ("7", PushOutcome.SENT)]
    assert [each.id for each in log] == names


@pytest.mark.asyncio
async def test_wait_for_sees_records_that_come_after_reset() -> None:
    log = PushLog()
    log.put(record("before"))
    waiting = asyncio.create_task(log.wait_for(lambda each: each.id == "after"))
    await asyncio.sleep(0)
    log.reset()
    log.put(record("after"))
    assert (await waiting).id == "after"


@pytest.mark.asyncio
async def test_wait_for_lists_the_newest_records_when_time_is_up() -> None:
    log = PushLog()
    for number in range(22):
        log.put(record(str(number)))
    with pytest.raises(TimeoutError, match=r"7 to ada: pending; .* \(and 2 before these\)$"):
        await log.wait_for(lambda each: False, timeout=0)
