"""The built-in RPC functions for devices.

`register_push` and `unregister_push` do what Nakama's push tutorial describes, for games without
such functions of their own; `list_push_devices` and `remove_push_device` are the mock's own. A
server module's function of the same name takes their place.
"""

from __future__ import annotations

from typing import Any

from mock_server.config import OneSignalConfig
from mock_server.features.accounts.core import Accounts
from mock_server.features.push.device_registry import DeviceRegistry
from mock_server.features.push.devices import shown
from mock_server.features.push.runtime import read_user_ids
from mock_server.features.sessions.devices import SessionDevices
from mock_server.identity import SYSTEM_USER
from mock_server.runtime.callbacks import RpcFunction
from mock_server.runtime.context import Context
from mock_server.runtime.errors import BadArgument, ModuleError
from mock_server.runtime.tools.encoding import EncodingFunctions
from mock_server.wire import gojson
from mock_server.wire.errors import GrpcCode

DEVICE_TYPES = {
    0: "iOS",
    1: "Android",
    2: "Amazon",
    3: "Windows Phone (MPNS)",
    4: "Chrome app",
    5: "Chrome web push",
    6: "Windows (WNS)",
    7: "Safari (legacy)",
    8: "Firefox",
    9: "macOS",
    10: "Alexa",
    11: "e-mail",
    13: "Huawei",
    14: "SMS",
    17: "Safari",
}


class PushFunctions:
    """Registers and unregisters the caller's devices.

    The payload of the first two is `{"DeviceType": 1, "Identifier": "…"}`.
    """

    def __init__(
        self,
        config: OneSignalConfig,
        accounts: Accounts,
        sessions: SessionDevices,
        devices: DeviceRegistry,
    ) -> None:
        self._has_onesignal = bool(config.url)
        self._accounts = accounts
        self._sessions = sessions
        self._devices = devices
        self._json = EncodingFunctions()

    def functions(self) -> dict[str, RpcFunction]:
        """The functions by their RPC id."""
        return {
            "register_push": self.register_push,
            "unregister_push": self.unregister_push,
            "list_push_devices": self.list_push_devices,
            "remove_push_device": self.remove_push_device,
        }

    async def register_push(self, context: Context, payload: str) -> str:
        """Register a device with OneSignal as one of the caller's.

        Returns:
            `{"os_player_id": "…"}`; `{}` while OneSignal does not answer: the request is retried.

        Raises:
            ModuleError: No user, a payload that is not as above, or no OneSignal.
        """
        user_id = self._user(context)
        device_type, identifier = self._device(payload)
        if not self._has_onesignal:
            raise ModuleError(
                "register_push has no OneSignal to register the device with: set onesignal.url, "
                "onesignal.app_id and onesignal.rest_key",
                GrpcCode.FAILED_PRECONDITION,
            )
        player_id = await self._devices.register(
            user_id,
            device_type,
            identifier,
            device_id=self._sessions.device_id(context.token_id, context.vars),
        )
        return gojson.marshal({"os_player_id": player_id} if player_id else {})

    async def unregister_push(self, context: Context, payload: str) -> None:
        """Remove a device from the caller, at logout; one that they do not have is no error.

        Raises:
            ModuleError: No user, or a payload that is not as above.
        """
        user_id = self._user(context)
        self._devices.unregister(user_id, *self._device(payload))

    async def list_push_devices(self, context: Context, payload: str) -> str:
        """List the caller's devices; with the HTTP key those of `{"user_ids": ["…"]}`.

        Returns:
            `{"devices": [{"user_id": "…", "player_id": "…", …}]}`.

        Raises:
            ModuleError: The payload is not as above, or a player asks for others.
        """
        if context.user_id in (None, "", SYSTEM_USER):
            user_ids = self._asked(payload)
        else:
            user_ids = [self._user(context)]
            if payload and self._asked(payload, default=user_ids) != user_ids:
                raise ModuleError(
                    "a player sees their own devices only; others take the HTTP key",
                    GrpcCode.PERMISSION_DENIED,
                )
        devices = [
            {"user_id": user_id, **shown(device)}
            for user_id in user_ids
            for device in self._devices.of_user(user_id)
        ]
        return gojson.marshal({"devices": devices})

    async def remove_push_device(self, context: Context, payload: str) -> str:
        """Remove one of the caller's devices, given `{"player_id": "…"}`.

        Returns:
            `{"removed": true}`, or false if they do not have it.

        Raises:
            ModuleError: No user, or a payload that is not as above.
        """
        user_id = self._user(context)
        player_id = self._object(payload).get("player_id")
        if not isinstance(player_id, str) or not player_id:
            raise ModuleError('expected {"player_id": "…"}', GrpcCode.INVALID_ARGUMENT)
        return gojson.marshal({"removed": self._devices.remove(user_id, player_id)})

    def _asked(self, payload: str, default: list[str] | None = None) -> list[str]:
        given = self._object(payload).get("user_ids", default)
        try:
            return read_user_ids(given, "list_push_devices")
        except BadArgument as error:
            raise ModuleError(
                f'expected {{"user_ids": ["…"]}}: it {error.expected}', GrpcCode.INVALID_ARGUMENT
            ) from None

    def _object(self, payload: str) -> dict[str, Any]:
        given = self._json.json_decode(payload)
        return given if isinstance(given, dict) else {}

    def _user(self, context: Context) -> str:
        if context.user_id in (None, SYSTEM_USER):
            raise ModuleError(
                "a device belongs to a user: call this with their session, not with the HTTP key",
                GrpcCode.UNAUTHENTICATED,
            )
        if self._accounts.find(str(context.user_id)) is None:
            raise ModuleError("User account not found.", GrpcCode.NOT_FOUND)
        return str(context.user_id)

    def _device(self, payload: str) -> tuple[int, str]:
        given = self._object(payload)
        identifier = given.get("Identifier")
        if not isinstance(identifier, str) or not identifier:
            raise _refusal("Identifier must be the device's push token, a text")
        device_type = _number(given.get("DeviceType"))
        if device_type not in DEVICE_TYPES:
            known = ", ".join(f"{number} {name}" for number, name in DEVICE_TYPES.items())
            raise _refusal(f"DeviceType must be one of: {known}")
        return device_type, identifier


def _number(value: Any) -> int:
    """A device type, which may come as text; -1 for anything else."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _refusal(problem: str) -> ModuleError:
    return ModuleError(
        f'expected {{"DeviceType": 1, "Identifier": "…"}}: {problem}', GrpcCode.INVALID_ARGUMENT
    )
