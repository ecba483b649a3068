"""Relayed matches over the socket."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest

from mock_server import jws
from tests.mock_server.runtime.game import Game, Socket

KEY = "defaultencryptionkey"
INVALID_ID = {"error": {"code": 3, "message": "Invalid match ID"}}
INVALID_TOKEN = {"error": {"code": 3, "message": "Invalid match token"}}

pytestmark = pytest.mark.asyncio


async def _create(socket: Socket, **request: Any) -> str:
    reply = await socket.ask(match_create=request)
    match_id: str = reply["match"]["match_id"]
    return match_id


async def _data(socket: Socket) -> Any:
    while True:
        received = await socket.receive()
        if "match_data" in received:
            return received["match_data"]


async def test_match_create_with_a_name_brings_all_into_one_match(game: Game) -> None:
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        first = (await ada.ask(match_create={"name": "room"}))["match"]
        second = (await bob.ask(match_create={"name": "room"}))["match"]

    assert first["match_id"] == second["match_id"] == f"{uuid.uuid5(uuid.NAMESPACE_DNS, 'room')}."
    assert (first["size"], second["size"]) == (1, 2)
    assert [each["username"] for each in second["presences"]] == ["ada"]


@pytest.mark.parametrize("spelling", [str.upper, lambda text: text.replace("-", "")])
async def test_match_join_echoes_the_id_as_it_was_written(game: Game, spelling: Any) -> None:
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        match_id = await _create(ada)
        reply = await bob.ask(match_join={"match_id": spelling(match_id)})
        await bob.send(match_data_send={"match_id": spelling(match_id), "op_code": "1"})
        data = await _data(ada)

    assert reply["match"]["match_id"] == data["match_id"] == spelling(match_id)


@pytest.mark.parametrize(
    "match_id", ["", "nonsense", "00000000-0000-4000-8000-000000000000", "nonsense.", "."]
)
async def test_requests_refuse_what_is_no_match_id(game: Game, match_id: str) -> None:
    async with game.socket(await game.login()) as socket:
        assert await socket.ask(match_join={"match_id": match_id}) == {"cid": "1", **INVALID_ID}
        assert await socket.ask(match_leave={"match_id": match_id}) == {"cid": "1", **INVALID_ID}
        await socket.send(match_data_send={"match_id": match_id, "op_code": "1"})
        assert await socket.receive() == INVALID_ID  # without a cid


async def test_match_join_by_id_refuses_a_match_without_members(game: Game) -> None:
    async with game.socket(await game.login()) as socket:
        reply = await socket.ask(match_join={"match_id": f"{uuid.uuid4()}."})
        neither = await socket.ask(match_join={})

    assert reply["error"] == {"code": 4, "message": "Match not found"}
    assert neither["error"] == {"code": 3, "message": "No match ID or token found"}


async def test_match_join_by_token_opens_an_empty_match_until_the_token_expires(
    game: Game,
) -> None:
    match_id = f"{uuid.uuid4()}."
    expiry = int(game.server.clock.time()) + 30
    token = jws.sign({"exp": expiry, "mid": match_id}, KEY)
    async with game.socket(await game.login()) as socket:
        joined = await socket.ask(match_join={"token": token})
        game.server.clock.advance(30)
        late = await socket.ask(match_join={"token": token})

    assert joined["match"]["match_id"] == match_id
    assert "size" not in joined["match"]
    assert late == {"cid": "1", **INVALID_TOKEN}


async def test_match_join_refuses_tokens_that_name_no_match(game: Game) -> None:
    session_token = await game.login()  # the original's reader crashes on it
    match_id = f"{uuid.uuid4()}."
    tokens = (
        session_token,
        "",
        "nonsense",
        jws.sign({"mid": match_id}, "another key"),
        jws.sign({"mid": 5}, KEY),
        jws.sign({"mid": "nonsense"}, KEY),
        jws.sign({"mid": match_id, "exp": "9999999999"}, KEY),
        jws.sign({"mid": match_id, "nbf": 9_999_999_999}, KEY),
        jws.sign({"mid": match_id, "exp": True}, KEY),
    )
    async with game.socket(session_token) as socket:
        for token in tokens:
            reply = await socket.ask(match_join={"token": token})
            assert reply == {"cid": "1", **INVALID_TOKEN}


async def test_match_join_by_token_whose_expiry_is_zero_or_absent_works_for_ever(
    game: Game,
) -> None:
    async with game.socket(await game.login()) as socket:
        for bound in ({}, {"exp": 0}, {"exp": 9_999_999_999.5, "nbf": 0}):
            match_id = f"{uuid.uuid4()}."
            token = jws.sign({"mid": match_id, **bound}, KEY)
            joined = await socket.ask(match_join={"token": token})
            assert joined["match"]["match_id"] == match_id


async def test_match_data_send_reaches_the_listed_members_alone(game: Game) -> None:
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
        game.socket(await game.login("eve")) as eve,
    ):
        match_id = await _create(ada)
        self_of_ada = (await ada.ask(match_join={"match_id": match_id}))["match"]["self"]
        self_of_bob = (await bob.ask(match_join={"match_id": match_id}))["match"]["self"]
        await eve.ask(match_join={"match_id": match_id})
        message = {"match_id": match_id, "op_code": "7", "data": "aGk="}
        nobody = {**self_of_bob, "user_id": "no uuid"}
        await ada.send(match_data_send={**message, "presences": [nobody, self_of_ada]})
        await ada.send(match_data_send={**message, "presences": [self_of_ada, self_of_bob]})
        await ada.send(match_data_send={**message, "op_code": "8"})

        assert [(await _data(ada))["op_code"]] == ["7"]
        assert [(await _data(bob))["op_code"] for _ in range(2)] == ["7", "8"]
        assert (await _data(eve))["op_code"] == "8"


async def test_match_data_send_from_outside_is_dropped_and_causes_no_after_hook(
    game: Game,
) -> None:
    received: list[Any] = []
    game.server.nk.register_rt_after(lambda *call: received.append(call[2]), "MatchDataSend")
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        match_id = await _create(ada)
        await bob.send(match_data_send={"match_id": match_id, "op_code": "1"})
        await bob.ask(ping={})
        await ada.send(match_data_send={"match_id": match_id, "op_code": "2"})
        await ada.ask(ping={})

    assert [each["match_data_send"]["op_code"] for each in received] == ["2"]


async def test_match_data_send_carries_any_bytes(game: Game) -> None:
    data = bytes(range(256))
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        match_id = await _create(ada)
        await bob.ask(match_join={"match_id": match_id})
        urlsafe = base64.urlsafe_b64encode(data).decode().rstrip("=")
        await bob.send(
            match_data_send={"match_id": match_id, "op_code": str(2**63 - 1), "data": urlsafe}
        )
        received = await _data(ada)

    assert base64.b64decode(received["data"]) == data
    assert received["op_code"] == str(2**63 - 1)
    assert "reliable" not in received


async def test_socket_that_closes_leaves_its_matches(game: Game) -> None:
    async with game.socket(await game.login("ada")) as ada:
        async with game.socket(await game.login("bob")) as bob:
            match_id = await _create(ada)
            await bob.ask(match_join={"match_id": match_id})
            for name in ("ada", "bob"):
                assert [each["username"] for each in await _event(ada, "joins")] == [name]

        assert [each["username"] for each in await _event(ada, "leaves")] == ["bob"]


async def _event(socket: Socket, kind: str) -> Any:
    while True:
        event = (await socket.receive()).get("match_presence_event", {})
        if kind in event:
            return event[kind]


async def test_a_join_is_answered_before_its_presence_event(game: Game) -> None:
    async with game.socket(await game.login("ada")) as ada:
        await ada.send(match_create={})
        assert "match" in await ada.receive()
        assert "match_presence_event" in await ada.receive()
