"""`nk.link_*` and `nk.unlink_*`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.features.links.core import Links
from mock_server.features.social.providers import FACEBOOK, STEAM, Provider
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError, status_text
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.errors import GrpcError

USER_ID = "user ID must be a valid identifier"
"""What is said of a bad user id."""


class LinkFunctions(RuntimeFunctions):
    """Add and remove ways to log in to an account."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def link_device(self, user_id: Any = None, device_id: Any = None) -> None:
        """Add a device to an account.

        Raises:
            ModuleError: A bad argument, or another account's device.
        """
        given = Arguments("link_device", user_id, device_id)
        owner, device = given.uuid(1, USER_ID), given.filled_text(2, "expects device ID string")
        attempt("linking", lambda: self._links.link_device(owner, device))

    def link_custom(self, user_id: Any = None, custom_id: Any = None) -> None:
        """Set the custom id of an account.

        Raises:
            ModuleError: A bad argument, or another account's id.
        """
        given = Arguments("link_custom", user_id, custom_id)
        owner, custom = given.uuid(1, USER_ID), given.filled_text(2, "expects custom ID string")
        attempt("linking", lambda: self._links.link_custom(owner, custom))

    def link_email(self, user_id: Any = None, email: Any = None, password: Any = None) -> None:
        """Set email address and password of an account.

        Raises:
            ModuleError: A bad argument, or another account's address.
        """
        given = Arguments("link_email", user_id, email, password)
        owner, address = given.uuid(1, USER_ID), given.filled_text(2, "expects email string")
        secret = given.filled_text(3, "expects username string")  # Nakama's own slip
        attempt("linking", lambda: self._links.link_email(owner, address, secret))

    def link_facebook(
        self,
        user_id: Any = None,
        username: Any = None,
        token: Any = None,
        import_friends: Any = None,
    ) -> None:
        """Set the Facebook id of an account.

        Args:
            user_id: The account's.
            username: The name in the notification of the friends, who become friends here, too.
            token: The proof of who they are there.
            import_friends: False leaves the friends alone.

        Raises:
            ModuleError: A bad argument, a token that is not known, or another account's id.
        """
        given = Arguments("link_facebook", user_id, username, token, import_friends)
        self._link_social(given, FACEBOOK)

    def link_steam(
        self,
        user_id: Any = None,
        username: Any = None,
        token: Any = None,
        import_friends: Any = None,
    ) -> None:
        """Set the Steam id of an account; the arguments are those of `link_facebook`.

        Raises:
            ModuleError: A bad argument, no Steam on this server, a ticket that is not known, or
                another account's id.
        """
        given = Arguments("link_steam", user_id, username, token, import_friends)
        self._link_social(given, STEAM)

    def unlink_device(self, user_id: Any = None, device_id: Any = None) -> None:
        """Remove a device from an account.

        Raises:
            ModuleError: A bad argument, not their device, or their last way to log in.
        """
        given = Arguments("unlink_device", user_id, device_id)
        owner, device = given.uuid(1, USER_ID), given.filled_text(2, "expects device ID string")
        attempt("unlinking", lambda: self._links.unlink_device(owner, device))

    def unlink_custom(self, user_id: Any = None, custom_id: Any = None) -> None:
        """Clear the custom id of an account; `custom_id` may be left out.

        Raises:
            ModuleError: A bad argument, not their id, or their last way to log in.
        """
        given = Arguments("unlink_custom", user_id, custom_id)
        owner, custom = given.uuid(1, USER_ID), given.optional_text(2)
        attempt("unlinking", lambda: self._links.unlink_column(owner, "custom_id", custom))

    def unlink_email(self, user_id: Any = None, email: Any = None) -> None:
        """Clear email address and password of an account; `email` may be left out.

        Raises:
            ModuleError: A bad argument, not their address, or their last way to log in.
        """
        given = Arguments("unlink_email", user_id, email)
        owner, address = given.uuid(1, USER_ID), given.optional_text(2).lower()
        attempt("unlinking", lambda: self._links.unlink_column(owner, "email", address))

    def unlink_facebook(self, user_id: Any = None, token: Any = None) -> None:
        """Clear the Facebook id of an account; `token` may be left out.

        Raises:
            ModuleError: A bad argument, not their token, or their last way to log in.
        """
        self._unlink_social(Arguments("unlink_facebook", user_id, token), FACEBOOK)

    def unlink_steam(self, user_id: Any = None, token: Any = None) -> None:
        """Clear the Steam id of an account; `token` may be left out.

        Raises:
            ModuleError: A bad argument, not their ticket, or their last way to log in.
        """
        self._unlink_social(Arguments("unlink_steam", user_id, token), STEAM)

    def _link_social(self, given: Arguments, provider: Provider) -> None:
        owner, name = given.uuid(1, USER_ID), given.filled_text(2, "expects username string")
        token = given.filled_text(3, "expects token string")
        sync = given.optional_flag(4, default=True)
        link = self._links.link_social
        attempt("linking", lambda: link(owner, name, provider, token, sync=sync))

    def _unlink_social(self, given: Arguments, provider: Provider) -> None:
        owner, token = given.uuid(1, USER_ID), given.optional_text(2)
        attempt("unlinking", lambda: self._links.unlink_social(owner, provider, token))


def attempt(what: str, action: Callable[[], None]) -> None:
    """Link or unlink.

    Raises:
        ModuleError: It is refused.
    """
    try:
        action()
    except GrpcError as error:
        raise ModuleError(f"error {what}: {status_text(error)}") from None
