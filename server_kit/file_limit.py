"""The limit on open files: raised at the start, and logged once when it is reached.

When a process has no file left for a new connection, asyncio logs each of its attempts to accept
one, a thousand at a time.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import sys
import time

_log = logging.getLogger("server_kit")

_ENOUGH = 1 << 20  # where the system has no limit; some refuse "infinite"
_RETRY = "BaseSelectorEventLoop._start_serving"  # what asyncio calls a second later
_PAUSE = 60.0  # seconds until it is said again


def raise_file_limit() -> None:
    """Raise this process' soft limit on open files to the hard one; Windows has none."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS has another limit, beside this one
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class FileLimitFilter(logging.Filter):
    """Replaces the records of a process without free files by one in a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._silent_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop a record about too many open files; tell, once, what helps."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ValueError) and _RETRY in record.getMessage():
            return False  # the server closed in the second before asyncio's next attempt to accept
        if not isinstance(error, OSError) or error.errno not in (errno.EMFILE, errno.ENFILE):
            return True
        if time.monotonic() >= self._silent_until:
            self._silent_until = time.monotonic() + _PAUSE
            _log.error(
                "no more connections can be accepted: too many files are open; raise ulimit -n"
            )
        return False
