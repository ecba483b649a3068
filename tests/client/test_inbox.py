"""The inbox of a websocket: each message once and in order, however the bytes come."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client.transport.inbox import Inbox


class Transport(asyncio.Transport):
    """Only what an inbox uses."""

    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True

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
def test_listen_gets_each_message_once_in_order(
    chunks: list[list[list[bytes]]], turn: int, reader_comes: int
) -> None:
    async def run() -> list[bytes]:
        transport = Transport()
        inbox = Inbox(transport, asyncio.get_running_loop())
        taken: list[bytes] = []

        def take(message: bytes, is_first: bool) -> int:
            taken.append(message)
            return 1

        for number, chunk in enumerate(chunks):
            if number == reader_comes:
                inbox.listen(take, turn=turn)
            for _ in range(200):
                await asyncio.sleep(0)  # a paused transport brings no bytes
            for pieces in chunk:
                for at, part in enumerate(pieces):
                    inbox.put_part(part, is_last=at == len(pieces) - 1)
        inbox.close()
        if reader_comes >= len(chunks):
            inbox.listen(take, turn=turn)
        await inbox.ended
        return taken

    assert asyncio.run(run()) == [b"".join(pieces) for chunk in chunks for pieces in chunk]


@pytest.mark.asyncio
async def test_other_tasks_get_their_turn_in_a_long_burst() -> None:
    transport = Transport()
    inbox = Inbox(transport, asyncio.get_running_loop())
    taken: list[bytes] = []

    def take(message: bytes, is_first: bool) -> int:
        taken.append(message)
        return 1

    inbox.listen(take, turn=10)
    await asyncio.sleep(0)
    for _ in range(100):
        inbox.put(b"x")
    assert (len(taken), transport.is_paused) == (10, True)
    await asyncio.sleep(0)
    assert len(taken) == 20
    inbox.close()
    await inbox.ended
    assert len(taken) == 100


@pytest.mark.asyncio
async def test_a_listener_that_raises_is_reported_to_the_loop_and_ends_the_connection() -> None:
    raised: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: raised.append(context["exception"]))
    transport = Transport()
    inbox = Inbox(transport, loop)

    def fail(message: bytes, is_first: bool) -> int:
        raise LookupError(message)

    inbox.listen(fail, turn=10)
    await asyncio.sleep(0)
    for _ in range(3):
        inbox.put(b"x")
    assert [type(each) for each in raised] == [LookupError]
    assert transport.is_aborted
    inbox.close()
    await inbox.ended


@pytest.mark.asyncio
async def test_a_listener_may_end_the_program() -> None:
    transport = Transport()
    inbox = Inbox(transport, asyncio.get_running_loop())

    def interrupt(message: bytes, is_first: bool) -> int:
        raise KeyboardInterrupt

    inbox.listen(interrupt, turn=10)
    await asyncio.sleep(0)
    with pytest.raises(KeyboardInterrupt):
        inbox.put(b"x")
    assert transport.is_aborted
