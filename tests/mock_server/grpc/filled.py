"""A server in which every list has something in it, so that answers have something to compare."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from mock_server import Config, MockServer
from mock_server.runtime.context import Context
from server_kit import Clock
from tests.mock_server.grpc.client import SERVER_KEY, GrpcClient

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank")
STORES = ("apple", "google", "huawei", "facebook", "samsung")
GAME_CENTER = {
    "bundle_id": "app",
    "timestamp_seconds": "9007199254740993",  # one more than a double holds
    "salt": "salt",
    "public_key_url": "https://example.com/key",
}
PROOFS: dict[str, dict[str, Any]] = {
    "Apple": {"token": "apple:{}"},
    "Custom": {"id": "custom-{}"},
    "Device": {"id": "another-device-{}"},
    "Email": {"email": "{}@example.com", "password": "password-of-them"},
    "Facebook": {"token": "fb:{}:"},
    "FacebookInstantGame": {"signed_player_info": "fbinstant:{}"},
    "GameCenter": {"player_id": "{}", "signature": "gamecenter:{}", **GAME_CENTER},
    "Google": {"token": "google:{}:Ada Lovelace"},
    "Steam": {"token": "{}:"},
}


def proof(provider: str, of: object) -> dict[str, Any]:
    """What proves to a provider who someone is; the social ones know people by numbers."""
    return {
        name: value.format(of) if "{}" in value else value
        for name, value in PROOFS[provider].items()
    }


@attrs.frozen
class GameData:
    """A filled server.

    Attributes:
        users: The ids of users by name.
        bearers: The metadata of their sessions.
        refresh_token: Alice's.
        guild: The open group of alice, bob and frank.
        club: The closed group of bob, which carol and alice wish to join.
        rooms: The ids of a room, of alice's and bob's direct messages and of the guild's channel.
        notifications: The ids of alice's notifications.
        events: The events that came in.
    """

    users: Mapping[str, str]
    bearers: Mapping[str, tuple[str, str]] = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)
    guild: str
    club: str
    rooms: tuple[str, str, str]
    notifications: tuple[str, ...]
    events: list[Any]


def make_server() -> tuple[MockServer, list[Any]]:
    """A server that is not yet started, and the events that come in when it is."""
    settings = {
        "grpc.port": 0,
        "purchases.accept": STORES,
        "session.token_expiry_sec": 3600,
        "social.apple.bundle_id": "app",
        "social.steam.publisher_key": "key",
        "social.steam.app_id": 480,
    }
    server = MockServer(Config.from_settings(settings), clock=Clock(stopped_at=1_800_000_000))
    events: list[Any] = []

    @server.rpc("echo")
    def echo(context: Context, payload: str) -> str:
        return f"{context.user_id} {payload}"

    def keep_event(context: Context, payload: Any) -> Any:
        events.append(payload)
        return payload

    server.module(lambda nk: nk.register_req_before(keep_event, "Event"))
    return server, events


async def fill(server: MockServer, client: GrpcClient, events: list[Any]) -> GameData:
    """Give a server users, friends, groups, messages and everything else that is listed."""
    bearers, users, refresh_token = {}, {}, ""
    for name in NAMES:
        account = {"id": f"device-of-{name}", "vars": {"who": name}}
        asked = {"account": account, "username": name}
        session = await client.call("AuthenticateDevice", asked, SERVER_KEY)
        refresh_token = refresh_token or session["refresh_token"]
        bearers[name] = ("authorization", f"Bearer {session['token']}")
        users[name] = (await client.call("GetAccount", {}, bearers[name]))["user"]["id"]
    for number, name in enumerate(("alice", "bob", "frank"), 1):
        await _fill_account(server, client, users[name], bearers[name], number * 100)
    await _make_friends(client, users, bearers)
    guild, club = await _make_groups(server, client, users, bearers)
    rooms = _write_messages(server, users, guild)
    await _write_objects(server, client, users, bearers)
    await _fill_boards(server, client, users, bearers)
    await _buy(server, client, bearers["alice"])
    for number in range(5):
        content = {"number": number, "text": "ü"}
        await server.notifications.send(users["alice"], f"n{number}", content, code=number + 1)
    page = await client.call("ListNotifications", {"limit": 100}, bearers["alice"])
    ids = tuple(each["id"] for each in page["notifications"])
    return GameData(users, bearers, refresh_token, guild, club, rooms, ids, events)


async def _fill_account(
    server: MockServer, client: GrpcClient, user: str, bearer: tuple[str, str], first: int
) -> None:
    for number, provider in enumerate(sorted(PROOFS), first):
        account = proof(provider, number)
        nested = {"account": account} if provider in ("Facebook", "Steam") else account
        await client.call(f"Link{provider}", nested, bearer)
    server.nk.wallet_update(user, {"coins": 7}, {}, True)
    profile = ("Ada L.", "UTC", "Berlin", "de", "https://example.com/a.png")
    server.nk.account_update_id(user, {"level": 3}, None, *profile)


async def _make_friends(
    client: GrpcClient, users: Mapping[str, str], bearers: Mapping[str, tuple[str, str]]
) -> None:
    for one, other in (("alice", "bob"), ("bob", "frank"), ("bob", "erin")):
        metadata = json.dumps({"since": "school"})
        await client.call("AddFriends", {"ids": [users[other]], "metadata": metadata}, bearers[one])
        await client.call("AddFriends", {"ids": [users[one]]}, bearers[other])
    await client.call("AddFriends", {"ids": [users["carol"]]}, bearers["alice"])
    await client.call("AddFriends", {"ids": [users["alice"]]}, bearers["dave"])
    await client.call("BlockFriends", {"ids": [users["erin"]]}, bearers["alice"])


async def _make_groups(
    server: MockServer,
    client: GrpcClient,
    users: Mapping[str, str],
    bearers: Mapping[str, tuple[str, str]],
) -> tuple[str, str]:
    guild = {"name": "guild", "description": "Ours", "lang_tag": "en", "open": True}
    picture = {"avatar_url": "https://example.com/g.png"}
    guild_id = (await client.call("CreateGroup", guild | picture, bearers["alice"]))["id"]
    server.nk.group_update(guild_id, None, None, None, None, None, None, None, {"rank": 1}, None)
    club = {"name": "club", "open": False, "max_count": 9}
    club_id = (await client.call("CreateGroup", club, bearers["bob"]))["id"]
    for name, group in (("bob", guild_id), ("frank", guild_id), ("carol", club_id)):
        await client.call("JoinGroup", {"group_id": group}, bearers[name])
    await client.call("JoinGroup", {"group_id": club_id}, bearers["alice"])
    return guild_id, club_id


def _write_messages(
    server: MockServer, users: Mapping[str, str], guild: str
) -> tuple[str, str, str]:
    lobby: str = server.nk.channel_id_build("", "lobby", 1)
    direct: str = server.nk.channel_id_build(users["alice"], users["bob"], 2)
    group: str = server.nk.channel_id_build("", guild, 3)
    for number in range(5):
        for room in (lobby, direct, group):
            content = {"text": str(number)}
            server.nk.channel_message_send(room, content, users["alice"], "alice", True)
    return lobby, direct, group


async def _write_objects(
    server: MockServer,
    client: GrpcClient,
    users: Mapping[str, str],
    bearers: Mapping[str, tuple[str, str]],
) -> None:
    for name in ("alice", "bob"):
        objects = [
            {
                "collection": "saves",
                "key": f"slot-{number}",
                "value": json.dumps({"number": number}),
                "permission_read": number,
                "permission_write": 1,
            }
            for number in range(3)
        ]
        await client.call("WriteStorageObjects", {"objects": objects}, bearers[name])


async def _fill_boards(
    server: MockServer,
    client: GrpcClient,
    users: Mapping[str, str],
    bearers: Mapping[str, tuple[str, str]],
) -> None:
    now = int(server.clock.time())
    schedule, details = "0 0 * * *", {"prize": "gold"}
    server.nk.leaderboard_create("arcade", False, "desc", "best", schedule, details, True)
    times = ("Cup", "Weekly", 3, now - 50, now + 900_000, 50, 9, True, True)
    for cup, sort in (("cup", "asc"), ("other-cup", "desc")):
        is_authoritative = cup == "other-cup"
        tournament = (cup, is_authoritative, sort, "set", 3600 * 20, schedule, details, *times)
        server.nk.tournament_create(*tournament)
    for number, name in enumerate(NAMES):
        metadata = json.dumps({"by": name})
        record = {"score": str(2**60 + number), "subscore": "5", "metadata": metadata}
        board = {"leaderboard_id": "arcade", "record": record}
        await client.call("WriteLeaderboardRecord", board, bearers[name])
        if name != "frank":
            cup = {"tournament_id": "cup"}
            await client.call("JoinTournament", cup, bearers[name])
            await client.call("WriteTournamentRecord", {**cup, "record": record}, bearers[name])


async def _buy(server: MockServer, client: GrpcClient, bearer: tuple[str, str]) -> None:
    for number in range(3):
        receipt = f"apple:pass-{number}:s-{number}:sandbox:expires=4102444800"
        await client.call("ValidateSubscriptionApple", {"receipt": receipt}, bearer)
    receipt = "google:pass-3:s-3:expires=4102444800"
    await client.call("ValidateSubscriptionGoogle", {"receipt": receipt}, bearer)
    for store, field in (
        ("Apple", "receipt"),
        ("FacebookInstant", "signed_request"),
        ("Google", "purchase"),
        ("Huawei", "purchase"),
        ("Samsung", "purchase_id"),
    ):
        shop = store.removesuffix("Instant").lower()
        bought = {field: f"{shop}:sword:t-0"} | ({"signature": "any"} if shop == "huawei" else {})
        await client.call(f"ValidatePurchase{store}", bought, bearer)
    server.purchases.refund("s-1")
