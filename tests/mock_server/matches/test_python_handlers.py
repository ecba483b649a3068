"""Match handlers in Python: `nk.register_match`."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

import pytest

from mock_server import Config, MockServer
from mock_server.runtime.errors import ModuleError
from tests.mock_server.matches.arena import join, received, send
from tests.mock_server.runtime.game import Game, Socket, playing

pytestmark = pytest.mark.asyncio


class Counting:
    """A match that counts its messages and ticks."""

    def __init__(self) -> None:
        self.ticks: list[int] = []
        self.ended: list[Any] = []
        self.ticked = asyncio.Event()

    def match_init(self, context: Any, params: Any) -> tuple[Any, int, str]:
        return {"count": 0, "params": params}, 10, '{"mode":"count"}'

    def match_join_attempt(
        self, context: Any, dispatcher: Any, tick: int, state: Any, presence: Any, metadata: Any
    ) -> tuple[Any, ...]:
        if metadata.get("key") != "open":
            return state, False, f"{context.username} has no key"
        return state, True

    async def match_join(
        self, context: Any, dispatcher: Any, tick: int, state: Any, presences: Any
    ) -> Any:
        await asyncio.sleep(0)
        dispatcher.broadcast_message(1, presences[0]["username"])
        return state

    def match_leave(
        self, context: Any, dispatcher: Any, tick: int, state: Any, presences: Any
    ) -> Any:
        dispatcher.broadcast_message(2, presences[0]["username"].encode())
        return state

    def match_loop(
        self, context: Any, dispatcher: Any, tick: int, state: Any, messages: Any
    ) -> Any:
        self.ticks.append(tick)
        self.ticked.set()
        for message in messages:
            if message["op_code"] == 9:
                raise RuntimeError("on purpose")
            if message["op_code"] == 8:
                return None
            if message["op_code"] == 7:
                dispatcher.match_kick([message["sender"]])
            state["count"] += 1
            dispatcher.broadcast_message_deferred(3, str(state["count"]))
            dispatcher.broadcast_message(4, message["data"], None, message["sender"], True)
        return state

    def match_terminate(
        self, context: Any, dispatcher: Any, tick: int, state: Any, grace_seconds: int
    ) -> Any:
        self.ended.append(grace_seconds)

    def match_signal(
        self, context: Any, dispatcher: Any, tick: int, state: Any, data: str
    ) -> tuple[Any, str]:
        dispatcher.match_label_update(data)
        return state, f"{context.match_label} was it, {context.match_id} has {state['params']}"


async def _match(game: Game, params: Any = None) -> str:
    match_id: str = await game.server.nk.match_create("counting", params)
    return match_id


def _server(handler: Any, **settings: Any) -> MockServer:
    server = MockServer(Config.from_settings({"match.label_update_interval_ms": 1, **settings}))
    server.module(lambda nk: nk.register_match("counting", handler))
    return server


async def _closed(socket: Socket) -> Any:
    while True:
        received = await socket.receive()
        if isinstance(received, tuple):
            return received


@pytest.mark.parametrize(("frames", "is_warned"), [(64, False), (65, True)])
async def test_a_callback_that_sends_more_than_a_socket_holds_is_logged(
    caplog: pytest.LogCaptureFixture, frames: int, is_warned: bool
) -> None:
    class Talking(Counting):
        def match_join(self, *arguments: Any) -> Any:
            for number in range(frames - 1):
                arguments[1].broadcast_message(number)
            arguments[1].broadcast_message_deferred(99)
            return arguments[3]

    async with (
        playing(_server(Talking())) as game,
        game.socket(await game.login("ada")) as ada,
    ):
        await ada.send(match_join={"match_id": await _match(game), "metadata": {"key": "open"}})
        await received(ada, 99)
    warned = f"one callback has sent {frames} frames to one socket" in caplog.text
    assert warned == is_warned


async def test_join_replies_while_its_handler_waits() -> None:
    class Waiting(Counting):
        gate = asyncio.Event()

        async def match_join(self, *arguments: Any) -> Any:
            await self.gate.wait()
            return await super().match_join(*arguments)

    async with (
        playing(_server(Waiting())) as game,
        game.socket(await game.login("ada")) as ada,
    ):
        reply = await join(ada, await _match(game), key="open")
        assert "match" in reply
        Waiting.gate.set()
        assert await received(ada, 1) == "ada"


async def test_handler_decides_who_joins_and_hears_who_comes_and_goes() -> None:
    async with (
        playing(_server(Counting())) as game,
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        match_id = await _match(game)
        refused = await join(ada, match_id)
        await ada.send(match_join={"match_id": match_id, "metadata": {"key": "open"}})
        assert await received(ada, 1) == "ada"
        await bob.send(match_join={"match_id": match_id, "metadata": {"key": "open"}})
        assert await received(ada, 1) == "bob"
        await bob.ask(match_leave={"match_id": match_id})
        assert await received(ada, 2) == "bob"

    assert refused["error"] == {"code": 5, "message": "ada has no key"}


async def test_loop_gets_the_messages_and_sends_what_was_deferred_last() -> None:
    async with playing(_server(Counting())) as game, game.socket(await game.login()) as socket:
        match_id = await _match(game)
        await join(socket, match_id, key="open")
        await send(socket, match_id, 5, "hello")

        assert await received(socket, 4) == "hello"
        assert await received(socket, 3) == "1"


async def test_loop_runs_once_for_each_tick_that_the_clock_passes_over() -> None:
    handler = Counting()
    async with playing(_server(handler)) as game:
        await _match(game)
        game.server.clock.advance(5)
        while len(handler.ticks) < 50:
            handler.ticked.clear()
            await handler.ticked.wait()

    assert handler.ticks[:50] == list(range(50))


async def test_match_signal_gets_params_and_may_change_the_label() -> None:
    async with playing(_server(Counting())) as game:
        match_id = await _match(game, {"a": [1, 2]})
        answer = await game.server.nk.match_signal(match_id, "new label")
        listed = game.server.nk.match_get(match_id)

    assert answer == f'{{"mode":"count"}} was it, {match_id} has {{\'a\': [1, 2]}}'
    assert listed is not None
    assert (listed["label"], listed["handler_name"]) == ("new label", "counting")


async def test_loop_that_raises_closes_the_members() -> None:
    async with playing(_server(Counting())) as game, game.socket(await game.login()) as socket:
        match_id = await _match(game)
        await join(socket, match_id, key="open")
        await send(socket, match_id, 9)

        assert await _closed(socket) == (1000, "server-side session disconnect")
        assert game.server.nk.match_get(match_id) is None


async def test_loop_that_returns_none_ends_the_match_quietly() -> None:
    async with playing(_server(Counting())) as game, game.socket(await game.login()) as socket:
        match_id = await _match(game)
        await join(socket, match_id, key="open")
        await send(socket, match_id, 8)
        while game.server.nk.match_get(match_id) is not None:
            game.server.clock.advance(0.1)
            await socket.ask(ping={})

        assert (await join(socket, match_id))["error"]["code"] == 4


async def test_kicked_member_still_gets_what_the_same_call_sends() -> None:
    async with playing(_server(Counting())) as game, game.socket(await game.login()) as socket:
        match_id = await _match(game)
        await join(socket, match_id, key="open")
        await send(socket, match_id, 7, "bye")

        assert await received(socket, 4) == "bye"
        assert (await join(socket, match_id, key="open"))["match"]["match_id"] == match_id


class Stalling(Counting):
    """A match whose signals wait until the test lets them go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_called, self.may_go = asyncio.Event(), asyncio.Event()

    async def match_signal(
        self, context: Any, dispatcher: Any, tick: int, state: Any, data: str
    ) -> tuple[Any, str]:
        self.is_called.set()
        await self.may_go.wait()
        return state, data


async def test_signals_and_join_attempts_are_refused_when_too_many_wait() -> None:
    handler = Stalling()
    limits = {"match.signal_queue_size": 1, "match.join_attempt_queue_size": 1}
    async with (
        playing(_server(handler, **limits)) as game,
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        match_id = await _match(game)
        signal = game.server.nk.match_signal
        worked = asyncio.create_task(signal(match_id, "worked"))
        await handler.is_called.wait()
        waiting = asyncio.create_task(signal(match_id, "waiting"))
        await asyncio.sleep(0)
        with pytest.raises(ModuleError, match="failed to signal match: match busy"):
            await signal(match_id, "too many")
        asked = asyncio.Event()
        game.server.nk.register_rt_before(lambda _, env: asked.set() or env, "MatchJoin")
        await ada.send(match_join={"match_id": match_id, "metadata": {"key": "open"}})
        await asked.wait()
        await asyncio.sleep(0)
        refused = await bob.ask(match_join={"match_id": match_id})
        handler.may_go.set()
        joined = await ada.reply()

        assert (await worked, await waiting) == ("worked", "waiting")
        assert refused["error"] == {
            "code": 5,
            "message": "Match is not currently accepting join requests",
        }
        assert joined["match"]["match_id"] == match_id


async def test_match_goes_on_when_all_members_come_and_leave_at_once() -> None:
    server = _server(Counting(), **{"match.join_attempt_queue_size": 40})
    async with playing(server) as game, contextlib.AsyncExitStack() as stack:
        match_id = await _match(game)
        sockets = [
            await stack.enter_async_context(game.socket(await game.login(f"player{number}")))
            for number in range(40)
        ]
        await asyncio.gather(*(join(socket, match_id, key="open") for socket in sockets))
        before = game.server.nk.match_get(match_id)
        for session in server.sockets():
            session.abort()
        game.server.clock.advance(0.1)
        await game.server.settle()

        after = game.server.nk.match_get(match_id)
        assert before is not None
        assert after is not None
        assert (before["size"], after["size"]) == (40, 0)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (None, "Match initial state must not be nil"),
        (({}, 10), "match_init returned unexpected third value, must be a label string"),
        (({}, "x", ""), "match_init returned unexpected second value, must be a tick rate number"),
        (({}, 61, ""), "match_init returned invalid tick rate, must be between 1 and 60"),
        (
            ({}, 1, "é" * 1025),
            "match_init returned invalid label, must be 2048 bytes or less",
        ),
    ],
)
async def test_match_create_raises_when_match_init_makes_no_match(made: Any, problem: str) -> None:
    class Broken(Counting):
        def match_init(self, context: Any, params: Any) -> Any:
            return (None, 1, "") if made is None else made

    async with playing(_server(Broken())) as game:
        with pytest.raises(ModuleError) as refused:
            await _match(game)

    assert refused.value.message == f"error creating match: error creating match: {problem}"


async def test_match_create_copies_its_params_and_refuses_what_can_not_be_copied() -> None:
    params = {"list": [1]}
    async with playing(_server(Counting())) as game:
        match_id = await _match(game, params)
        params["list"].append(2)
        answer = await game.server.nk.match_signal(match_id, "")
        with pytest.raises(ModuleError, match="error creating match: cannot encode params"):
            await _match(game, {"lock": threading.Lock()})

    assert answer.endswith("has {'list': [1]}")


async def test_register_match_raises_when_a_callback_is_missing() -> None:
    async with playing(MockServer()) as game:
        with pytest.raises(ModuleError, match="match_init not found or not a function"):
            game.server.nk.register_match("empty", object())


async def test_match_terminate_is_called_when_there_is_grace() -> None:
    handler = Counting()
    async with playing(_server(handler, shutdown_grace_sec=3)) as game:
        await _match(game)

    assert handler.ended == [3]


async def test_match_without_members_ends_after_max_empty_sec() -> None:
    handler = Counting()
    async with playing(_server(handler, **{"match.max_empty_sec": 2})) as game:
        match_id = await _match(game)
        game.server.clock.advance(2)
        while game.server.nk.match_get(match_id) is not None:
            handler.ticked.clear()
            await handler.ticked.wait()
            await asyncio.sleep(0)

    assert handler.ticks == list(range(20))


async def test_reset_and_restart_end_all_matches() -> None:
    async with playing(_server(Counting())) as game:
        before = await _match(game)
        await game.server.reset()
        between = await _match(game)
        await game.server.restart()

        assert game.server.nk.match_get(before) is None
        assert game.server.nk.match_get(between) is None
        assert await _match(game)
