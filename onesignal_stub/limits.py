"""Optional rate limits: a number of requests per app and window, then 429 with Retry-After."""

from __future__ import annotations

import math

from attrs import define, frozen

from onesignal_stub.errors import ApiError
from server_kit import Clock


@frozen
class RateLimit:
    """How many requests an app may make.

    Attributes:
        requests: Their number per window; 0 refuses every request.
        seconds: The length of the window.
    """

    requests: int
    seconds: float = 1.0

    def __attrs_post_init__(self) -> None:
        if self.requests < 0 or self.seconds <= 0:
            raise ValueError("a rate limit needs requests of 0 or more and seconds above 0")


@define
class _RateWindow:
    start: float
    used: int = 0


class RateLimiter:
    """Counts the requests of each app.

    Args:
        clock: The stub's time.
    """

    def __init__(self, clock: Clock) -> None:
        self.limit: RateLimit | None = None
        self._clock = clock
        self._windows: dict[str, _RateWindow] = {}

    def check(self, app_id: str, route: str) -> None:
        """Count a request.

        Raises:
            ApiError: The app has used up its limit; `Retry-After` says when it may ask again.
        """
        if self.limit is None:
            return
        now = self._clock.time()
        window = self._windows.get(app_id)
        if window is None or now >= window.start + self.limit.seconds:
            window = self._windows[app_id] = _RateWindow(now)
        if window.used >= self.limit.requests:
            raise _too_many(route, math.ceil(window.start + self.limit.seconds - now))
        window.used += 1

    def set(self, limit: RateLimit | None) -> None:
        """Change the limit; None lifts it."""
        self.limit = limit
        self._windows.clear()


def _too_many(route: str, seconds: int) -> ApiError:
    headers = {"Retry-After": str(max(1, seconds))}
    if route.endswith("/identity") or "/identity/" in route:
        body: dict[str, object] = {
            "errors": [
                {"code": "Rate Limit Exceeded", "title": "API rate limit exceeded", "meta": {}}
            ]
        }
    elif route.startswith(("/apps/{app_id}/users", "/apps/{app_id}/subscriptions")):
        body = {"errors": ["API rate limit exceeded"], "limit": "App ID"}
    else:
        body = {"errors": ["API rate limit exceeded."]}
    return ApiError(429, body, headers=headers)
