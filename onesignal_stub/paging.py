"""`limit`, `offset` and `cursor` of the list routes."""

from __future__ import annotations

from attrs import frozen
from multidict import MultiMapping

from onesignal_stub import fields
from onesignal_stub.errors import refused


@frozen
class PageRequest:
    """The page of a list that a request asks for."""

    limit: int
    offset: int


def page_of(query: MultiMapping[str], *, maximum: int) -> PageRequest:
    """Read `limit` (the maximum when absent or larger) and `offset` (0 when absent).

    Raises:
        ApiError: One of them is negative or not a number.
    """
    limit = fields.integer(query, "limit")
    offset = fields.integer(query, "offset")
    for name, value in (("limit", limit), ("offset", offset)):
        if value is not None and value < 0:
            raise refused(f"{name} must not be negative")
    return PageRequest(maximum if limit is None else min(limit, maximum), offset or 0)


def read_cursor(query: MultiMapping[str]) -> int | None:
    """Read `cursor`, which is the number of a row to the stub; None when absent.

    Raises:
        ApiError: It is not a cursor of the stub.
    """
    cursor = query.get("cursor")
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise refused("cursor must be the next_cursor of an earlier answer")
    return int(cursor)
