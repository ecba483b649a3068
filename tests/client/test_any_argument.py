"""Every method with every kind of wrong value for each of its arguments: only errors of ours."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web

from nakama_client import (
    ArgumentError,
    Client,
    Endpoint,
    FileCursorStore,
    Match,
    NakamaError,
    Party,
    PushDevice,
    ReconnectPolicy,
    RetryPolicy,
    Session,
    Socket,
    Timeouts,
    WriteStorageObject,
)
from tests.client.scripted import ScriptedServer, make_token

SESSION = Session(make_token(), make_token())
URL = "http://127.0.0.1:1"
ID = "00000000-0000-0000-0000-000000000001"

# What the arguments take, by their name; "x" where it does not matter.
GOOD: dict[str, Any] = {
    "session": SESSION,
    "ids": [ID],
    "channel_id": "2...tavern",
    "content": {},
    "data": b"",
    "device_type": 1,
    "email": "ada@example.com",
    "group_id": ID,
    "match_id": ID,
    "max_count": 2,
    "max_size": 2,
    "message_id": ID,
    "min_count": 2,
    "objects": [WriteStorageObject("saves", "one", {})],
    "op_code": 1,
    "password": "password",
    "presence": None,
    "score": 1,
    "user_id": ID,
    "function": lambda event: None,
}
JUNK = [
    5,
    -1,
    2.5,
    math.nan,
    None,
    True,
    "",
    "x" * 5000,
    "\0",
    "\ud800",
    b"x",
    [5],
    {1: 2},
    {"a": {1}},
    object(),
]
BOOLEAN = {"bool", "bool | None"}
# They wait for something else than an answer, or end the client.
LEFT_OUT = {"close", "connect", "leave", "wait_for"}


def methods(target: Client | Socket | Match | Party) -> Iterator[Callable[..., Any]]:
    for name, _ in inspect.getmembers(type(target), inspect.isfunction):
        if not name.startswith("_") and name not in LEFT_OUT:
            yield getattr(target, name)


def argument_sets(method: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    parameters = inspect.signature(method).parameters.values()
    needed = {
        each.name: GOOD.get(each.name, "x") for each in parameters if each.default is each.empty
    }
    for each in parameters:
        for junk in JUNK:
            yield {**needed, each.name: junk}


async def call(method: Callable[..., Any], arguments: dict[str, Any]) -> None:
    try:
        result = method(**arguments)
        if inspect.iscoroutine(result):
            await result
    except NakamaError:
        pass
    except Exception as error:
        raise AssertionError(f"{method.__name__}(**{arguments!r})") from error


MAKERS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (Client, {"endpoint": URL}),
    (Endpoint, {"url": URL}),
    (FileCursorStore, {"directory": "saves"}),
    (PushDevice, {"onesignal_url": URL, "onesignal_app_id": "app", "registration_url": URL}),
    (ReconnectPolicy, {}),
    (RetryPolicy, {}),
    (Session, {"token": SESSION.token}),
    (Session.from_dict, {"saved": SESSION.to_dict()}),
    (Timeouts, {}),
]


@pytest.mark.parametrize(("make", "good"), MAKERS)
def test_makers_raise_only_argument_errors_for_any_argument(
    make: Callable[..., Any], good: dict[str, Any]
) -> None:
    make(**good)
    for name in inspect.signature(make).parameters:
        for junk in JUNK:
            with suppress(ArgumentError):
                make(**{**good, name: junk})


@pytest.mark.asyncio
async def test_client_methods_raise_only_errors_of_ours_for_any_argument() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({})

    async with (
        ScriptedServer(answer=answer) as server,
        Client(server.url, http_key="key", retry=None) as client,
    ):
        for method in methods(client):
            for arguments in argument_sets(method):
                await call(method, arguments)


@pytest.mark.asyncio
async def test_socket_methods_raise_only_errors_of_ours_for_any_argument(
    client: Client, alice: Session
) -> None:
    """And they send nothing for which the server closes the socket."""
    async with client.socket(alice, reconnect=None) as socket:
        match = await socket.create_match()
        party = await socket.create_party(max_size=3)
        for target in (socket, match, party):
            for method in methods(target):
                for arguments in argument_sets(method):
                    await call(method, arguments)
                assert (await socket.rpc("echo", "open")).payload == "open", method


@pytest.mark.asyncio
async def test_flags_that_are_no_booleans_are_refused_and_nothing_is_sent() -> None:
    async with ScriptedServer() as server, Client(server.url, http_key="key") as client:
        for method in methods(client):
            parameters = inspect.signature(method).parameters
            flags = {name for name in parameters if parameters[name].annotation in BOOLEAN}
            for arguments in argument_sets(method):
                for flag in flags & arguments.keys():
                    if isinstance(arguments[flag], bool | None):
                        continue
                    with pytest.raises(ArgumentError):
                        await ask(method(**arguments))
        assert server.requests == []


async def ask(result: Any) -> None:
    await (anext(result) if hasattr(result, "__anext__") else result)
