"""Arguments of the wrong type: an ArgumentError, and nothing is sent."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from nakama_client import (
    ArgumentError,
    Client,
    Endpoint,
    PushDevice,
    ReconnectPolicy,
    RetryPolicy,
    Session,
    Socket,
    Timeouts,
    WriteStorageObject,
)
from tests.client.scripted import Peer, ScriptedServer, make_token

TOKEN = make_token()
SESSION = Session(TOKEN)
ID = "00000000-0000-0000-0000-000000000001"
URL = "http://127.0.0.1:1"

IN_ITSELF: list[Any] = []
IN_ITSELF.append(IN_ITSELF)

NOT_JSON = [
    {"x": math.nan},
    [math.inf],
    {"x": [{"y": -math.inf}]},
    {"x": b"bytes"},
    [bytearray(b"bytes")],
    {"x": object()},
    {(1, 2): 3},
    {1: 2},
    {"x": [{"y": {None: 1}}]},
    {True: 1},
    [{"a", "b"}],
    {"x": frozenset()},
    {"x": datetime(2026, 1, 1, tzinfo=UTC)},
    {"x": UUID(int=1)},
    {"x": Decimal("0.1")},
    {"x": (each for each in "ab")},
    {"x": {"a": 1}.keys()},
    {"\ud800": 1},
    IN_ITSELF,
    {"x": "\ud800"},
    5,
    b"bytes",
]


async def never_awaited(*_: object) -> Any:
    """A function where only a plain one is of use."""


CALLS: list[Callable[[Any], Any]] = [
    lambda client: client.list_notifications(SESSION, limit="5"),
    lambda client: client.list_notifications(SESSION, limit=True),
    lambda client: client.list_notifications(SESSION, limit=2.0),
    lambda client: client.list_notifications(SESSION, cursor=5),
    lambda client: client.list_friends(SESSION, state="friend"),
    lambda client: client.list_channel_messages(SESSION, 5),
    lambda client: client.list_channel_messages(SESSION, ".."),
    lambda client: client.get_account(TOKEN),
    lambda client: client.get_account(None),
    lambda client: client.get_users(TOKEN, [ID]),
    lambda client: client.add_friends(TOKEN, [ID]),
    lambda client: client.add_group_users(TOKEN, ID, [ID]),
    lambda client: client.delete_notifications(TOKEN, [ID]),
    lambda client: client.refresh_session(TOKEN),
    lambda client: client.refresh_session(SESSION, vars={"a": 1}),
    lambda client: client.logout(TOKEN),
    lambda client: client.rpc(TOKEN, "f"),
    lambda client: client.delete_notifications(SESSION, [5]),
    lambda client: client.delete_notifications(SESSION, 5),
    lambda client: client.delete_notifications(SESSION, ID),
    lambda client: client.delete_notifications(SESSION, None),
    lambda client: client.get_users(SESSION, usernames=[5]),
    lambda client: client.get_users(SESSION, usernames=[[]]),
    lambda client: client.rpc(SESSION, 5),
    lambda client: client.rpc(SESSION, "."),
    lambda client: client.rpc(SESSION, ".."),
    lambda client: client.rpc(SESSION, "../../account"),
    lambda client: client.rpc(SESSION, "a//b"),
    lambda client: client.rpc(SESSION, "f", timeout="5"),
    lambda client: client.rpc(SESSION, "f", timeout=math.nan),
    lambda client: client.authenticate_device(5),
    lambda client: client.authenticate_device("device-of-alice", username=5),
    lambda client: client.authenticate_device("device-of-alice", vars={"a": 1}),
    lambda client: client.authenticate_device("device-of-alice", vars=5),
    lambda client: client.authenticate_email("a@example.com", None),
    lambda client: client.authenticate_device("device-of-alice", create="no"),
    lambda client: client.authenticate_game_center([ID]),
    lambda client: client.link_game_center(SESSION, 5),
    lambda client: client.unlink_game_center(SESSION, "x"),
    lambda client: client.add_friends(SESSION, [ID], metadata=5),
    lambda client: client.add_friends(SESSION, [ID], metadata="x"),
    lambda client: client.create_group(SESSION, "name", max_count=None),
    lambda client: client.list_groups(SESSION, members="x"),
    lambda client: client.list_group_users(SESSION, ID, state="x"),
    lambda client: client.list_user_groups(SESSION, ID, state="x"),
    lambda client: client.list_matches(SESSION, min_size="x"),
    lambda client: client.list_matches(SESSION, max_size="x"),
    lambda client: client.list_tournaments(SESSION, start_time=5),
    lambda client: client.list_tournaments(SESSION, category_start=None),
    lambda client: client.list_tournaments(SESSION, category_end="x"),
    lambda client: client.list_leaderboard_records(SESSION, "board", expiry=5),
    lambda client: client.emit_event(SESSION, "event", timestamp=5),
    lambda client: client.read_storage_objects(SESSION, 5),
    lambda client: client.read_storage_objects(SESSION, "x"),
    lambda client: client.delete_storage_objects(SESSION, [5]),
    lambda client: client.write_storage_objects(SESSION, None),
    lambda client: client.write_storage_objects(SESSION, [{"collection": "c", "key": "k"}]),
    lambda client: client.link_custom(SESSION, None),
    lambda client: client.update_account(SESSION, display_name=5),
    lambda client: client.register_push(SESSION, device_type="android", identifier="x"),
    lambda client: client.register_push(SESSION, device_type=0, identifier=5),
    lambda client: client.register_push(SESSION, "phone"),
    *[lambda client, each=each: client.rpc(SESSION, "f", each) for each in NOT_JSON],
    *[lambda client, each=each: client.rpc_http_key("f", each) for each in NOT_JSON],
    *[
        lambda client, each=each: client.add_friends(SESSION, [ID], metadata=each)
        for each in NOT_JSON
    ],
    *[
        lambda client, each=each: client.write_storage_objects(
            SESSION, [WriteStorageObject("c", "k", each)]
        )
        for each in NOT_JSON
    ],
    *[
        lambda client, each=each: client.write_leaderboard_record(
            SESSION, "board", score=1, metadata={"x": each}
        )
        for each in NOT_JSON[:-2]
    ],
]

SOCKET_CALLS: list[Callable[[Any], Any]] = [
    lambda socket: socket.wait_for(socket.notifications, never_awaited),
    lambda socket: socket.rpc(5),
    lambda socket: socket.rpc("f", timeout="5"),
    lambda socket: socket.join_channel(5),
    lambda socket: socket.join_channel("room", "room"),
    lambda socket: socket.leave_channel(5),
    lambda socket: socket.send_message(5, {}),
    lambda socket: socket.update_status(5),
    lambda socket: socket.accept_party_member(ID, 5),
    lambda socket: socket.add_matchmaker("*", min_count="x", max_count="y"),
    lambda socket: socket.add_matchmaker(5, min_count=2, max_count=2),
    lambda socket: socket.add_matchmaker("*", min_count=2, max_count=2, count_multiple="x"),
    lambda socket: socket.add_matchmaker("*", min_count=2, max_count=2, numeric_properties=5),
    lambda socket: socket.follow_users([5]),
    lambda socket: socket.follow_users(ID),
    lambda socket: socket.unfollow_users(5),
    lambda socket: socket.register_push(device_type="android", identifier="x"),
    *[lambda socket, each=each: socket.rpc("f", each) for each in NOT_JSON],
    *[lambda socket, each=each: socket.create_party(max_size=4, label=each) for each in NOT_JSON],
    *[lambda socket, each=each: socket.send_message("2...a", each) for each in NOT_JSON],
]

MAKERS: list[Callable[[], object]] = [
    lambda: Client(5),
    lambda: Client(URL, timeouts=5),
    lambda: Client(URL, retry=5),
    lambda: Client(URL, server_key=5),
    lambda: Client(URL, http_key=b"x"),
    lambda: Client(URL, max_connections="5"),
    lambda: Client(URL, clock=5),
    lambda: Client(URL, random=5),
    lambda: Client(URL, trust_env="x"),
    lambda: Client(URL).socket(TOKEN),
    lambda: Client(URL).socket(SESSION, lang="\ud800"),
    lambda: Client(URL).socket(SESSION, appear_online="x"),
    lambda: Client(URL).socket(SESSION, queue_limit="5"),
    lambda: Client(URL).socket(SESSION, max_message_bytes=4096.5),
    lambda: Client(URL).socket(SESSION, reconnect=5),
    lambda: Client(URL).socket(SESSION, lang=5),
    lambda: Client(URL).socket(SESSION).on_notification(5),
    lambda: Client(URL).on_exchange(None),
    lambda: Client(URL).notifications(TOKEN),
    lambda: Client(URL).notifications(SESSION, store="saves"),
    lambda: Client(URL).notifications(SESSION, socket="socket"),
    lambda: Client(URL).notifications(SESSION, queue_limit="1"),
    lambda: Client(URL).notifications(SESSION, overlap_window="1"),
    lambda: Client(URL).notifications(SESSION, check_interval=True),
    lambda: Client(URL).iter_friends(SESSION, cursor=[5]),
    lambda: Client(URL).iter_groups(SESSION, members="x"),
    lambda: Client(URL).iter_notifications(SESSION, page_size="5"),
    lambda: Endpoint(5),
    lambda: Timeouts(request="5"),
    lambda: Timeouts(close=True),
    lambda: RetryPolicy(attempts="5"),
    lambda: RetryPolicy(first_delay=None),
    lambda: RetryPolicy(should_retry=True),
    lambda: ReconnectPolicy(attempts=2.5),
    lambda: ReconnectPolicy(should_reconnect=False),
    lambda: Session(5),
    lambda: Session.from_dict(TOKEN),
    lambda: RetryPolicy(should_retry=never_awaited),  # type: ignore[arg-type]
    lambda: ReconnectPolicy(should_reconnect=never_awaited),  # type: ignore[arg-type]
    lambda: Client(URL, clock=never_awaited),  # type: ignore[arg-type]
    lambda: Client(URL).on_exchange(never_awaited),  # type: ignore[arg-type]
    lambda: Client(URL).iter_notifications(SESSION, on_progress=never_awaited),
    lambda: PushDevice(URL, "app").on_error(never_awaited),
    lambda: SESSION.is_expired("5"),
    lambda: PushDevice(5, "app"),
    lambda: PushDevice("127.0.0.1:8890", "app"),
    lambda: PushDevice(URL, "app", registration_url=5),
    lambda: PushDevice(URL, "app", registration_url="/push/registration"),
    lambda: PushDevice(URL, "app", timeout="5"),
]


@pytest.mark.asyncio
async def test_calls_raise_argument_error_and_send_nothing() -> None:
    async with (
        ScriptedServer() as server,
        Client(server.url, http_key="defaulthttpkey") as client,
    ):
        for call in CALLS:
            with pytest.raises(ArgumentError) as raised:
                await call(client)
            assert TOKEN not in str(raised.value)
        assert server.requests == []


@pytest.mark.asyncio
async def test_socket_calls_raise_argument_error_and_send_nothing() -> None:
    async def script(peer: Peer) -> None:
        request = await peer.request()
        assert request["rpc"] == {"id": "good"}
        await peer.send({"cid": request["cid"], "rpc": {}})

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(SESSION) as socket,
    ):
        assert isinstance(socket, Socket)
        for call in SOCKET_CALLS:
            with pytest.raises(ArgumentError):
                await call(socket)
        await socket.rpc("good")


@pytest.mark.asyncio
async def test_errors_name_the_types_that_a_payload_and_an_id_may_have() -> None:
    async with Client(URL) as client:
        with pytest.raises(ArgumentError, match="payload must be of the type str or dict or list"):
            await client.rpc(SESSION, "f", 5)  # type: ignore[arg-type]
        with pytest.raises(ArgumentError, match="each of ids must be a str, not int"):
            await client.delete_notifications(SESSION, [5])  # type: ignore[list-item]
    with pytest.raises(ArgumentError, match="attempts must be an int of at least 1, not '5'"):
        RetryPolicy(attempts="5")  # type: ignore[arg-type]


@pytest.mark.parametrize("make", MAKERS)
def test_settings_of_the_wrong_type_raise_argument_error(make: Callable[[], object]) -> None:
    with pytest.raises(ArgumentError):
        make()
