"""Errors of requests to OneSignal.

```
OneSignalError
├── NoAnswer        no answer: connection refused or reset, timeout                is retried
├── Overloaded      429 or 5xx, perhaps with Retry-After                           is retried
├── Refused         another status: a wrong key, a malformed request               is final
└── NobodyReached   200 without an id: no device in the target is subscribed       is final
```
No error holds a key.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import define


class OneSignalError(Exception):
    """A request to OneSignal failed.

    Attributes:
        retryable: Whether the same request may succeed later.
    """

    retryable: ClassVar[bool] = False


class NoAnswer(OneSignalError):
    """There was no answer; whether OneSignal handled the request is unknown."""

    retryable = True


@define(slots=False)
class Overloaded(OneSignalError):
    """OneSignal cannot handle the request now.

    Attributes:
        status: The HTTP status.
        problem: The text of its errors.
        retry_after: Seconds of its Retry-After; None without one.
    """

    retryable: ClassVar[bool] = True

    status: int
    problem: str
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"HTTP {self.status}: {self.problem}"


@define(slots=False)
class Refused(OneSignalError):
    """OneSignal refused the request: a wrong key, a malformed request, an unknown id.

    Attributes:
        status: The HTTP status.
        problem: The text of its errors.
    """

    status: int
    problem: str

    def __str__(self) -> str:
        return f"HTTP {self.status}: {self.problem}"


class NobodyReached(OneSignalError):
    """OneSignal created no notification, because no recipient is subscribed; its status is 200."""


def advice(error: OneSignalError) -> str:
    """What to do about an error, for the log."""
    match error:
        case NoAnswer():
            return "is OneSignal running at onesignal.url?"
        case Overloaded(status=429):
            return "OneSignal limits the rate: send fewer requests"
        case Refused(status=401 | 403):
            return "is onesignal.rest_key the key of the app onesignal.app_id?"
        case Refused(status=404):
            return "does OneSignal have an app with the id of onesignal.app_id?"
        case Refused():
            return "are onesignal.app_id and what was sent right?"
        case _:
            return "OneSignal has a problem of its own"
