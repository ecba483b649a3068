"""What a socket makes of envelopes that are no requests."""

import json

import pytest

from tests.mock_server.players import Player

MALFORMED = (1000, "received malformed payload")
REFUSED = (1000, "error processing message")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("text", "end"),
    [
        ('{"notifications":{"notifications":[{"id":"x","code":1}]}}', REFUSED),
        ('{"cid":"1","error":{"code":3,"message":"x","context":{}}}', REFUSED),
        ('{"status":{"presences":[]}}', REFUSED),
        ('{"channelMessageAck":{"code":1}}', REFUSED),
        ('{"error":{"context":' + "[" * 1900 + "]" * 1900 + "}}", MALFORMED),
        ('{"notifications":[]}', MALFORMED),
        ('{"notifications":{"a":}}', MALFORMED),
        ('{"notifications":{},"status":{}}', MALFORMED),
        ('{"notification":{}}', MALFORMED),
    ],
)
async def test_an_envelope_of_the_servers_own_ends_the_socket(
    ada: Player, text: str, end: tuple[int, str]
) -> None:
    socket = await ada.connect()
    await socket.connection.send_str(text)
    assert await socket.end() == end


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("envelope", "nearest"),
    [
        ({"status_presence_event": {}}, "status_update"),
        ({}, "nothing: the envelope is empty"),
    ],
)
async def test_the_journal_names_the_nearest_request(
    ada: Player, envelope: dict[str, object], nearest: str
) -> None:
    socket = await ada.connect()
    await socket.send(envelope)
    assert await socket.end() == REFUSED
    (problem,) = ada.server.journal.problems()
    assert problem.unmatched == nearest


@pytest.mark.asyncio
async def test_a_message_is_stored_however_deep_it_is(ada: Player) -> None:
    socket = await ada.connect()
    joined = await socket.ask({"channel_join": {"target": "room", "type": 1}})
    content = '{"a":' + "[" * 1900 + "]" * 1900 + "}"
    message = {"channel_id": joined["channel"]["id"], "content": content}
    assert "channel_message_ack" in await socket.ask({"channel_message_send": message})
    _, history = await ada.call("GET", f"/v2/channel/{message['channel_id']}?limit=1")
    assert json.dumps(history["messages"][0]["content"]).count("[") == 1900
    await socket.close()
