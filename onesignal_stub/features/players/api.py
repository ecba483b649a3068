"""`/players`: add, view, list, edit and delete devices."""

from __future__ import annotations

from onesignal_stub.access import Key
from onesignal_stub.errors import ApiError, refused, unsuccessful
from onesignal_stub.features.players.core import KNOWN_FIELDS, Players
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute, Handler
from onesignal_stub.paging import page_of

_MAX_PAGE = 300


def routes(players: Players) -> list[ApiRoute]:
    """The routes of players."""
    api = _PlayersApi(players)

    def of_player(method: str, event: str, handler: Handler) -> ApiRoute:
        """A route that finds the app by the player, where the request does not name it."""
        return ApiRoute(
            method,
            f"/players/{{player_id}}{event}",
            handler,
            Key.OPEN,
            unknown_app=_unknown_app,
            app_of=lambda path: players.app_of(path["player_id"]),
        )

    return [
        ApiRoute("POST", "/players", api.create, Key.OPEN, unknown_app=_unknown_app),
        ApiRoute("GET", "/players", api.list),
        of_player("GET", "", api.view),
        of_player("PUT", "", api.edit),
        ApiRoute("DELETE", "/players/{player_id}", api.delete),
        of_player("POST", "/on_session", api.on_session),
        of_player("POST", "/on_purchase", api.on_purchase),
        of_player("POST", "/on_focus", api.on_focus),
    ]


def _unknown_app(app_id: str) -> ApiError:
    return refused(f"App with id: {app_id} does not exist", status=404)


class _PlayersApi:
    def __init__(self, players: Players) -> None:
        self._players = players

    def create(self, call: ApiCall) -> ApiReply:
        _note_ignored(call)
        player_id = self._players.create(call.app_id, call.body)
        return ApiReply({"success": True, "id": player_id})

    def list(self, call: ApiCall) -> ApiReply:
        page = page_of(call.query, maximum=_MAX_PAGE)
        return ApiReply(
            {
                "total_count": self._players.count(call.app_id),
                "offset": page.offset,
                "limit": page.limit,
                "players": self._players.page(call.app_id, limit=page.limit, offset=page.offset),
            }
        )

    def view(self, call: ApiCall) -> ApiReply:
        return ApiReply(self._players.view(call.app_id, call.path["player_id"]))

    def edit(self, call: ApiCall) -> ApiReply:
        _note_ignored(call)
        self._players.update(call.app_id, call.path["player_id"], call.body)
        return ApiReply({"success": True})

    def delete(self, call: ApiCall) -> ApiReply:
        if not self._players.delete(call.app_id, call.path["player_id"]):
            raise unsuccessful(status=404)
        return ApiReply({"success": True})

    def on_session(self, call: ApiCall) -> ApiReply:
        self._players.on_session(call.app_id, call.path["player_id"], call.body)
        return ApiReply({"success": True})

    def on_purchase(self, call: ApiCall) -> ApiReply:
        self._players.on_purchase(call.app_id, call.path["player_id"], call.body)
        return ApiReply({"success": True})

    def on_focus(self, call: ApiCall) -> ApiReply:
        self._players.on_focus(call.app_id, call.path["player_id"], call.body)
        return ApiReply({"success": True})


def _note_ignored(call: ApiCall) -> None:
    call.ignored += [f"body: {name}" for name in call.body if name not in KNOWN_FIELDS]
