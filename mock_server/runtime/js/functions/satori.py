"""What `nk.getSatori()` returns: each function checks its arguments, and refuses.

The checks and texts are JavaScript's own, also where the work fails.
"""

from __future__ import annotations

from typing import Any, NoReturn

from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk
from mock_server.runtime.js.given import STRING_MAP, Given, Object, is_integer

_STRINGS = "expects an array of strings"
_PROPERTIES = "expects properties must be an object"
_EVENT_NUMBERS = frozenset({"timestamp", "sessionIssuedAt", "sessionExpiresAt"})
_EVENT = ("name", "id", "metadata", "value", "timestamp")
_SERVER_EVENT = (*_EVENT, "identityId", "sessionId", "sessionIssuedAt", "sessionExpiresAt")


def authenticate(given: Given, nk: Nk) -> Any:
    """`satori.authenticate(id, properties?, noSession?, ipAddress?)`."""
    given.text(0)
    _check_properties(given.object(1, _PROPERTIES) if given.has(1) else {})
    given.optional(2, given.flag, True)
    given.optional(3, given.text, "")
    _refuse("failed to satori authenticate")


def identity_delete(given: Given, nk: Nk) -> Any:
    """`satori.identityDelete(id)`."""
    given.text(0)
    _refuse("failed to satori identity delete")


def properties_get(given: Given, nk: Nk) -> Any:
    """`satori.propertiesGet(id)`."""
    given.text(0)
    _refuse("failed to satori list properties")


def properties_update(given: Given, nk: Nk) -> Any:
    """`satori.propertiesUpdate(id, properties)`."""
    given.text(0)
    properties = given.object(1, _PROPERTIES)
    _check_properties(properties)
    if not isinstance(properties.get("recompute", False), bool):
        raise ScriptTypeError("expects recompute to be a boolean")
    _refuse("failed to satori update properties")


def events_publish(given: Given, nk: Nk) -> Any:
    """`satori.eventsPublish(id, events, ip?)`."""
    given.text(0)
    _check_events(given, 1, _EVENT)
    given.optional(2, given.text, "")
    _refuse("failed to publish satori events")


def server_events_publish(given: Given, nk: Nk) -> Any:
    """`satori.serverEventsPublish(events, ip?)`."""
    _check_events(given, 0, _SERVER_EVENT)
    given.optional(1, given.text, "")
    _refuse("failed to publish satori events")


def experiments_list(given: Given, nk: Nk) -> Any:
    """`satori.experimentsList(id, names?, labels?)`."""
    given.text(0)
    _check_filters(given)
    _refuse("failed to list satori experiments")


def flags_list(given: Given, nk: Nk) -> Any:
    """`satori.flagsList(id?, names?, labels?)`."""
    given.optional(0, given.text, "")
    _check_filters(given, "expect array of strings")
    _refuse("failed to list satori flags")


def flags_overrides_list(given: Given, nk: Nk) -> Any:
    """`satori.flagsOverridesList(id?, names?, labels?)`."""
    given.optional(0, given.text, "")
    _check_filters(given, "expect array of strings")
    _refuse("failed to list satori flags overrides")


def live_events_list(given: Given, nk: Nk) -> Any:
    """`satori.liveEventsList(id, names?, labels?, pastRuns?, futureRuns?, start?, end?)`."""
    given.text(0)
    _check_filters(given)
    for number in range(3, 7):
        given.optional(number, given.integer, 0)
    _refuse("failed to list satori live-events")


def live_event_join(given: Given, nk: Nk) -> Any:
    """`satori.liveEventJoin(id, liveEventId)`."""
    given.text(0)
    given.text(1)
    _refuse("failed to join satori live-event")


def messages_list(given: Given, nk: Nk) -> Any:
    """`satori.messagesList(id, limit?, forward?, cursor?, messageIds?)`."""
    given.text(0)
    given.optional(1, given.integer, 100)
    given.optional(2, given.flag, False)
    given.optional(3, given.text, "")
    if given.has(4):
        given.strings(4, _STRINGS)
    raise _misplaced("failed to list satori messages")


def message_update(given: Given, nk: Nk) -> Any:
    """`satori.messageUpdate(id, messageId, readTime, consumeTime?)`."""
    given.text(0)
    given.text(1)
    given.integer(2)
    given.optional(3, given.integer, 0)
    raise _misplaced("failed to update satori message")


def message_delete(given: Given, nk: Nk) -> Any:
    """`satori.messageDelete(id, messageId)`."""
    given.text(0)
    given.text(1)
    raise _misplaced("failed to delete satori message")


def _refuse(failed: str) -> NoReturn:
    raise ScriptGoError(f"{failed}: satori configuration is invalid")


def _misplaced(failed: str) -> ScriptGoError:
    """As `_refuse`, with the colon where Nakama has it."""
    return ScriptGoError(f"{failed} satori configuration is invalid:")


def _check_properties(properties: Object) -> None:
    for name in ("default", "custom"):
        if name in properties:
            Given([properties[name]]).string_map(0, STRING_MAP)


def _check_filters(given: Given, names: str = _STRINGS) -> None:
    for number, expected in ((1, names), (2, _STRINGS)):
        if given.has(number):
            given.strings(number, expected)


def _check_events(given: Given, number: int, known: tuple[str, ...]) -> None:
    for event in given.objects(number, "expects array of event objects"):
        for name in known:
            if name not in event:
                continue
            value = event[name]
            if name == "metadata":
                Given([value]).string_map(0, STRING_MAP)
            elif name in _EVENT_NUMBERS:
                if not is_integer(value):
                    raise ScriptTypeError(f"expects event {name} to be a number")
            elif not isinstance(value, str):
                raise ScriptTypeError(f"expects event {name} to be a string")
