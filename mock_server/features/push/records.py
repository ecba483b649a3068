"""What became of a push."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen


class Outcome(StrEnum):
    """What became of a push.

    Attributes:
        PENDING: It waits for its turn, for an answer, or for the next attempt.
        SENT: OneSignal has taken it.
        NOBODY_REACHED: There is no device to send it to, or none is subscribed.
        FAILED: It was not sent; the reason says why.
        SKIPPED: It was not to be sent: the user is online, or the rule made no message.
    """

    PENDING = "pending"
    SENT = "sent"
    NOBODY_REACHED = "nobody_reached"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen
class Failure:
    """An attempt that had no success.

    Attributes:
        time: When, in seconds since the epoch.
        problem: What OneSignal said, or what happened on the way to it.
    """

    time: float
    problem: str


@frozen(kw_only=True)
class PushRecord:
    """One push.

    Attributes:
        id: A UUID; every attempt carried it as idempotency key, so nothing was sent twice.
        event: `direct_message`, the name of a notification, or its code as text.
        user_id: The recipient.
        time: When the event was, in seconds since the epoch.
        outcome: What became of it.
        reason: Why it was not sent, or whom it did not reach; empty when all went well.
        contents: The text by language.
        player_ids: The devices it was for, where it was sent by player id.
        notification_id: OneSignal's id of it.
        recipients: To how many devices it went; None where OneSignal did not say.
        failures: The attempts before the last one, and the last one if that failed, too.
    """

    id: str
    event: str
    user_id: str
    time: float
    outcome: Outcome = Outcome.PENDING
    reason: str = ""
    contents: Mapping[str, str] = field(factory=dict)
    player_ids: tuple[str, ...] = ()
    notification_id: str = ""
    recipients: int | None = None
    failures: tuple[Failure, ...] = ()
