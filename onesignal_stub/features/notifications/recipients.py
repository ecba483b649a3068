"""Resolves the target of a message to devices, and lists those that are not subscribed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from attrs import frozen

from onesignal_stub import fields
from onesignal_stub.audience import (
    EMAIL_TYPE,
    Audience,
    BySegments,
    IdKind,
    RecipientIds,
    SegmentSet,
    Target,
    id_field,
    select,
)
from onesignal_stub.devices import DeviceReader
from onesignal_stub.features.notifications.explanation import Explained, explain
from onesignal_stub.features.notifications.targeting import TOKEN_FIELDS
from onesignal_stub.features.segments.core import Segments
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.filters import FilterSubject
from onesignal_stub.prefilter import condition_of

_UNKNOWN_SHOWN = 100


@frozen
class ResolvedRecipient:
    """A device, and the id by which the request named it.

    Attributes:
        kind: Which kind of id.
        label: The label of an alias, or the request's field of a token.
        value: The id.
        device: The device.
    """

    kind: IdKind
    label: str
    value: str
    device: FilterSubject


@frozen
class Resolved:
    """A resolved target.

    Attributes:
        audience: The devices.
        invalid: OneSignal's `errors`: the ids of devices that are not subscribed; {} for none.
        named: The devices that the request named one by one.
        segments: The app's segments, as far as the request needs them.
        now: The time for which it was resolved, in seconds since the epoch.
    """

    audience: Audience
    invalid: Mapping[str, Any]
    named: Sequence[ResolvedRecipient]
    segments: SegmentSet
    now: float

    def explain(self, request: Mapping[str, Any], target: Target) -> Explained:
        """Explain the audience that a request's target was resolved to."""
        by_field: dict[str, list[tuple[str, FilterSubject]]] = {}
        for each in self.named:
            field = id_field(each.kind, each.label)
            by_field.setdefault(field, []).append((each.value, each.device))
        return explain(
            request, target, self.audience, by_field, segments=self.segments, now=self.now
        )


class RecipientResolver:
    """Finds the devices of a target.

    Args:
        devices: The devices of all apps.
        segments: The segments of all apps.
        subscriptions: Where unknown tokens are registered.
    """

    def __init__(
        self,
        devices: DeviceReader,
        segments: Segments,
        *,
        subscriptions: Subscriptions,
    ) -> None:
        self._devices = devices
        self._segments = segments
        self._subscriptions = subscriptions

    def register_tokens(self, app_id: str, target: Target) -> None:
        """Add a subscription for each token, address and number that the app does not have."""
        if not isinstance(target.targeting, RecipientIds):
            return
        for field, tokens in target.targeting.tokens.items():
            if tokens:
                self._subscriptions.add_tokens(app_id, TOKEN_FIELDS[field], tokens)

    def resolve(self, app_id: str, target: Target, *, now: float) -> Resolved:
        """Find who receives at this time, in seconds since the epoch."""
        uses_segments = target.excluded or isinstance(target.targeting, BySegments)
        segments = self._segments.of(app_id) if uses_segments else SegmentSet({})
        if not isinstance(target.targeting, RecipientIds):
            devices = self._devices.of_app(app_id, condition_of(target.targeting, segments, now))
            audience = select(devices, target, segments=segments, now=now)
            return Resolved(audience, {}, (), segments, now)
        found = list(self._recipients(app_id, target.targeting))
        audience = select((each.device for each in found), target, segments=segments, now=now)
        unsubscribed = {device.number for device in audience.unsubscribed}
        invalid = _invalid(each for each in found if each.device.number in unsubscribed)
        return Resolved(audience, invalid, found, segments, now)

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

    def _recipients(self, app_id: str, ids: RecipientIds) -> Iterator[ResolvedRecipient]:
        for device in self._devices.by_ids(app_id, ids.ids) if ids.ids else ():
            yield ResolvedRecipient("id", "", device.id, device)
        if ids.external_user_ids:
            found = self._devices.by_alias(app_id, "external_id", ids.external_user_ids)
            for value, device in found:
                yield ResolvedRecipient("external_user_id", "", value, device)
        for label, values in ids.aliases.items():
            for value, device in self._devices.by_alias(app_id, label, values):
                yield ResolvedRecipient("alias", label, value, device)
        for field, tokens in ids.tokens.items():
            if tokens:
                for value, device in self._devices.by_tokens(app_id, TOKEN_FIELDS[field], tokens):
                    yield ResolvedRecipient("token", field, value, device)


def _invalid(recipients: Iterator[ResolvedRecipient]) -> dict[str, Any]:
    invalid: dict[str, Any] = {}
    for each in recipients:
        if each.kind == "id":
            invalid.setdefault("invalid_player_ids", []).append(each.value)
        elif each.kind == "external_user_id":
            invalid.setdefault("invalid_external_user_ids", []).append(each.value)
        elif each.kind == "alias":
            labels = invalid.setdefault("invalid_aliases", {})
            labels.setdefault(each.label, []).append(each.value)
        elif each.label == "include_phone_numbers":
            invalid.setdefault("invalid_phone_numbers", []).append(each.value)
        elif TOKEN_FIELDS[each.label] == EMAIL_TYPE:
            invalid.setdefault("invalid_email_tokens", []).append(each.value)
    return invalid
