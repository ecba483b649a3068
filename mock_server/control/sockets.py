"""`/_control` on the open sockets."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from attrs import frozen

from mock_server.handles import OpenSocket
from mock_server.realtime.session import DISCONNECTED
from server_kit import Fault
from server_kit.bodies import read_body, refusal


class SocketRoutes:
    """Answers what concerns the open sockets.

    Args:
        sockets: Returns them.
    """

    def __init__(self, sockets: Callable[[], list[OpenSocket]]) -> None:
        self._sockets = sockets

    def add_to(self, app: web.Application) -> None:
        """Serve from the application of the console's port."""
        app.router.add_post("/_control/sockets/close", self._close_sockets)

    async def _close_sockets(self, request: web.Request) -> web.Response:
        asked = await read_body(request, _CloseSockets)
        try:
            Fault.close(asked.code, reason=asked.reason)
        except ValueError as error:
            raise refusal(str(error)) from None
        sockets = [socket for socket in self._sockets() if asked.user_id in (None, socket.user_id)]
        for socket in sockets:
            if asked.abort:
                socket.abort()
            else:
                socket.disconnect(asked.reason, code=asked.code)
        return web.json_response({"closed": len(sockets)})


@frozen
class _CloseSockets:
    user_id: str | None = None
    reason: str = DISCONNECTED
    code: int = 1000
    abort: bool = False
