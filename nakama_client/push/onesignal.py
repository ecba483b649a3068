"""The calls of OneSignal's SDK inside of an app: https://documentation.onesignal.com/reference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import frozen

from nakama_client.errors import PushRefused
from nakama_client.protocol.codec import DECODE_ERRORS, decode, encode
from nakama_client.protocol.replies import Reply
from nakama_client.protocol.rules import check_present
from nakama_client.redaction import excerpt
from nakama_client.transport.http import HttpClient


@frozen
class _Player:
    id: str = ""


class OneSignalClient:
    """Creates and edits the player of one app at OneSignal.

    Each method raises `PushRefused` when OneSignal refuses, `ConnectionFailed`, `TimeoutExceeded`
    and `ClientClosed`.

    Args:
        http: Sends the requests.
        url: Where OneSignal is, as `https://onesignal.com`; its `/api/v1` may follow.
        app_id: The app's id at OneSignal.
    """

    def __init__(self, http: HttpClient, url: str, app_id: str) -> None:
        self._http = http
        self._url = url.rstrip("/").removesuffix("/api/v1")
        self._app_id = app_id

    async def create_player(self, fields: Mapping[str, Any]) -> str:
        """Register a device; returns its player id."""
        reply = await self._send("POST", "/players", fields)
        try:
            player = decode(reply.body, _Player)
        except DECODE_ERRORS:
            player = _Player()
        if not player.id:
            raise PushRefused(reply.status, excerpt(reply.body, reply.secrets))
        return player.id

    async def edit_player(self, player_id: str, changes: Mapping[str, Any]) -> None:
        """Change what OneSignal knows of a device."""
        await self._send("PUT", f"/players/{player_id}", changes)

    async def _send(self, method: str, path: str, fields: Mapping[str, Any]) -> Reply:
        body = encode({"app_id": self._app_id, **fields})
        url = f"{self._url}/api/v1{path}"
        secrets = (str(fields.get("identifier") or ""),)  # the platform's token of the device
        reply = await self._http.request(method, url, body, name=url, secrets=secrets)
        if reply.status != 200:
            raise PushRefused(reply.status, excerpt(reply.body, reply.secrets))
        return reply


class ExternalUserId:
    """The app's own id of the user of a device, kept at OneSignal.

    `device.external_user_id` is one.
    """

    def __init__(self, edit: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        self._edit = edit

    async def set(self, external_id: str) -> None:
        """Give the device to a user, after a login.

        Args:
            external_id: The app's own id of the user.

        Raises:
            ArgumentError: The id is empty.
            NotRegistered: The device has no player id.
            PushRefused: OneSignal refused.
        """
        await self._edit({"external_user_id": check_present("external_id", external_id)})

    async def remove(self) -> None:
        """Take the device from its user, at a logout.

        Raises:
            NotRegistered: The device has no player id.
            PushRefused: OneSignal refused.
        """
        await self._edit({"external_user_id": ""})
