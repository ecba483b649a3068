"""Push rules: which events become a push, with which texts.

A rule is configuration (`push.on_event`: a JSON file, or `PushRule` objects), or a function of the
game (`server.push.on_event`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

import attrs
from attrs import Attribute, field, frozen

from mock_server.features.push.message import PushMessage

DIRECT_MESSAGE = "direct_message"

_NAMES = {
    -1: "dm_request",
    -2: "friend_request",
    -3: "friend_accept",
    -4: "group_add",
    -5: "group_join_request",
    -6: "friend_join_game",
    -9: "friend_remove",
}


class InvalidRule(ValueError):
    """A push rule can't be read, or could never work."""


@frozen(kw_only=True)
class PushEvent:
    """Something that happened to a user.

    Attributes:
        name: `direct_message`, the name of a notification of Nakama's own (`friend_request`, …),
            or the code of one of the game's, as text.
        user_id: The recipient.
        sender_id: The id of the sender; the nil uuid, or nothing, for the server.
        sender: The sender's user name; nothing for the server.
        code: The notification's code; 0 for a direct message.
        subject: The notification's subject; nothing for a direct message.
        content: The notification's or message's content.
        source_id: The notification's or message's id.
    """

    name: str
    user_id: str
    sender_id: str
    sender: str
    code: int
    subject: str
    content: Mapping[str, Any]
    source_id: str

    def values(self) -> dict[str, str]:
        """The names of a template: texts and numbers of the content and of the event."""
        from_content = {
            name: str(value)
            for name, value in self.content.items()
            if isinstance(value, str | int | float) and not isinstance(value, bool)
        }
        own = {"sender": self.sender, "subject": self.subject, "code": str(self.code)}
        return from_content | own

    def data(self) -> dict[str, str | int]:
        """The data of the push, with which the app opens the right screen."""
        return {
            "event": self.name,
            "code": self.code,
            "sender_id": self.sender_id,
            "source_id": self.source_id,
        }


def name_of(code: int) -> str:
    """The event's name of a notification with this code."""
    return _NAMES.get(code, str(code))


def event_name(event: object) -> str:
    """The name of an event, given its name or a notification code.

    Raises:
        InvalidRule: There is no such event.
    """
    if isinstance(event, int) and not isinstance(event, bool):
        return name_of(event)
    text = event if isinstance(event, str) else ""
    if text.removeprefix("-").isdecimal():
        return name_of(int(text))
    known = (DIRECT_MESSAGE, *_NAMES.values())
    if text not in known:
        raise InvalidRule(
            f"there is no event {event!r}; events are {', '.join(known)}, "
            "and the code of any notification"
        )
    return text


def _check_texts(_: Any, attribute: Attribute[Any], texts: object) -> None:
    if not isinstance(texts, Mapping):
        raise InvalidRule(f"{attribute.name} must be texts by language, not {texts!r}")
    for language, text in texts.items():
        if not isinstance(text, str) or not text or not Template(text).is_valid():
            raise InvalidRule(
                f"{attribute.name}[{language!r}] must be a text with names as $sender, and $$ for "
                f"a dollar sign; it is {text!r}"
            )


def _check_english(_: Any, attribute: Attribute[Any], texts: Mapping[str, str]) -> None:
    if "en" not in texts:
        raise InvalidRule(
            "contents must have 'en': OneSignal shows it on devices of every other language"
        )


def _check_flag(_: Any, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidRule(f"{attribute.name} must be true or false, not {value!r}")


@frozen(kw_only=True)
class PushRule:
    """An event becomes a push with these texts.

    In a text, `$name` stands for a text or number of the event's content, and `$sender`,
    `$subject`, `$code` for the event's own; `$$` is a dollar sign.

    Attributes:
        event: `direct_message`, the name or the code of a notification.
        contents: The text by language, with `en`.
        headings: The title by language; other languages have none.
        also_online: Whether to push although the user has an open socket.

    Raises:
        InvalidRule: There is no such event, no English text, or a text that is no template.
    """

    event: str = field(converter=event_name)
    contents: Mapping[str, str] = field(validator=[_check_texts, _check_english])
    headings: Mapping[str, str] = field(factory=dict, validator=_check_texts)
    also_online: bool = field(default=False, validator=_check_flag)

    def message(self, event: PushEvent) -> PushMessage:
        """The message for one event.

        Raises:
            InvalidRule: A template names what this event does not have.
        """
        values = event.values()
        return PushMessage(
            contents=_filled(self.contents, values),
            headings=_filled(self.headings, values),
            data=event.data(),
        )


@frozen
class EventRule:
    """How one kind of event becomes a push; made of a PushRule or a function.

    Attributes:
        message: Makes a `PushMessage`, or None where there is to be none.
        also_online: Whether to push although the user has an open socket.
    """

    message: Callable[[PushEvent], object]
    also_online: bool


def read_rules(given: str | Iterable[PushRule | Mapping[str, Any]]) -> tuple[PushRule, ...]:
    """The rules of the setting `push.on_event`.

    Args:
        given: The name of a JSON file with a list of rules, nothing for no rules; or rules, as
            objects or as in the file.

    Raises:
        InvalidRule: One of them is wrong, or two are for the same event.
        OSError: The file can't be read.
    """
    entries = _read_file(Path(given)) if isinstance(given, str) and given else given
    rules = tuple(each if isinstance(each, PushRule) else _read_rule(each) for each in entries)
    events = [rule.event for rule in rules]
    for event in events:
        if events.count(event) > 1:
            raise InvalidRule(f"there are several rules for {event!r}; there can be one")
    return rules


def _read_file(path: Path) -> list[Any]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidRule(f"{path}: not JSON: {error}") from None
    if not isinstance(entries, list):
        raise InvalidRule(f"{path}: expected a list of rules")
    return entries


def _read_rule(entry: object) -> PushRule:
    if not isinstance(entry, Mapping):
        raise InvalidRule(f"a rule is an object with 'event' and 'contents', not {entry!r}")
    known = [each.name for each in attrs.fields(PushRule)]
    unknown = [name for name in entry if name not in known]
    missing = [name for name in ("event", "contents") if name not in entry]
    if unknown or missing:
        raise InvalidRule(
            f"a rule has {', '.join(known)}; this one has {', '.join(map(str, entry))}"
        )
    return PushRule(**entry)


def _filled(texts: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    try:
        return {language: Template(text).substitute(values) for language, text in texts.items()}
    except KeyError as error:
        names = ", ".join(f"${name}" for name in values)
        raise InvalidRule(f"the text names ${error.args[0]}; this event has {names}") from None
