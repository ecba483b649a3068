"""The inbox of a websocket: each message once and in order, however the bytes come."""

from __future__ import annotations

import asyncio

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from nakama_client.transport.inbox import Inbox


@frozen
class Frame:
    data: bytes
    fin: bool = True


class Transport(asyncio.Transport):
    """Only what an inbox uses."""

    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        assert not self.is_paused
        self.is_paused = True

    def resume_reading(self) -> None:
        assert self.is_paused
        self.is_paused = False


chunks = st.lists(
    st.lists(st.lists(st.binary(max_size=3), min_size=1, max_size=3), max_size=40), max_size=6
)


@given(chunks, st.integers(1, 5), st.integers(0, 6))
def test_read_gets_each_message_once_in_order(
    chunks: list[list[list[bytes]]], turn: int, reader_comes: int
) -> None:
    async def run() -> list[bytes]:
        transport = Transport()
        inbox = Inbox(transport, asyncio.get_running_loop())
        taken: list[bytes] = []

        def take(message: bytes) -> int:
            taken.append(message)
            return 1

        reading = None
        for number, chunk in enumerate(chunks):
            if number == reader_comes:
                reading = asyncio.create_task(inbox.read(take, turn=turn))
                await asyncio.sleep(0)
            for _ in range(200):
                await asyncio.sleep(0)  # a paused transport brings no bytes
            inbox.begin_turn()
            for parts in chunk:
                for at, part in enumerate(parts):
                    inbox.put(Frame(part, fin=at == len(parts) - 1))
        inbox.close()
        await (reading or asyncio.create_task(inbox.read(take, turn=turn)))
        return taken

    assert asyncio.run(run()) == [b"".join(parts) for chunk in chunks for parts in chunk]


@pytest.mark.asyncio
async def test_other_tasks_get_their_turn_in_a_long_burst() -> None:
    transport = Transport()
    inbox = Inbox(transport, asyncio.get_running_loop())
    taken: list[bytes] = []

    def take(message: bytes) -> int:
        taken.append(message)
        return 1

    reading = asyncio.create_task(inbox.read(take, turn=10))
    for _ in range(2):
        await asyncio.sleep(0)
    inbox.begin_turn()
    for _ in range(100):
        inbox.put(Frame(b"x"))
    assert (len(taken), transport.is_paused) == (10, True)
    await asyncio.sleep(0)
    assert len(taken) == 20
    inbox.close()
    await reading
    assert len(taken) == 100


@pytest.mark.asyncio
async def test_read_raises_what_the_reader_raises() -> None:
    inbox = Inbox(Transport(), asyncio.get_running_loop())

    def fail(message: bytes) -> int:
        raise LookupError(message)

    reading = asyncio.create_task(inbox.read(fail, turn=10))
    await asyncio.sleep(0)
    inbox.put(Frame(b"x"))
    with pytest.raises(LookupError):
        await reading
