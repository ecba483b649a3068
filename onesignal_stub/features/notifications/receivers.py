"""Receivers of a message: the devices that its targeting names, and those that cannot take it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Literal, TypeAlias

from attrs import frozen

from onesignal_stub import fields
from onesignal_stub.audience import EMAIL_TYPE, Audience, BySegments, SegmentSet, select
from onesignal_stub.devices import Devices
from onesignal_stub.features.notifications.targeting import TOKEN_FIELDS, Names, Target
from onesignal_stub.features.segments.core import Segments
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.features.users.core import Users
from onesignal_stub.filters import Device

_UNKNOWN_SHOWN = 100
_Kind: TypeAlias = Literal["id", "external_user_id", "alias", "token"]


@frozen
class Named:
    """A device and the name by which the request meant it.

    Attributes:
        kind: Where the name stood.
        label: The label of an alias, or the field of a token.
        value: The name.
        device: The device.
    """

    kind: _Kind
    label: str
    value: str
    device: Device


@frozen
class Found:
    """What a targeting found.

    Attributes:
        audience: Who receives.
        invalid: OneSignal's `errors`: the names of devices that take no messages; {} for none.
    """

    audience: Audience
    invalid: Mapping[str, Any]


class Receivers:
    """Finds the devices that a targeting means.

    Args:
        devices: The devices of all apps.
        segments: The segments of all apps.
        subscriptions: Where tokens that nobody knows yet are registered.
        users: Who owns those.
    """

    def __init__(
        self, devices: Devices, segments: Segments, *, subscriptions: Subscriptions, users: Users
    ) -> None:
        self._devices = devices
        self._segments = segments
        self._subscriptions = subscriptions
        self._users = users

    def register(self, app_id: str, target: Target) -> None:
        """Add a record for each token, address and number that the app does not know yet."""
        for field, tokens in (target.names or Names()).tokens.items():
            device_type = TOKEN_FIELDS[field]
            for token in tokens:
                if self._subscriptions.by_token(app_id, device_type, token) is None:
                    self._subscriptions.add(
                        app_id,
                        self._users.add(app_id),
                        device_type=device_type,
                        columns={"token": token},
                    )

    def find(self, app_id: str, target: Target, *, now: float) -> Found:
        """Who receives at this time, in seconds since the epoch."""
        aim = target.aim
        named_segments = aim.excluded or isinstance(aim.targeting, BySegments)
        segments = self._segments.of(app_id) if named_segments else SegmentSet({})
        if target.names is None:
            audience = select(self._devices.of_app(app_id), aim, segments=segments, now=now)
            return Found(audience, {})
        named = list(self._named(app_id, target.names))
        audience = select((name.device for name in named), aim, segments=segments, now=now)
        unsubscribed = {device.number for device in audience.unsubscribed}
        return Found(
            audience, _invalid(name for name in named if name.device.number in unsubscribed)
        )

    def unknown_segments(self, app_id: str, body: Mapping[str, Any]) -> list[str]:
        """The first hundred segment names in a request that the app does not have."""
        names = fields.strings(body, "included_segments") + fields.strings(
            body, "excluded_segments"
        )
        if not names:
            return []
        segments = self._segments.of(app_id)
        unknown = (name for name in names if not segments.knows(name))
        return list(islice(unknown, _UNKNOWN_SHOWN))

    def _named(self, app_id: str, names: Names) -> Iterator[Named]:
        for device in self._devices.by_ids(app_id, names.ids) if names.ids else ():
            yield Named("id", "", device.id, device)
        if names.external_user_ids:
            found = self._devices.by_alias(app_id, "external_id", names.external_user_ids)
            for value, device in found:
                yield Named("external_user_id", "", value, device)
        for label, values in names.aliases.items():
            for value, device in self._devices.by_alias(app_id, label, values):
                yield Named("alias", label, value, device)
        for field, tokens in names.tokens.items():
            if tokens:
                for value, device in self._devices.by_tokens(app_id, TOKEN_FIELDS[field], tokens):
                    yield Named("token", field, value, device)


def _invalid(named: Iterator[Named]) -> dict[str, Any]:
    invalid: dict[str, Any] = {}
    for name in named:
        if name.kind == "id":
            invalid.setdefault("invalid_player_ids", []).append(name.value)
        elif name.kind == "external_user_id":
            invalid.setdefault("invalid_external_user_ids", []).append(name.value)
        elif name.kind == "alias":
            labels = invalid.setdefault("invalid_aliases", {})
            labels.setdefault(name.label, []).append(name.value)
        elif name.label == "include_phone_numbers":
            invalid.setdefault("invalid_phone_numbers", []).append(name.value)
        elif TOKEN_FIELDS[name.label] == EMAIL_TYPE:
            invalid.setdefault("invalid_email_tokens", []).append(name.value)
    return invalid
