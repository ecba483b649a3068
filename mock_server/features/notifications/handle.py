"""What a test does with notifications on the server's side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mock_server.features.notifications.core import listed

if TYPE_CHECKING:
    from mock_server.parts import Parts


class NotificationsHandle:
    """Sends and reads notifications as the game's backend does, by Nakama's rules."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

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
        """
        self._parts.runtime.nk.notification_send(
            user_id, subject, dict(content or {}), code, sender_id, persistent
        )

    async def send_all(
        self,
        subject: str,
        content: Mapping[str, Any] | None = None,
        *,
        code: int = 1,
        persistent: bool = True,
    ) -> None:
        """Send to every user (persistent), or to everybody who is connected (not persistent).

        Raises:
            ModuleError: An argument is not as for `send`.
        """
        self._parts.runtime.nk.notification_send_all(subject, dict(content or {}), code, persistent)

    async def stored(self, user_id: str) -> list[dict[str, Any]]:
        """The stored notifications of a user, oldest first, as the client API lists them."""
        rows = self._parts.store.all(
            "SELECT * FROM notification WHERE user_id = ? ORDER BY create_time, id", user_id
        )
        return [listed(row) for row in rows]
