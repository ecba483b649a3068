"""The target of a create-notification request: audience, channel and platforms. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.audience import (
    PLATFORM_FLAGS,
    ByFilters,
    BySegments,
    Channel,
    RecipientIds,
    Target,
)
from onesignal_stub.errors import ApiError, refused
from onesignal_stub.filters import parse

MAX_IDS = 20_000
NO_TARGETING = (
    "You must include which players, segments, or tags you wish to send this notification to."
)
TWO_CHANNELS = (
    "Platforms You may only send to one delivery channel at a time. Make sure you are only "
    "including one of push platforms, Email, or SMS."
)
TOKEN_FIELDS: dict[str, int] = {
    "include_ios_tokens": 0,
    "include_android_reg_ids": 1,
    "include_amazon_reg_ids": 2,
    "include_chrome_reg_ids": 4,
    "include_chrome_web_reg_ids": 5,
    "include_wp_wns_uris": 6,
    "include_email_tokens": 11,
    "email_to": 11,
    "include_phone_numbers": 14,
}
"""Fields that name subscriptions by their token → their device type."""

_CHANNELS: dict[str, Channel] = {"push": "push", "email": "email", "sms": "sms"}
_EMAIL_FIELDS = ("email_subject", "email_body", "include_email_tokens", "email_to", "isEmail")
_SMS_FIELDS = ("sms_from", "sms_media_urls", "include_phone_numbers", "isSMS")
_UNFLAGGED = ("include_player_ids", "include_subscription_ids", "include_external_user_ids")
TARGETING_FIELDS = (
    "included_segments",
    "filters",
    "include_aliases",
    *_UNFLAGGED,
    *TOKEN_FIELDS,
)


def target_of(body: Mapping[str, Any]) -> Target:
    """Read the targeting; of several kinds segments win over filters, and filters over names.

    Raises:
        ApiError: There is none, or it breaks a rule.
    """
    channel = channel_of(body)
    platforms = _platforms(body)
    included = tuple(fields.strings(body, "included_segments"))
    excluded = tuple(fields.strings(body, "excluded_segments"))
    if included:
        return Target(
            targeting=BySegments(included),
            excluded=excluded,
            channel=channel,
            platforms=platforms,
        )
    filters = _filter_list(body)
    matches = parse(filters)
    if matches is not None:
        return Target(
            targeting=ByFilters(filters, matches),
            excluded=excluded,
            channel=channel,
            platforms=platforms,
        )
    ids = _recipient_ids(body)
    if not ids.count():
        raise refused(NO_TARGETING)
    if ids.count() > MAX_IDS:
        raise refused(f"A notification can name at most {MAX_IDS} recipients, got {ids.count()}")
    unflagged = any(body.get(field) for field in _UNFLAGGED)
    return Target(
        targeting=ids,
        excluded=excluded,
        channel=channel,
        platforms=None if unflagged else platforms,
    )


def channel_of(body: Mapping[str, Any]) -> Channel:
    """The one channel that a request is for.

    Raises:
        ApiError: It is for two at once, or names one that does not exist.
    """
    wanted: set[Channel] = set()
    for field in ("target_channel", "channel_for_external_user_ids"):
        named = fields.text(body, field)
        if named and named not in _CHANNELS:
            raise refused(f"{field} must be push, email or sms")
        if named:
            wanted.add(_CHANNELS[named])
    if any(body.get(field) for field in _EMAIL_FIELDS):
        wanted.add("email")
        if body.get("contents"):
            wanted.add("push")
    if any(body.get(field) for field in _SMS_FIELDS):
        wanted.add("sms")
    if _platforms(body) is not None:
        wanted.add("push")
    if len(wanted) > 1:
        raise refused(TWO_CHANNELS)
    return next(iter(wanted), "push")


def dropped_targeting(body: Mapping[str, Any]) -> list[str]:
    """The targeting fields of a request that another kind of targeting wins over."""
    used = [field for field in TARGETING_FIELDS if body.get(field)]
    winner = next((field for field in ("included_segments", "filters") if field in used), None)
    return [] if winner is None else [field for field in used if field != winner]


def is_keyless(body: Mapping[str, Any]) -> bool:
    """Whether player ids are all that is targeted; such a message needs no key."""
    used = [field for field in TARGETING_FIELDS if body.get(field)]
    return used == ["include_player_ids"]


def _platforms(body: Mapping[str, Any]) -> frozenset[int] | None:
    wanted = [types for flag, types in PLATFORM_FLAGS.items() if fields.flag(body, flag)]
    return frozenset().union(*wanted) if wanted else None


def _filter_list(body: Mapping[str, Any]) -> list[Any]:
    filters = body.get("filters")
    if filters is None or filters == {}:
        return []
    if not isinstance(filters, list):
        raise refused("filters must be an array")
    return filters


def _recipient_ids(body: Mapping[str, Any]) -> RecipientIds:
    ids = _uuids(body, "include_player_ids", "player_id")
    ids += _uuids(body, "include_subscription_ids", "subscription_id")
    return RecipientIds(
        ids=_once(ids),
        external_user_ids=_external_user_ids(body),
        aliases=_aliases(body),
        tokens={field: _once(fields.strings(body, field)) for field in TOKEN_FIELDS},
    )


def _once(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _uuids(body: Mapping[str, Any], name: str, kind: str) -> list[str]:
    given = body.get(name)
    if given is None or given == {}:
        return []
    values = given if isinstance(given, list) else [given]
    if not all(fields.is_uuid(value) for value in values):
        raise _not_uuids(kind, name, values)
    return [value.lower() for value in values]


def _not_uuids(kind: str, name: str, values: list[Any]) -> ApiError:
    listed = ", ".join(msgspec.json.encode(value).decode() for value in values)
    return refused(f"Incorrect {kind} format in {name} (not a valid UUID): [{listed}]")


def _external_user_ids(body: Mapping[str, Any]) -> tuple[str, ...]:
    given = body.get("include_external_user_ids")
    if given is None or given == {}:
        return ()
    if not isinstance(given, list) or not all(isinstance(item, str) and item for item in given):
        raise refused("include_external_user_ids must be an array of non empty strings")
    return _once(given)


def _aliases(body: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    given = fields.mapping(body, "include_aliases")
    if not given:
        return {}
    found = {label: _once(fields.strings(given, label)) for label in given}
    if any(found.values()) and not body.get("target_channel"):
        raise refused("target_channel is required with include_aliases: push, email or sms")
    return found
