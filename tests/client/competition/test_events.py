"""emit_event, and what the server's runtime gets of it."""

from datetime import UTC, datetime

import pytest
from aiohttp import web

from mock_server import MockServer
from nakama_client import ArgumentError, Client, Session
from tests.client.scripted import ScriptedServer, make_token


@pytest.mark.asyncio
async def test_emit_event_sends_name_properties_and_time() -> None:
    bodies: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return web.json_response({})

    session = Session(make_token(), make_token())
    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        await client.emit_event(session, "level_done")
        await client.emit_event(
            session,
            "level_done",
            properties={"level": "3"},
            timestamp=datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=UTC),
        )
    assert bodies == [
        {"name": "level_done"},
        {
            "name": "level_done",
            "properties": {"level": "3"},
            "timestamp": "2026-01-02T03:04:05.600000Z",
        },
    ]


@pytest.mark.asyncio
async def test_emit_event_is_accepted(client: Client, server: MockServer, alice: Session) -> None:
    await client.emit_event(
        alice, "level_done", properties={"level": "3"}, timestamp=datetime.now(UTC)
    )
    (entry,) = server.journal.find("POST /v2/event")
    assert entry.status == 200
    with pytest.raises(ArgumentError, match="time zone"):
        await client.emit_event(
            alice,
            "level_done",
            timestamp=datetime(2026, 1, 1),  # noqa: DTZ001 - that it has no zone is the point
        )
