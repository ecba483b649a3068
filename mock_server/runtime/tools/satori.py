"""Satori, as on a server that is not configured for it: arguments are checked, then it refuses.

https://heroiclabs.com/docs/nakama/server-framework/lua-runtime/function-reference/#satori
"""

from __future__ import annotations

from typing import Any, ClassVar

from mock_server.runtime.arguments import Arguments, Table, lua_type, table_values
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import SATORI_MODULE, PureFunctions

_EVENT = {
    "name": "string",
    "id": "string",
    "value": "string",
    "metadata": "table",
    "timestamp": "number",
    "identity_id": "string",
    "session_id": "string",
    "session_issued_at": "number",
    "session_expires_at": "number",
}


class SatoriAccess(PureFunctions):
    """`nk.get_satori`."""

    def get_satori(self) -> SatoriFunctions:
        """The functions of Satori, as attributes; in Lua a table of them."""
        return SatoriFunctions()


class SatoriFunctions(PureFunctions):
    """What `nk.get_satori()` returns. Each of them refuses: there is no Satori."""

    _module: ClassVar[str] = SATORI_MODULE

    def authenticate(
        self,
        identifier: Any = None,
        default_properties: Any = None,
        custom_properties: Any = None,
        no_session: Any = None,
        ip_address: Any = None,
    ) -> None:
        """Make an identity known.

        Raises:
            ModuleError: Always.
        """
        given = Arguments(
            "authenticate",
            identifier,
            default_properties,
            custom_properties,
            no_session,
            ip_address,
        )
        given.text(1)
        for number, what in ((2, "default"), (3, "custom")):
            problem = _string_map_problem(given.optional_table(number) or {})
            if problem:
                raise ModuleError(f"failed to convert {what} properties table to map: {problem}")
        given.optional_flag(4)
        given.optional_text(5)
        raise _unconfigured("failed to satori authenticate")

    def identity_delete(self, identifier: Any = None) -> None:
        """Delete an identity.

        Raises:
            ModuleError: Always.
        """
        Arguments("identity_delete", identifier).text(1)
        raise _unconfigured("failed to satori identity delete")

    def properties_get(self, identifier: Any = None) -> None:
        """Read the properties of an identity.

        Raises:
            ModuleError: Always.
        """
        Arguments("properties_get", identifier).text(1)
        raise _unconfigured("failed to satori list properties")

    def properties_update(self, identifier: Any = None, properties: Any = None) -> None:
        """Change the properties of an identity.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("properties_update", identifier, properties)
        given.text(1)
        table = given.table(2)
        members = table if isinstance(table, dict) else {}
        for name, comma in (("default", ""), ("custom", ",")):
            value = members.get(name)
            if value is None:
                continue
            if not isinstance(value, dict | list):
                expected = f"expects {name}{comma} values to be a table of key values and strings"
                raise given.error(2, expected)
            problem = _string_map_problem(value)
            if problem:
                raise given.error(
                    2, f"expects {name} values to be a table of key values and strings: {problem}"
                )
        if not isinstance(members.get("recompute"), bool | None):
            raise given.error(3, "expects recompute value to be a bool")
        raise _unconfigured("failed to satori update properties")

    def events_publish(
        self, identifier: Any = None, events: Any = None, ip_address: Any = None
    ) -> None:
        """Publish events of an identity.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("events_publish", identifier, events, ip_address)
        given.text(1)
        _check_events(given, 2)
        given.optional_text(3)
        raise _unconfigured("failed to satori publish event")

    def server_events_publish(self, events: Any = None, ip_address: Any = None) -> None:
        """Publish events of the server.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("server_events_publish", events, ip_address)
        _check_events(given, 1)
        given.optional_text(2)
        raise _unconfigured("failed to satori publish event")

    def experiments_list(
        self, identifier: Any = None, names: Any = None, labels: Any = None
    ) -> None:
        """List the experiments of an identity.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("experiments_list", identifier, names, labels)
        given.text(1)
        _check_filters(given)
        raise _unconfigured("failed to satori list experiments")

    def flags_list(self, identifier: Any = None, names: Any = None, labels: Any = None) -> None:
        """List flags.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("flags_list", identifier, names, labels)
        given.optional_text(1)
        _check_filters(given)
        raise _unconfigured("failed to satori list flags")

    def flags_overrides_list(
        self, identifier: Any = None, names: Any = None, labels: Any = None
    ) -> None:
        """List flags and what overrides them.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("flags_overrides_list", identifier, names, labels)
        given.optional_text(1)
        _check_filters(given)
        raise _unconfigured("failed to satori list flags")

    def live_events_list(
        self,
        identifier: Any = None,
        names: Any = None,
        labels: Any = None,
        past_runs: Any = None,
        future_runs: Any = None,
        start_time: Any = None,
        end_time: Any = None,
    ) -> None:
        """List live events.

        Raises:
            ModuleError: Always.
        """
        times = (past_runs, future_runs, start_time, end_time)
        given = Arguments("live_events_list", identifier, names, labels, *times)
        given.text(1)
        _check_filters(given)
        for number in range(4, 8):
            given.optional_integer(number, 0)
        raise _unconfigured("failed to satori list live-events")

    def live_event_join(self, identifier: Any = None, live_event_id: Any = None) -> None:
        """Join a live event.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("live_event_join", identifier, live_event_id)
        given.text(1)
        given.text(2)
        raise _unconfigured("failed to join satori live-event")

    def messages_list(
        self,
        identifier: Any = None,
        limit: Any = None,
        forward: Any = None,
        cursor: Any = None,
        message_ids: Any = None,
    ) -> None:
        """List the messages of an identity.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("messages_list", identifier, limit, forward, cursor, message_ids)
        given.text(1)
        given.optional_integer(2, 100)
        given.optional_flag(3)
        given.optional_text(4)
        _check_strings(given, 5, "message id must be a string")
        raise _unconfigured("failed to list satori messages")

    def message_update(
        self,
        identifier: Any = None,
        message_id: Any = None,
        read_time: Any = None,
        consume_time: Any = None,
    ) -> None:
        """Mark a message as read.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("message_update", identifier, message_id, read_time, consume_time)
        given.text(1)
        given.text(2)
        given.integer(3)
        given.optional_integer(4, 0)
        raise _unconfigured("failed to update satori message")

    def message_delete(self, identifier: Any = None, message_id: Any = None) -> None:
        """Delete a message.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("message_delete", identifier, message_id)
        given.text(1)
        given.text(2)
        raise _unconfigured("failed to delete satori message")


def _unconfigured(failed: str) -> ModuleError:
    return ModuleError(f"{failed}: satori configuration is invalid")


def _check_filters(given: Arguments) -> None:
    _check_strings(given, 2, "name filter must be a string")
    _check_strings(given, 3, "label filter must be a string")


def _check_strings(given: Arguments, number: int, each: str) -> None:
    values = table_values(given.optional_table(number) or {})
    if not all(lua_type(value) == "string" for value in values):
        raise given.error(number, each)


def _check_events(given: Arguments, number: int) -> None:
    for event in given.items(number):
        if not isinstance(event, dict | list):
            raise given.error(1, "expects a valid set of events")
        members = event if isinstance(event, dict) else {}
        for name, kind in _EVENT.items():
            value = members.get(name)
            if value is None:
                continue
            if lua_type(value) != kind:
                a = "a " if kind == "number" else ""
                raise given.error(number, f"expects {name} to be {a}{kind}")
            problem = _string_map_problem(value) if isinstance(value, dict | list) else ""
            if problem:
                raise given.error(
                    number,
                    f"expects custom values to be a table of key values and strings: {problem}",
                )


def _string_map_problem(table: Table) -> str:
    """What is wrong with a table of texts by texts; nothing where it is one."""
    members = dict(enumerate(table, start=1)) if isinstance(table, list) else table
    for key, value in members.items():
        if not isinstance(key, str):
            return "table keys must be strings"
        if lua_type(value) != "string":
            return "table values must be strings"
    return ""
