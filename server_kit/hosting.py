"""Run aiohttp applications in the running event loop, or in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from server_kit.file_limit import FileLimitFilter
from server_kit.in_loop import InLoop, ServerNotRunning
from server_kit.port import Port

T = TypeVar("T")

_log = logging.getLogger("server_kit.http")

_HEAD_LIMIT = 1 << 20  # aiohttp's own limit on a line; the servers apply their product's rules

_SHUTDOWN_TIMEOUT = 0.01  # seconds for handlers to end before they are cancelled; 0 is no limit
_CANCEL_TIMEOUT = 1.0  # seconds for handlers to end that were cancelled
_TURNS_TO_CONNECT = 3  # of the loop, until aiohttp knows a connection that was just accepted


class HostedServer(ABC):
    """A server that is an async context manager, and a plain one that runs in its own thread.

    In the running loop: `async with Server() as server: await server.reset()`. For synchronous
    code: `with Server() as server: server.run(server.reset())`. Its coroutines may be awaited from
    any loop, and its other methods called in any thread: they do their work in the server's loop,
    so do not block that loop while you wait for them in another thread. Starting twice, or stopping
    a server that does not run, does nothing.
    """

    def __init__(self) -> None:
        self._sites: dict[str, _Site] = {}
        self._in_loop = InLoop(type(self).__name__)
        self._thread: _LoopThread | None = None
        self._reserved: Port | None = None

    @abstractmethod
    async def _open(self) -> None:
        """Make what the server consists of and `_serve` its applications."""

    @abstractmethod
    async def _close(self) -> None:
        """Stop what `_open` started; the applications are not served any more."""

    async def start(self) -> Self:
        """Start in the running loop.

        Raises:
            OSError: The address is in use, or may not be bound. Nothing stays open.
        """
        if not self._in_loop.is_open:
            self._in_loop.open()
            try:
                await self._open()
            except BaseException:
                await self.stop()
                raise
        return self

    async def start_at(self, port: Port) -> Self:
        """Start in the running loop, and serve on a port that is open already.

        Args:
            port: Where; it is closed with the server.
        """
        self._reserved = port
        return await self.start()

    async def stop(self) -> None:
        """Stop; open connections are dropped, no task, socket or file stays open."""
        if not self._in_loop.is_open:
            return
        if not self._in_loop.is_here():
            await self._in_loop.wait(self.stop())
            return
        self._in_loop.close()
        sites, self._sites = list(self._sites.values()), {}
        try:
            await _shut(*sites)
        finally:
            await self._close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of this server in its thread and return its result.

        Raises:
            ServerNotRunning: The server was not started with `with`.
        """
        if self._thread is None:
            coroutine.close()
            raise ServerNotRunning(
                "run() is for a server in a thread (`with`); in a loop, await the coroutine"
            )
        return self._thread.run(coroutine)

    async def _serve(
        self,
        app: web.Application,
        host: str,
        port: int,
        *,
        line_limit: int = _HEAD_LIMIT,
        tls: ssl.SSLContext | None = None,
    ) -> str:
        """Serve `app` and return its base URL.

        Args:
            app: The application.
            host: The address to bind.
            port: The port; 0 takes a free one.
            line_limit: Bytes of the longest request line that is taken. aiohttp's router takes
                their number squared where a path has many slashes.
            tls: The server's certificate; None to serve plain HTTP.
        """
        site = await self._open_site(host, port, line_limit, tls)
        await site.serve(app)
        return site.port.url

    async def _serve_later(self, make: Callable[[], web.Application], host: str, port: int) -> str:
        """Return the base URL of an application that is made when somebody connects to it.

        Args:
            make: Makes the application, in the loop.
            host: The address to bind.
            port: The port; 0 takes a free one.
        """
        site = await self._open_site(host, port, _HEAD_LIMIT)
        site.serve_later(make)
        return site.port.url

    async def _open_site(
        self, host: str, port: int, line_limit: int, tls: ssl.SSLContext | None = None
    ) -> _Site:
        """A site on the port that was open before the start, else on a new one."""
        opened, self._reserved = self._reserved, None
        site = _Site(opened or await Port.open(host, port, tls), line_limit)
        self._sites[site.port.url] = site
        return site

    async def _unserve(self, url: str) -> None:
        """Stop serving at this URL, if anything is; its connections are dropped."""
        site = self._sites.pop(url, None)
        if site is not None:
            await _shut(site)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        self._thread = _LoopThread(type(self).__name__)
        try:
            self._thread.run(self.start())
        except BaseException:
            self._thread.close()
            self._thread = None
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            try:
                thread.run(self.stop())
            finally:
                thread.close()


class _Site:
    """An application and the port that it is served on.

    Args:
        port: The port.
        line_limit: Bytes of the longest request line that is taken.
    """

    def __init__(self, port: Port, line_limit: int) -> None:
        self.port = port
        self._line_limit = line_limit
        self._runner: web.AppRunner | None = None
        self._making: asyncio.Task[None] | None = None
        self._requests: set[asyncio.Task[Any]] = set()

    async def serve(self, app: web.Application) -> None:
        """Serve an application from now on."""
        app.middlewares.insert(0, self._note)
        self._runner = web.AppRunner(
            app,
            handle_signals=False,
            access_log=None,
            shutdown_timeout=_SHUTDOWN_TIMEOUT,
            logger=_log,
            max_line_size=self._line_limit,
            max_field_size=_HEAD_LIMIT,
            auto_decompress=False,  # aiohttp drops the connection of a body that is no gzip
        )
        await self._runner.setup()
        assert self._runner.server is not None
        self.port.serve(self._runner.server)

    def serve_later(self, make: Callable[[], web.Application]) -> None:
        """Make the application and serve it when somebody connects."""
        self._making = asyncio.create_task(self._serve_later(make), name=f"serve {self.port.url}")

    async def _serve_later(self, make: Callable[[], web.Application]) -> None:
        await self.port.wanted()
        try:
            await self.serve(make())
        except Exception:
            _log.exception("%s can't be served", self.port.url)
            self.port.close()

    async def give_up(self) -> None:
        """Stop waiting for a connection for which the application would be made."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)

    async def cleanup(self) -> None:
        """Drop the connections, and cancel the handlers that still work on a request."""
        if self._runner is None:
            return
        await self._runner.cleanup()
        # aiohttp has forgotten the handlers whose clients went before them.
        if left := tuple(self._requests):
            for request in left:
                request.cancel()
            await asyncio.wait(left, timeout=_CANCEL_TIMEOUT)
            for _ in range(_TURNS_TO_CONNECT):  # aiohttp's own tasks end after these
                await asyncio.sleep(0)

    @web.middleware
    async def _note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note the task of a request for as long as it runs."""
        task = asyncio.current_task()
        assert task is not None
        self._requests.add(task)
        try:
            return await handler(request)
        finally:
            self._requests.discard(task)


async def _shut(*sites: _Site) -> None:
    """Close ports and connections, also those that were accepted just now.

    asyncio loses a connection that it has accepted but not set up when the listener closes.
    """
    for site in sites:
        site.port.stop_accepting()
    for site in sites:
        await site.give_up()
    for _ in range(_TURNS_TO_CONNECT):
        await asyncio.sleep(0)
    for site in sites:
        site.port.close()
    for site in sites:
        await site.cleanup()


class _ClientErrorFilter(logging.Filter):
    """Keeps aiohttp from logging errors of clients as errors of the server.

    The text of a malformed request must not be logged: it may hold tokens and keys.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError | ConnectionError):
            return True
        _log.debug("a client's request broke off or is not HTTP: %s", type(error).__name__)
        return False


_log.addFilter(_ClientErrorFilter())
_file_limit = FileLimitFilter()
for _name in ("asyncio", _log.name):
    logging.getLogger(_name).addFilter(_file_limit)


class _LoopThread:
    """A thread that runs one event loop until it is closed."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
