"""The device of each session, if its login named one."""

from __future__ import annotations

from collections.abc import Mapping

_MOST = 10_000  # sessions whose device is remembered
_NAMES = ("device_id", "installation_id", "os_player_id")  # session variables that name one


class SessionDevices:
    """Remembers the device ids of logins by device id; the newest 10,000.

    A token does not have the device id, so that after a restart only session variables tell it.
    """

    def __init__(self) -> None:
        self._by_token: dict[str, str] = {}

    def remember(self, token_id: str, device_id: str) -> None:
        """Remember the device id of a login."""
        self._by_token[token_id] = device_id
        if len(self._by_token) > _MOST:
            del self._by_token[next(iter(self._by_token))]

    def device_id(self, token_id: str | None, variables: Mapping[str, str] | None) -> str | None:
        """The id that the game gave a session's device, or None."""
        known = self._by_token.get(token_id or "")
        return known or (variables or {}).get("device_id") or None

    def names(self, token_id: str, variables: Mapping[str, str]) -> frozenset[str]:
        """All that a session tells of its device: ids of the device, the installation, the player.

        Session variables of these names tell them: `device_id`, `installation_id`, `os_player_id`.
        """
        known = (self._by_token.get(token_id), *(variables.get(name) for name in _NAMES))
        return frozenset(each for each in known if each)
