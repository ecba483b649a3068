"""Seed data: apps, users, players, segments and templates that a stub starts with.

A JSON file with any of these lists; their entries are the bodies of OneSignal's own create
requests, for the stub's first app unless `app_id` names another:

    {
      "apps": [{"id": "…", "name": "Game", "rest_key": "…"}],
      "players": [{"device_type": 1, "identifier": "token", "external_user_id": "u1"}],
      "users": [{"identity": {"external_id": "u2"}, "subscriptions": [{"type": "iOSPush", …}]}],
      "segments": [{"name": "VIP", "filters": [{"field": "tag", "key": "vip", …}]}],
      "templates": [{"name": "Welcome", "contents": {"en": "Hello"}}]
    }

A player, user, segment or template may carry a UUID as `id` (a user: `identity.onesignal_id`), so
that tests know it in advance.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import msgspec

from onesignal_stub.errors import ApiError

_Add: TypeAlias = Callable[[str, Mapping[str, Any]], object]
_KINDS = ("apps", "players", "users", "segments", "templates")


class Seedable(Protocol):
    """Where seed data is added: one method for each kind, called with the app and the entry."""

    def seed_app(self, app_id: str, entry: Mapping[str, Any]) -> object:
        """Add an app."""

    def seed_player(self, app_id: str, entry: Mapping[str, Any]) -> object:
        """Add a player."""

    def seed_user(self, app_id: str, entry: Mapping[str, Any]) -> object:
        """Add a user with its subscriptions."""

    def seed_segment(self, app_id: str, entry: Mapping[str, Any]) -> object:
        """Add a segment."""

    def seed_template(self, app_id: str, entry: Mapping[str, Any]) -> object:
        """Add a template."""


class SeedError(ValueError):
    """The seed file cannot be read, or one of its entries is refused."""


def read_seed(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Read a seed file.

    Raises:
        SeedError: It is not a JSON object of lists of objects, or has a list of an unknown kind.
    """
    try:
        seed = msgspec.json.decode(path.read_bytes(), type=dict[str, list[dict[str, Any]]])
    except msgspec.DecodeError as error:
        raise SeedError(f"{path}: {error}") from None
    unknown = [kind for kind in seed if kind not in _KINDS]
    if unknown:
        raise SeedError(f"{path}: {unknown[0]!r} is none of {', '.join(_KINDS)}")
    return seed


def load_seed(seed: Mapping[str, list[dict[str, Any]]], into: Seedable, *, app_id: str) -> None:
    """Add every entry of seed data.

    Args:
        seed: What `read_seed` returned.
        into: Where it is added.
        app_id: The app of entries that name none.

    Raises:
        SeedError: An entry breaks a rule; the message says which and why.
    """
    adders: dict[str, _Add] = {
        "apps": into.seed_app,
        "players": into.seed_player,
        "users": into.seed_user,
        "segments": into.seed_segment,
        "templates": into.seed_template,
    }
    for kind, add in adders.items():
        for place, entry in enumerate(seed.get(kind, ())):
            try:
                add(str(entry.get("app_id", app_id)).lower(), entry)
            except ApiError as error:
                raise SeedError(f"{kind}[{place}] is refused: {error.body}") from None
            except sqlite3.IntegrityError:
                text = "has an id that is taken, or an app_id that no app has"
                raise SeedError(f"{kind}[{place}] {text}") from None
