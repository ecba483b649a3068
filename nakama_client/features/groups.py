"""Groups, clans, guilds: https://heroiclabs.com/docs/nakama/concepts/groups/."""
# ruff: noqa: A002 - the arguments have Nakama's own names

from __future__ import annotations

from datetime import datetime
from types import NoneType

from attrs import Factory, frozen

from nakama_client.errors import ArgumentError
from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import JsonObject, encode
from nakama_client.protocol.paging import Page, PageIterator, paginate
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import QueryPairs, Request, present
from nakama_client.protocol.rules import (
    check_count,
    check_id,
    check_lengths,
    check_limit,
    check_present,
    check_type,
)
from nakama_client.session import Session

_LARGEST_COUNT = 2**31 - 1


@frozen(kw_only=True)
class Group:
    """A group of users.

    Attributes:
        id: The group's id.
        creator_id: The id of the user who created it.
        name: The unique name.
        description: The description.
        lang_tag: The language, such as "en".
        metadata: A JSON object that the server's runtime keeps about the group.
        avatar_url: The address of a picture.
        open: Whether any user may join; otherwise an admin has to accept.
        edge_count: The number of members.
        max_count: The most members it may have.
        create_time: When it was created.
        update_time: When it was last changed.
    """

    id: str = ""
    creator_id: str = ""
    name: str = ""
    description: str = ""
    lang_tag: str = ""
    metadata: JsonObject = Factory(JsonObject)
    avatar_url: str = ""
    open: bool = False
    edge_count: int = 0
    max_count: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


@frozen
class GroupPage(Page[Group]):
    """A page of the groups.

    Attributes:
        groups: At most as many as the limit.
        cursor: Where the next page begins; "" when there is none.
    """

    groups: tuple[Group, ...] = ()
    cursor: str = ""


class GroupsApi(ClientFeature):
    """Creating, finding, joining and leaving groups."""

    async def create_group(
        self,
        session: Session,
        name: str,
        *,
        description: str = "",
        avatar_url: str = "",
        lang_tag: str = "",
        open: bool = False,
        max_count: int = 100,
    ) -> Group:
        """Create a group; the player becomes its superadmin.

        Args:
            session: The creating player's session.
            name: 1 to 255 characters that no other group has.
            description: Up to 255 characters.
            avatar_url: Up to 512 characters.
            lang_tag: Up to 18 characters; the server takes "en" when empty.
            open: Whether any user may join; otherwise an admin has to accept.
            max_count: The most members it may have, at least 1.

        Raises:
            ArgumentError: An argument breaks a rule.
            AlreadyExists: The name is taken.
        """
        if not 1 <= check_count("max_count", max_count) <= _LARGEST_COUNT:
            raise ArgumentError(
                f"max_count must be between 1 and {_LARGEST_COUNT}, not {max_count}"
            )
        texts = {
            "name": check_present("the group's name", name),
            "description": description,
            "avatar_url": avatar_url,
            "lang_tag": lang_tag,
        }
        check_lengths(texts)
        check_type("open", open, bool)
        body = encode({**texts, "open": open, "max_count": max_count})
        return await self._api.call(session, Request("POST", "/v2/group", body=body), Group)

    async def update_group(
        self,
        session: Session,
        group_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        avatar_url: str | None = None,
        lang_tag: str | None = None,
        open: bool | None = None,
    ) -> None:
        """Change a group; only its admins and superadmins may. None keeps a field.

        Args:
            session: The session of an admin.
            group_id: The group's id.
            name: 1 to 255 characters that no other group has.
            description: Up to 255 characters; "" clears it.
            avatar_url: Up to 512 characters; "" clears it.
            lang_tag: 1 to 18 characters.
            open: Whether any user may join.

        Raises:
            ArgumentError: Nothing is changed, or an argument breaks a rule.
            InvalidArgument: The name is taken.
            NotFound: There is no such group, or the player is not an admin of it.
        """
        texts = {
            "name": name,
            "description": description,
            "avatar_url": avatar_url,
            "lang_tag": lang_tag,
        }
        changed = {field: text for field, text in texts.items() if text is not None}
        for field in ("name", "lang_tag"):
            check_present(f"the group's {field}", changed.get(field, "unchanged"))
        check_lengths(changed)
        check_type("open", open, bool, NoneType)
        body = changed if open is None else {**changed, "open": open}
        if not body:
            raise ArgumentError("update_group needs at least one field to change")
        await self._change_group(session, "PUT", group_id, body=encode(body))

    async def delete_group(self, session: Session, group_id: str) -> None:
        """Delete a group with its channel; only a superadmin may. No notification is sent.

        Raises:
            ArgumentError: The id is no UUID.
            InvalidArgument: There is no such group, or the player is not a superadmin of it.
        """
        await self._change_group(session, "DELETE", group_id)

    async def list_groups(
        self,
        session: Session,
        *,
        name: str | None = None,
        lang_tag: str | None = None,
        members: int | None = None,
        open: bool | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> GroupPage:
        """List groups. Filters can be combined, except `name`.

        Args:
            session: The session of any player.
            name: The name in any case; `%` matches any text, as in "dragon%".
            lang_tag: Only groups of this language.
            members: Only groups with at most so many members; with `open` and no other filter, with
                exactly so many.
            open: True for open groups, False for closed ones.
            limit: 1 to 100.
            cursor: The cursor of the page before, which was listed with the same filters.

        Raises:
            ArgumentError: The limit is out of range, or the filters don't go together.
            InternalError: The cursor is not one of this server's.
        """
        filters = _filters(name=name, lang_tag=lang_tag, members=members, open=open)
        return await self._list_groups(session, filters, limit, cursor)

    def iter_groups(
        self,
        session: Session,
        *,
        name: str | None = None,
        lang_tag: str | None = None,
        members: int | None = None,
        open: bool | None = None,
        cursor: str | None = None,
        page_size: int = 100,
    ) -> PageIterator[Group]:
        """Iterate over all groups that match.

        Args:
            session: The session of any player.
            name: As in `list_groups`.
            lang_tag: As in `list_groups`.
            members: As in `list_groups`.
            open: As in `list_groups`.
            cursor: Begin where a page or an iterator said; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 100.

        Raises:
            ArgumentError: The page size is out of range, or the filters don't go together.
        """
        filters = _filters(name=name, lang_tag=lang_tag, members=members, open=open)
        check_limit(page_size, 100)

        return paginate(
            self._api.resumable(
                lambda position: self._list_groups(session, filters, page_size, position)
            ),
            lambda page: page.groups,
            cursor=cursor,
        )

    async def join_group(self, session: Session, group_id: str) -> None:
        """Join an open group, or ask to join a closed one.

        The admins of a closed group get notification -5. It does nothing for members, and for users
        who are banned from the group.

        Raises:
            ArgumentError: The id is no UUID.
            NotFound: There is no such group.
            InvalidArgument: The group is full.
        """
        await self._change_group(session, "POST", group_id, "/join")

    async def leave_group(self, session: Session, group_id: str) -> None:
        """Leave a group, or take back a request to join it. No notification is sent.

        It does nothing when the player is not in the group. When its last member leaves, a group is
        deleted.

        Raises:
            ArgumentError: The id is no UUID.
            InvalidArgument: The last superadmin can't leave while there are other members.
        """
        await self._change_group(session, "POST", group_id, "/leave")

    async def _list_groups(
        self, session: Session, filters: QueryPairs, limit: int, cursor: str | None
    ) -> GroupPage:
        query = [*filters, *present(limit=check_limit(limit, 100), cursor=cursor or None)]
        return await self._api.call(session, Request("GET", "/v2/group", query), GroupPage)

    async def _change_group(
        self,
        session: Session,
        method: str,
        group_id: str,
        action: str = "",
        *,
        body: bytes | None = None,
    ) -> None:
        path = f"/v2/group/{check_id('group_id', group_id)}{action}"
        request = Request(method, path, body=body, is_idempotent=True)
        await self._api.call(session, request, Empty)


def _filters(
    *, name: str | None, lang_tag: str | None, members: int | None, open: bool | None
) -> QueryPairs:
    if name and (lang_tag or members is not None or open is not None):
        raise ArgumentError("the name can't be combined with another filter")
    if members is not None:
        check_count("members", members, least=0)
    return present(name=name or None, lang_tag=lang_tag or None, members=members, open=open)
