"""The notifications facade: sends and reads notifications on the server's side, for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mock_server.features.notifications.core import Notifications, listed
from mock_server.features.notifications.runtime import NotificationFunctions
from server_kit import InLoop

T = TypeVar("T")


class NotificationsFacade:
    """Sends and reads notifications as the game's backend does, by Nakama's rules.

    Args:
        notifications: Returns the server's notifications; a restart makes new ones.
        in_loop: Awaits in the server's loop.
    """

    def __init__(self, notifications: Callable[[], Notifications], in_loop: InLoop) -> None:
        self._notifications = notifications
        self._in_loop = in_loop

    async def send(
        self,
        user_id: str,
        subject: str,
        content: Mapping[str, Any] | None = None,
        *,
        code: int = 1,
        sender_id: str | None = None,
        persistent: bool = True,
    ) -> None:
        """Send to one user.

        Args:
            user_id: The recipient.
            subject: A text that is not empty, up to 255 characters if persistent.
            content: What the client gets as the notification's content.
            code: Positive, or -2000 to -1000; up to 32767 if persistent.
            sender_id: Who sends; None is the system.
            persistent: Whether it is stored until the user deletes it.

        Raises:
            ModuleError: An argument is not as above, or a persistent one has no recipient.
            TypeError: The content is no mapping.
        """
        arguments = (user_id, subject, _table(content), code, sender_id, persistent)
        await self._run(lambda each: NotificationFunctions(each).notification_send(*arguments))

    async def send_all(
        self,
        subject: str,
        content: Mapping[str, Any] | None = None,
        *,
        code: int = 1,
        persistent: bool = True,
    ) -> None:
        """Send to every user (persistent), or to every connected user (not persistent).

        Returns once it has reached them; a server module's call reaches 10,000 users at once and
        the others in later turns of the loop, as in Nakama.

        Raises:
            ModuleError: An argument is not as for `send`.
        """
        arguments = (subject, _table(content), code, persistent)
        await self._run(lambda each: NotificationFunctions(each).notification_send_all(*arguments))
        await self._in_loop.wait(self._settle())

    async def stored(self, user_id: str) -> list[dict[str, Any]]:
        """The stored notifications of a user, oldest first, as the client API lists them."""
        rows = await self._run(lambda each: each.stored(user_id))
        return [listed(row) for row in rows]

    async def _settle(self) -> None:
        await self._notifications().settle()

    async def _run(self, function: Callable[[Notifications], T]) -> T:
        """Call a function in the server's loop, after any restart that is under way."""

        async def call() -> T:
            return function(self._notifications())

        return await self._in_loop.wait(call())


def _table(content: object) -> dict[str, Any]:
    if not isinstance(content, Mapping | None):
        raise TypeError(f"content must be a mapping, not {type(content).__name__}")
    return dict(content or {})
