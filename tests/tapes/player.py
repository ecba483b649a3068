"""Plays a tape against a server and compares every answer."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Awaitable, Callable, Mapping
from itertools import groupby
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
from yarl import URL

from tests.tapes import envelopes
from tests.tapes.assertions import Assertions
from tests.tapes.bindings import Bindings
from tests.tapes.connection import Connection, Received
from tests.tapes.matching import Mismatch, match
from tests.tapes.onesignal import OneSignalStandIn
from tests.tapes.tape import Step, Tape, is_outbound

_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Accept-Encoding": "identity",
}
_MAX_TICKS = 3
_INFLATE: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": lambda data: zlib.decompress(data, -zlib.MAX_WBITS),
}


class MovableClock(Protocol):
    """The server's clock, as the player uses it."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def advance(self, seconds: float) -> None:
        """Let time pass."""


class Player:
    """One replay of a tape.

    Args:
        tape: What to play.
        api: Base URL of the client API.
        console: Base URL of the console API.
        clock: The server's clock; the pauses of the tape move it.
        onesignal: Who answers the calls that the server makes.
        protobuf: Open every socket as a protobuf socket, also where the tape has JSON.
        settle: Waits until the server has done what a move of the clock made due.
        arrive: Wait until the server has dealt with the last frame, hooks behind its reply
            included, before the clock moves, so that it counts for the time before.
    """

    def __init__(
        self,
        tape: Tape,
        *,
        api: str,
        console: str,
        clock: MovableClock,
        onesignal: OneSignalStandIn,
        protobuf: bool = False,
        settle: Callable[[], Awaitable[None]] | None = None,
        arrive: bool = False,
    ) -> None:
        self._tape = tape
        self._bases = {"api": api, "console": console}
        self._clock = clock
        self._onesignal = onesignal
        self._settle = settle
        self._arrive = arrive
        self._under_way: Connection | None = None
        self._bindings = Bindings(tape.types, clock.time)
        self._assertions = Assertions()
        self._protobuf = protobuf
        self._connections: dict[str, Connection] = {}
        self._binary: set[Connection] = set()
        self._barriers = 0

    async def play(self) -> None:
        """Play the whole tape.

        Raises:
            Mismatch: An answer differs; the notes of the error name the step.
        """
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(
            connector=connector, auto_decompress=False, skip_auto_headers=("User-Agent", "Accept")
        ) as client:
            self._client = client
            try:
                await self._play_steps()
            finally:
                for connection in self._connections.values():
                    await connection.close()

    async def _play_steps(self) -> None:
        for group in _groups(self._tape.steps):
            first = group[0]
            try:
                await self._wait(first.get("wait_before_ms", 0) / 1000)
                await (self._receive_in_any_order(group) if group[1:] else self._play(first))
            except Exception as error:
                actor, kind = first["actor"], first["kind"]
                error.add_note(f"tape {self._tape.name}, step {first['n']}: {actor}, {kind}")
                raise

    async def _wait(self, seconds: float) -> None:
        if seconds and self._under_way is not None:
            if self._arrive:
                await self._barrier(self._under_way)
            self._under_way = None
        self._clock.advance(seconds)
        if seconds and self._settle is not None:
            await self._settle()

    async def _play(self, step: Step) -> None:
        kind = step["kind"]
        if kind == "http":
            await (self._check_outbound(step) if is_outbound(step) else self._request(step))
        elif kind == "ws_open":
            await self._open(step)
        elif kind == "ws_send":
            self._under_way = self._connections[step["conn"]]
            await self._under_way.send(self._frame(step))
        elif kind == "ws_recv":
            await self._receive(step)
        elif step["by"] == "client":
            await self._close(step)
        else:
            await self._expect_close(step)

    # HTTP

    async def _request(self, step: Step) -> None:
        request, wanted = step["request"], step["response"]
        data = self._body(request)
        headers = {"Accept-Encoding": "identity"}
        if "auth" in request:
            headers["Authorization"] = self._authorization(request)
        if data is not None:
            headers["Content-Type"] = "application/json"
        headers |= self._bindings.fill(request.get("headers", {}))
        url = URL(self._url(request), encoded=True)
        async with self._client.request(
            request["method"], url, data=data, headers=headers, allow_redirects=False
        ) as answer:
            inflate = _INFLATE.get(answer.headers.get("Content-Encoding", ""), bytes)
            raw = await answer.read()
            text = inflate(raw).decode() if raw else ""
        self._check_head(answer, text, wanted)
        self._check_body(text, wanted)

    def _check_head(
        self, answer: aiohttp.ClientResponse, text: str, wanted: Mapping[str, Any]
    ) -> None:
        if answer.status != wanted["status"]:
            raise Mismatch(f"expected status {wanted['status']}, got {answer.status} {text!r}")
        for name, value in wanted.get("headers", {}).items():
            if answer.headers.get(name) != value:
                raise Mismatch(f"header {name}: expected {value!r}, got {answer.headers}")

    def _check_body(self, text: str, wanted: Mapping[str, Any]) -> None:
        if "json" not in wanted:
            match(wanted.get("text", ""), text, self._bindings)
            return
        document = json.loads(text)
        for name, token in wanted.get("jwt", {}).items():
            header, claims, _ = document[name].split(".")
            match(token, {"header": _part(header), "claims": _part(claims)}, self._bindings)
        self._check_document(wanted, document)

    def _check_document(self, wanted: Mapping[str, Any], document: Any) -> None:
        unordered = wanted.get("unordered", ())
        match(wanted["json"], document, self._bindings, unordered=unordered)
        self._assertions.check(wanted.get("asserts", ()), document)

    def _body(self, request: Mapping[str, Any]) -> bytes | None:
        if "json" in request:
            return json.dumps(self._bindings.fill(request["json"])).encode()
        if "text" in request:
            text: str = self._bindings.fill(request["text"])
            return text.encode()
        if "body_b64" in request:
            return base64.b64decode(request["body_b64"])
        return _repeated(request["text_repeat"]).encode() if "text_repeat" in request else None

    def _authorization(self, request: Mapping[str, Any]) -> str:
        auth = self._bindings.fill(request["auth"])
        if auth["kind"] == "basic":
            return aiohttp.encode_basic_auth(auth["user"], auth.get("password", ""))
        return f"Bearer {auth['token']}" if auth["kind"] == "bearer" else auth["value"]

    def _url(self, request: Mapping[str, Any]) -> str:
        pairs: list[list[str]] = self._bindings.fill(request.get("query", []))
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        path = quote(self._bindings.fill(request["path"]), safe="/:%.")
        base = self._bases[request.get("base", "api")]
        return f"{base}{path}?{query}" if query else f"{base}{path}"

    async def _check_outbound(self, step: Step) -> None:
        call = await self._onesignal.calls.get()
        wanted = step["request"]
        headers = [[name, value] for name, value in wanted["headers"] if name != "Host"]
        headers.append(["Host", self._onesignal.host])
        request = [wanted["method"], wanted["path"], wanted["version"], wanted["body_text"]]
        match(request, [call.method, call.path, call.version, call.body], self._bindings)
        sent = {name.lower(): value for name, value in call.headers}
        length = sent.pop("content-length")
        match(
            {name.lower(): value for name, value in sorted(headers) if name != "Content-Length"},
            dict(sorted(sent.items())),
            self._bindings,
        )
        if int(length) != len(call.body.encode()):
            raise Mismatch(f"Content-Length {length} is not that of {call.body!r}")

    # Sockets

    async def _open(self, step: Step) -> None:
        request, wanted = step["request"], step["response"]
        authorization = self._authorization(request) if "auth" in request else None
        if wanted["status"] == 101:
            query = self._socket_query(request)
            url = self._url({**request, "query": query}).replace("http", "ws", 1)
            connection = await Connection.open(url, authorization=authorization)
            self._connections[step["conn"]] = connection
            if ["format", "protobuf"] in query:
                self._binary.add(connection)
            await self._barrier(connection)
            return
        url = self._url(request)
        headers = _UPGRADE | ({"Authorization": authorization} if authorization else {})
        async with self._client.get(URL(url, encoded=True), headers=headers) as answer:
            text = await answer.text() if answer.status != 101 else ""
        self._check_head(answer, text, wanted)
        self._check_body(text, wanted)

    def _socket_query(self, request: Mapping[str, Any]) -> list[list[str]]:
        query: list[list[str]] = request.get("query", [])
        if not self._protobuf:
            return query
        return [*(pair for pair in query if pair[0] != "format"), ["format", "protobuf"]]

    def _frame(self, step: Step) -> str | bytes:
        if "json" in step or "proto" in step:
            envelope = self._bindings.fill(step["proto"] if "proto" in step else step["json"])
            binary = self._connections[step["conn"]] in self._binary
            frame = envelopes.encode(envelope, binary=binary)
            extra = bytes.fromhex(step.get("extra_hex", ""))
            return frame + extra if isinstance(frame, bytes) else frame
        if "text" in step:
            text: str = self._bindings.fill(step["text"])
            return text
        if "text_repeat" in step:
            return _repeated(step["text_repeat"])
        return bytes.fromhex(step["binary_hex"])

    async def _receive(self, step: Step) -> None:
        connection = self._connections[step["conn"]]
        if _is_match(step):
            await self._let_the_matchmaker_tick(connection)
        if step.get("nothing"):
            await self._wait(float(step.get("wait_ms", 0)) / 1000 if self._settle else 0.0)
            before = await self._barrier(connection)
            if before:
                raise Mismatch(f"expected silence, got {before}")
        elif step.get("control") == "ping":
            await self._receive_ping(connection, step)
        elif not step.get("optional") or (await connection.peek()).kind in ("text", "binary"):
            self._check_frame(step, await _next_data(connection))

    async def _let_the_matchmaker_tick(self, connection: Connection) -> None:
        """Let the second pass that is between two ticks, until a frame has come."""
        for _ in range(_MAX_TICKS if self._settle else 0):
            if await self._barrier(connection):
                break
            await self._wait(1)

    async def _receive_ping(self, connection: Connection, step: Step) -> None:
        frame = await connection.next()
        if (frame.kind, frame.text) != ("ping", step["data"]):
            raise Mismatch(f"expected a ping, got {frame}")
        later = self._tape.steps[self._tape.steps.index(step) + 1 :]
        following = next(after for after in later if after.get("conn") == step["conn"])
        # The tape has a ping right before the close only where the client stops answering.
        connection.answers_pings = following["kind"] != "ws_close"

    async def _receive_in_any_order(self, steps: list[Step]) -> None:
        open_ = list(steps)
        if _is_match(open_[0]):
            await self._let_the_matchmaker_tick(self._connections[open_[0]["conn"]])
        while open_:
            frame = await _next_data(self._connections[open_[0]["conn"]])
            open_.remove(self._step_of(frame, open_))

    def _step_of(self, frame: Received, steps: list[Step]) -> Step:
        reasons: list[str] = []
        for step in steps:
            try:
                self._check_frame(step, frame)
            except Mismatch as reason:
                reasons.append(str(reason))
            else:
                return step
        raise Mismatch(f"{frame} is none of the frames that may come now: {reasons}")

    def _check_frame(self, step: Step, frame: Received) -> None:
        if frame.kind == "close":
            raise Mismatch(f"expected a frame, but the connection was closed: {frame}")
        if "binary_b64" in step:
            if frame != Received("binary", base64.b64decode(step["binary_b64"])):
                raise Mismatch(f"expected {step['binary_b64']}, got {frame}")
        elif "text" in step:
            if frame.kind != "text":
                raise Mismatch(f"expected a text frame, got {frame}")
            match(step["text"], frame.text, self._bindings)
        else:
            binary = self._connections[step["conn"]] in self._binary
            document = envelopes.decode(frame, binary=binary)
            wanted = {"json": step["proto"], **step} if "proto" in step else step
            self._check_document(wanted, envelopes.decode_texts(document, step.get("decode", ())))

    async def _close(self, step: Step) -> None:
        connection = self._connections[step["conn"]]
        self._forget_frame_of(connection)
        await connection.send_close(step["code"], step["reason"])
        frame = await connection.next()
        while frame.kind != "close":
            frame = await connection.next()
        if "peer" in step and not self._is_close(frame, step["peer"]):
            raise Mismatch(f"expected the close {step['peer']}, got {frame}")
        await connection.ended()

    def _forget_frame_of(self, connection: Connection) -> None:
        """Nothing can be waited for on a connection that ends."""
        if self._under_way is connection:
            self._under_way = None

    async def _expect_close(self, step: Step) -> None:
        connection = self._connections[step["conn"]]
        self._forget_frame_of(connection)
        frame = await connection.next()
        passed_over = {"ping", "pong"} | ({"text", "binary"} if step.get("skip_frames") else set())
        while frame.kind in passed_over:
            frame = await connection.next()
        accepted = [step, *step.get("alt", [])]
        if frame.kind != "close" or not any(self._is_close(frame, each) for each in accepted):
            raise Mismatch(f"expected the close {accepted}, got {frame}")
        await connection.ended()

    def _is_close(self, frame: Received, wanted: Mapping[str, Any]) -> bool:
        try:
            match(wanted["reason"], frame.text, self._bindings)
        except Mismatch:
            return False
        return frame.code == int(wanted["code"])

    async def _barrier(self, connection: Connection) -> list[Received]:
        """Make a round trip; returns the frames that came before, which stay the next ones."""
        self._barriers += 1
        cid = f"barrier-{self._barriers}"
        pong = {"cid": cid, "pong": {}}
        binary = connection in self._binary
        await connection.send(envelopes.encode({"cid": cid, "ping": {}}, binary=binary))
        kind = "binary" if binary else "text"
        before: list[Received] = []
        while True:
            frame = await connection.next()
            if frame.kind == kind and envelopes.decode(frame, binary=binary) == pong:
                break
            before.append(frame)
            if frame.kind == "close":
                break
        connection.put_back(before)
        return before


def _groups(steps: list[Step]) -> list[list[Step]]:
    """Single steps, and runs of steps whose frames may come in any order."""
    runs = (list(run) for _, run in groupby(steps, key=lambda step: step.get("any_order")))
    return [
        group
        for run in runs
        for group in ([run] if run[0].get("any_order") else [[step] for step in run])
    ]


def _is_match(step: Step) -> bool:
    """Whether a frame comes with a tick of the matchmaker only."""
    envelope: Mapping[str, Any] = step.get("json") or step.get("proto") or {}
    return "matchmaker_matched" in envelope


async def _next_data(connection: Connection) -> Received:
    """The next frame that is no ping or pong."""
    frame = await connection.next()
    while frame.kind in ("ping", "pong"):
        frame = await connection.next()
    return frame


def _repeated(spec: Mapping[str, Any]) -> str:
    return f"{spec['prefix']}{spec['fill'] * spec['count']}{spec['suffix']}"


def _part(text: str) -> Any:
    """A decoded part of a token."""
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
