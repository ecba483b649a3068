"""What OneSignal, or the way to it, has against a request.

```
OneSignalError
├── NoAnswer        nothing of OneSignal's came back: refused, reset, too slow     is retried
├── Overloaded      429 or 5xx: try again, perhaps after a given time              is retried
├── Refused         another status: a wrong key, a malformed request               is final
└── NobodyReached   200 without an id: no device of those meant is subscribed      is final
```
No error holds a key.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import define


class OneSignalError(Exception):
    """A request to OneSignal had no success.

    Attributes:
        retryable: Whether the same request may succeed later.
    """

    retryable: ClassVar[bool] = False


class NoAnswer(OneSignalError):
    """Nothing came back; whether OneSignal has done what was asked is unknown."""

    retryable = True


@define(slots=False)
class Overloaded(OneSignalError):
    """OneSignal can't do it now.

    Attributes:
        status: The HTTP status.
        problem: Its words.
        retry_after: Seconds that it asks to wait; None where it says nothing.
    """

    retryable: ClassVar[bool] = True

    status: int
    problem: str
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"HTTP {self.status}: {self.problem}"


@define(slots=False)
class Refused(OneSignalError):
    """OneSignal does not do it: a wrong key, a malformed request, an unknown id.

    Attributes:
        status: The HTTP status.
        problem: Its words.
    """

    status: int
    problem: str

    def __str__(self) -> str:
        return f"HTTP {self.status}: {self.problem}"


class NobodyReached(OneSignalError):
    """OneSignal made no message, because nobody would have got it. It says so with status 200."""
