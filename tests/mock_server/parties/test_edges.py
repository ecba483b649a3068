"""What parties refuse, in Nakama's words, and what happens at their limits."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from tests.mock_server.matchmaker.lobby import lonely_server
from tests.mock_server.runtime.game import Game, Socket, playing

pytestmark = pytest.mark.asyncio

GHOST = f"{uuid.UUID(int=1 << 100)}.nakama"
SOMEBODY = {"user_id": "u", "session_id": "s", "username": "n"}


@pytest_asyncio.fixture
async def game() -> AsyncIterator[Game]:
    """A server whose clock stands still."""
    async with playing(lonely_server()) as game:
        yield game


@pytest_asyncio.fixture
async def ada(game: Game) -> AsyncIterator[Socket]:
    async with game.socket(await game.login("ada")) as socket:
        yield socket


@pytest_asyncio.fixture
async def bob(game: Game) -> AsyncIterator[Socket]:
    async with game.socket(await game.login("bob")) as socket:
        yield socket


async def create(socket: Socket, **fields: Any) -> dict[str, Any]:
    """Make a party of up to four, and return what its creator is told."""
    answer = await socket.ask(party_create={"open": True, "max_size": 4, **fields})
    party: dict[str, Any] = answer["party"]
    return party


async def refusal(socket: Socket, **envelope: Any) -> str:
    """Why a request is refused."""
    error = (await socket.ask(**envelope))["error"]
    assert error["code"] == 3
    message: str = error["message"]
    return message


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("[]", "cannot unmarshal array into Go value of type map[string]interface {}"),
        ("5", "cannot unmarshal number into Go value of type map[string]interface {}"),
        ("true", "cannot unmarshal bool into Go value of type map[string]interface {}"),
        ('"x"', "cannot unmarshal string into Go value of type map[string]interface {}"),
    ],
)
async def test_party_create_refuses_a_label_that_is_no_object(
    ada: Socket, label: str, reason: str
) -> None:
    message = await refusal(ada, party_create={"max_size": 2, "label": label})
    assert message == f"Error creating party: failed to unmarshal party label: json: {reason}"


async def test_party_create_refuses_a_label_that_is_too_long(ada: Socket) -> None:
    label = '{"a":"' + "x" * 2041 + '"}'
    message = await refusal(ada, party_create={"max_size": 2, "label": label})
    assert message == "Error creating party: party label too long"
    assert (await create(ada, label="null"))["label"] == "null"


NEEDS_PRESENCE = {
    "party_promote": "promoting new party leader",
    "party_accept": "accepting party join request",
    "party_remove": "removing party member or join request",
}
OTHERS = {
    "party_join": "joining party",
    "party_close": "closing party",
    "party_join_request_list": "listing party join requests",
    "party_data_send": "sending party data",
    "party_update": "updating party",
}


@pytest.mark.parametrize(("kind", "doing"), (NEEDS_PRESENCE | OTHERS).items())
async def test_a_request_about_no_party_is_refused(ada: Socket, kind: str, doing: str) -> None:
    presence = {"presence": SOMEBODY} if kind in NEEDS_PRESENCE else {}
    for party_id in (GHOST, GHOST.upper(), GHOST.replace("-", "")):
        message = await refusal(ada, **{kind: {"party_id": party_id, **presence}})
        assert message == f"Error {doing}: party not found"
    for party_id in ("nope", "nope.nakama", str(uuid.uuid4())):
        message = await refusal(ada, **{kind: {"party_id": party_id, **presence}})
        assert message == "Invalid party ID"


@pytest.mark.parametrize("kind", NEEDS_PRESENCE)
async def test_a_presence_has_to_be_whole(ada: Socket, kind: str) -> None:
    for missing in SOMEBODY:
        presence = {name: value for name, value in SOMEBODY.items() if name != missing}
        message = await refusal(ada, **{kind: {"party_id": "nope", "presence": presence}})
        assert message == "Invalid presence"
    assert await refusal(ada, **{kind: {"party_id": "nope"}}) == "Invalid presence"


async def test_the_id_may_be_written_otherwise_but_the_node_may_not(
    ada: Socket, bob: Socket
) -> None:
    party_id = (await create(ada))["party_id"]
    head, _, node = party_id.partition(".")
    wrong = await refusal(bob, party_join={"party_id": f"{head}.{node.upper()}"})
    assert wrong == "Error joining party: party not found"
    assert await bob.ask(party_join={"party_id": f"{head.upper()}.{node}"}) == {"cid": "1"}


async def test_party_update_looks_at_hidden_before_the_party(ada: Socket) -> None:
    update = {"party_id": GHOST, "hidden": True, "label": '{"a":1}'}
    message = await refusal(ada, party_update=update)
    assert message.endswith("party is hidden and label is not empty, invalid operation")


async def test_a_party_without_room_has_a_leader_only(ada: Socket, bob: Socket, game: Game) -> None:
    party_id = (await create(ada, max_size=0))["party_id"]
    full = await refusal(bob, party_join={"party_id": party_id})
    assert full == "Error joining party: party full"
    add = {"party_id": party_id, "min_count": 2, "max_count": 2}
    nobody = await refusal(ada, party_matchmaker_add=add)
    assert nobody == "Error adding party to matchmaker: party has no members"


async def test_pipelined_requests_reach_others_in_order(ada: Socket, bob: Socket) -> None:
    party_id = (await create(ada))["party_id"]
    await bob.send(party_join={"party_id": party_id})
    await bob.send(party_data_send={"party_id": party_id, "op_code": 1})
    told: list[str] = []
    while "party_data" not in told:
        told += await ada.receive()
    events = [kind for kind in told if kind.startswith("party_")]
    assert events == ["party_presence_event"] * 2 + ["party_data"]


async def test_an_empty_party_is_closed_after_two_checks(game: Game, ada: Socket) -> None:
    party_id = (await create(ada, max_size=0))["party_id"]
    await ada.ask(party_leave={"party_id": party_id})
    game.server.clock.advance(29)
    await game.server.settle()
    assert len(await listed(game)) == 1
    for _ in range(2):
        game.server.clock.advance(30)
        await game.server.settle()
    game.server.clock.advance(1)
    assert await listed(game) == []


async def test_a_closed_socket_takes_the_partys_tickets_with_it(
    game: Game, ada: Socket, bob: Socket
) -> None:
    party_id = (await create(ada))["party_id"]
    async with game.socket(await game.login("cleo")) as cleo:
        await cleo.ask(party_join={"party_id": party_id})
        search = {"min_count": 3, "max_count": 3}
        await ada.ask(party_matchmaker_add={"party_id": party_id, **search})
        await cleo.ask(ping={})
    await bob.ask(matchmaker_add=search)
    await game.server.matchmaker.process()
    token = await game.login("ada")
    stats = (await game.request("GET", "/v2/matchmaker/stats", token)).body
    assert stats["ticket_count"] == 1


async def listed(game: Game, query: str = "") -> list[dict[str, Any]]:
    """The parties that are listed."""
    body = (await game.request("GET", f"/v2/party{query}", await game.login("ada"))).body
    parties: list[dict[str, Any]] = body.get("parties", [])
    return parties


async def test_the_cursor_is_good_for_the_same_open_only(game: Game, ada: Socket) -> None:
    for _ in range(3):
        await create(ada)
    game.server.clock.advance(1)
    token = await game.login("ada")

    async def page(query: str) -> tuple[int, Any]:
        answer = await game.request("GET", f"/v2/party?limit=2{query}", token)
        return answer.status, answer.body

    _, first = await page("&open=true")
    cursor = first["cursor"]
    _, second = await page(f"&open=true&cursor={cursor}")
    assert len(second["parties"]) == 1
    for query in ("", "&open=false"):
        status, body = await page(f"{query}&cursor={cursor}")
        assert (status, body["code"], body["message"]) == (500, 13, "Error listing matches.")


async def test_two_sockets_of_a_user_are_two_members(game: Game, ada: Socket) -> None:
    party_id = (await create(ada))["party_id"]
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(game.socket(await game.login("ada")))
        await other.ask(party_join={"party_id": party_id})
        await ada.ask(party_data_send={"party_id": party_id, "op_code": "7"})
        data = await _next(other, lambda frame: "party_data" in frame)
    assert data["party_data"]["op_code"] == "7"


async def _next(socket: Socket, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while not is_wanted(frame := await socket.receive()):
            pass
    return frame  # type: ignore[no-any-return]


async def test_list_parties_returns_the_last_changed_one_last(game: Game, ada: Socket) -> None:
    async def created() -> str:
        party_id: str = (await create(ada))["party_id"]
        game.server.clock.advance(1)
        return party_id

    first, second, third = [await created() for _ in range(3)]
    assert [each["party_id"] for each in await listed(game)] == [first, second, third]
    await ada.ask(party_update={"party_id": second, "open": True, "label": "{}"})
    game.server.clock.advance(1)
    assert [each["party_id"] for each in await listed(game)] == [first, third, second]
