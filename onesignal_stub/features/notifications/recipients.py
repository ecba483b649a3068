"""Resolves the target of a message to devices, batch by batch, and lists those not subscribed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    select,
)
from onesignal_stub.devices import SPAN, DeviceReader, Span
from onesignal_stub.features.notifications.targeting import TOKEN_FIELDS
from onesignal_stub.features.segments.core import Segments
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.filters import FilterSubject
from onesignal_stub.prefilter import SqlCondition, condition_of
from onesignal_stub.steps import Steps

NAMES = 500
"""How many names of recipients one step looks up; a user has up to twenty devices."""

_UNKNOWN_SHOWN = 100
_UNSUBSCRIBED = SqlCondition("NOT s.subscribed")


@frozen
class IdBatch:
    """Ids of one kind in a request.

    Attributes:
        kind: Which kind of id.
        label: The label of an alias, or the request's field of a token.
        values: The names.
    """

    kind: IdKind
    label: str
    values: Sequence[str]


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
class Batch:
    """A batch of a resolved target, small enough for one step.

    Attributes:
        audience: The devices.
        span: Devices that receive the message, too, if they are subscribed: they were not read.
        names: The names that were looked up for it.
        found: The devices that these names were found to be; some may be of earlier batches, too.
        invalid: Those of them that are not subscribed.
    """

    audience: Audience
    span: Span | None = None
    names: IdBatch | None = None
    found: Sequence[ResolvedRecipient] = ()
    invalid: Sequence[ResolvedRecipient] = ()


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

    def register_tokens(self, app_id: str, target: Target) -> Steps[None]:
        """Add a subscription for each token, address and number that the app does not have."""
        if not isinstance(target.targeting, RecipientIds):
            return
        for field, tokens in target.targeting.tokens.items():
            for start in range(0, len(tokens), SPAN):
                if start:
                    yield
                some = tokens[start : start + SPAN]
                self._subscriptions.add_tokens(app_id, TOKEN_FIELDS[field], some)

    def segments_of(self, app_id: str, target: Target) -> SegmentSet:
        """The app's segments, as far as a target needs them."""
        uses_segments = target.excluded or isinstance(target.targeting, BySegments)
        return self._segments.of(app_id) if uses_segments else SegmentSet({})

    def batches(
        self, app_id: str, target: Target, segments: SegmentSet, *, now: float, by_span: bool
    ) -> Iterator[Batch | None]:
        """Find who receives a message, in the order of registration; None is a turn for others.

        A device is what it is when its batch is asked for: others may change it, or remove it,
        before that.

        Args:
            app_id: The app.
            target: Whom the message is for.
            segments: The app's segments.
            now: The time of sending, in seconds since the epoch.
            by_span: Whether a message to everybody may get spans in place of recipients.
        """
        if isinstance(target.targeting, RecipientIds):
            return self._named(app_id, target, target.targeting, segments, now)
        return self._in_segments(app_id, target, segments, now, by_span=by_span)

    def count(self, app_id: str, target: Target, *, now: float) -> Steps[int]:
        """How many receive a message at this time, in seconds since the epoch."""
        count = 0
        segments = self.segments_of(app_id, target)
        for batch in self.batches(app_id, target, segments, now=now, by_span=False):
            if batch is None:
                yield
            else:
                count += len(batch.audience.recipients)
        return count

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

    def _in_segments(
        self, app_id: str, target: Target, segments: SegmentSet, now: float, *, by_span: bool
    ) -> Iterator[Batch | None]:
        reads_no_recipients = by_span and _is_everybody(target, segments)
        condition = condition_of(target.targeting, segments, now)
        if reads_no_recipients:
            condition = _UNSUBSCRIBED
        for at, span in enumerate(self._devices.spans(app_id)):
            if at:
                yield None
            devices = self._devices.of_span(span, condition)
            audience = select(devices, target, segments=segments, now=now)
            yield Batch(audience, span if reads_no_recipients else None)

    def _named(
        self, app_id: str, target: Target, ids: RecipientIds, segments: SegmentSet, now: float
    ) -> Iterator[Batch | None]:
        """First who gets nothing, as the names are looked up; then who receives the message."""
        known: set[int] = set()
        unsubscribed: set[int] = set()
        recipients: dict[int, FilterSubject] = {}
        for at, names in enumerate(_names(ids)):
            if at:
                yield None
            found = list(self._look_up(app_id, names))
            new = (each.device for each in found if each.device.number not in known)
            audience = select(new, target, segments=segments, now=now)
            known.update(each.device.number for each in found)
            unsubscribed.update(device.number for device in audience.unsubscribed)
            recipients.update((device.number, device) for device in audience.recipients)
            yield Batch(
                Audience((), audience.unsubscribed, audience.left_out),
                names=names,
                found=found,
                invalid=[each for each in found if each.device.number in unsubscribed],
            )
        ordered = sorted(recipients)
        for start in range(0, len(ordered), SPAN):
            if start:
                yield None
            yield Batch(Audience([recipients[number] for number in ordered[start : start + SPAN]]))

    def _look_up(self, app_id: str, names: IdBatch) -> Iterator[ResolvedRecipient]:
        found: Iterable[tuple[str, FilterSubject]]
        if names.kind == "id":
            found = ((device.id, device) for device in self._devices.by_ids(app_id, names.values))
        elif names.kind == "token":
            found = self._devices.by_tokens(app_id, TOKEN_FIELDS[names.label], names.values)
        else:
            label = names.label if names.kind == "alias" else "external_id"
            found = self._devices.by_alias(app_id, label, names.values)
        for value, device in found:
            yield ResolvedRecipient(names.kind, names.label, value, device)


def _is_everybody(target: Target, segments: SegmentSet) -> bool:
    """Whether all devices on the channel are meant, and the first segment lets each of them in."""
    return (
        isinstance(target.targeting, BySegments)
        and segments.is_everyone(target.targeting.included[0])
        and not target.excluded
        and target.platforms is None
    )


def _names(ids: RecipientIds) -> Iterator[IdBatch]:
    """The names of a request, in the order of its fields, as many at a time as a step looks up."""
    kinds: list[tuple[IdKind, str, Sequence[str]]] = [
        ("id", "", ids.ids),
        ("external_user_id", "", ids.external_user_ids),
    ]
    kinds += [("alias", label, values) for label, values in ids.aliases.items()]
    kinds += [("token", field, tokens) for field, tokens in ids.tokens.items()]
    for kind, label, values in kinds:
        for start in range(0, len(values), NAMES):
            yield IdBatch(kind, label, values[start : start + NAMES])


def add_invalid(invalid: dict[str, Any], recipients: Iterable[ResolvedRecipient]) -> None:
    """Add to OneSignal's `errors` the ids by which a request named devices not subscribed."""
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
