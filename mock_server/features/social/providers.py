"""Replacements of Facebook and Steam: a token has its owner's profile in itself."""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import frozen

_FACEBOOK_TOKEN = re.compile(r"fb:(?P<id>[^:,]+):(?P<friends>[^:]*)")
_STEAM_TICKET = re.compile(r"(?P<id>[0-9]{1,20}):(?P<friends>[0-9,]*)")
_LARGEST_STEAM_ID = 2**64 - 1


@frozen
class Profile:
    """What a network tells about the owner of a token.

    Attributes:
        id: Their id there.
        display_name: Their name, where the network gives it.
        friend_ids: The ids there of their friends.
    """

    id: str
    display_name: str
    friend_ids: tuple[str, ...]


@frozen
class Provider:
    """One network.

    Attributes:
        name: As Nakama's messages call it.
        column: Where the user table keeps the id.
        read: Returns the profile behind a token, None where the network knows no such token.
    """

    name: str
    column: str
    read: Callable[[str], Profile | None]


def _facebook_profile(token: str) -> Profile | None:
    match = _FACEBOOK_TOKEN.fullmatch(token)
    if match is None:
        return None
    return Profile(match["id"], f"Name {match['id']}", _listed(match["friends"]))


def _steam_profile(ticket: str) -> Profile | None:
    match = _STEAM_TICKET.fullmatch(ticket)
    if match is None or int(match["id"]) > _LARGEST_STEAM_ID:
        return None
    friend_ids = tuple(str(int(each)) for each in _listed(match["friends"]))
    return Profile(str(int(match["id"])), "", friend_ids)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


FACEBOOK = Provider("Facebook", "facebook_id", _facebook_profile)
STEAM = Provider("Steam", "steam_id", _steam_profile)
