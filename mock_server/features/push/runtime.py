"""Functions about devices for server modules: in Lua, `require("nakama_mock")`.

They are not in `nk`: no Nakama has them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from mock_server.features.push.device_registry import DeviceRegistry
from mock_server.features.push.devices import shown
from mock_server.runtime.errors import BadArgument
from mock_server.runtime.functions import MOCK_MODULE, RuntimeFunctions
from mock_server.wire.uuids import parse_uuid


class PushModuleFunctions(RuntimeFunctions):
    """The table of devices, for modules."""

    _module: ClassVar[str] = MOCK_MODULE

    def __init__(self, devices: DeviceRegistry) -> None:
        self._devices = devices

    def push_devices(self, user_ids: Any = None) -> dict[str, list[dict[str, Any]]]:
        """The devices of users by user id, those that registered last first."""
        return {
            user_id: [shown(device) for device in self._devices.of_user(user_id)]
            for user_id in read_user_ids(user_ids, "push_devices")
        }

    def push_player_ids(self, user_ids: Any = None) -> list[str]:
        """The player ids of all devices of users, each one once."""
        devices = [
            device
            for user_id in read_user_ids(user_ids, "push_player_ids")
            for device in self._devices.of_user(user_id)
        ]
        return list(dict.fromkeys(each.player_id for each in devices if each.player_id))

    def push_device_remove(self, user_id: Any = None, player_id: Any = None) -> bool:
        """Remove a device from a user; returns whether they had it."""
        (wanted,) = read_user_ids([user_id], "push_device_remove")
        if not isinstance(player_id, str) or not player_id:
            raise BadArgument(2, "push_device_remove", "expects a player id")
        return self._devices.remove(wanted, player_id)


def read_user_ids(given: Any, function: str) -> list[str]:
    """User ids, in their canonical form.

    Raises:
        BadArgument: It is no list of them.
    """
    if given == {}:  # an empty table of Lua
        return []
    if not isinstance(given, list):
        raise BadArgument(1, function, "expects a list of user ids")
    ids = [parse_uuid(each) if isinstance(each, str) else None for each in given]
    if None in ids:
        raise BadArgument(1, function, f"expects user ids; number {ids.index(None) + 1} is none")
    return [each for each in ids if each is not None]
