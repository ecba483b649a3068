"""`register_push` and `unregister_push`: what goes to the server, and what comes back."""

import json
from collections.abc import Callable

import pytest

from mock_server import Context, MockServer, ModuleError
from nakama_client import (
    ArgumentError,
    Client,
    DeviceType,
    InvalidArgument,
    PushDevice,
    PushRegistration,
    RegistrationInfo,
    RpcError,
    Session,
)

SEED_PAYLOAD = '{"DeviceType":1,"Identifier":"somevalue"}'


@pytest.fixture
def payloads(server: MockServer) -> list[tuple[str, str]]:
    """What the functions of a game were called with."""
    seen: list[tuple[str, str]] = []

    def take(name: str) -> Callable[[Context, str], str]:
        def function(context: Context, payload: str) -> str:
            seen.append((name, payload))
            return '{"os_player_id":"the player"}'

        return function

    for name in ("register_push", "unregister_push"):
        server.rpc(name)(take(name))
    return seen


def android() -> PushDevice:
    info = RegistrationInfo(platform="android", one_signal_push_token="somevalue")
    return PushDevice("http://127.0.0.1", "app", info=info)


@pytest.mark.asyncio
async def test_register_push_sends_the_payload_of_nakamas_tutorial(
    client: Client, alice: Session, payloads: list[tuple[str, str]]
) -> None:
    answers = [
        await client.register_push(alice, device_type=1, identifier="somevalue"),
        await client.register_push(alice, device_type=DeviceType.ANDROID, identifier="somevalue"),
        await client.register_push(alice, android()),
    ]
    await client.unregister_push(alice, android())
    async with client.socket(alice) as socket:
        answers.append(await socket.register_push(android()))
        answers.append(await socket.register_push(device_type=1, identifier="somevalue"))
    names = [name for name, _ in payloads]
    assert names == [*["register_push"] * 3, "unregister_push", *["register_push"] * 2]
    assert {payload for _, payload in payloads} == {SEED_PAYLOAD}
    assert {answer.player_id for answer in answers} == {"the player"}


@pytest.mark.parametrize(
    ("returned", "player_id"),
    [
        (None, ""),
        ("", ""),
        ("ok", ""),
        ("[1]", ""),
        ('{"os_player_id": null}', ""),
        ('{"other": 1}', ""),
        ('{"os_player_id": "p", "more": [1]}', "p"),
    ],
)
@pytest.mark.asyncio
async def test_register_push_accepts_any_answer(
    server: MockServer, client: Client, alice: Session, returned: str | None, player_id: str
) -> None:
    server.rpc("register_push")(lambda context, payload: returned)
    answer = await client.register_push(alice, device_type=1, identifier="x")
    assert answer == PushRegistration(player_id, returned or "")


@pytest.mark.asyncio
async def test_register_push_raises_when_the_function_refuses(
    server: MockServer, client: Client, alice: Session
) -> None:
    @server.rpc("register_push")
    def register_push(context: Context, payload: str) -> str:
        raise ModuleError(f"no such type: {json.loads(payload)['DeviceType']}", 3)

    with pytest.raises(InvalidArgument, match="no such type: 99"):
        await client.register_push(alice, device_type=99, identifier="x")
    async with client.socket(alice) as socket:
        with pytest.raises(RpcError, match="no such type: 99"):
            await socket.register_push(device_type=99, identifier="x")


@pytest.mark.asyncio
async def test_register_push_raises_for_bad_arguments_before_sending(
    client: Client, alice: Session, payloads: list[tuple[str, str]]
) -> None:
    silent = android()
    iphone = PushDevice("http://127.0.0.1", "app")
    await iphone.decline_consent()
    for make in (
        lambda: client.register_push(alice),
        lambda: client.register_push(alice, device_type=1, identifier=""),
        lambda: client.register_push(alice, device_type=-1, identifier="x"),
        lambda: client.register_push(alice, identifier="x"),
        lambda: client.register_push(alice, silent, device_type=1),
        lambda: client.register_push(alice, iphone),
        lambda: client.unregister_push(alice, iphone),
        lambda: client.register_push(alice, silent, timeout=0),
    ):
        with pytest.raises(ArgumentError):
            await make()
    assert payloads == []
