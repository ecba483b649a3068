"""`nk.group_*` and `nk.groups_*`: the groups themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from mock_server.cursor import BadCursor
from mock_server.features.groups import listing
from mock_server.features.groups.core import OPEN, Groups
from mock_server.features.groups.errors import DatabaseRefused, GroupError
from mock_server.identity import SYSTEM_USER
from mock_server.runtime.arguments import Arguments, stored_json
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import SCRIPT_MODULE, RuntimeFunctions
from mock_server.wire import gojson
from mock_server.wire.uuids import parse_uuid
from server_kit import Store
from server_kit.store import Row

GROUP_ID = "expects group ID to be a valid identifier"
USER_ID = "expects user ID to be a valid identifier"

_TEXTS = ("lang_tag", "description", "avatar_url")
_COLUMNS = ("id", "creator_id", "name", *_TEXTS, "edge_count", "max_count")


class GroupFunctions(RuntimeFunctions):
    """Make, change, delete and list groups."""

    def __init__(self, store: Store, groups: Groups) -> None:
        self._store = store
        self._groups = groups

    def groups_get_id(self, group_ids: Any = None) -> list[dict[str, Any]]:
        """Read groups by id; unknown ids are left out.

        Raises:
            ModuleError: No list, or an id that is no uuid.
        """
        given = Arguments("groups_get_id", group_ids)
        if group_ids is None:
            raise given.error(1, "invalid group id list")
        ids = []
        for each in given.array(1):
            if not isinstance(each, str) or not each:
                raise given.error(1, "each group id must be a string")
            group_id = parse_uuid(each)
            if group_id is None:
                raise given.error(1, "each group id must be a valid id string")
            ids.append(group_id)
        return [group_table(row) for row in self._groups.get(ids)]

    def groups_get_random(self, count: Any = None) -> list[dict[str, Any]]:
        """Read up to `count` groups, any of them.

        Raises:
            ModuleError: Not 0 to 1000.
        """
        given = Arguments("groups_get_random", count)
        number = given.optional_integer(1, 0)
        if not 0 <= number <= 1000:
            raise given.error(1, "count must be 0-1000")
        return [group_table(row) for row in self._groups.random(number)]

    def group_create(
        self,
        user_id: Any = None,
        name: Any = None,
        creator_id: Any = None,
        lang_tag: Any = None,
        description: Any = None,
        avatar_url: Any = None,
        is_open: Any = None,
        metadata: Any = None,
        max_count: Any = None,
    ) -> dict[str, Any]:
        """Create a group.

        Args:
            user_id: Its superadmin.
            name: Its name, which no other group may have.
            creator_id: Who is said to have made it; the system when left out.
            lang_tag: Its language; `en` when left out.
            description: What it is about.
            avatar_url: Its picture.
            is_open: Whether users join at once; False when left out.
            metadata: A table of names and values.
            max_count: How many members it may have; 100 when left out.

        Returns:
            The group.

        Raises:
            ModuleError: A bad argument, or the name is taken.
        """
        texts = (lang_tag, description, avatar_url)
        given = Arguments(
            "group_create", user_id, name, creator_id, *texts, is_open, metadata, max_count
        )
        owner = given.uuid(1, USER_ID)
        title = given.text(2)
        if not title:
            raise given.error(2, "expects group name not be empty")
        creator = SYSTEM_USER
        if creator_id is not None:
            given.optional_text(3)
            creator = given.uuid(3, "expects owner ID to be a valid identifier")
        columns: dict[str, Any] = {**_texts(given, 4)}
        admits_all = given.optional_flag(7)
        columns |= _metadata(given, 8)
        columns["max_count"] = given.optional_integer(9, 100)
        if columns["max_count"] < 1:
            raise given.error(9, "expects max_count to be >= 1")
        with worded("error while trying to create group"):
            row = self._groups.create(owner, creator, title, is_open=admits_all, **columns)
        return group_table(row)

    def group_update(
        self,
        group_id: Any = None,
        user_id: Any = None,
        name: Any = None,
        creator_id: Any = None,
        lang_tag: Any = None,
        description: Any = None,
        avatar_url: Any = None,
        is_open: Any = None,
        metadata: Any = None,
        max_count: Any = None,
    ) -> None:
        """Change a group; what is None or empty stays as it is.

        Args:
            group_id: The group.
            user_id: Who does it, at least an admin; None for the system.
            name: Its new name.
            creator_id: Who is said to have made it.
            lang_tag: Its language.
            description: What it is about.
            avatar_url: Its picture.
            is_open: Whether users join at once.
            metadata: A table that replaces the old one.
            max_count: How many members it may have.

        Raises:
            ModuleError: A bad argument, no right, nothing to change, or the name is taken.
        """
        texts = (lang_tag, description, avatar_url)
        given = Arguments(
            "group_update",
            group_id,
            user_id,
            name,
            creator_id,
            *texts,
            is_open,
            metadata,
            max_count,
        )
        group = given.uuid(1, GROUP_ID)
        caller = SYSTEM_USER
        if user_id is not None:
            given.optional_text(2)
            caller = _uuid(given, 2, USER_ID, shown=1)
        changes: dict[str, Any] = {}
        if given.optional_text(3):
            changes["name"] = given.text(3)
        if given.optional_text(4):
            message = "expects creator ID to be a valid identifier"
            changes["creator_id"] = _uuid(given, 4, message, shown=3)
        changes |= _texts(given, 5)
        if is_open is not None:
            changes["state"] = int(not given.flag(8))
        changes |= _metadata(given, 9)
        if given.optional_integer(10, 0) > 0:
            changes["max_count"] = given.integer(10)
        with worded("error while trying to update group"):
            self._groups.update(group, caller, changes)

    def group_delete(self, group_id: Any = None) -> None:
        """Delete a group; an unknown one is no error.

        Raises:
            ModuleError: Not a uuid.
        """
        given = Arguments("group_delete", group_id)
        self._groups.delete(given.uuid(1, GROUP_ID), SYSTEM_USER)

    def groups_list(
        self,
        name: Any = None,
        lang_tag: Any = None,
        is_open: Any = None,
        members: Any = None,
        limit: Any = None,
        cursor: Any = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List groups.

        Args:
            name: A pattern, in which `%` stands for any text; it excludes the other filters.
            lang_tag: Only those of this language.
            is_open: Only open or only closed ones.
            members: Only those with at most so many members.
            limit: How many; 100 when left out.
            cursor: Where to go on.

        Returns:
            The groups, and a cursor, or None on the last page.

        Raises:
            ModuleError: A bad argument or cursor, or a name together with another filter.
        """
        given = Arguments("groups_list", name, lang_tag, is_open, members, limit, cursor)
        title, language = given.optional_text(1), given.optional_text(2)
        if is_open is not None and not isinstance(is_open, bool):
            raise given.error(2, "expects open true/false or nil")
        count = given.optional_integer(4, -1)
        size, start = given.optional_integer(5, 100), given.optional_text(6)
        wanted = listing.GroupFilter(title, language, is_open, None if count < 0 else count)
        try:
            page = listing.groups(self._store, wanted, size, start)
        except BadCursor:
            raise _not_listed("Malformed cursor was used.") from None
        except listing.FilterConflict as error:
            raise _not_listed(str(error)) from None
        except DatabaseRefused as error:
            raise ModuleError(f"error listing groups: {error}") from None
        return [group_table(row) for row in page.rows], page.cursor or None


class GroupScriptFunctions(RuntimeFunctions):
    """Functions for groups that only JavaScript has."""

    _module: ClassVar[str] = SCRIPT_MODULE

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def group_update(self, group_id: str, caller_id: str, changes: Mapping[str, Any]) -> None:
        """Change columns of a group, also to empty texts.

        Raises:
            ModuleError: No right, nothing to change, or the name is taken.
        """
        shaped = dict(changes)
        if "metadata" in shaped:
            shaped["metadata"] = stored_json(shaped["metadata"])
        with worded("error while trying to update group"):
            self._groups.update(group_id, caller_id, shaped)


@contextmanager
def worded(task: str) -> Iterator[None]:
    """Word the refusals of a call as server modules see them."""
    try:
        yield
    except GroupError as error:
        raise ModuleError(f"{task}: {error}") from None


def group_table(row: Row) -> dict[str, Any]:
    """A group as modules see it: metadata as a table, whole seconds."""
    return {
        **{name: row[name] for name in _COLUMNS},
        "open": row["state"] == OPEN,
        "metadata": gojson.unmarshal(row["metadata"]) or {},
        "create_time": row["create_time"] // 1_000_000,
        "update_time": row["update_time"] // 1_000_000,
    }


def _texts(given: Arguments, first: int) -> dict[str, str]:
    """Language, description and picture, from argument `first` on; empty ones are left out."""
    texts = [given.optional_text(first + offset) for offset in range(len(_TEXTS))]
    return {name: text for name, text in zip(_TEXTS, texts, strict=True) if text}


def _metadata(given: Arguments, number: int) -> dict[str, str]:
    table = given.optional_table(number)
    return {} if table is None else {"metadata": stored_json(table)}


def _uuid(given: Arguments, number: int, expected: str, *, shown: int) -> str:
    """An id whose error, in Nakama, counts the arguments wrongly."""
    value = parse_uuid(given.text(number))
    if value is None:
        raise given.error(shown, expected)
    return value


def _not_listed(message: str) -> ModuleError:
    return ModuleError(f"error listing groups: rpc error: code = InvalidArgument desc = {message}")
