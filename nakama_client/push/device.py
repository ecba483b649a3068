"""The phone's side of push messages: a device with an app that has OneSignal's SDK inside.

https://documentation.onesignal.com/docs/en/users
"""

from __future__ import annotations

import inspect
import logging
import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from types import NoneType, TracebackType
from typing import Any, Self

import attrs

from nakama_client.errors import ArgumentError, NotRegistered
from nakama_client.events.handlers import Function, Handler, Handlers
from nakama_client.protocol.rules import (
    check_plain_function,
    check_present,
    check_text,
    check_texts,
    check_timeout,
    check_type,
    check_url,
)
from nakama_client.push.onesignal import ExternalUserId, OneSignalClient
from nakama_client.push.registration import DeviceType, RegistrationInfo
from nakama_client.push.website import RegistrationReply, Website
from nakama_client.transport.http import HttpClient

_log = logging.getLogger("nakama_client.push")

_DEVICE_TYPES = {"ios": DeviceType.IOS, "android": DeviceType.ANDROID}
_SUBSCRIBED, _UNSUBSCRIBED = 1, -2
_SDK = "nakama-client-python"


class PushDevice:
    """A phone with an app that wraps a website and registers itself with OneSignal.

    It does what such an app does, so that a bot can play the phone: it registers, gives each page
    its info, posts a registration to the app's server, and sets the external user id.

        async with PushDevice("https://onesignal.com", "my-app-id") as phone:
            await phone.register()
            await phone.external_user_id.set("ada")

    Args:
        onesignal_url: OneSignal's address, such as `https://onesignal.com`.
        onesignal_app_id: The id of the app at OneSignal.
        info: The device; None for a new iPhone. Without a push token it gets one.
        registration_url: The app's server takes registrations by POST here; None for none.
            When it does not answer, the device posts again, with growing delays, until it does.
        page_pattern: A regular expression; the registration is also posted after each page load
            whose URL contains a match. `.*` matches every page; None matches none.
        headers: Headers of every registration.
        cookies: The cookies of the app's server, by name. Cookies that its pages and its answers
            set are added, as in a browser.
        timeout: Seconds for one request.

    Attributes:
        headers: As given; may be changed.
        cookies: As given; may be changed, as a login does.
        external_user_id: Sets and removes the app's own id of the user.

    Raises:
        ArgumentError: The pattern is no regular expression, an address is no URL, or an argument
            is empty or of the wrong type.
    """

    def __init__(
        self,
        onesignal_url: str,
        onesignal_app_id: str,
        *,
        info: RegistrationInfo | None = None,
        registration_url: str | None = None,
        page_pattern: str | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float = 10.0,
    ) -> None:
        check_type("info", info, RegistrationInfo, NoneType)
        self._info = info or RegistrationInfo()
        self._token = self._info.one_signal_push_token or _fresh_token()
        self._player_id = self._info.one_signal_user_id
        self._subscribed = bool(self._info.one_signal_subscribed)
        self._declined = self._turned_off = False
        self._page_pattern = None if page_pattern is None else _compiled(page_pattern)
        self._listeners: Handlers[RegistrationInfo] = Handlers()
        self._on_error: Handlers[Exception] = Handlers()
        check_timeout(timeout)
        self._http = HttpClient("device", timeout=timeout)
        self._onesignal = OneSignalClient(
            self._http,
            check_url("onesignal_url", onesignal_url),
            check_present("onesignal_app_id", onesignal_app_id),
        )
        self.headers = check_texts("headers", {} if headers is None else headers)
        self.cookies = check_texts("cookies", {} if cookies is None else cookies)
        self.external_user_id = ExternalUserId(self._edit)
        self._website = (
            None
            if registration_url is None
            else self._make_website(check_url("registration_url", registration_url))
        )

    def __repr__(self) -> str:
        return f"<PushDevice {self._info.model}, player {self._player_id}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def device_type(self) -> DeviceType:
        """OneSignal's number for this kind of device."""
        return _DEVICE_TYPES[self._info.platform]

    @property
    def info(self) -> RegistrationInfo:
        """What the app knows of the device now."""
        if self._is_silent:
            return attrs.evolve(
                self._info,
                one_signal_user_id=None,
                one_signal_push_token=None,
                one_signal_subscribed=False if self._declined else None,
            )
        if self._player_id is None:
            return attrs.evolve(
                self._info, one_signal_push_token=self._token, one_signal_subscribed=None
            )
        return attrs.evolve(
            self._info,
            one_signal_user_id=self._player_id,
            one_signal_push_token=self._token,
            one_signal_subscribed=self._subscribed,
        )

    def on_onesignal_info(self, function: Function[RegistrationInfo]) -> Handler[RegistrationInfo]:
        """Call a function with the device's info after each page load, as a website's own.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._listeners.add(function)

    def on_error(self, function: Callable[[Exception], Any]) -> Handler[Exception]:
        """Call a function with each error that no call raises; without one they are logged.

        These are exceptions of the functions of `on_onesignal_info`, and registrations that could
        not be posted and are posted again. The function is a plain one.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        check_plain_function("function", function)
        return self._on_error.add(function)

    async def register(self) -> RegistrationReply | None:
        """Register with OneSignal, as the app does when it starts, and post a new push token.

        Without the user's consent nothing is sent: on iOS when they declined, on both systems while
        the app waits for it. An Android phone registers without being subscribed, and so does one
        whose pushes are turned off (`unsubscribe`).

        A token that the app's server already has is not posted again. When the app's server does
        not answer, the device is still registered with OneSignal: `on_error` gets the error, and
        the registration is posted again until the server answers or the device is closed.

        Returns:
            The answer of the app's server; None when nothing was posted, or nothing answered.

        Raises:
            PushRefused: OneSignal did not accept the device.
            NakamaError: OneSignal did not answer.
        """
        if self._is_silent:
            return None
        wanted = not (self._declined or self._turned_off)
        description = self._description(subscribed=wanted)
        self._player_id = await self._onesignal.create_player(description)
        self._subscribed = wanted
        return await self._post_if_new()

    async def load_page(self, url: str) -> RegistrationReply | None:
        """Load a page of the app's website.

        A page on the host of the registration's address is fetched, redirects are followed, and its
        cookies are kept. Other pages are not fetched: their cookies would not go there.

        Then the functions of `on_onesignal_info` are called, and the registration is posted where
        the URL of the page matches the pattern. When one of the functions raises, `on_error` gets
        the error, the others are still called, and the registration is still posted.

        Returns:
            The answer of the app's server; None when nothing was posted.

        Raises:
            ArgumentError: The URL is no text.
            NakamaError: The page or the app's server did not answer.
        """
        check_text("url", url)
        loaded = url if self._website is None else await self._website.load(url)
        for listener in self._listeners.all:
            await self._tell(listener)
        matches = self._page_pattern is not None and self._page_pattern.search(loaded)
        return await self._website.post() if matches and self._website else None

    async def change_token(self, token: str | None = None) -> RegistrationReply | None:
        """Get another push token from the platform, and give it to OneSignal and the app's server.

        Args:
            token: The token; None for a new one.

        Returns:
            The answer of the app's server; None when nothing was posted.

        Raises:
            PushRefused: OneSignal did not accept the token; the device keeps the one it had.
            NakamaError: OneSignal did not answer.
        """
        fresh = _fresh_token() if token is None else check_present("token", token)
        if self._player_id is not None:
            await self._edit({"identifier": fresh})
        self._token = fresh
        return None if self._is_silent else await self._post_if_new()

    async def reinstall(self) -> RegistrationReply | None:
        """Reinstall the app: it gets another installation id, token and player id, and no cookies.

        Pushes that were turned off are on again. OneSignal keeps the old player: it can't know that
        it is the same phone.

        Returns:
            As `register`, which this ends with.

        Raises:
            PushRefused: OneSignal did not accept the device.
            NakamaError: OneSignal did not answer.
        """
        self._info = attrs.evolve(self._info, installation_id=str(uuid.uuid4()))
        self._token, self._player_id, self._subscribed = _fresh_token(), None, False
        self._turned_off = False
        self.cookies.clear()
        if self._website is not None:
            self._website.forget_all()
        return await self.register()

    async def unsubscribe(self) -> None:
        """Turn pushes off in the phone's settings, until `subscribe` or a new installation.

        Raises:
            NotRegistered: The device has no player id.
            PushRefused: OneSignal refused.
        """
        await self._edit({"notification_types": _UNSUBSCRIBED})
        self._subscribed, self._turned_off = False, True

    async def subscribe(self) -> None:
        """Turn pushes on again.

        Raises:
            NotRegistered: The device has no player id.
            PushRefused: OneSignal refused.
        """
        await self._edit({"notification_types": _SUBSCRIBED})
        self._subscribed, self._turned_off = True, False

    async def decline_consent(self) -> None:
        """Decline pushes when the app asks, or later; an iPhone's app then gets no user id.

        Raises:
            PushRefused: OneSignal refused.
        """
        if self._player_id is not None:
            await self._edit({"notification_types": _UNSUBSCRIBED})
            self._subscribed = False
        self._declined = True
        if self._website is not None:
            self._website.forget_token()

    async def give_consent(self) -> RegistrationReply | None:
        """Agree to pushes; the device registers.

        Returns:
            As `register`.

        Raises:
            PushRefused: OneSignal did not accept the device.
            NakamaError: OneSignal did not answer.
        """
        self._declined = False
        self._info = attrs.evolve(self._info, one_signal_requires_user_privacy_consent=False)
        return await self.register()

    async def close(self) -> None:
        """Close all connections, and post nothing again; calling it again does nothing."""
        if self._website is not None:
            await self._website.close()
        await self._http.close()

    @property
    def _is_silent(self) -> bool:
        """Whether the app has no info of OneSignal, because the user has not consented."""
        waits = self._info.one_signal_requires_user_privacy_consent
        return waits or (self._declined and self._info.platform == "ios")

    async def _tell(self, listener: Handler[RegistrationInfo]) -> None:
        try:
            result = listener(self.info)
            if inspect.isawaitable(result):
                await result
        except Exception as error:
            self._report(f"the page's function {listener.name} failed", error)

    async def _post_if_new(self) -> RegistrationReply | None:
        return None if self._website is None else await self._website.post_if_new()

    def _make_website(self, registration_url: str) -> Website:
        return Website(
            self._http,
            registration_url,
            headers=self.headers,
            cookies=self.cookies,
            info=lambda: self.info,
            report=self._report,
        )

    def _description(self, *, subscribed: bool) -> dict[str, Any]:
        info = self._info
        known = {
            "device_type": int(self.device_type),
            "identifier": self._token,
            "language": info.language,
            "timezone": _offset(info.time_zone),
            "game_version": info.app_version,
            "device_model": info.model,
            "device_os": info.os_version,
            "notification_types": _SUBSCRIBED if subscribed else _UNSUBSCRIBED,
            "sdk": _SDK,
        }
        return {name: value for name, value in known.items() if value is not None}

    async def _edit(self, changes: Mapping[str, Any]) -> None:
        if self._player_id is None:
            raise NotRegistered("this device has no player id: register() it first, with consent")
        await self._onesignal.edit_player(self._player_id, changes)

    def _report(self, problem: str, error: Exception) -> None:
        """Report an error to the functions of `on_error`, or to the log when there are none."""
        if not self._on_error.all:
            _log.warning("%s: %s", problem, error, exc_info=error)
        for handler in self._on_error.all:
            try:
                handler(error)
            except Exception:
                _log.exception("the handler %s of on_error failed", handler.name)


def _fresh_token() -> str:
    return secrets.token_hex(32)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(check_text("page_pattern", pattern))
    except re.error as error:
        raise ArgumentError(f"page_pattern is no regular expression: {error}") from None


def _offset(time_zone: str) -> int | None:
    """Seconds from UTC now; None for a zone that this machine does not know."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # few programs need it

    try:
        offset = datetime.now(ZoneInfo(time_zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):
        return None
    return None if offset is None else int(offset.total_seconds())
