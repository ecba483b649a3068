"""Notifications received by one socket and handed to a handler."""

from __future__ import annotations

import asyncio

import msgspec
from websockets.asyncio.client import connect

from benchmarks.measure import Row, rate_row, rates
from benchmarks.server import BURST
from benchmarks.tokens import TOKEN
from nakama_client import Client, Notification, Session

BURSTS = 20


class _Notification(msgspec.Struct, frozen=True):
    id: str = ""
    subject: str = ""
    content: str = ""
    code: int = 0
    sender_id: str = ""
    create_time: str = ""
    persistent: bool = False


class _Notifications(msgspec.Struct, frozen=True):
    notifications: tuple[_Notification, ...] = ()


class _Envelope(msgspec.Struct):
    cid: str = ""
    notifications: _Notifications = _Notifications()


async def measure(url: str) -> list[Row]:
    async with (
        connect(f"ws{url[4:]}/ws", compression=None) as bare,
        Client(url) as client,
        client.socket(Session(TOKEN), queue_limit=2 * BURST) as socket,
    ):
        decode = msgspec.json.Decoder(_Envelope).decode
        seen: list[object] = []
        complete = asyncio.Event()

        def bare_handle(notification: _Notification, content: object) -> None:
            seen.append((notification, content))

        async def bare_run() -> int:
            for _ in range(BURSTS):
                await bare.send('{"cid":"1","rpc":{"id":"burst"}}')
                seen.clear()
                while True:
                    envelope = decode(await bare.recv(decode=False))
                    if envelope.cid:
                        break
                    for notification in envelope.notifications.notifications:
                        bare_handle(notification, msgspec.json.decode(notification.content))
                assert len(seen) == BURST
            return BURSTS * BURST

        @socket.on_notification
        def handle(notification: Notification) -> None:
            seen.append(notification)
            if len(seen) == BURST:
                complete.set()

        async def our_run() -> int:
            for _ in range(BURSTS):
                seen.clear()
                complete.clear()
                await socket.rpc("burst")
                await complete.wait()
            return BURSTS * BURST

        return [rate_row("notifications to a handler", *await rates(bare_run, our_run), 0.6)]
