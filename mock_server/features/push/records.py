"""The record of a push."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import field, frozen


class PushOutcome(StrEnum):
    """The state of a push.

    Attributes:
        PENDING: It waits for its turn, an answer or the next attempt.
        SENT: OneSignal has accepted it.
        NOBODY_REACHED: There is no device to send it to, or none is subscribed.
        FAILED: It was not sent; see the reason.
        SKIPPED: It was not to be sent: the user is online, or the rule made no message.
    """

    PENDING = "pending"
    SENT = "sent"
    NOBODY_REACHED = "nobody_reached"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen
class FailedAttempt:
    """A failed attempt.

    Attributes:
        time: When, in seconds since the epoch.
        problem: OneSignal's error, or that of the connection.
    """

    time: float
    problem: str


@frozen(kw_only=True)
class PushRecord:
    """One push.

    Attributes:
        id: A UUID; the idempotency key of every attempt, so that nothing is sent twice.
        event: The name of the event, as `direct_message`, `7` or `event:order_delivered`.
        user_id: The recipient; nothing where it goes to an audience.
        time: When the event happened, in seconds since the epoch.
        outcome: Its state.
        reason: Why it was not sent, or which devices it did not reach; else empty.
        contents: The text by language.
        player_ids: Its recipients, where it is sent by player id.
        device_sources: Where each of them is known from, by player id: `registered` is the mock's
            own table, others are the setting `push.device_source`.
        external_user_id: Its recipient at OneSignal, where it is sent by external user id.
        audience: The segments and filters it goes to, as OneSignal gets them.
        notification_id: Its id at OneSignal.
        recipients: How many devices it was sent to; None where OneSignal did not say.
        failures: The failed attempts.
    """

    id: str
    event: str
    user_id: str
    time: float
    outcome: PushOutcome = PushOutcome.PENDING
    reason: str = ""
    contents: Mapping[str, str] = field(factory=dict)
    player_ids: tuple[str, ...] = ()
    device_sources: Mapping[str, str] = field(factory=dict)
    external_user_id: str = ""
    audience: Mapping[str, Any] = field(factory=dict)
    notification_id: str = ""
    recipients: int | None = None
    failures: tuple[FailedAttempt, ...] = ()
