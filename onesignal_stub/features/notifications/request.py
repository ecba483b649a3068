"""What a create-notification request asks for, checked before anything happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.errors import ApiError, refused

NO_TARGETING = (
    "You must include which players, segments, or tags you wish to send this notification to."
)


def player_ids(body: Mapping[str, Any]) -> list[str]:
    """The ids to send to, each once, in lower case.

    Raises:
        ApiError: One of them is no UUID, or there are none.
    """
    given = _uuids(body, "include_player_ids", "player_id")
    given += _uuids(body, "include_subscription_ids", "subscription_id")
    if not given:
        raise refused(NO_TARGETING)
    return list(dict.fromkeys(given))


def check_content(body: Mapping[str, Any]) -> None:
    """Raises ApiError if there is nothing to show."""
    if body.get("content_available") is True or body.get("template_id"):
        return
    if not (fields.mapping(body, "contents") or {}).get("en"):
        raise refused("Message Notifications must have English language content")


def _uuids(body: Mapping[str, Any], name: str, kind: str) -> list[str]:
    given = body.get(name)
    if given is None or given == {}:
        return []
    values = given if isinstance(given, list) else [given]
    if not all(fields.is_uuid(value) for value in values):
        raise _bad_ids(kind, name, values)
    return [value.lower() for value in values]


def _bad_ids(kind: str, name: str, values: list[Any]) -> ApiError:
    listed = ", ".join(msgspec.json.encode(value).decode() for value in values)
    return refused(f"Incorrect {kind} format in {name} (not a valid UUID): [{listed}]")
