"""The target of a push, as fields of a create-notification request.

https://documentation.onesignal.com/reference/create-message
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import Attribute, field, frozen

from mock_server.features.push.events import InvalidRule

PLAYER_ID, EXTERNAL_USER_ID = "player_id", "external_user_id"

_OF_ACCOUNT = ("email", "custom_id")
_FIELDS = (
    *("last_session", "first_session", "session_count", "session_time"),
    *("amount_spent", "bought_sku", "tag", "language", "country", "location"),
    *("app_version", "email", "device_type", "rooted", "test_users"),
)
_RELATIONS = (
    *(">", "<", "=", "!=", "exists", "not_exists", "time_elapsed_gt", "time_elapsed_lt"),
    *("in_array", "not_in_array"),
)
_KEYS = ("field", "relation", "key", "value", "hours_ago", "radius", "lat", "long")


def check_target(_: Any, __: Attribute[Any], target: object) -> None:
    """Refuse a text that is no target of a rule.

    Raises:
        InvalidRule: It is none of `player_id`, `external_user_id`, `external_user_id:email`,
            `…:custom_id`, `…:metadata:FIELD`, `…:function:MODULE.FUNCTION`.
    """
    if isinstance(target, str) and _is_target(target):
        return
    raise InvalidRule(
        "target must be player_id, external_user_id (the Nakama id), external_user_id:email, "
        "external_user_id:custom_id, external_user_id:metadata:FIELD or "
        f"external_user_id:function:MODULE.FUNCTION, not {target!r}"
    )


def check_optional_target(instance: Any, attribute: Attribute[Any], target: object) -> None:
    """Refuse a text that is neither empty nor a target of a rule.

    Raises:
        InvalidRule: As `check_target`.
    """
    if target != "":
        check_target(instance, attribute, target)


def _is_target(target: str) -> bool:
    name, _, source = target.partition(":")
    if name != EXTERNAL_USER_ID:
        return target == PLAYER_ID
    kind, _, place = source.partition(":")
    if kind == "metadata":
        return bool(place)
    if kind == "function":
        module, _, function = place.rpartition(".")
        return bool(module) and function.isidentifier()
    return target == EXTERNAL_USER_ID or source in _OF_ACCOUNT


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


def read_names(given: object) -> tuple[str, ...]:
    """The names of segments in a list.

    Raises:
        InvalidRule: It is none.
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidRule(f"segments must be a list of names, not {given!r}")
    names = tuple(given)
    for name in names:
        if not isinstance(name, str) or not name:
            raise InvalidRule(f"segments must be a list of names; one is {name!r}")
    return names


def read_filters(given: object) -> tuple[Mapping[str, Any], ...]:
    """OneSignal's filters in a list.

    Raises:
        InvalidRule: It is none.
    """
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise InvalidRule(f"filters must be a list of filters, not {given!r}")
    return tuple(given)


def _check_filters(_: Any, __: Attribute[Any], filters: tuple[object, ...]) -> None:
    """Refuse filters that OneSignal would refuse with each push: malformed or unknown ones."""
    for entry in filters:
        if not isinstance(entry, Mapping):
            raise InvalidRule(f"filters must be objects with 'field' or 'operator', not {entry!r}")
        if "operator" in entry:
            if entry["operator"] not in ("AND", "OR"):
                raise InvalidRule(f"filters: operator must be AND or OR, not {entry!r}")
        else:
            _check_filter(entry)


def _check_filter(entry: Mapping[Any, Any]) -> None:
    for name, known in (("field", _FIELDS), ("relation", _RELATIONS)):
        if entry.get(name) not in known and (name == "field" or name in entry):
            raise InvalidRule(f"filters: {name} must be one of {', '.join(known)}; not {entry!r}")
    if any(name not in _KEYS for name in entry):
        raise InvalidRule(f"filters: a filter has {', '.join(_KEYS)}; this one is {entry!r}")


@frozen(kw_only=True)
class PushAudience:
    """Devices chosen by what OneSignal knows of them: segments or filters.

    https://documentation.onesignal.com/docs/segmentation

    Attributes:
        included_segments: Names of segments, of which a device is in any.
        excluded_segments: Names of segments whose devices get nothing.
        filters: OneSignal's filters, instead of included segments.

    Raises:
        InvalidRule: It is none of these.
    """

    included_segments: tuple[str, ...] = field(default=(), converter=read_names)
    excluded_segments: tuple[str, ...] = field(default=(), converter=read_names)
    filters: tuple[Mapping[str, Any], ...] = field(
        default=(), converter=read_filters, validator=_check_filters
    )

    def __attrs_post_init__(self) -> None:
        if self.included_segments and self.filters:
            raise InvalidRule("OneSignal takes included_segments or filters, not both")
        if self.excluded_segments and not self:
            raise InvalidRule("excluded_segments are taken from included_segments or filters")

    def __bool__(self) -> bool:
        return bool(self.included_segments or self.filters)

    def fields(self) -> dict[str, Any]:
        """The fields of a create request."""
        fields = {
            "included_segments": list(self.included_segments),
            "excluded_segments": list(self.excluded_segments),
            "filters": [dict(each) for each in self.filters],
        }
        return {name: value for name, value in fields.items() if value}


PushTarget: TypeAlias = PlayerIds | ExternalUserIds | PushAudience
