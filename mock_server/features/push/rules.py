"""Push rules: which events become a push, for whom, with which texts.

A rule is configuration (`push.on_event`: a JSON file, or `PushRule` objects), or a function of the
game (`server.pushes.on_event`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any, TypeAlias

import attrs
from attrs import Attribute, field, frozen

from mock_server.cron import BadSchedule, parse_schedule
from mock_server.cron_schedule import ScheduleCrash
from mock_server.features.push.events import (
    DATA_NAMES,
    SCHEDULE,
    InvalidRule,
    PushEvent,
    event_name,
    is_own,
)
from mock_server.features.push.message import PushMessage
from mock_server.features.push.targets import (
    PushAudience,
    check_optional_target,
    read_filters,
    read_names,
)


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


def _check_data(_: Any, attribute: Attribute[Any], data: Mapping[str, str]) -> None:
    for name in data:
        if name in DATA_NAMES:
            raise InvalidRule(f"data has {name!r} already: that of the event")


def _check_flag(_: Any, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidRule(f"{attribute.name} must be true or false, not {value!r}")


def _check_text(_: Any, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, str):
        raise InvalidRule(f"{attribute.name} must be a text, not {value!r}")


def _check_cron(_: Any, __: Attribute[Any], cron: str) -> None:
    if not cron:
        return
    try:
        parse_schedule(cron).next(0)
    except (BadSchedule, ScheduleCrash) as error:
        raise InvalidRule(
            f"cron must be a cron expression, as '0 18 * * *' for every day at 18:00 UTC, not "
            f"{cron!r}: {error}"
        ) from None


@frozen(kw_only=True)
class PushRule:
    """An event becomes a push with these texts.

    In a text, `$name` stands for a text or number of the event's content, and `$sender`,
    `$subject`, `$code` for the event's own; `$$` is a dollar sign.

    Attributes:
        event: `direct_message`, `group_message`, `room_message`, the name or the code of a
            notification, `event:NAME` (of `nk.event` and `POST /v2/event`), `rpc:ID` (a call of the
            RPC function succeeded), or `schedule:NAME`.
        contents: The text by language, with `en`.
        headings: The title by language; other languages have none.
        data: Texts by name for the app, beside the event's own data.
        also_online: Whether to push although the user has an open socket.
        recipients: Who gets the push of `event:NAME` and `rpc:ID`: the property that has a user
            id, several with commas between them, or a list. Where empty, it is the user who sent
            the event, and of one that the server sent, the properties `user_id` and `user_ids`.
        target: The setting `push.target` for this rule; the setting itself where empty.
        included_segments: Segments of OneSignal that get the push instead of a user.
        excluded_segments: Segments of which nobody gets it.
        filters: Filters of OneSignal, instead of included segments.
        cron: When `schedule:NAME` happens, in UTC, as `0 18 * * *` for every day at 18:00.

    Raises:
        InvalidRule: There is no such event, no English text, a text that is no template, a value
            of another kind, or one that this event can't have.
    """

    event: str = field(converter=event_name)
    contents: Mapping[str, str] = field(validator=[_check_texts, _check_english])
    headings: Mapping[str, str] = field(factory=dict, validator=_check_texts)
    data: Mapping[str, str] = field(factory=dict, validator=[_check_texts, _check_data])
    also_online: bool = field(default=False, validator=_check_flag)
    recipients: str = field(default="", validator=_check_text)
    target: str = field(default="", validator=check_optional_target)
    included_segments: tuple[str, ...] = field(default=(), converter=read_names)
    excluded_segments: tuple[str, ...] = field(default=(), converter=read_names)
    filters: tuple[Mapping[str, Any], ...] = field(default=(), converter=read_filters)
    cron: str = field(default="", validator=[_check_text, _check_cron])
    audience: PushAudience = field(init=False, repr=False)

    @audience.default
    def _audience(self) -> PushAudience:
        return PushAudience(
            included_segments=self.included_segments,
            excluded_segments=self.excluded_segments,
            filters=self.filters,
        )

    def __attrs_post_init__(self) -> None:
        self._check_schedule()
        self._check_audience()
        if self.recipients and not is_own(self.event):
            raise InvalidRule(
                f"recipients are named by properties of event:NAME and rpc:ID; {self.event} has "
                "its own"
            )

    def message(self, event: PushEvent) -> PushMessage:
        """The message for one event.

        Raises:
            InvalidRule: A template names what this event does not have.
        """
        values = event.values()
        return PushMessage(
            contents=_filled(self.contents, values),
            headings=_filled(self.headings, values),
            data=_filled(self.data, values) | event.data(),
        )

    def shown(self) -> dict[str, Any]:
        """The rule as it is configured, without the fields that it leaves out."""
        shown = attrs.asdict(self, filter=lambda each, value: bool(value) and each.init)
        return shown | {"event": self.event}

    def _check_schedule(self) -> None:
        is_scheduled = self.event.startswith(SCHEDULE)
        if is_scheduled != bool(self.cron):
            raise InvalidRule(
                f"{self.event}: an event schedule:NAME has a cron expression, and no other has"
            )
        if is_scheduled and not self.audience:
            raise InvalidRule(
                f"{self.event}: a schedule has no user; name included_segments or filters"
            )
        texts = (*self.contents.values(), *self.headings.values(), *self.data.values())
        if is_scheduled and any(Template(text).get_identifiers() for text in texts):
            raise InvalidRule(f"{self.event}: a schedule has nothing for a $name; $$ is a dollar")

    def _check_audience(self) -> None:
        if not self.audience:
            return
        if not self.cron and not is_own(self.event):
            raise InvalidRule(
                f"{self.event} happens to a user, who gets the push; segments and filters are for "
                "event:NAME, rpc:ID and schedule:NAME"
            )
        if self.recipients or self.target or self.also_online:
            raise InvalidRule(
                f"{self.event}: segments and filters are the audience; it has no recipients, "
                "target or also_online beside them"
            )


@frozen(kw_only=True)
class FunctionRule:
    """A function of the game makes the push of an event.

    Attributes:
        event: The event's name.
        message: Makes a `PushMessage`, or None for no push.
        also_online: Whether to push although the user has an open socket.
        recipients: As in `PushRule`.
    """

    event: str
    message: Callable[[PushEvent], object]
    also_online: bool = field(default=False, validator=_check_flag)
    recipients: str = field(default="", validator=_check_text)
    target: str = field(default="", init=False)
    audience: PushAudience = field(factory=PushAudience, init=False)
    cron: str = field(default="", init=False)

    def __attrs_post_init__(self) -> None:
        if self.event.startswith(SCHEDULE):
            raise InvalidRule(f"{self.event}: a schedule is made by a PushRule, with an audience")
        if self.recipients and not is_own(self.event):
            raise InvalidRule(f"{self.event} has its own recipients")

    def shown(self) -> dict[str, Any]:
        """The rule for others to read."""
        name = getattr(self.message, "__name__", repr(self.message))
        shown = {"event": self.event, "function": name, "recipients": self.recipients}
        return {name: value for name, value in shown.items() if value} | (
            {"also_online": True} if self.also_online else {}
        )


EventRule: TypeAlias = PushRule | FunctionRule

MOST_BYTES = 64 * 1024
"""How many bytes a rule can have as JSON."""


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
    for event, count in Counter(rule.event for rule in rules).items():
        if count > 1:
            raise InvalidRule(f"there are several rules for {event!r}; there can be one")
    return rules


def _read_file(path: Path) -> list[Any]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidRule(f"{path}: not JSON: {error}") from None
    if not isinstance(entries, list):
        raise InvalidRule(f"{path}: expected a list of rules")
    return entries


def _read_rule(entry: object) -> PushRule:
    if not isinstance(entry, Mapping):
        raise InvalidRule(f"a rule is an object with 'event' and 'contents', not {entry!r}")
    known = [each.name for each in attrs.fields(PushRule) if each.init]
    unknown = [name for name in entry if name not in known]
    missing = [name for name in ("event", "contents") if name not in entry]
    if unknown or missing:
        raise InvalidRule(
            f"a rule has {', '.join(known)}; this one has {', '.join(map(str, entry))}"
        )
    size = len(json.dumps(entry, default=str).encode())
    if size > MOST_BYTES:
        raise InvalidRule(f"a rule can have {MOST_BYTES} bytes as JSON; this one has {size}")
    return PushRule(**entry)


def _filled(texts: Mapping[str, str], values: Mapping[str, str]) -> dict[str, Any]:
    try:
        return {language: Template(text).substitute(values) for language, text in texts.items()}
    except KeyError as error:
        names = ", ".join(f"${name}" for name in values)
        raise InvalidRule(f"the text names ${error.args[0]}; this event has {names}") from None
