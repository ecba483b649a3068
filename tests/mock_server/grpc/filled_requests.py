"""Requests to every operation of a filled server; together they set every field of its messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from tests.mock_server.grpc.filled import PROOFS, GameData, proof

Request = dict[str, Any]


@frozen
class Asked:
    """A request.

    Attributes:
        request: The JSON form of the message.
        by: Who sends it.
    """

    request: Request
    by: str = "alice"


def requests_of(name: str, data: GameData) -> list[Asked]:
    """The requests to an operation.

    Raises:
        KeyError: It has none yet.
    """
    for prefix, make in (("Authenticate", _authenticate), ("Link", _link), ("Unlink", _unlink)):
        if name.startswith(prefix):
            return make(name.removeprefix(prefix))
    return [each if isinstance(each, Asked) else Asked(each) for each in _REQUESTS[name](data)]


def follow(asked: Asked, answer: Request) -> Asked | None:
    """The request for the next page of an answer; None where there is none."""
    for given in ("next_cursor", "cursor", "cacheable_cursor"):
        if cursor := answer.get(given):
            asks_by = "cacheable_cursor" if "notifications" in answer else "cursor"
            is_first = asks_by not in asked.request
            return Asked({**asked.request, asks_by: cursor}, asked.by) if is_first else None
    return None


def _authenticate(provider: str) -> list[Asked]:
    known, new = proof(provider, 100 + sorted(PROOFS).index(provider)), proof(provider, 900)
    sync = {"sync": True} if provider in ("Facebook", "Steam") else {}
    variables = {"vars": {"a": "1", "ü": ""}}
    return [
        Asked({"account": {**known, **variables}, "username": "other", **sync}),
        Asked({"account": {**new, **variables}, "username": "newcomer", "create": True, **sync}),
        Asked({"account": {**new}}),
        Asked({"account": {**new}, "create": False}),
        Asked({"account": {**new}, "username": "bob"}),
        Asked({"account": {}}),
    ]


def _link(provider: str) -> list[Asked]:
    account = {**proof(provider, 900), "vars": {"a": "1"}}
    taken = proof(provider, 100 + sorted(PROOFS).index(provider))
    if provider in ("Facebook", "Steam"):
        return [
            Asked({"account": account, "sync": True}, "carol"),
            Asked({"account": account, "sync": False}, "carol"),
            Asked({"account": taken}, "carol"),
            Asked({"account": {}}),
        ]
    return [Asked(account, "carol"), Asked(taken, "carol"), Asked(taken), Asked({})]


def _unlink(provider: str) -> list[Asked]:
    account = {**proof(provider, 100 + sorted(PROOFS).index(provider)), "vars": {"a": "1"}}
    return [Asked(account), Asked(account, "carol"), Asked({})]


def _members(data: GameData) -> list[Request | Asked]:
    both = [data.users["bob"], data.users["frank"]]
    return [
        {"group_id": data.guild, "user_ids": both},
        {"group_id": data.guild, "user_ids": [data.users["erin"]]},
        {"group_id": data.guild, "user_ids": []},
        Asked({"group_id": data.guild, "user_ids": both}, "frank"),
        Asked({"group_id": data.club, "user_ids": [data.users["carol"]]}, "bob"),
    ]


def _group(data: GameData) -> list[Request | Asked]:
    return [
        *(Asked({"group_id": data.guild}, name) for name in ("alice", "bob", "carol")),
        *(Asked({"group_id": data.club}, name) for name in ("bob", "carol", "dave")),
        {"group_id": data.users["bob"]},
    ]


def _friends(data: GameData) -> list[Request | Asked]:
    users = data.users
    return [
        {"ids": [users["bob"], users["frank"]], "usernames": ["dave", "carol"]},
        {"ids": [users["alice"]]},
        {"usernames": ["nobody-of-this-name"]},
        Asked({"usernames": ["alice"]}, "erin"),
        {},
    ]


def _records(board: str, name: str) -> Callable[[GameData], list[Request | Asked]]:
    def make(data: GameData) -> list[Request | Asked]:
        owners = [data.users["bob"], data.users["carol"]]
        return [
            {board: name, "owner_ids": owners, "limit": 2},
            {board: name, "limit": 100, "expiry": "1800057600"},
            {board: name, "expiry": "9007199254740993"},
            {board: name, "cursor": "none"},
            {board: name, "limit": 0},
            {board: "no-such-board"},
        ]

    return make


def _around(board: str, name: str) -> Callable[[GameData], list[Request | Asked]]:
    def make(data: GameData) -> list[Request | Asked]:
        owner = {"owner_id": data.users["carol"]}
        return [
            {board: name, **owner, "limit": 1},
            {board: name, **owner, "limit": 3, "expiry": "1800057600"},
            {board: name, **owner, "cursor": "none"},
            {board: name, "owner_id": "no-id"},
        ]

    return make


def _write_record(board: str, name: str) -> Callable[[GameData], list[Request | Asked]]:
    def make(data: GameData) -> list[Request | Asked]:
        record = {"score": "9007199254740993", "subscore": "3", "metadata": '{"a":"ü"}'}
        return [
            {board: name, "record": {**record, "operator": 3}},
            {board: name, "record": {**record, "operator": 2}},
            {board: name, "record": {"operator": 4, "score": "1"}},
            {board: name, "record": {"metadata": "no JSON"}},
            {board: name, "record": {}},
            {board: name, "record": {"score": "1", "subscore": "-1"}},
            {board: name, "record": {"score": "1", "operator": 9}},
            {board: name, "record": {"score": str(2**63 - 1), "subscore": str(2**63 - 1)}},
            {board: name, "record": {"score": str(-(2**63)), "operator": 2}},
            {board: "no-such-board", "record": record},
            Asked({board: name, "record": record}, "frank"),
        ]

    return make


def _one(board: str, name: str) -> Callable[[GameData], list[Request | Asked]]:
    return lambda data: [{board: name}, Asked({board: name}, "frank"), {board: "no-such-board"}]


def _receipts(field: str, receipt: str, **more: str) -> Callable[[GameData], list[Request | Asked]]:
    return lambda data: [
        {field: receipt, **more},
        {field: receipt.replace("t-1", "t-0"), **more},
        {field: f"{receipt}:sandbox:refunded", "persist": False, **more},
        {field: receipt, "persist": True, **more},
        {field: "no receipt", **more},
        {},
    ]


def _account_changes(data: GameData) -> list[Request | Asked]:
    names = ("username", "display_name", "avatar_url", "lang_tag", "location", "timezone")
    return [
        {name: f"{name} ü" if name == "display_name" else name[:2] for name in names},
        {name: "" for name in names if name not in ("username", "lang_tag")},
        {"lang_tag": ""},
        {"username": "bob"},
        {},
    ]


def _group_changes(data: GameData) -> list[Request | Asked]:
    changes = {"name": "n", "description": "d", "lang_tag": "fr", "avatar_url": "a", "open": False}
    return [
        {"group_id": data.guild, **changes},
        {"group_id": data.guild, "description": "", "open": True},
        {"group_id": data.guild, "name": "club"},
        Asked({"group_id": data.guild, **changes}, "bob"),
    ]


def _write_objects(data: GameData) -> list[Request | Asked]:
    written = {"collection": "saves", "key": "slot-0", "value": '{"n": 9007199254740993}'}
    return [
        {"objects": [{**written, "permission_read": 2, "permission_write": 0}]},
        {"objects": [written, {**written, "key": "new", "permission_read": 0}]},
        {"objects": [{**written, "version": "*"}]},
        {"objects": [{**written, "key": "new", "version": "*"}]},
        {"objects": [{**written, "value": "no JSON"}]},
        {"objects": []},
    ]


_REQUESTS: dict[str, Callable[[GameData], list[Request | Asked]]] = {
    "AddFriends": lambda w: [*_friends(w), {"usernames": ["frank"], "metadata": '{"a": 1}'}],
    "AddGroupUsers": _members,
    "BanGroupUsers": _members,
    "BlockFriends": _friends,
    "CreateGroup": lambda w: [
        {
            "name": "new",
            "description": "d",
            "lang_tag": "fr",
            "avatar_url": "a",
            "open": True,
            "max_count": 7,
        },
        {"name": "guild"},
        {"name": "new", "max_count": -1},
    ],
    "DeleteAccount": lambda w: [{}],
    "DeleteFriends": _friends,
    "DeleteGroup": _group,
    "DeleteLeaderboardRecord": _one("leaderboard_id", "arcade"),
    "DeleteNotifications": lambda w: [{"ids": list(w.notifications[:2])}, {"ids": ["no-id"]}, {}],
    "DeleteStorageObjects": lambda w: [
        {"object_ids": [{"collection": "saves", "key": f"slot-{n}"} for n in range(2)]},
        {"object_ids": [{"collection": "saves", "key": "slot-0", "version": "wrong"}]},
        {"object_ids": [{}]},
    ],
    "DeleteTournamentRecord": _one("tournament_id", "cup"),
    "DemoteGroupUsers": _members,
    "Event": lambda w: [
        {
            "name": "won",
            "properties": {"a": "1", "ü": ""},
            "timestamp": "2027-01-15T08:00:00.123456789Z",
            "external": True,
        },
        {"name": "won"},
        {},
    ],
    "GetAccount": lambda w: [Asked({}, name) for name in w.users],
    "GetSubscription": lambda w: [
        {"product_id": "pass-0"},
        {"product_id": "pass-1"},
        {"product_id": "pass-3"},
        {"product_id": "none"},
    ],
    "GetUsers": lambda w: [
        {"ids": list(w.users.values())[:3], "usernames": ["erin"]},
        {"facebook_ids": ["104"]},
        {"ids": ["no-id"]},
        {},
    ],
    "Healthcheck": lambda w: [{}],
    "ImportFacebookFriends": lambda w: [
        {"account": {"token": "fb:104:", "vars": {"a": "1"}}, "reset": True},
        {"account": {"token": "wrong"}},
        {"account": {}},
    ],
    "ImportSteamFriends": lambda w: [
        {"account": {"token": "108:", "vars": {"a": "1"}}, "reset": True},
        {"account": {"token": "wrong"}},
        {"account": {}},
    ],
    "JoinGroup": _group,
    "JoinTournament": _one("tournament_id", "cup"),
    "KickGroupUsers": _members,
    "LeaveGroup": _group,
    "ListChannelMessages": lambda w: [
        *({"channel_id": room, "limit": 2, "forward": True} for room in w.rooms),
        {"channel_id": w.rooms[0], "limit": 2, "forward": False},
        {"channel_id": w.rooms[0], "cursor": "none"},
        {"channel_id": "no-channel"},
    ],
    "ListFriends": lambda w: [
        {"limit": 2},
        *({"limit": 100, "state": state} for state in range(5)),
        {"cursor": "none"},
        {"limit": 0},
    ],
    "ListFriendsOfFriends": lambda w: [{"limit": 1}, {"limit": 100}, {"cursor": "none"}],
    "ListGroups": lambda w: [
        {"limit": 1},
        {"name": "gu%", "limit": 9},
        {"lang_tag": "en", "open": True},
        {"members": 3, "open": False},
        {"cursor": "none"},
    ],
    "ListGroupUsers": lambda w: [
        {"group_id": w.guild, "limit": 1},
        Asked({"group_id": w.club, "state": 3}, "bob"),
        {"group_id": w.guild, "cursor": "none"},
    ],
    "ListLeaderboardRecords": _records("leaderboard_id", "arcade"),
    "ListLeaderboardRecordsAroundOwner": _around("leaderboard_id", "arcade"),
    "ListNotifications": lambda w: [
        {"limit": 2},
        {},
        {"limit": 0},
        {"cacheable_cursor": "none"},
    ],
    "ListStorageObjects": lambda w: [
        {"collection": "saves", "user_id": w.users["alice"], "limit": 1},
        {"collection": "saves", "user_id": w.users["bob"], "limit": 2},
        {"collection": "saves", "limit": 2},
        {"collection": "saves", "cursor": "none"},
    ],
    "ListSubscriptions": lambda w: [{"limit": 1}, {}, {"cursor": "none"}],
    "ListTournamentRecords": _records("tournament_id", "cup"),
    "ListTournamentRecordsAroundOwner": _around("tournament_id", "cup"),
    "ListTournaments": lambda w: [
        {"limit": 1},
        {"category_start": 1, "category_end": 3, "start_time": 1, "end_time": 1_900_000_000},
        {"category_start": 4, "category_end": 9},
        {"cursor": "none"},
    ],
    "ListUserGroups": lambda w: [
        {"user_id": w.users["alice"], "limit": 1},
        {"user_id": w.users["alice"], "state": 3},
        {"user_id": w.users["bob"], "cursor": "none"},
    ],
    "PromoteGroupUsers": _members,
    "ReadStorageObjects": lambda w: [
        {
            "object_ids": [
                {"collection": "saves", "key": f"slot-{number}", "user_id": user}
                for user in (w.users["alice"], w.users["bob"])
                for number in range(4)
            ]
        },
        {"object_ids": [{"collection": "saves", "key": "slot-0"}]},
        {"object_ids": [{"user_id": "no-id"}]},
    ],
    "RpcFunc": lambda w: [
        {"id": "echo", "payload": '{"a": "ü"}'},
        {"id": "ECHO", "payload": '"'},
        {"id": "echo"},
        Asked({"id": "echo", "payload": "x", "http_key": "defaulthttpkey"}, ""),
        Asked({"id": "echo", "payload": "x", "http_key": "wrong"}, ""),
        {"id": "none"},
    ],
    "SessionLogout": lambda w: [
        {
            "token": w.bearers["alice"][1].removeprefix("Bearer "),
            "refresh_token": w.refresh_token,
        },
        {"token": "wrong"},
        {"refresh_token": "wrong"},
        {},
    ],
    "SessionRefresh": lambda w: [
        {"token": w.refresh_token, "vars": {"a": "1"}},
        {"token": w.refresh_token},
        {"token": "wrong"},
        {},
    ],
    "UpdateAccount": _account_changes,
    "UpdateGroup": _group_changes,
    "ValidatePurchaseApple": _receipts("receipt", "apple:sword:t-1"),
    "ValidatePurchaseFacebookInstant": _receipts("signed_request", "facebook:sword:t-1"),
    "ValidatePurchaseGoogle": _receipts("purchase", "google:sword:t-1"),
    "ValidatePurchaseHuawei": _receipts("purchase", "huawei:sword:t-1", signature="any"),
    "ValidatePurchaseSamsung": _receipts("purchase_id", "samsung:sword:t-1"),
    "ValidateSubscriptionApple": _receipts("receipt", "apple:pass-0:s-0:expires=4102444800"),
    "ValidateSubscriptionGoogle": _receipts("receipt", "google:pass:s-9:expires=4102444800"),
    "WriteLeaderboardRecord": _write_record("leaderboard_id", "arcade"),
    "WriteStorageObjects": _write_objects,
    "WriteTournamentRecord": _write_record("tournament_id", "cup"),
}
