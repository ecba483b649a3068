"""The recipients of the push of an event of the game's own: the users that its properties name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from mock_server.features.push.device_sources import shown_value
from mock_server.wire.uuids import parse_uuid

MOST_RECIPIENTS = 1000
"""How many users one event, or one message, is pushed to; the others are counted in one record."""

_ONE, _MANY = "user_id", "user_ids"


@frozen
class Recipient:
    """A user who gets a push, or a value in their place that is no user's id.

    Attributes:
        user_id: Their id, as it is written where it is none.
        problem: Why it can't be a user.
    """

    user_id: str
    problem: str = ""


def find_recipients(
    properties: Mapping[str, Any], *, named: str, sender_id: str
) -> list[Recipient]:
    """The recipients of an event, each once.

    Args:
        properties: Those of the event.
        named: The property that a rule names; empty for none.
        sender_id: The user who sent the event; empty where the server did.
    """
    if not named and sender_id:
        return [Recipient(sender_id)]
    names = [named] if named else [_ONE, _MANY]
    given = {name: properties[name] for name in names if properties.get(name) not in (None, "", [])}
    if not given:
        wanted = " or ".join(f"{name!r}" for name in names)
        has = ", ".join(f"{name!r}" for name in properties) or "none"
        return [
            Recipient("", f"no property {wanted} names the event's recipients; it has {has}"[:500])
        ]
    found: dict[str, Recipient] = {}
    for recipient in (each for name, value in given.items() for each in _read(name, value)):
        if len(found) == MOST_RECIPIENTS and recipient.user_id not in found:
            problem = f"the event names more than {MOST_RECIPIENTS} users; the others get no push"
            return [*found.values(), Recipient("", problem)]
        found.setdefault(recipient.user_id, recipient)
    return list(found.values())


def _read(name: str, value: object) -> Iterator[Recipient]:
    if isinstance(value, str):
        value = [each.strip() for each in value.split(",")]
    if not isinstance(value, list):
        yield Recipient(_as_id(value), f"{name} is {shown_value(value)}, which is no user id")
        return
    for number, each in enumerate(value, start=1):
        user_id = parse_uuid(each) if isinstance(each, str) else None
        if user_id is not None:
            yield Recipient(user_id)
            continue
        what = f"{name}[{number}]" if len(value) > 1 else name
        yield Recipient(_as_id(each), f"{what} is {shown_value(each)}, which is no user id")


def _as_id(value: object) -> str:
    """A user's id in a record: a text as it is, up to 61 characters."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
