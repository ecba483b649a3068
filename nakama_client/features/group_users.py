"""The users of groups: https://heroiclabs.com/docs/nakama/concepts/groups/."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from attrs import Factory, frozen

from nakama_client.errors import ArgumentError
from nakama_client.features.base import ClientFeature
from nakama_client.features.groups import Group
from nakama_client.features.users import User
from nakama_client.protocol.paging import Page, PageIterator, paginate
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import QueryPairs, Request, present, split
from nakama_client.protocol.rules import check_count, check_id, check_limit, check_user_ids
from nakama_client.session import Session, check_session


class GroupUserState(IntEnum):
    """The role of a user in a group.

    Attributes:
        SUPERADMIN: May do everything, also delete the group.
        ADMIN: May accept, add, kick, ban, promote and demote members, and change the group.
        MEMBER: May chat.
        JOIN_REQUEST: Has asked to join, and waits for an admin.
        BANNED: May not join again; listed only when asked for.
    """

    SUPERADMIN = 0
    ADMIN = 1
    MEMBER = 2
    JOIN_REQUEST = 3
    BANNED = 4


@frozen(kw_only=True)
class GroupUser:
    """A user of a group.

    Attributes:
        user: The user.
        state: The user's role; see `GroupUserState`.
    """

    user: User = Factory(User)
    state: int = 0


@frozen
class GroupUserPage(Page[GroupUser]):
    """A page of a group's users, ordered by state, then by age.

    Attributes:
        group_users: At most as many as the limit.
        cursor: Where the next page begins; "" when there is none.
    """

    group_users: tuple[GroupUser, ...] = ()
    cursor: str = ""


@frozen(kw_only=True)
class UserGroup:
    """A group of a user.

    Attributes:
        group: The group.
        state: The user's role; see `GroupUserState`.
    """

    group: Group = Factory(Group)
    state: int = 0


@frozen
class UserGroupPage(Page[UserGroup]):
    """A page of a user's groups, ordered by state, then by age.

    Attributes:
        user_groups: At most as many as the limit.
        cursor: Where the next page begins; "" when there is none.
    """

    user_groups: tuple[UserGroup, ...] = ()
    cursor: str = ""


class GroupUsersApi(ClientFeature):
    """Adding, removing, promoting and listing the users of groups.

    Only admins and superadmins may change users, and no user above themselves. The group's channel
    gets a message about each change.
    """

    async def add_group_users(self, session: Session, group_id: str, ids: Iterable[str]) -> None:
        """Add users, or accept their requests to join. Each of them gets notification -4.

        Nothing happens for members and for banned users. Any number can be given; many
        are split over several requests.

        Args:
            session: The session of an admin.
            group_id: The group's id.
            ids: User ids; without any, nothing is sent.

        Raises:
            ArgumentError: An id is no UUID; nothing was sent.
            InvalidArgument: The group is full, or a user does not exist.
            NotFound: There is no such group, or the player is not an admin of it.
            ApiError: The server refused; the requests before that one took effect, and adding the
                same users again is safe.
        """
        await self._change_users(session, group_id, "add", ids)

    async def kick_group_users(self, session: Session, group_id: str, ids: Iterable[str]) -> None:
        """Remove users, or reject their requests to join. They get no notification and may rejoin.

        Any number can be given; many are split over several requests.

        Args:
            session: The session of an admin.
            group_id: The group's id.
            ids: User ids; those who are not in the group are ignored.

        Raises:
            ArgumentError: An id is no UUID; nothing was sent.
            NotFound: There is no such group, or the player is not an admin of it.
            ApiError: As in `add_group_users`.
        """
        await self._change_users(session, group_id, "kick", ids)

    async def ban_group_users(self, session: Session, group_id: str, ids: Iterable[str]) -> None:
        """Remove users for good: they can't join again. They get no notification.

        Any number can be given; many are split over several requests.

        Args:
            session: The session of an admin.
            group_id: The group's id.
            ids: User ids.

        Raises:
            ArgumentError: An id is no UUID; nothing was sent.
            NotFound: There is no such group, or the player is not an admin of it.
            ApiError: As in `add_group_users`.
        """
        await self._change_users(session, group_id, "ban", ids)

    async def promote_group_users(
        self, session: Session, group_id: str, ids: Iterable[str]
    ) -> None:
        """Make members admins, and admins superadmins. They get no notification.

        It is one request, because a repeated one would promote again; about 150 users fit into one
        with tokens of Nakama's usual length.

        Args:
            session: The session of an admin.
            group_id: The group's id.
            ids: User ids; those who are not members are ignored.

        Raises:
            ArgumentError: An id is no UUID, or there are too many; nothing was sent.
            NotFound: There is no such group, or the player is not an admin of it.
        """
        await self._change_users_once(session, group_id, "promote", ids)

    async def demote_group_users(self, session: Session, group_id: str, ids: Iterable[str]) -> None:
        """Make superadmins admins, and admins members. They get no notification.

        It is one request, as in `promote_group_users`.

        Args:
            session: The session of an admin.
            group_id: The group's id.
            ids: User ids; those who are not admins are ignored.

        Raises:
            ArgumentError: An id is no UUID, or there are too many; nothing was sent.
            NotFound: There is no such group, or the player is not an admin of it.
        """
        await self._change_users_once(session, group_id, "demote", ids)

    async def list_group_users(
        self,
        session: Session,
        group_id: str,
        *,
        state: GroupUserState | int | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> GroupUserPage:
        """List the users of a group; an unknown group has none.

        Args:
            session: The session of any player, who need not be a member.
            group_id: The group's id.
            state: Only those of this state; None for all but banned users.
            limit: 1 to 100.
            cursor: The cursor of the page before, which was listed with the same state.

        Raises:
            ArgumentError: The limit or the state is out of range, or the id is no UUID.
            InvalidArgument: The cursor is of another list.
        """
        path = f"/v2/group/{check_id('group_id', group_id)}/user"
        request = Request("GET", path, _query(state, limit, cursor))
        return await self._api.call(session, request, GroupUserPage)

    def iter_group_users(
        self,
        session: Session,
        group_id: str,
        *,
        state: GroupUserState | int | None = None,
        cursor: str | None = None,
        page_size: int = 100,
    ) -> PageIterator[GroupUser]:
        """Iterate over all users of a group.

        Args:
            session: The session of any player.
            group_id: The group's id.
            state: Only those of this state; None for all but banned users.
            cursor: Begin where a page or an iterator said; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 100.

        Raises:
            ArgumentError: The page size or the state is out of range, or the id is no UUID.
        """
        check_id("group_id", group_id)
        _query(state, page_size, cursor)

        return paginate(
            self._api.resumable(
                lambda position: self.list_group_users(
                    session, group_id, state=state, limit=page_size, cursor=position
                )
            ),
            lambda page: page.group_users,
            cursor=cursor,
        )

    async def list_user_groups(
        self,
        session: Session,
        user_id: str,
        *,
        state: GroupUserState | int | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> UserGroupPage:
        """List the groups of a user.

        Args:
            session: The session of any player.
            user_id: The user; `session.user_id` for the player's own groups.
            state: Only groups where the user has this role; None for all but those with a ban.
            limit: 1 to 100.
            cursor: The cursor of the page before, which was listed with the same state.

        Raises:
            ArgumentError: The limit or the state is out of range, or the id is no UUID.
            InvalidArgument: The cursor is of another list.
        """
        path = f"/v2/user/{check_id('user_id', user_id)}/group"
        request = Request("GET", path, _query(state, limit, cursor))
        return await self._api.call(session, request, UserGroupPage)

    def iter_user_groups(
        self,
        session: Session,
        user_id: str,
        *,
        state: GroupUserState | int | None = None,
        cursor: str | None = None,
        page_size: int = 100,
    ) -> PageIterator[UserGroup]:
        """Iterate over all groups of a user.

        Args:
            session: The session of any player.
            user_id: The user.
            state: Only groups where the user has this role; None for all but those with a ban.
            cursor: Begin where a page or an iterator said; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 100.

        Raises:
            ArgumentError: The page size or the state is out of range, or the id is no UUID.
        """
        check_id("user_id", user_id)
        _query(state, page_size, cursor)

        return paginate(
            self._api.resumable(
                lambda position: self.list_user_groups(
                    session, user_id, state=state, limit=page_size, cursor=position
                )
            ),
            lambda page: page.user_groups,
            cursor=cursor,
        )

    async def _change_users(
        self, session: Session, group_id: str, action: str, ids: Iterable[str]
    ) -> None:
        path, batches = _batches(session, group_id, action, ids)
        for batch in batches:
            request = Request("POST", path, batch, is_idempotent=True)
            await self._api.call(session, request, Empty)

    async def _change_users_once(
        self, session: Session, group_id: str, action: str, ids: Iterable[str]
    ) -> None:
        path, batches = _batches(session, group_id, action, ids)
        if len(batches) > 1:
            raise ArgumentError(f"one request takes {len(batches[0])} users: {action} fewer")
        for batch in batches:
            await self._api.call(session, Request("POST", path, batch), Empty)


def _batches(
    session: Session, group_id: str, action: str, ids: Iterable[str]
) -> tuple[str, list[QueryPairs]]:
    check_session(session)
    path = f"/v2/group/{check_id('group_id', group_id)}/{action}"
    query = [("user_ids", each) for each in check_user_ids("ids", ids)]
    return path, list(split(query, token_bytes=len(session.token)))


def _query(state: int | None, limit: int, cursor: str | None) -> QueryPairs:
    if state is not None and not 0 <= check_count("state", state, least=-1) <= 4:
        raise ArgumentError(f"state must be between 0 and 4, not {state}")
    return present(limit=check_limit(limit, 100), state=state, cursor=cursor or None)
