"""A stand-in for OneSignal that records the calls of the server and gives prepared answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from attrs import frozen


@frozen
class Call:
    """A request as it was sent."""

    method: str
    path: str
    version: str
    headers: list[tuple[str, str]]
    body: str


class OneSignalStandIn:
    """Listens on a free loopback port until it has given all its answers, then no more.

    Args:
        answers: `status` and `json` of each answer, in order.

    Attributes:
        calls: What came in.
    """

    def __init__(self, answers: Sequence[Mapping[str, Any]]) -> None:
        self.calls: asyncio.Queue[Call] = asyncio.Queue()
        self._answers = list(answers)
        self._server: asyncio.Server | None = None
        self.host = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_listening()

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip("\r\n")
        first, *lines = head.split("\r\n")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        sizes = {name.lower(): value for name, value in headers}
        body = await reader.readexactly(int(sizes.get("content-length", "0")))
        method, path, version = first.split(" ")
        answer = self._answers.pop(0)
        if not self._answers:
            self._stop_listening()
        self.calls.put_nowait(Call(method, path, version, headers, body.decode()))
        text = json.dumps(answer["json"])
        writer.write(
            f"HTTP/1.1 {answer['status']} X\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()
        )
        await writer.drain()
        writer.close()
