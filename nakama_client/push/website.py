"""The website that an app shows: its pages and its endpoint for registrations."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from nakama_client.errors import ClientClosed, NakamaError
from nakama_client.protocol.codec import encode
from nakama_client.protocol.replies import Reply
from nakama_client.protocol.retry import full_jitter
from nakama_client.push.cookies import WebsiteCookies
from nakama_client.push.registration import RegistrationInfo
from nakama_client.transport.http import HttpClient

_log = logging.getLogger("nakama_client.push")

_FIRST_DELAY, _LONGEST_DELAY = 0.25, 30.0  # seconds between two attempts to post
_MOST_REDIRECTS = 20


@frozen
class RegistrationReply:
    """The answer of the app's server to a registration.

    Attributes:
        status: The HTTP status; 401 when no user was logged in.
        body: The answer's text.
    """

    status: int
    body: str


class Website:
    """Loads pages and posts registrations, with the cookies that both set.

    Args:
        http: Sends the requests.
        registration_url: Where registrations are posted.
        headers: Headers of every registration.
        cookies: The cookies of the registration's address.
        info: Returns what is to be posted.
        report: Called with each failure that nobody awaits.
    """

    def __init__(
        self,
        http: HttpClient,
        registration_url: str,
        *,
        headers: Mapping[str, str],
        cookies: dict[str, str],
        info: Callable[[], RegistrationInfo],
        report: Callable[[str, Exception], None],
    ) -> None:
        self._http = http
        self._url = registration_url
        self._headers = headers
        self._cookies = WebsiteCookies(registration_url, cookies)
        self._info = info
        self._report = report
        self._posted_token: str | None = None
        self._retrying: asyncio.Task[None] | None = None

    def forget_token(self) -> None:
        """Treat the present token as a new one, as after a declined consent."""
        self._posted_token = None

    def forget_all(self) -> None:
        """Forget cookies and token, as a new installation does."""
        self._posted_token = None
        self._cookies.clear()

    async def load(self, url: str) -> str:
        """Load a page, if its host is the endpoint's, and return where redirects led.

        Raises:
            NakamaError: The website did not answer.
        """
        for _ in range(_MOST_REDIRECTS):
            if urlsplit(url).hostname != urlsplit(self._url).hostname:
                return url  # none of its cookies is for the endpoint
            headers = {"Accept": "text/html", **self._cookies.header(url)}
            reply = await self._http.request("GET", url, None, name=_path(url), headers=headers)
            self._cookies.keep(url, reply.set_cookies)
            if not (300 <= reply.status < 400 and reply.location):
                return url
            url = urljoin(url, reply.location)
        return url

    async def post(self) -> RegistrationReply:
        """Post the registration.

        Raises:
            NakamaError: The app's server did not answer.
        """
        reply = await self._send()
        return _shown(reply)

    async def post_if_new(self) -> RegistrationReply | None:
        """Post the registration if its token has not been posted.

        When there is no answer, or an answer such as 503, it is posted again later.

        Returns:
            The first answer; None if there is none.
        """
        if self._is_posted:
            return None
        try:
            reply = await self._send()
        except ClientClosed:
            raise
        except NakamaError as error:
            self._report("the registration could not be posted, and is posted again", error)
            self._post_later(None)
            return None
        if _may_pass(reply):
            self._post_later(reply.retry_after)
        return _shown(reply)

    async def close(self) -> None:
        """Stop posting."""
        task, self._retrying = self._retrying, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    @property
    def _is_posted(self) -> bool:
        return self._posted_token == self._info().one_signal_push_token

    async def _send(self) -> Reply:
        info = self._info()
        reply = await self._http.request(
            "POST",
            self._url,
            encode(info.to_json()),
            name=_path(self._url),
            headers={**self._headers, **self._cookies.header(self._url)},
        )
        self._cookies.keep(self._url, reply.set_cookies)
        if not _may_pass(reply):
            self._posted_token = info.one_signal_push_token
        return reply

    def _post_later(self, retry_after: float | None) -> None:
        if self._retrying is None or self._retrying.done():
            self._retrying = asyncio.create_task(self._keep_posting(retry_after))

    async def _keep_posting(self, retry_after: float | None) -> None:
        """Post until the app's server has the token."""
        failures = 1
        while True:
            delay = full_jitter(
                failures, first=_FIRST_DELAY, longest=_LONGEST_DELAY, random=random.random
            )
            await asyncio.sleep(max(delay, retry_after or 0.0))
            if self._is_posted:  # a page did it
                return
            try:
                reply = await self._send()
            except ClientClosed:
                return
            except NakamaError as error:
                retry_after = None
                _log.warning("attempt %d to post the registration failed: %s", failures + 1, error)
            else:
                retry_after = reply.retry_after
                if not _may_pass(reply):
                    _log.info("the registration was posted after %d attempts", failures + 1)
                    return
            failures += 1


def _may_pass(reply: Reply) -> bool:
    return reply.status == 429 or reply.status >= 500


def _shown(reply: Reply) -> RegistrationReply:
    return RegistrationReply(reply.status, reply.body.decode(errors="replace"))


def _path(url: str) -> str:
    """An address without its query, which may hold secrets."""
    return url.partition("?")[0]
