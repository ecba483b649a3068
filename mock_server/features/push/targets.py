"""Whom a push is for: one of OneSignal's ways to say it.

https://documentation.onesignal.com/reference/create-message
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from attrs import frozen


@frozen
class Segments:
    """Everybody in some segments and in none of others.

    Attributes:
        included: Names of segments; case matters.
        excluded: Names of segments; they win.
    """

    included: Sequence[str]
    excluded: Sequence[str] = ()

    def fields(self) -> dict[str, Any]:
        """The fields of a create request."""
        fields = {"included_segments": list(self.included)}
        return fields | ({"excluded_segments": list(self.excluded)} if self.excluded else {})


@frozen
class Filters:
    """Everybody to whom a condition applies.

    Attributes:
        filters: Filter objects as `{"field": "tag", "key": "level", "relation": ">", "value":
            "10"}`, and `{"operator": "OR"}` between them; AND goes before OR. Up to 200.
    """

    filters: Sequence[Mapping[str, str]]

    def fields(self) -> dict[str, Any]:
        """The fields of a create request."""
        return {"filters": [dict(each) for each in self.filters]}


@frozen
class Devices:
    """Single devices.

    Attributes:
        player_ids: OneSignal's ids of them, all UUIDs: one that is none fails the whole request.
            Up to 2000.
    """

    player_ids: Sequence[str]

    def fields(self) -> dict[str, Any]:
        """The fields of a create request."""
        return {"include_player_ids": list(self.player_ids)}


@frozen
class ExternalUsers:
    """All devices on which one of these external user ids is set.

    Attributes:
        ids: The backend's names for users. Up to 2000.
    """

    ids: Sequence[str]

    def fields(self) -> dict[str, Any]:
        """The fields of a create request."""
        return {
            "include_external_user_ids": list(self.ids),
            "channel_for_external_user_ids": "push",
        }


@frozen
class Aliases:
    """All devices of the users with one of these aliases.

    Attributes:
        ids: The aliases' values by their label, as `{"external_id": ["ada"]}`.
    """

    ids: Mapping[str, Sequence[str]]

    def fields(self) -> dict[str, Any]:
        """The fields of a create request."""
        aliases = {label: list(values) for label, values in self.ids.items()}
        return {"include_aliases": aliases, "target_channel": "push"}


Target: TypeAlias = Segments | Filters | Devices | ExternalUsers | Aliases
