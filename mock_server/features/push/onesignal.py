"""The server's client for OneSignal: devices and messages, by the REST API of players.

https://documentation.onesignal.com/reference
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import attrs
from attrs import frozen

from mock_server.config import OneSignalConfig
from mock_server.features.push.errors import NoAnswer, NobodyReached, Overloaded, Refused
from mock_server.features.push.lanes import Lanes
from mock_server.features.push.message import PushMessage
from mock_server.features.push.retries import OnFailure, PushRetryPolicy, Sleep, with_retries
from mock_server.features.push.targets import PushTarget
from server_kit import Clock

_DEFAULT_POLICY = PushRetryPolicy()
_WIDTH = 8  # requests at once


@frozen
class CreatedNotification:
    """A notification that OneSignal has created.

    Attributes:
        id: The notification's id.
        recipients: How many devices it is sent to; None where OneSignal does not say.
        not_reached: The ids in the target that are not subscribed.
        replayed: It is the answer to an earlier request with the same idempotency key.
    """

    id: str
    recipients: int | None
    not_reached: tuple[str, ...]
    replayed: bool


@frozen
class _Reply:
    status: int
    body: dict[str, Any]
    replayed: bool


class OneSignal:
    """A client for one OneSignal app.

    Every request may be repeated (messages carry an idempotency key), so a lost answer, 429 and
    5xx are retried. Every method raises `OneSignalError`, see the tree in
    `mock_server.features.push.errors`. Messages of one lane are sent one after another, in the
    order of the calls, also where one has to be repeated; eight requests are made at once, so that
    one that hangs does not hold up the others.

    Args:
        config: The app and its key. `/api/v1` is appended to the url, unless the url ends in it
            or is `https://api.onesignal.com`.
        clock: The time that a date in Retry-After is compared with.
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
        retry: PushRetryPolicy = _DEFAULT_POLICY,
    ) -> None:
        self._config = config
        self._clock = clock
        self._sleep = sleep or clock.sleep
        self._timeout = aiohttp.ClientTimeout(timeout)
        self._retry = retry
        self._base = _base(config.url)
        self._messages, self._players = Lanes(_WIDTH), Lanes(_WIDTH)
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections; a second call does nothing, a later request opens new ones."""
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
        is_wanted: Callable[[], bool] | None = None,
    ) -> str:
        """Add a device, or update the one with this identifier; returns the player id.

        Args:
            device_type: 0 iOS, 1 Android, 2 Amazon, …
            identifier: The device's push token, of APNs or FCM.
            language: The device's language.
            failed: Called after every attempt that failed.
            is_wanted: Where given, there is no limit of attempts while it returns True.
        """
        body = {
            "device_type": device_type,
            "identifier": identifier,
            "language": language,
            "sdk": _sdk(),
            "tags": {},
        }

        async def create() -> _Reply:
            async with self._players.lane(f"{device_type} {identifier}"), self._players.slot():
                return await self._post("/players", body)

        policy = self._retry if is_wanted is None else attrs.evolve(self._retry, attempts=None)
        reply = await with_retries(
            create, policy=policy, sleep=self._sleep, failed=failed, is_wanted=is_wanted
        )
        player_id = reply.body.get("id")
        if not isinstance(player_id, str) or not player_id:
            raise Refused(reply.status, "the answer has no player id")
        return player_id

    async def create_notification(
        self,
        message: PushMessage,
        target: PushTarget,
        *,
        lane: str = "",
        idempotency_key: str | None = None,
        failed: OnFailure | None = None,
    ) -> CreatedNotification:
        """Send a message.

        Args:
            message: Its texts and data.
            target: The recipients.
            lane: Messages of the same lane keep their order; it has one of its own when left out.
            idempotency_key: A UUID: for 30 days OneSignal answers a repeated key with its first
                answer and sends nothing. A new one when left out.
            failed: Called after every attempt that failed.

        Raises:
            NobodyReached: No device in the target is subscribed.
        """
        key = idempotency_key or str(uuid.uuid4())
        body = {**message.fields(), **target.fields(), "idempotency_key": key}
        async with self._messages.lane(lane or key):
            return await with_retries(
                lambda: self._create(body), policy=self._retry, sleep=self._sleep, failed=failed
            )

    async def _create(self, body: dict[str, Any]) -> CreatedNotification:
        async with self._messages.slot():
            reply = await self._post("/notifications", body)
        notification_id, recipients = reply.body.get("id"), reply.body.get("recipients")
        errors = reply.body.get("errors")
        if not notification_id:
            raise NobodyReached(_words(errors) or "the answer has no notification id")
        return CreatedNotification(
            id=str(notification_id),
            recipients=recipients if isinstance(recipients, int) else None,
            not_reached=tuple(_leaves(errors)),
            replayed=reply.replayed,
        )

    async def _post(self, path: str, fields: Mapping[str, Any]) -> _Reply:
        """Make one request; its body has the app's id, sorted keys and no blanks."""
        body = {"app_id": self._config.app_id, **fields}
        data = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        try:
            async with self._session().post(
                self._base + path, data=data.encode(), allow_redirects=False
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
                    "User-Agent": _sdk(),
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
    """The ids in an `errors` object, as `{"invalid_player_ids": […]}`, at any depth."""
    if isinstance(errors, dict):
        errors = list(errors.values())
    if isinstance(errors, list):
        return [leaf for each in errors for leaf in _leaves(each)]
    return [] if errors is None else [str(errors)]


@functools.cache
def _sdk() -> str:
    """The name and version of this client."""
    from importlib.metadata import version  # reads files: nothing that a start should wait for

    return f"nakama-mock/{version('nakama-client')}"
