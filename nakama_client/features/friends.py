"""Friends: https://heroiclabs.com/docs/nakama/concepts/friends/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any
from urllib.parse import quote_plus

from attrs import Factory, frozen

from nakama_client.errors import ArgumentError
from nakama_client.features.base import ClientFeature
from nakama_client.features.users import User
from nakama_client.protocol.codec import JsonObject, encode, encode_payload
from nakama_client.protocol.paging import Page, PageIterator, paginate
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import QueryPairs, Request, present, split
from nakama_client.protocol.rules import (
    check_count,
    check_limit,
    check_present,
    check_type,
    check_user_ids,
    check_usernames,
)
from nakama_client.session import Session, check_session

_LONGEST_LIST = 1000

# Metadata stands in the address of the request, next to the ids and under the same limit.
_LONGEST_METADATA = 4096


class FriendState(IntEnum):
    """The relation of another user to this user.

    Attributes:
        FRIEND: Both are friends.
        INVITE_SENT: This user has invited the other.
        INVITE_RECEIVED: The other user has invited this one.
        BLOCKED: This user has blocked the other.
    """

    FRIEND = 0
    INVITE_SENT = 1
    INVITE_RECEIVED = 2
    BLOCKED = 3


@frozen(kw_only=True)
class Friend:
    """An edge from this user to a friend, an invited or inviting user, or a blocked one.

    Attributes:
        user: The other user.
        state: The relation; see `FriendState`.
        update_time: When the state last changed.
        metadata: The object that this user gave to `add_friends`.
    """

    user: User = Factory(User)
    state: int = 0
    update_time: datetime | None = None
    metadata: JsonObject = Factory(JsonObject)


@frozen
class FriendPage(Page[Friend]):
    """A page of a user's friends, ordered by state, then by age.

    Attributes:
        friends: At most as many as the limit.
        cursor: Where the next page begins; "" when there is none.
    """

    friends: tuple[Friend, ...] = ()
    cursor: str = ""


@frozen(kw_only=True)
class FriendOfFriend:
    """A friend of a friend who is not a friend of this user.

    Attributes:
        referrer: The id of the friend they share.
        user: The friend's friend.
    """

    referrer: str = ""
    user: User = Factory(User)


@frozen
class FriendOfFriendPage(Page[FriendOfFriend]):
    """A page of the friends of a user's friends.

    Attributes:
        friends_of_friends: At most as many as the limit; a user with two friends of this user is
            there twice.
        cursor: Where the next page begins; "" when there is none.
    """

    friends_of_friends: tuple[FriendOfFriend, ...] = ()
    cursor: str = ""


class FriendsApi(ClientFeature):
    """Inviting, accepting, removing, blocking and listing friends."""

    async def list_friends(
        self,
        session: Session,
        *,
        state: FriendState | int | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> FriendPage:
        """List friends, invites and blocked users.

        Args:
            session: Whose friends.
            state: Only those of this state; None for all.
            limit: 1 to 1000.
            cursor: The cursor of the page before, which was listed with the same state.

        Raises:
            ArgumentError: The limit or the state is out of range.
            InvalidArgument: The cursor is of another list.
        """
        check_limit(limit, _LONGEST_LIST)
        query = present(limit=limit, state=_check_state(state), cursor=cursor or None)
        return await self._api.call(session, Request("GET", "/v2/friend", query), FriendPage)

    def iter_friends(
        self,
        session: Session,
        *,
        state: FriendState | int | None = None,
        cursor: str | None = None,
        page_size: int = 100,
    ) -> PageIterator[Friend]:
        """Iterate over all friends, invites and blocked users.

        Args:
            session: Whose friends.
            state: Only those of this state; None for all.
            cursor: Begin where a page or an iterator said; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 1000.

        Raises:
            ArgumentError: The page size or the state is out of range.
        """
        check_limit(page_size, _LONGEST_LIST)
        _check_state(state)

        return paginate(
            self._api.resumable(
                lambda position: self.list_friends(
                    session, state=state, limit=page_size, cursor=position
                )
            ),
            lambda page: page.friends,
            cursor=cursor,
        )

    async def list_friends_of_friends(
        self, session: Session, *, limit: int = 100, cursor: str | None = None
    ) -> FriendOfFriendPage:
        """List the friends of friends.

        Args:
            session: Whose friends' friends.
            limit: 1 to 100.
            cursor: The cursor of the page before.

        Raises:
            ArgumentError: The limit is out of range.
            InvalidArgument: The cursor is of another list.
        """
        query = present(limit=check_limit(limit, 100), cursor=cursor or None)
        request = Request("GET", "/v2/friend/friends", query)
        return await self._api.call(session, request, FriendOfFriendPage)

    def iter_friends_of_friends(
        self, session: Session, *, cursor: str | None = None, page_size: int = 100
    ) -> PageIterator[FriendOfFriend]:
        """Iterate over all friends of friends.

        Args:
            session: Whose friends' friends.
            cursor: Begin where a page or an iterator said; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 100.

        Raises:
            ArgumentError: The page size is out of range.
        """
        check_limit(page_size, 100)

        return paginate(
            self._api.resumable(
                lambda position: self.list_friends_of_friends(
                    session, limit=page_size, cursor=position
                )
            ),
            lambda page: page.friends_of_friends,
            cursor=cursor,
        )

    async def add_friends(
        self,
        session: Session,
        ids: Iterable[str] = (),
        *,
        usernames: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Invite users to be friends, or accept their invites.

        Invited users get notification -2, users whose invite is accepted -3. Nothing happens, and
        no notification is sent, for users who are friends or invited already, who do not exist, or
        where one has blocked the other.

        Any number can be given; many are split over several requests, one after another.

        Args:
            session: The session of the inviting player.
            ids: User ids.
            usernames: User names, in the right case.
            metadata: A JSON object to keep with these users in this player's list of friends; up to
                4096 bytes, percent-encoded.

        Raises:
            ArgumentError: An argument breaks a rule or is the player; nothing was sent.
            InvalidArgument: A request held no ids, and only names of no user.
            ApiError: The server refused; the requests before that one took effect, and adding the
                same users again is safe.
        """
        people = _people(session, ids, usernames)
        extra = [] if metadata is None else [("metadata", _metadata_text(metadata))]
        await self._change_friends(session, "POST", "/v2/friend", people, extra)

    async def delete_friends(
        self, session: Session, ids: Iterable[str] = (), *, usernames: Iterable[str] = ()
    ) -> None:
        """Remove friends, take back or reject invites, and unblock users.

        The other user gets notification -9, except when unblocked. Nothing happens for users who
        are not friends. Any number can be given; many are split over several requests.

        Args:
            session: The player's session.
            ids: User ids.
            usernames: User names, in the right case.

        Raises:
            ArgumentError: An argument breaks a rule or is the player; nothing was sent.
            ApiError: As in `add_friends`.
        """
        people = _people(session, ids, usernames)
        await self._change_friends(session, "DELETE", "/v2/friend", people)

    async def block_friends(
        self, session: Session, ids: Iterable[str] = (), *, usernames: Iterable[str] = ()
    ) -> None:
        """Block users, friends or not: they can't invite this user or open a direct chat.

        No notification is sent. `delete_friends` unblocks. Any number can be given; many are split
        over several requests.

        Args:
            session: The player's session.
            ids: User ids.
            usernames: User names, in the right case.

        Raises:
            ArgumentError: An argument breaks a rule or is the player; nothing was sent.
            InvalidArgument: A request held no ids, and only names of no user.
            ApiError: As in `add_friends`.
        """
        people = _people(session, ids, usernames)
        await self._change_friends(session, "POST", "/v2/friend/block", people)

    async def import_facebook_friends(
        self, session: Session, token: str, *, reset: bool = False
    ) -> None:
        """Add the player's Facebook friends who play this game as friends.

        Each new friend gets notification -6, "Your friend has just joined the game".

        Args:
            session: The player's session; the account need not be linked to Facebook.
            token: The access token from Facebook.
            reset: Whether to remove the friends of an earlier import first.

        Raises:
            ArgumentError: The token is empty.
            Unauthenticated: Facebook does not accept the token.
        """
        await self._import_friends(session, "facebook", token, reset)

    async def import_steam_friends(
        self, session: Session, token: str, *, reset: bool = False
    ) -> None:
        """Add the player's Steam friends who play this game as friends, as with Facebook.

        Args:
            session: Whose friends.
            token: The ticket from Steam.
            reset: Whether to remove the friends of an earlier import first.

        Raises:
            ArgumentError: The token is empty.
            FailedPrecondition: The server is not configured for Steam.
            Unauthenticated: Steam does not accept the ticket.
        """
        await self._import_friends(session, "steam", token, reset)

    async def _change_friends(
        self, session: Session, method: str, path: str, people: QueryPairs, extra: QueryPairs = ()
    ) -> None:
        taken = len(session.token) + sum(len(quote_plus(value)) for _, value in extra)
        for batch in split(people, token_bytes=taken):
            request = Request(method, path, [*batch, *extra], is_idempotent=True)
            await self._api.call(session, request, Empty)

    async def _import_friends(self, session: Session, kind: str, token: str, reset: bool) -> None:
        body = encode({"token": check_present(f"the {kind} token", token)})
        # With a reset, doing it twice would tell the friends twice.
        request = Request(
            "POST", f"/v2/friend/{kind}", present(reset=reset), body, is_idempotent=not reset
        )
        await self._api.call(session, request, Empty)


def _check_state(state: int | None) -> int | None:
    if state is not None and not 0 <= check_count("state", state, least=-1) <= 3:
        raise ArgumentError(f"state must be between 0 and 3, not {state}")
    return state


def _people(session: Session, ids: Iterable[str], usernames: Iterable[str]) -> QueryPairs:
    check_session(session)
    user_ids, names = check_user_ids("ids", ids), check_usernames(usernames)
    if session.user_id in user_ids or session.username in names:
        raise ArgumentError("users can't add, remove or block themselves")
    return [("ids", each) for each in user_ids] + [("usernames", each) for each in names]


def _metadata_text(metadata: Mapping[str, Any]) -> str:
    check_type("metadata", metadata, Mapping)
    text = encode_payload(metadata)
    size = len(quote_plus(text))
    if size > _LONGEST_METADATA:
        raise ArgumentError(
            f"metadata may have {_LONGEST_METADATA} bytes, percent-encoded, not {size}"
        )
    return text
