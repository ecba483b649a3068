"""A small game on a mock: its server modules, its players, and what they do on an afternoon."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from websockets.sync.client import ClientConnection, connect

from mock_server import Config, MockServer, PushMessage
from server_kit import Fault

LUA = """
local nk = require("nakama")

local function claim(context, payload)
    return nk.json_encode({gold = 250, chest = nk.json_decode(payload).chest})
end

local function quiet(context, payload)
    return payload
end

nk.register_rpc(claim, "claim_chest")
nk.register_req_before(quiet, "ListFriends")
nk.register_rt_before(quiet, "ChannelJoin")
nk.register_leaderboard_reset(function(context, board, reset) end)
"""

PYTHON = """
def init_module(nk):
    nk.metrics_counter_add("chests", {"kind": "<b>gold</b>"}, 3)
    nk.metrics_timer_record("opening", {}, 2500000)
    nk.register_match("arena", Arena())
    nk.register_rpc(echo, "echo")
    nk.register_rpc(broken, "open_shop")
    weekly = "0 0 * * 1"
    nk.leaderboard_create("weekly_trophies", False, "desc", "best", weekly, {"icon": "cup"}, True)
    nk.leaderboard_create("fastest_lap", False, "asc", "best", "", {}, True)
    nk.tournament_create(
        "clan_war", False, "desc", "incr", 86400, "0 12 * * *", {"prize": 10000}, "Clan war",
        "The Owls meet the Foxes on Frozen Lake.", 2,
        max_size=100, max_num_score=3, enable_ranks=True,
    )
    nk.tournament_create("daily_dash", True, "desc", "best", 3600, "0 12 * * *", {}, "Daily dash")


def echo(context, payload):
    return payload


def broken(context, payload):
    return str(1 // int(payload or "0"))


class Arena:
    def match_init(self, context, params):
        label = '{"mode":"ranked","map":"Frozen Lake"}'
        return {"map": "Frozen Lake", "scores": {}, "round": 1}, 5, label

    def match_join_attempt(self, context, dispatcher, tick, state, presence, metadata):
        return state, True

    def match_join(self, context, dispatcher, tick, state, presences):
        for presence in presences:
            state["scores"][presence["username"]] = 0
        return state

    def match_leave(self, context, dispatcher, tick, state, presences):
        return state

    def match_loop(self, context, dispatcher, tick, state, messages):
        return state

    def match_terminate(self, context, dispatcher, tick, state, grace_seconds):
        return state

    def match_signal(self, context, dispatcher, tick, state, data):
        return state, data
"""


def game_config(folder: Path) -> Config:
    """The settings of a server with the game's modules, which are written to a folder.

    Tokens last for hours: an afternoon is played once for all tests of a module.
    """
    (folder / "chests.lua").write_text(LUA, encoding="utf-8")
    (folder / "game.py").write_text(PYTHON, encoding="utf-8")
    settings = {"runtime.path": str(folder), "session.token_expiry_sec": 36_000}
    return Config.from_settings(settings)


@frozen
class Player:
    """A client of the mock."""

    server: MockServer
    id: str
    name: str
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        return call(self.server.http_url + path, method, f"Bearer {self.token}", body)

    def connect(self) -> ClientConnection:
        return connect(f"{self.server.socket_url}?token={self.token}&format=json", proxy=None)


def call(url: str, method: str = "GET", authorization: str = "", body: object = None) -> Any:
    """The JSON that a server answers, also where it refuses."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return json.loads(error.read() or b"null")


def log_in(server: MockServer, username: str) -> Player:
    key = "Basic " + base64.b64encode(b"defaultkey:").decode()
    url = f"{server.http_url}/v2/account/authenticate/device?username={username}"
    token = call(url, "POST", key, {"id": str(uuid.uuid4())})["token"]
    claims = token.split(".")[1]
    user_id = json.loads(base64.urlsafe_b64decode(claims + "=="))["uid"]
    return Player(server, user_id, username, token)


def ask(socket: ClientConnection, member: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Send a message, and return the envelope that answers it."""
    socket.send(json.dumps({"cid": member, member: fields}))
    while True:
        envelope: dict[str, Any] = json.loads(socket.recv(timeout=10))
        if envelope.get("cid") == member:
            return envelope


@contextmanager
def playing(server: MockServer) -> Iterator[dict[str, Player]]:
    """An afternoon: sockets stay open in a match, a party and the matchmaker meanwhile."""
    with ExitStack() as stack:
        yield _play(server, stack)


def _play(server: MockServer, stack: ExitStack) -> dict[str, Player]:
    names = ("ada", "bo", "chidi", "dunja", "emre", "fay")
    players = {name: log_in(server, name) for name in names}
    ada, bo = players["ada"], players["bo"]
    ada.call("PUT", "/v2/account", {"display_name": "Ada of the Owls", "location": "Lagos"})
    _befriend(ada, bo, players["chidi"])
    group = ada.call("POST", "/v2/group", {"name": "Night Owls", "open": True})
    bo.call("POST", f"/v2/group/{group['id']}/join")
    deck = json.dumps({"cards": ["owl", "fox", "lake"], "level": 12})
    objects = [
        {"collection": "decks", "key": "main", "value": deck, "permission_read": 2},
        {"collection": "saves", "key": "slot_1", "value": json.dumps({"chapter": 4, "gold": 250})},
    ]
    ada.call("PUT", "/v2/storage", {"objects": objects})
    for place, player in enumerate(players.values()):
        record = {"score": str(48_200 - 3_100 * place), "subscore": str(place)}
        player.call("POST", "/v2/leaderboard/weekly_trophies", record)
    bo.call("POST", "/v2/leaderboard/fastest_lap", {"score": "83420"})
    _send(server, ada)
    _cause_problems(server, players["chidi"])
    _meet(server, stack, players)
    return players


def _befriend(player: Player, *others: Player) -> None:
    for other in others:
        player.call("POST", f"/v2/friend?ids={other.id}")
        other.call("POST", f"/v2/friend?ids={player.id}")


def _send(server: MockServer, ada: Player) -> None:
    server.pushes.on_event(7)(lambda event: PushMessage(contents={"en": "Your chest is open"}))
    content = {"chest": 7, "gold": 250}
    server.run(server.notifications.send(ada.id, "A golden key", content, code=7))


def _cause_problems(server: MockServer, chidi: Player) -> None:
    """What a game's developer finds in the console: misses, ignored fields, a broken module."""
    chidi.call("GET", "/v2/notification?limit=10&cursor=x")
    for _ in range(3):
        chidi.call("GET", "/v2/notifications")
    chidi.call("POST", "/v2/rpc/open_shop?unwrap")
    server.faults.add(Fault.latency(0.2), "GET /v2/user")
    server.faults.add(Fault.status(503), "/v2/matchmaker/stats", times=2)


def _meet(server: MockServer, stack: ExitStack, players: dict[str, Player]) -> None:
    sockets = {
        name: stack.enter_context(player.connect())
        for name, player in players.items()
        if name not in ("emre", "fay")
    }
    match = server.run(_create_match(server))
    for name in ("ada", "bo"):
        ask(sockets[name], "match_join", {"match_id": match})
    ask(sockets["chidi"], "match_create", {})
    ask(sockets["ada"], "channel_join", {"type": 1, "target": "tavern"})
    party = ask(
        sockets["dunja"],
        "party_create",
        {"open": True, "max_size": 4, "label": '{"mode":"ranked"}'},
    )["party"]
    ask(sockets["chidi"], "party_join", {"party_id": party["party_id"]})
    search = {"min_count": 4, "max_count": 4, "query": "+properties.mode:ranked"}
    properties = {"string_properties": {"mode": "ranked"}, "numeric_properties": {"level": 12}}
    asked = {"party_id": party["party_id"], **search, **properties}
    ask(sockets["dunja"], "party_matchmaker_add", asked)
    ask(sockets["bo"], "matchmaker_add", {"min_count": 2, "max_count": 8, "query": "*"})


async def _create_match(server: MockServer) -> str:
    match: str = await server.nk.match_create("arena", {})
    return match
