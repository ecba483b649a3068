"""Server-sent events: what is told, and to whom that was away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from attrs import define

from server_kit import HostedServer
from server_kit.web import EventStream, events
from server_kit.web.events import MAX_READERS


class Teller(HostedServer):
    def __init__(self, size: int = 100) -> None:
        super().__init__()
        self.url = ""
        self.events = EventStream(size)

    async def _open(self) -> None:
        app = web.Application()
        self.events.add_to(app)
        self.url = await self._serve(app, "127.0.0.1", 0) + "/_control/events"

    async def _close(self) -> None:
        pass


@define
class Reader:
    lines: aiohttp.StreamReader
    last_id: str = ""

    async def next(self) -> tuple[str, Any]:
        """The next event's name and data."""
        name = data = ""
        while line := (await self.lines.readline()).decode():
            field, _, value = line.rstrip("\n").partition(": ")
            if field == "id":
                self.last_id = value
            elif field == "event":
                name = value
            elif field == "data":
                data = value
            elif not field and name:
                break
        return name, json.loads(data)


@asynccontextmanager
async def reading(url: str, last_id: str = "") -> AsyncIterator[Reader]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        yield Reader(answer.content)


@pytest.mark.asyncio
async def test_events_come_in_order_from_now_on() -> None:
    async with Teller() as teller:
        teller.events.publish("old", 0)
        async with reading(teller.url) as reader:
            assert await reader.next() == ("hello", {"resumed": False})
            for number in range(3):
                teller.events.publish("new", {"number": number, "text": "two\nlines"})
            for number in range(3):
                expected = {"number": number, "text": "two\nlines"}
                assert await reader.next() == ("new", expected)


@pytest.mark.asyncio
async def test_a_reader_that_comes_back_gets_what_it_missed() -> None:
    async with Teller() as teller:
        async with reading(teller.url) as reader:
            await reader.next()
            teller.events.publish("a", 1)
            await reader.next()
        teller.events.publish("b", 2)
        teller.events.publish("c", 3)
        async with reading(teller.url, reader.last_id) as again:
            assert await again.next() == ("hello", {"resumed": True})
            assert [await again.next(), await again.next()] == [("b", 2), ("c", 3)]
        async with reading(f"{teller.url}?last_event_id={again.last_id}") as latest:
            assert await latest.next() == ("hello", {"resumed": True})


@pytest.mark.asyncio
async def test_the_hello_of_a_silent_server_can_be_continued() -> None:
    async with Teller() as teller:
        async with reading(teller.url) as reader:
            await reader.next()
        teller.events.publish("a", 1)
        async with reading(teller.url, reader.last_id) as again:
            assert await again.next() == ("hello", {"resumed": True})
            assert await again.next() == ("a", 1)


@pytest.mark.parametrize("last_id", ["x", "x-1", "{start}-", "{start}-99", "{start}-" + "9" * 30])
@pytest.mark.asyncio
async def test_an_id_of_another_stream_starts_again(last_id: str) -> None:
    async with Teller() as teller:
        async with reading(teller.url) as reader:
            await reader.next()
        start = reader.last_id.partition("-")[0]
        async with reading(teller.url, last_id.replace("{start}", start)) as again:
            assert await again.next() == ("hello", {"resumed": False})


@pytest.mark.asyncio
async def test_a_reader_whose_events_are_no_longer_kept_starts_again() -> None:
    async with Teller(size=3) as teller:
        async with reading(teller.url) as reader:
            await reader.next()
        for number in range(4):
            teller.events.publish("a", number)
        async with reading(teller.url, reader.last_id) as again:
            assert await again.next() == ("hello", {"resumed": False})
        teller.events.publish("a", 4)
        async with reading(teller.url, again.last_id) as once_more:
            assert await once_more.next() == ("hello", {"resumed": True})
            assert await once_more.next() == ("a", 4)


@pytest.mark.asyncio
async def test_a_slow_reader_gets_the_number_of_lost_events() -> None:
    async with Teller(size=3) as teller, reading(teller.url) as reader:
        await reader.next()
        for number in range(10):
            teller.events.publish("a", number)
        assert await reader.next() == ("lost", {"events": 7})
        assert [await reader.next() for _ in range(3)] == [("a", 7), ("a", 8), ("a", 9)]


@pytest.mark.asyncio
async def test_a_reader_may_ask_for_some_events_only() -> None:
    async with Teller() as teller, reading(f"{teller.url}?only=b,c") as reader:
        assert await reader.next() == ("hello", {"resumed": False})
        for name in ("a", "b", "a", "c", "d"):
            teller.events.publish(name, name)
        assert [await reader.next(), await reader.next()] == [("b", "b"), ("c", "c")]


@pytest.mark.asyncio
async def test_a_silent_connection_gets_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_BEAT", 0.01)
    async with Teller() as teller, reading(f"{teller.url}?only=b") as reader:
        await reader.next()
        assert await reader.lines.readline() == b": still here\n"
        teller.events.publish("a", 1)
        teller.events.publish("b", 2)
        assert await reader.next() == ("b", 2)


@pytest.mark.asyncio
async def test_readers_are_bounded_and_make_room_when_they_go() -> None:
    async with Teller() as teller:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http:
            held = [await http.get(teller.url) for _ in range(MAX_READERS)]
            async with http.get(teller.url) as refused:
                assert refused.status == 503
            for answer in held:
                answer.close()
        teller.events.publish("a", 1)


@pytest.mark.asyncio
async def test_a_server_stops_under_its_readers() -> None:
    teller = Teller()
    await teller.start()
    async with reading(teller.url) as reader:
        await reader.next()
        await teller.stop()
        with pytest.raises((aiohttp.ClientPayloadError, json.JSONDecodeError)):
            await reader.next()
