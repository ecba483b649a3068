"""Handles that a test gets from a running server: its open sockets and its runtime functions.

Where one server serves a whole session of tests, a test runs in another thread or event loop than
the server. A handle does its work in the server's loop.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from attrs import field, frozen

from mock_server.realtime.session import DISCONNECTED, SocketSession
from mock_server.runtime.nk import Nakama
from server_kit import InLoop


@frozen
class OpenSocket:
    """A client's socket, open when `server.sockets()` was called.

    Its calls may be made in any thread; on a socket that has ended they do nothing.

    Attributes:
        id: The session id; clients see it in presences only.
        user_id: Whose socket it is.
        username: Their name, as in the token of the handshake.
        lang: The language given in the handshake.
    """

    id: str
    user_id: str
    username: str
    lang: str
    _session: SocketSession = field(repr=False)
    _in_loop: InLoop = field(repr=False, eq=False)

    @property
    def is_closed(self) -> bool:
        """Whether the connection has ended."""
        return self._session.closed.is_set()

    def disconnect(self, reason: str = DISCONNECTED, *, code: int = 1000) -> None:
        """Leave all streams; close with `code` and `reason` after what is queued already."""
        self._in_loop.call(lambda: self._session.disconnect(reason, code=code))

    def abort(self) -> None:
        """Drop the connection without a close frame."""
        self._in_loop.call(self._session.abort)

    async def wait_closed(self) -> None:
        """Return once the socket is closed; may be awaited in any loop."""
        await self._in_loop.wait(self._wait_closed())

    async def _wait_closed(self) -> None:
        await self._session.closed.wait()


def open_socket(session: SocketSession, in_loop: InLoop) -> OpenSocket:
    """The handle of a session."""
    return OpenSocket(session.id, session.user_id, session.username, session.lang, session, in_loop)


class RuntimeHandle:
    """The runtime functions as attributes, under Nakama's names, for any thread.

    Args:
        nk: The functions of the running server.
        in_loop: Calls them.
    """

    def __init__(self, nk: Nakama, in_loop: InLoop) -> None:
        self._nk = nk
        self._in_loop = in_loop

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(self._nk, name)

        @wraps(function)
        def call(*arguments: Any) -> Any:
            result = self._in_loop.call(lambda: function(*arguments))
            return self._in_loop.wait(result) if inspect.iscoroutine(result) else result

        return call

    def __dir__(self) -> list[str]:
        return dir(self._nk)
