"""A server whose answers faults change."""

from aiohttp import web

from server_kit import Clock, Faults, HostedServer, Journal
from server_kit.faults import FaultRoutes, Point, answer

BODY = b"0123456789" * 10


class Target(HostedServer):
    """A server whose one page is `BODY`; it counts how often it was made."""

    def __init__(self) -> None:
        super().__init__()
        self.faults = Faults(Journal(), Clock())
        self.url = ""
        self.made = 0

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    async def _open(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/page", self._serve_page)
        FaultRoutes(self.faults).add_to(app)
        self.url = await self._serve(app, "127.0.0.1", 0)

    async def _close(self) -> None:
        self.url = ""

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        decision = self.faults.decide(Point.HTTP, f"{request.method} {request.path}")
        return await answer(request, decision, self._make)

    async def _make(self) -> web.Response:
        self.made += 1
        return web.Response(body=BODY, content_type="text/x-page")
