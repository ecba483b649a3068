"""Sends a message to its target: finds the devices batch by batch, and records each batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from onesignal_stub.audience import Target, id_field
from onesignal_stub.features.notifications.explanation import Explained, Explainer
from onesignal_stub.features.notifications.recipients import (
    Batch,
    RecipientResolver,
    add_invalid,
)
from onesignal_stub.features.notifications.recording import Recording
from onesignal_stub.filters import FilterSubject
from onesignal_stub.steps import Steps


@frozen
class Sent:
    """The outcome of sending a message.

    Attributes:
        recipients: How many devices get it.
        unsubscribed: How many devices that are meant do not take it.
        invalid: OneSignal's `errors`: the ids of devices that are not subscribed; {} for none.
        explained: Its recipients, explained.
    """

    recipients: int
    unsubscribed: int
    invalid: Mapping[str, Any]
    explained: Explained


class MessageSender:
    """Finds the recipients of messages, and records them.

    Args:
        resolver: Finds them.
    """

    def __init__(self, resolver: RecipientResolver) -> None:
        self._resolver = resolver

    def send(
        self,
        app_id: str,
        request: Mapping[str, Any],
        target: Target,
        recording: Recording,
        *,
        now: float,
        waits: bool = False,
    ) -> Steps[Sent]:
        """Send a message, or find out which devices it would reach now.

        Where it takes more than one step, nothing shows until the caller shows the recording.

        Args:
            app_id: The app.
            request: The request, its template's fields included.
            target: The recipients it names.
            recording: Where the recipients are recorded; where it is stopped, the rest is left out.
            now: The time for which they are chosen, in seconds since the epoch.
            waits: Nobody receives it yet: recipients are counted and not recorded.
        """
        segments = self._resolver.segments_of(app_id, target)
        explainer = Explainer(request, target, segments, now=now)
        by_span = recording.takes_spans and not waits
        recipients = unsubscribed = 0
        invalid: dict[str, Any] = {}
        for batch in self._resolver.batches(app_id, target, segments, now=now, by_span=by_span):
            if batch is None:
                yield from _give_turn(recording)
                if recording.stopped:
                    break
                continue
            _explain(explainer, batch)
            add_invalid(invalid, batch.invalid)
            unsubscribed += len(batch.audience.unsubscribed)
            devices = batch.audience.recipients
            recipients += len(devices)
            if devices and not waits:
                yield from _record(recording, devices, explainer.ways(devices))
            if batch.span is not None:
                recipients += recording.add_span(batch.span, target.channel)
        return Sent(recipients, unsubscribed, invalid, explainer.explained())


def _give_turn(recording: Recording) -> Steps[None]:
    recording.hide()
    yield


def _record(
    recording: Recording, devices: Sequence[FilterSubject], ways: Mapping[int, int]
) -> Steps[None]:
    for start in range(0, len(devices), recording.at_once):
        if start:
            yield from _give_turn(recording)
        if not recording.stopped:
            recording.add(devices[start : start + recording.at_once], ways)


def _explain(explainer: Explainer, batch: Batch) -> None:
    if batch.names is not None:
        field = id_field(batch.names.kind, batch.names.label)
        found = [(each.value, each.device) for each in batch.found]
        explainer.names(field, batch.names.values, found)
    explainer.leaves_out(batch.audience)
