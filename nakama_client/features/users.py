"""Look up users: https://heroiclabs.com/docs/nakama/concepts/user-accounts/."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from attrs import Factory, frozen

from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import JsonObject
from nakama_client.protocol.requests import Request, split
from nakama_client.protocol.rules import check_ids, check_several, check_usernames
from nakama_client.session import Session, check_session


@frozen(kw_only=True)
class User:
    """The public part of an account.

    Attributes:
        id: The user's id.
        username: The unique name.
        display_name: The name to show.
        avatar_url: The address of a picture.
        lang_tag: The language, such as "en".
        location: The location that the user gave.
        timezone: The time zone that the user gave.
        metadata: A JSON object that the server's runtime keeps about the user.
        facebook_id: The linked Facebook id.
        google_id: The linked Google id.
        gamecenter_id: The linked Game Center id.
        steam_id: The linked Steam id.
        apple_id: The linked Apple id.
        facebook_instant_game_id: The linked Facebook Instant Game id.
        online: Whether the user has a socket that shows its status.
        edge_count: How many edges to friends the user has, pending ones included.
        create_time: When the account was created.
        update_time: When it was last changed.
    """

    id: str = ""
    username: str = ""
    display_name: str = ""
    avatar_url: str = ""
    lang_tag: str = ""
    location: str = ""
    timezone: str = ""
    metadata: JsonObject = Factory(JsonObject)
    facebook_id: str = ""
    google_id: str = ""
    gamecenter_id: str = ""
    steam_id: str = ""
    apple_id: str = ""
    facebook_instant_game_id: str = ""
    online: bool = False
    edge_count: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


class _Users(msgspec.Struct):
    users: tuple[User, ...] = ()


class UsersApi(ClientFeature):
    """Reading other users."""

    async def get_users(
        self,
        session: Session,
        ids: Iterable[str] = (),
        *,
        usernames: Iterable[str] = (),
        facebook_ids: Iterable[str] = (),
    ) -> list[User]:
        """Look up users by id, by name, and by Facebook id.

        Any number can be asked for; many are split over several requests.

        Args:
            session: The session of any player.
            ids: User ids.
            usernames: User names, in the right case.
            facebook_ids: The ids of linked Facebook users.

        Returns:
            Those who exist, each once, in no order.

        Raises:
            ArgumentError: An id is no UUID, or a name or a Facebook id is empty.
            ApiError: The server refused.
        """
        check_session(session)
        query = [("ids", each) for each in check_ids("ids", ids)]
        query += [("usernames", each) for each in check_usernames(usernames)]
        query += [("facebook_ids", each) for each in check_several("facebook_ids", facebook_ids)]
        found: dict[str, User] = {}
        for batch in split(query, token_bytes=len(session.token)):
            reply = await self._api.call(session, Request("GET", "/v2/user", batch), _Users)
            found.update((user.id, user) for user in reply.users)
        return list(found.values())
