"""Who is in a match, against a server that tells of changes before and after its answer."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nakama_client import Client, Session
from tests.client.scripted import Peer, ScriptedServer, make_token

MATCH = "12345678-1234-4234-8234-123456789012."


def presence(number: int) -> dict[str, str]:
    return {"user_id": f"u{number}", "session_id": f"s{number}", "username": f"p{number}"}


@settings(max_examples=25, deadline=None)
@given(
    changes=st.lists(st.integers(0, 3), max_size=10),
    snapshot=st.integers(0, 10),
    answer=st.integers(0, 10),
)
def test_presences_are_those_of_the_server(changes: list[int], snapshot: int, answer: int) -> None:
    """The list in the answer may be older than events that came before the answer."""
    taken = min(snapshot, len(changes))
    asyncio.run(_join(changes, taken, max(taken, min(answer, len(changes)))))


async def _join(changes: list[int], taken: int, answered: int) -> None:
    here: set[int] = {9}
    lists = [set(here)]
    events: list[dict[str, object]] = []
    for number in changes:
        kind = "leaves" if number in here else "joins"
        here ^= {number}
        lists.append(set(here))
        events.append({"match_presence_event": {"match_id": MATCH, kind: [presence(number)]}})

    async def script(peer: Peer) -> None:
        request = await peer.request()
        for event in events[:answered]:
            await peer.send(event)
        members = [presence(number) for number in sorted(lists[taken])]
        reply = {"match_id": MATCH, "presences": members, "self": presence(100)}
        await peer.send({"cid": request["cid"], "match": reply})
        for event in events[answered:]:
            await peer.send(event)
        await peer.send({"match_data": {"match_id": MATCH, "op_code": "1"}})

    session = Session(make_token(), make_token())
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(session, reconnect=None) as socket,
    ):
        match = await socket.join_match(MATCH)
        await anext(match)
        assert {each.session_id for each in match.presences} == {f"s{n}" for n in here}


@pytest.mark.asyncio
async def test_a_match_of_another_spelling_in_an_answer_does_no_harm() -> None:
    async def script(peer: Peer) -> None:
        request = await peer.request()
        await peer.send({"cid": request["cid"], "match": {"match_id": "odd"}})
        await peer.send({"match_data": {"match_id": "odd", "op_code": "1"}})
        await peer.send({"match_data": {"match_id": "unknown", "op_code": "2"}})

    session = Session(make_token(), make_token())
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(session, reconnect=None) as socket,
    ):
        match = await socket.create_match()
        assert (await anext(match)).op_code == 1
