"""Create a user with its subscriptions, or change the one that has one of its aliases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from onesignal_stub import errors, fields
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.features.subscriptions.model import read_subscription
from onesignal_stub.features.users.core import ONESIGNAL_ID, Users, read_aliases
from onesignal_stub.features.users.properties import read_properties


@frozen
class CreatedUser:
    """The user that a create request ended at, and whether it is new."""

    onesignal_id: str
    is_new: bool


def create_user(
    users: Users,
    subscriptions: Subscriptions,
    app_id: str,
    body: Mapping[str, Any],
    *,
    keep_id: bool = False,
) -> CreatedUser:
    """Find or add the user that `identity` names, and give it properties and subscriptions.

    Args:
        users: The users.
        subscriptions: Their subscriptions.
        app_id: The app.
        body: The request: identity, properties, subscriptions.
        keep_id: A new user gets the `onesignal_id` that the request names.

    Raises:
        ApiError: The aliases belong to two users, there is neither an alias nor a subscription, or
            something else in the body is wrong.
    """
    aliases = read_aliases(body.get("identity"))
    columns = read_properties(fields.mapping(body, "properties") or {})
    given = body.get("subscriptions") or []
    if not isinstance(given, list):
        raise errors.titled(400, "request-2", "subscriptions must be an array")
    if not aliases and not given:
        title = "Creating a User requires at least one Alias or Subscription"
        raise errors.titled(400, "user-3", title)
    wanted = [read_subscription(item, new=True) for item in given]
    owner = _owner(users, app_id, aliases)
    own_id = aliases.pop(ONESIGNAL_ID, None)
    onesignal_id = owner or users.add(app_id, onesignal_id=own_id if keep_id else None)
    users.set_aliases(app_id, onesignal_id, aliases)
    for item in wanted:
        subscriptions.claim(app_id, onesignal_id, item)
    users.set_properties(onesignal_id, columns)
    return CreatedUser(onesignal_id, owner is None)


def _owner(users: Users, app_id: str, aliases: Mapping[str, str]) -> str | None:
    owners = {label: users.find(app_id, label, value) for label, value in aliases.items()}
    known = {label: owner for label, owner in owners.items() if owner is not None}
    if not known:
        return None
    first = next(iter(known.values()))
    others = {label: aliases[label] for label, owner in known.items() if owner != first}
    if others:
        raise errors.aliases_claimed(others)
    return first
