"""How often the console's password was wrong: five times within a minute lock it for one."""

from __future__ import annotations

from server_kit import Clock

_MOST = 5
_SECONDS = 60


class LoginAttempts:
    """The failed logins of the operator of the settings; Nakama counts no others.

    Args:
        clock: The server's time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: list[float] = []
        self._locked_until = 0.0

    @property
    def is_locked(self) -> bool:
        """Whether no password opens the console now."""
        return self._clock.time() < self._locked_until

    def failed(self) -> None:
        """Count a wrong password."""
        now = self._clock.time()
        self._failures = [each for each in self._failures if now - each < _SECONDS] + [now]
        if len(self._failures) >= _MOST:
            self._locked_until = now + _SECONDS

    def reset(self) -> None:
        """Forget everything, as after a login."""
        self._failures.clear()
        self._locked_until = 0.0
