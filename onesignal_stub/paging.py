"""`limit` and `offset` of the list routes."""

from __future__ import annotations

from attrs import frozen
from multidict import MultiMapping

from onesignal_stub import fields
from onesignal_stub.errors import refused


@frozen
class Page:
    """Which part of a list is asked for."""

    limit: int
    offset: int


def page_of(query: MultiMapping[str], *, maximum: int) -> Page:
    """Read `limit` (the maximum when absent or larger) and `offset` (0 when absent).

    Raises:
        ApiError: One of them is no number, or negative.
    """
    limit = fields.integer(query, "limit")
    offset = fields.integer(query, "offset")
    for name, value in (("limit", limit), ("offset", offset)):
        if value is not None and value < 0:
            raise refused(f"{name} must not be negative")
    return Page(maximum if limit is None else min(limit, maximum), offset or 0)
