"""The target of a push, as fields of a create-notification request.

https://documentation.onesignal.com/reference/create-message
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from attrs import frozen


@frozen
class PlayerIds:
    """Devices by their player ids.

    Attributes:
        player_ids: UUIDs, up to 2,000; OneSignal refuses the request if one is not a UUID.
    """

    player_ids: Sequence[str]

    def fields(self) -> dict[str, Any]:
        """The fields of a create request."""
        return {"include_player_ids": list(self.player_ids)}


@frozen
class ExternalUserIds:
    """All devices with one of these external user ids.

    Attributes:
        ids: The backend's ids of users, up to 2,000.
    """

    ids: Sequence[str]

    def fields(self) -> dict[str, Any]:
        """The fields of a create request."""
        return {
            "include_external_user_ids": list(self.ids),
            "channel_for_external_user_ids": "push",
        }


PushTarget: TypeAlias = PlayerIds | ExternalUserIds
