"""The server's client for OneSignal: devices and messages, by the REST API of players.

https://documentation.onesignal.com/reference
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from attrs import frozen

from mock_server.config import OneSignalConfig
from mock_server.features.push.errors import NoAnswer, NobodyReached, Overloaded, Refused
from mock_server.features.push.message import PushMessage
from mock_server.features.push.retries import OnFailure, RetryPolicy, Sleep, with_retries
from mock_server.features.push.targets import Target
from server_kit import Clock

T = TypeVar("T")

_SDK = "nakama-mock/0.1.0"
_DEFAULT_POLICY = RetryPolicy()


@frozen
class Created:
    """A message that OneSignal has taken.

    Attributes:
        id: The notification's id.
        recipients: To how many devices it goes; None where OneSignal does not say.
        not_reached: The ids among those meant that are not subscribed.
        replayed: An earlier request with the same idempotency key had done it already.
    """

    id: str
    recipients: int | None
    not_reached: tuple[str, ...]
    replayed: bool


@frozen
class NotificationView:
    """What has become of a message.

    Attributes:
        id: The notification's id.
        contents: Its text by language.
        successful: To how many devices it went.
        failed: How many were not subscribed any more.
        remaining: How many are still to come; None while OneSignal works it out.
        canceled: Whether it was cancelled.
    """

    id: str
    contents: Mapping[str, str]
    successful: int
    failed: int
    remaining: int | None
    canceled: bool


@frozen
class _Reply:
    status: int
    body: dict[str, Any]
    replayed: bool


class OneSignal:
    """A client for one OneSignal app.

    Everything it asks may be asked twice without harm (messages carry an idempotency key), so a
    lost answer, 429 and 5xx are retried. Every method raises `OneSignalError`, see the tree in
    `mock_server.features.push.errors`. Messages go out one at a time, in the order of the calls.

    Args:
        config: The app and its key. The path `/api/v1` is put behind the url, unless the url ends
            in it or is `https://api.onesignal.com`.
        clock: Tells when a date in Retry-After is.
        sleep: Waits between attempts; the clock's `sleep` when left out.
        timeout: Seconds for one attempt.
        retry: How often to try.
    """

    def __init__(
        self,
        config: OneSignalConfig,
        clock: Clock,
        *,
        sleep: Sleep | None = None,
        timeout: float = 5.0,
        retry: RetryPolicy = _DEFAULT_POLICY,
    ) -> None:
        self._config = config
        self._clock = clock
        self._sleep = sleep or clock.sleep
        self._timeout = aiohttp.ClientTimeout(timeout)
        self._retry = retry
        self._base = _base(config.url)
        self._turn = asyncio.Lock()
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections; twice does nothing, and a later call opens new ones."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def create_player(
        self,
        device_type: int,
        identifier: str,
        *,
        language: str = "en",
        failed: OnFailure | None = None,
    ) -> str:
        """Add a device, or update the one with this identifier; returns the player id.

        Args:
            device_type: 0 iOS, 1 Android, 2 Amazon, …
            identifier: What the device's platform calls it, as an APNs or FCM token.
            language: The device's language.
            failed: Is told of every attempt that failed.
        """
        body = {
            "device_type": device_type,
            "identifier": identifier,
            "language": language,
            "sdk": _SDK,
            "tags": {},
        }
        reply = await self._retried(lambda: self._ask("POST", "/players", body), failed)
        player_id = reply.body.get("id")
        if not isinstance(player_id, str) or not player_id:
            raise Refused(reply.status, "the answer has no player id")
        return player_id

    async def edit_player(
        self,
        player_id: str,
        *,
        external_user_id: str | None = None,
        language: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Change a device; what is None stays as it is.

        Args:
            player_id: Which.
            external_user_id: The backend's name for its user; "" makes it nobody's.
            language: Its language.
            tags: Tags to set; an empty value removes one.
        """
        changes = {"external_user_id": external_user_id, "language": language, "tags": tags}
        given = {name: value for name, value in changes.items() if value is not None}
        await self._retried(lambda: self._ask("PUT", f"/players/{player_id}", given))

    async def create_notification(
        self,
        message: PushMessage,
        target: Target,
        *,
        idempotency_key: str | None = None,
        failed: OnFailure | None = None,
    ) -> Created:
        """Send a message.

        Args:
            message: What it says.
            target: Whom it is for.
            idempotency_key: A UUID: for 30 days OneSignal answers a repeated key with what it
                answered first, and sends nothing. A fresh one when left out.
            failed: Is told of every attempt that failed.

        Raises:
            NobodyReached: No device of those meant is subscribed.
        """
        key = idempotency_key or str(uuid.uuid4())
        body = {**message.fields(), **target.fields(), "idempotency_key": key}
        return await self._retried(lambda: self._create(body), failed)

    async def cancel_notification(self, notification_id: str) -> None:
        """Cancel a message that was not sent to everybody yet."""
        query = {"app_id": self._config.app_id}
        path = f"/notifications/{notification_id}"
        await self._retried(lambda: self._ask("DELETE", path, query=query))

    async def view_notification(self, notification_id: str) -> NotificationView:
        """Read what has become of a message."""
        query = {"app_id": self._config.app_id}
        path = f"/notifications/{notification_id}"
        reply = await self._retried(lambda: self._ask("GET", path, query=query))
        body = reply.body
        return NotificationView(
            id=body.get("id") or "",
            contents=body.get("contents") or {},
            successful=body.get("successful") or 0,
            failed=body.get("failed") or 0,
            remaining=body.get("remaining"),
            canceled=bool(body.get("canceled")),
        )

    async def _create(self, body: dict[str, Any]) -> Created:
        async with self._turn:
            reply = await self._ask("POST", "/notifications", body)
        notification_id, recipients = reply.body.get("id"), reply.body.get("recipients")
        errors = reply.body.get("errors")
        if not notification_id:
            raise NobodyReached(_words(errors) or "the answer has no notification id")
        return Created(
            id=str(notification_id),
            recipients=recipients if isinstance(recipients, int) else None,
            not_reached=tuple(_leaves(errors)),
            replayed=reply.replayed,
        )

    async def _retried(
        self, call: Callable[[], Awaitable[T]], failed: OnFailure | None = None
    ) -> T:
        return await with_retries(call, policy=self._retry, sleep=self._sleep, failed=failed)

    async def _ask(
        self,
        method: str,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> _Reply:
        """Make one request; the body has the app's id, sorted keys and no blanks."""
        data = None
        if fields is not None:
            body = {"app_id": self._config.app_id, **fields}
            data = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        try:
            async with self._session().request(
                method,
                self._base + path,
                params=query,
                data=data and data.encode(),
                allow_redirects=False,
            ) as answer:
                text = await answer.text()
        except TimeoutError as error:
            raise NoAnswer(f"no answer within {self._timeout.total:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NoAnswer(f"no answer: {str(error) or type(error).__name__}") from error
        return self._read(answer, text)

    def _read(self, answer: aiohttp.ClientResponse, text: str) -> _Reply:
        document = _document(text)
        problem = text[:200] if document is None else _words(document.get("errors"))
        if answer.status == 429 or answer.status >= 500:
            raise Overloaded(answer.status, problem, self._retry_after(answer.headers))
        if answer.status >= 300:
            raise Refused(answer.status, problem or "no reason given")
        if document is None:
            raise NoAnswer(f"the answer is no JSON object: {text[:200]!r}")
        replayed = answer.headers.get("Idempotent-Replayed") == "true"
        return _Reply(answer.status, document, replayed)

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        text = headers.get("Retry-After", "")
        try:
            if text.isdigit():
                return float(text)
            return max(0.0, parsedate_to_datetime(text).timestamp() - self._clock.time())
        except ValueError:
            return None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "User-Agent": _SDK,
                    "Accept": "application/json",
                    "Authorization": f"Basic {self._config.rest_key}",
                    "Content-Type": "application/json",
                    "Accept-Encoding": "gzip",
                },
            )
        return self._http


def _base(url: str) -> str:
    trimmed = url.rstrip("/")
    has_prefix = trimmed.endswith("/api/v1") or urlsplit(trimmed).hostname == "api.onesignal.com"
    return trimmed if has_prefix else f"{trimmed}/api/v1"


def _document(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _words(errors: Any) -> str:
    """OneSignal's `errors` as one text; it may be a text, a list of texts or objects, an object."""
    if isinstance(errors, str):
        return errors
    if isinstance(errors, list):
        return "; ".join(
            str(each.get("title") or each) if isinstance(each, dict) else str(each)
            for each in errors
        )
    return json.dumps(errors) if errors else ""


def _leaves(errors: Any) -> list[str]:
    """The ids in an `errors` object, as `{"invalid_player_ids": […]}`, however deep they are."""
    if isinstance(errors, dict):
        errors = list(errors.values())
    if isinstance(errors, list):
        return [leaf for each in errors for leaf in _leaves(each)]
    return [] if errors is None else [str(errors)]
