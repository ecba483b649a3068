"""A user's properties: read from requests, added up from deltas, shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.fields import number_of
from server_kit.store import Row

MAX_PURCHASES = 1000
"""How many purchases of a user are kept, the newest."""

_LONGEST = 255
_READERS: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    "language": fields.text,
    "timezone_id": fields.text,
    "country": fields.text,
    "ip": fields.text,
    "lat": fields.number,
    "long": fields.number,
    "first_active": fields.timestamp,
    "last_active": fields.timestamp,
    "amount_spent": fields.number,
}


def read_properties(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a user that `properties` changes.

    Raises:
        ApiError: One has a wrong type.
    """
    columns = {name: reader(body, name) for name, reader in _READERS.items() if name in body}
    columns = {name: value for name, value in columns.items() if value is not None}
    tags = fields.tags(body)
    if tags is not None:
        columns["tags"] = tags
    if body.get("purchases") is not None:
        purchases = read_purchases(body)
        columns["purchases"] = msgspec.json.encode(purchases[-MAX_PURCHASES:]).decode()
    return columns


def read_purchases(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The purchases in a body; `count` is 1 where it is missing.

    Raises:
        ApiError: They are no list, or one lacks sku, amount or iso.
    """
    given = body.get("purchases")
    if given in (None, {}):
        return []
    if not isinstance(given, list):
        raise refused("purchases must be an array")
    return [_purchase(item) for item in given]


def _purchase(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise refused("every purchase must be an object with sku, amount and iso")
    sku, iso = fields.text(item, "sku"), fields.text(item, "iso")
    amount = number_of(item.get("amount"))
    count = fields.integer(item, "count")
    if not sku or amount is None:
        raise refused("every purchase must have a sku and an amount")
    shown = item["amount"] if isinstance(item["amount"], str) else str(amount)
    if max(map(len, (sku, iso or "", shown))) > _LONGEST:
        raise refused(f"sku, amount and iso of a purchase have at most {_LONGEST} characters each")
    return {
        "sku": sku,
        "amount": shown,
        "iso": iso or "USD",
        "count": 1 if count is None else count,
    }


def properties_json(row: Row) -> dict[str, Any]:
    """A user's properties; unknown ones are left out, because the official SDKs take no null."""
    shown: dict[str, Any] = {"tags": msgspec.json.decode(row["tags"])}
    shown |= {name: row[name] for name in _READERS if row[name] is not None}
    purchases = msgspec.json.decode(row["purchases"])
    if purchases:
        shown["purchases"] = purchases
    return shown
