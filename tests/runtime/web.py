"""A web server that a test holds in its hand: requests wait until the test answers them."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from attrs import field, frozen


@frozen
class Visit:
    """A request that came in, and waits for its answer."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes
    answer: asyncio.Future[bytes] = field(
        factory=lambda: asyncio.get_running_loop().create_future()
    )

    def reply(self, body: str = "", *, status: str = "200 OK", **headers: str) -> None:
        """Answer; underscores in the names of headers are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Content-Length": str(len(body.encode())), "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        self.answer.set_result(f"HTTP/1.1 {status}\r\n{head}\r\n{body}".encode())

    def hang_up(self) -> None:
        """Close the connection without an answer."""
        self.answer.set_result(b"")


class Web:
    """Listens on a free loopback port.

    Attributes:
        visits: The requests, in the order in which they came.
        url: The address.
        port: Its port.
    """

    def __init__(self) -> None:
        self.visits: asyncio.Queue[Visit] = asyncio.Queue()
        self.url = ""
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            visit = await self._read(reader)
            self.visits.put_nowait(visit)
            hung_up = asyncio.ensure_future(reader.read())
            await asyncio.wait((visit.answer, hung_up), return_when=asyncio.FIRST_COMPLETED)
            hung_up.cancel()
            if visit.answer.done():
                writer.write(visit.answer.result())
        except asyncio.IncompleteReadError:
            pass  # who connected asked for nothing
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Visit:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().removesuffix("\r\n\r\n")
        line, *rest = head.split("\r\n")
        headers = [(name, value) for name, _, value in (each.partition(": ") for each in rest)]
        length = int(dict(headers).get("Content-Length", "0"))
        return Visit(line, headers, await reader.readexactly(length))
