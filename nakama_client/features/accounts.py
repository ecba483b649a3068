"""A player's own account: https://heroiclabs.com/docs/nakama/concepts/user-accounts/."""

from __future__ import annotations

from datetime import datetime

from attrs import Factory, frozen

from nakama_client.errors import ArgumentError
from nakama_client.features.base import ClientFeature
from nakama_client.features.users import User
from nakama_client.protocol.codec import JsonObject, encode
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import Request
from nakama_client.protocol.rules import check_lengths, check_username
from nakama_client.session import Session


@frozen(kw_only=True)
class AccountDevice:
    """A device that may log in to an account.

    Attributes:
        id: The device's id.
        vars: Variables that were given when it was linked.
    """

    id: str = ""
    vars: dict[str, str] = Factory(dict)


@frozen(kw_only=True)
class Account:
    """A player's own account.

    Attributes:
        user: The public part.
        wallet: The wallet, which the server's runtime changes.
        email: The address, if one is linked.
        devices: The linked devices.
        custom_id: The custom id, if one is linked.
        verify_time: When the email address was verified.
        disable_time: When the account was banned.
    """

    user: User = Factory(User)
    wallet: JsonObject = Factory(JsonObject)
    email: str = ""
    devices: tuple[AccountDevice, ...] = ()
    custom_id: str = ""
    verify_time: datetime | None = None
    disable_time: datetime | None = None


class AccountsApi(ClientFeature):
    """Reading, changing and deleting one's own account."""

    async def get_account(self, session: Session) -> Account:
        """Fetch the player's account.

        Raises:
            NotFound: The account was deleted.
        """
        return await self._api.call(session, Request("GET", "/v2/account"), Account)

    async def update_account(
        self,
        session: Session,
        *,
        username: str | None = None,
        display_name: str | None = None,
        avatar_url: str | None = None,
        lang_tag: str | None = None,
        location: str | None = None,
        timezone: str | None = None,
    ) -> None:
        """Change the player's account.

        Args:
            session: The player's session.
            username: 1 to 128 bytes. Open sockets and the session keep the old name.
            display_name: Up to 255 characters. Here and below, "" clears and None keeps.
            avatar_url: Up to 512 characters.
            lang_tag: Up to 18 characters; it can't be cleared.
            location: Up to 255 characters.
            timezone: Up to 255 characters.

        Raises:
            ArgumentError: Nothing is changed, or an argument breaks a rule.
            InvalidArgument: The user name is taken, or has forbidden characters.
        """
        if username is not None:
            check_username(username)
        if lang_tag is not None and not lang_tag:
            raise ArgumentError("lang_tag can't be cleared")
        changes = {
            "username": username,
            "display_name": display_name,
            "avatar_url": avatar_url,
            "lang_tag": lang_tag,
            "location": location,
            "timezone": timezone,
        }
        body = {name: value for name, value in changes.items() if value is not None}
        if not body:
            raise ArgumentError("update_account needs at least one field to change")
        check_lengths(body)
        request = Request("PUT", "/v2/account", body=encode(body))
        await self._api.call(session, request, Empty)

    async def delete_account(self, session: Session) -> None:
        """Delete the player's account. Its tokens become invalid, and its sockets are closed.

        Raises:
            ApiError: The server refused.
        """
        await self._api.call(session, Request("DELETE", "/v2/account"), Empty)
