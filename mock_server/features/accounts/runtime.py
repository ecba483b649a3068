"""`nk.account_*` and `nk.users_*`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire import gojson
from mock_server.wire.errors import GrpcError
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.uuids import parse_uuid
from server_kit import store

if TYPE_CHECKING:
    from mock_server.parts import Parts

_PROFILE = ("username", "display_name", "timezone", "location", "lang_tag", "avatar_url")


class AccountFunctions(RuntimeFunctions):
    """Read and change accounts; ban and unban them."""

    def account_get_id(self, user_id: Any = None) -> dict[str, Any]:
        """Read a whole account: the user, wallet, email, devices, custom id.

        Raises:
            ModuleError: Not a uuid, or nobody's.
        """
        given = Arguments("account_get_id", user_id)
        owner = given.uuid(1, "expects user ID to be a valid identifier")
        try:
            account = self._parts.accounts.account(owner)
        except GrpcError as error:
            raise ModuleError(f"failed to get account: {error.message}") from None
        row = self._parts.accounts.find(owner)
        assert row is not None
        return {
            **account,
            "user": user_table(self._parts, row),
            "user_id": owner,
            "wallet": gojson.unmarshal(row["wallet"]),
        }

    def account_update_id(
        self,
        user_id: Any = None,
        metadata: Any = None,
        username: Any = None,
        display_name: Any = None,
        timezone: Any = None,
        location: Any = None,
        lang_tag: Any = None,
        avatar_url: Any = None,
    ) -> None:
        """Change an account; None leaves a field alone, `metadata` replaces all that was there.

        Raises:
            ModuleError: Not a uuid, a value of a wrong type or too long, or a taken user name.
        """
        fields = (username, display_name, timezone, location, lang_tag, avatar_url)
        given = Arguments("account_update_id", user_id, metadata, *fields)
        owner = given.uuid(1, "expects user_id to be a valid identifier")
        table = given.optional_table(2)
        changes: dict[str, str | None] = {
            name: None if value is None else given.text(number)
            for number, (name, value) in enumerate(zip(_PROFILE, fields, strict=True), start=3)
        }
        if table is not None:
            changes["metadata"] = jsonb_text(gojson.marshal(table or {}))
        try:
            self._parts.accounts.update(owner, changes)
        except GrpcError as error:
            raise ModuleError(f"error while trying to update user: {error.message}") from None

    def users_get_id(self, user_ids: Any = None, facebook_ids: Any = None) -> list[dict[str, Any]]:
        """Read users by id; unknown ids are left out.

        Raises:
            ModuleError: An id that is no uuid.
        """
        given = Arguments("users_get_id", user_ids, facebook_ids)
        ids = [parse_uuid(str(each)) for each in (given.items(1) if user_ids is not None else ())]
        if None in ids:
            raise given.error(1, "each user id must be a valid id string")
        rows = [self._parts.accounts.find(each) for each in ids if each]
        return [user_table(self._parts, row) for row in rows if row is not None]

    def users_ban_id(self, user_ids: Any = None) -> None:
        """Ban accounts: tokens die, sockets get notification -8 and are closed.

        Raises:
            ModuleError: An id that is no uuid; nobody is banned.
        """
        self._parts.accounts.ban(_user_ids("users_ban_id", user_ids))

    def users_unban_id(self, user_ids: Any = None) -> None:
        """Let accounts log in again.

        Raises:
            ModuleError: An id that is no uuid; nobody is unbanned.
        """
        self._parts.accounts.unban(_user_ids("users_unban_id", user_ids))


def user_table(parts: Parts, row: store.Row) -> dict[str, Any]:
    """A user as modules see him: `user_id` for `id`, metadata as a table, whole seconds."""
    user = parts.accounts.user(row)
    return {
        **{name: user.get(name, "") for name in _PROFILE},
        **{name: user[name] for name in ("facebook_id", "steam_id") if name in user},
        "user_id": row["id"],
        "metadata": gojson.unmarshal(row["metadata"]),
        "online": user.get("online", False),
        "edge_count": row["edge_count"],
        "create_time": row["create_time"] // 1_000_000,
        "update_time": row["update_time"] // 1_000_000,
    }


def _user_ids(function: str, user_ids: Any) -> list[str]:
    given = Arguments(function, user_ids)
    ids = [parse_uuid(str(each)) for each in given.items(1)]
    if None in ids:
        raise given.error(1, "each user id must be a valid id string")
    return [each for each in ids if each]
