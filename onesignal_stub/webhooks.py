"""Webhooks: what happens to a push on a device is posted to the registered URLs."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Literal, TypeAlias, get_args

import aiohttp
import msgspec
from attrs import frozen

from onesignal_stub.sent_pushes import Push
from server_kit import Store

WebhookEvent: TypeAlias = Literal[
    "notification.willDisplay", "notification.clicked", "notification.dismissed"
]
EVENTS: tuple[WebhookEvent, ...] = get_args(WebhookEvent)
QUEUE_SIZE = 10_000
MOST = 100
"""How many webhooks there can be."""
_LONGEST_URL = 2000
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_log = logging.getLogger("onesignal_stub.webhooks")


@frozen
class _Post:
    url: str
    event: str
    body: dict[str, Any]


class Webhooks:
    """Posts events in order, one at a time, as a browser does.

    Up to 10,000 posts wait. An event that comes while the queue is full is dropped with a warning
    in the log, and so is a post that fails: browsers do not repeat them either.

    Args:
        store: The tables.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._posts: asyncio.Queue[_Post] = asyncio.Queue(QUEUE_SIZE)
        self._worker: asyncio.Task[None] | None = None

    def add(self, url: str, events: tuple[WebhookEvent, ...]) -> None:
        """Post these events to a URL from now on.

        Raises:
            ValueError: The URL is not http or https, or longer than 2,000 characters, an event is
                unknown, or there are 100 webhooks.
        """
        unknown = [event for event in events if event not in EVENTS]
        if unknown or not events:
            raise ValueError(f"events must be of {', '.join(EVENTS)}, got {unknown}")
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"a webhook needs an http or https URL, got {url!r}")
        if len(url) > _LONGEST_URL:
            raise ValueError(f"a webhook's URL has at most {_LONGEST_URL} characters")
        row = self._store.one("SELECT count(*) FROM webhooks")
        if row is not None and row[0] >= MOST:
            raise ValueError(f"there are {MOST} webhooks; a reset removes them")
        self._store.run(
            "INSERT INTO webhooks (url, events) VALUES (?, ?)",
            url,
            msgspec.json.encode(sorted(set(events))).decode(),
        )

    def post(self, event: WebhookEvent, push: Push, *, action_id: str = "") -> None:
        """Post an event of a push to every URL that is registered for it."""
        for row in self._store.all("SELECT url, events FROM webhooks ORDER BY number"):
            if event in msgspec.json.decode(row["events"]):
                self._enqueue(_Post(row["url"], event, _body(event, push, action_id)))

    async def close(self) -> None:
        """Stop posting; events that still wait are dropped."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    def _enqueue(self, post: _Post) -> None:
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), name="onesignal_stub webhooks")
        try:
            self._posts.put_nowait(post)
        except asyncio.QueueFull:
            _log.warning("%d webhooks wait, %s to %s dropped", QUEUE_SIZE, post.event, post.url)

    async def _work(self) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while True:
                post = await self._posts.get()
                headers = {"X-OneSignal-Event": post.event}
                try:
                    async with session.post(post.url, json=post.body, headers=headers) as answer:
                        if answer.status >= 400:
                            _log.warning("webhook %s answered %d", post.url, answer.status)
                except (aiohttp.ClientError, TimeoutError) as error:
                    _log.warning("webhook %s failed: %s", post.url, error)


def _body(event: str, push: Push, action_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "event": event,
        "notificationId": push.notification_id,
        "subscriptionId": push.player_id,
    }
    optional = {"heading": push.heading, "content": push.contents, "url": push.url}
    body |= {name: value for name, value in optional.items() if value is not None}
    if push.data:
        body["additionalData"] = push.data
    if event == "notification.clicked":
        body["actionId"] = action_id
    return body
